"""What the remedies put into an engine's settings, read by a real engine and taken back."""

import json
import os

import pytest
from tests.support.engine.daemon import SYSTEM_PATH
from tests.support.second_engine import second_engine
from tests.support.snapshots import healthy_snapshot, replaced

from drydock.core.findings import Finding
from drydock.core.remedies import remedies_for
from drydock.jobs.context import Context
from drydock.jobs.mend import MendJob, UndoJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this"),
    pytest.mark.timeout(300),
]

FINDINGS = [
    ("engine-logs", "unlimited_tight"),
    ("container-memlock", "small"),
    ("container-stack", "small"),
    ("container-files", "small"),
    ("engine-default-runtime", "gone"),
    ("toolkit-cdi-engine", "off"),
]


@pytest.fixture
def own(engine, tiny_image):
    """A second engine with the tiny image, that may be restarted."""
    with second_engine() as made:
        client = made.client()
        client.images.load(b"".join(engine.client.images.get(tiny_image.reference).save(named=tiny_image.reference)))
        client.close()
        yield made


def run(job):
    return job.run(lambda _: None, Stop())


def test_an_engine_takes_every_setting_and_gives_it_to_containers(own, tiny_image, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{own.root}/usr/bin:{SYSTEM_PATH}")
    context = Context(world=LiveWorld(), store=Store(tmp_path / "own"), engine=own.docker_host)
    root = str(own.root)
    before = own.config.read_bytes()
    done = []
    for check, variant in FINDINGS:
        finding = Finding(id=check, rung="engine", state="attention", variant=variant)
        (remedy,) = remedies_for(finding, healthy_snapshot())
        plan = replaced(run(PlanJob(context, remedy, root=root)), recheck=())
        done.append(run(MendJob(context, plan, plan.fingerprint, root=root)).entry)
        # the stand-in for the service manager cannot stop an engine that is still starting
        own.client().close()
    client = own.client()
    container = client.containers.create(tiny_image.reference, ["true"], network_mode="none")
    settings = container.attrs["HostConfig"]
    assert settings["LogConfig"] == {"Type": "json-file", "Config": {"max-file": "3", "max-size": "100m"}}
    assert {item["Name"]: item["Soft"] for item in settings["Ulimits"]} == {
        "memlock": -1,
        "stack": 64 << 20,
        "nofile": 1 << 20,
    }
    # not started: a machine that itself is a container may not raise limits
    container.remove()
    client.close()
    for entry in reversed(done):
        plan = run(PlanUndoJob(context, entry))
        run(UndoJob(context, entry, plan.fingerprint, root=root))
        own.client().close()
    assert own.config.read_bytes() == before
    client = own.client()
    container = client.containers.create(tiny_image.reference, ["true"], network_mode="none")
    container.start()
    assert container.wait(timeout=60)["StatusCode"] == 0
    plain = container.attrs["HostConfig"]
    assert plain["LogConfig"]["Config"] == {}
    assert not plain["Ulimits"]
    client.close()
    context.store.close()
    assert json.loads(before)["bridge"] == "none"
