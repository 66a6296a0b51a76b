"""Remedies on a real engine: its settings file, its containers, images and build cache."""

import json
import os

import docker.errors
import msgspec
import pytest
from tests.support.engine.daemon import SYSTEM_PATH
from tests.support.launch_fixtures import context, new_context
from tests.support.second_engine import second_engine
from tests.support.snapshots import healthy_snapshot, replaced, unreached_engine

from drydock.core.checks.engine_situation import SYSTEM_SOCKETS
from drydock.core.facts import Known
from drydock.core.facts.engine_setup import DaemonConfig, EngineSetup
from drydock.core.findings import Finding
from drydock.core.launch import labels
from drydock.core.remedies import remedies_for
from drydock.core.remedies.steps import EngineStep
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.mend import MendJob, UndoJob
from drydock.jobs.mend_asked import FindRemedyJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob, offers
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

__all__ = ["context", "new_context"]

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this")


def run(job):
    return job.run(lambda _: None, Stop())


def jobs_of(context, root=""):
    """Return what asks for a remedy, agrees to it and carries it out; and what takes it back."""

    def mend(remedy, finding):
        plan = run(PlanJob(context, remedy, finding=finding, root=root))
        return run(MendJob(context, plan, plan.fingerprint, finding=finding, root=root))

    def undo(entry):
        plan = run(PlanUndoJob(context, entry))
        return run(UndoJob(context, entry, plan.fingerprint, root=root))

    return mend, undo


def starts_with_runtime(client, image):
    """Whether the engine takes a container that wants the runtime nvidia and all GPUs."""
    wish = {"NVIDIA_VISIBLE_DEVICES": "all"}
    try:
        client.containers.run(image, ["true"], runtime="nvidia", environment=wish, network_mode="none", remove=True)
    except docker.errors.APIError as error:
        return "" if "nvidia" in str(error) else str(error)
    return "started"


@pytest.fixture
def own(engine, tiny_image):
    """A second engine with the tiny image, that may be restarted."""
    with second_engine() as made:
        client = made.client()
        client.images.load(b"".join(engine.client.images.get(tiny_image.reference).save(named=tiny_image.reference)))
        client.close()
        yield made


def own_jobs(own, tmp_path):
    context = Context(world=LiveWorld(), store=Store(tmp_path / "own"), engine=own.docker_host)
    mend, undo = jobs_of(context, str(own.root))
    return context, mend, undo


@only_root
@pytest.mark.timeout(300)
def test_the_runtime_is_registered_used_and_taken_back(own, tiny_image, tmp_path, fake_nvml, monkeypatch):
    fake_nvml("two-gpus")
    # what runs as root and what the engine starts are the stand-ins of the second engine
    monkeypatch.setenv("PATH", f"{own.root}/usr/bin:{SYSTEM_PATH}")
    monkeypatch.setenv("DRYDOCK_TEST_GPU_DIRECTORY", str(own.folder))
    context, mend, undo = own_jobs(own, tmp_path)
    image = tiny_image.reference
    before = own.config.read_bytes()
    client = own.client()
    assert starts_with_runtime(client, image) == ""
    other = client.containers.run(image, ["sleep", "300"], detach=True, network_mode="none")

    found = run(DiagnoseJob(context, only=("toolkit-installed", "toolkit-path")))
    # the second engine plays the one that this system starts, outside of any container
    asked = msgspec.structs.replace(found.snapshot.engine, endpoint=SYSTEM_SOCKETS[0])
    host = msgspec.structs.replace(found.snapshot.host, in_container=Known(False))
    found = msgspec.structs.replace(found, snapshot=replaced(found.snapshot, engine=asked, host=host))
    (offer,) = offers(found)
    assert (offer.finding, offer.remedy.id) == ("toolkit-path", "register-runtime")
    mended = mend(offer.remedy, offer.finding)
    assert mended.helped is True
    assert "nvidia" in client.info()["Runtimes"]
    assert starts_with_runtime(client, image) == "started"
    added = json.loads(own.config.read_bytes())
    assert added.pop("runtimes") == {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}
    assert added == json.loads(before)
    # other containers were not disturbed
    other.reload()
    assert other.status == "running"
    client.close()

    back = undo(mended.entry)
    assert own.config.read_bytes() == before
    client = own.client()
    assert "nvidia" not in client.info()["Runtimes"]
    assert starts_with_runtime(client, image) == ""
    states = {finding.id: finding.state for finding in back.diagnosis.findings}
    assert states["toolkit-path"] == "attention"
    client.close()
    context.store.close()


@only_root
@pytest.mark.timeout(300)
def test_an_engine_that_does_not_start_for_its_settings_gets_them_corrected(own, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{own.root}/usr/bin:{SYSTEM_PATH}")
    context, mend, undo = own_jobs(own, tmp_path)
    whole = own.config.read_text()
    own.service("stop")
    broken = whole.replace('"bridge": "none",', '"bridge": "none"')
    own.config.write_text(broken)
    config = DaemonConfig(path="/etc/docker/daemon.json", reader="rootful", problem="Expecting ',' delimiter")
    snapshot = replaced(
        healthy_snapshot(engine=unreached_engine("not_running")), engine_setup=EngineSetup(configs=Known((config,)))
    )
    item = Finding(id="engine-config", rung="engine", state="broken", variant="unreadable")
    correct, fresh = remedies_for(item, snapshot)
    assert (correct.id, fresh.id) == ("correct-config", "clean-config")
    mended = mend(correct, "engine-config")
    assert json.loads(own.config.read_text()) == json.loads(whole)
    own.client().close()
    states = {finding.id: finding.state for finding in mended.diagnosis.findings}
    assert states["engine-running"] == "ok"
    undo(mended.entry)
    assert own.config.read_text() == broken
    context.store.close()


def test_a_port_is_freed_and_its_container_started_again(engine, tiny_image, context):
    mend, undo = jobs_of(context)
    container = engine.client.containers.run(
        tiny_image.reference, ["sleep", "300"], detach=True, ports={"8000/tcp": ("127.0.0.1", None)}, stop_signal="KILL"
    )
    try:
        container.reload()
        port = container.ports["8000/tcp"][0]["HostPort"]
        offer = run(FindRemedyJob(context, "free-port", port))
        mended = mend(offer.remedy, "")
        container.reload()
        assert container.status == "exited"
        undo(mended.entry)
        container.reload()
        assert container.status == "running"
    finally:
        container.remove(force=True)
    with pytest.raises(Trouble) as caught:
        run(FindRemedyJob(context, "free-port", port))
    assert caught.value.id == "mend-nothing-to-do"


@only_root
@pytest.mark.timeout(300)
def test_cleaning_removes_what_was_listed_and_nothing_else(own, tiny_image, tmp_path):
    context, mend, _ = own_jobs(own, tmp_path)
    client = own.client()
    image, mark = tiny_image.reference, {labels.SESSION: "1"}
    write = ["sh", "-c", "head -c 300000 /dev/zero > /big"]
    ended = client.containers.run(image, write, name="ended", detach=True, labels=mark, network_mode="none")
    ended.wait(timeout=30)
    stranger = client.containers.create(image, ["true"], network_mode="none")
    runs = client.containers.run(image, ["sleep", "300"], detach=True, labels=mark, network_mode="none")
    unnamed = stranger.commit()
    used = stranger.commit(changes=["ENV A=1"])
    user = client.containers.create(used.id, ["true"], network_mode="none")

    offer = run(FindRemedyJob(context, "clean-disk"))
    plan = run(PlanJob(context, offer.remedy))
    listed = {step.target: step.size for step in plan.steps if isinstance(step, EngineStep)}
    assert set(listed) == {"ended", unnamed.id, used.id}
    assert listed["ended"] >= 300_000
    mended = mend(offer.remedy, "")
    # an image that a container was made from is left where it is, and that is said
    assert len(mended.left) == 1
    assert {one.id for one in client.containers.list(all=True)} == {stranger.id, runs.id, user.id}
    assert {one.id for one in client.images.list()} == {client.images.get(image).id, used.id}
    again = run(FindRemedyJob(context, "clean-disk"))
    assert [step.target for step in again.remedy.steps] == [used.id]
    client.close()
    context.store.close()


@only_root
@pytest.mark.timeout(300)
def test_shared_memory_of_a_running_session_grows_and_shrinks_back(own, tiny_image, tmp_path):
    context, mend, undo = own_jobs(own, tmp_path)
    client = own.client()
    mark = {labels.SESSION: "1"}
    session = client.containers.run(
        tiny_image.reference, ["sleep", "300"], detach=True, labels=mark, shm_size="4m", network_mode="none"
    )

    def size():
        return session.exec_run(["df", "-kP", "/dev/shm"]).output.decode().splitlines()[-1].split()[1]

    assert size() == "4096"
    offer = run(FindRemedyJob(context, "raise-shm", f"{session.name}:16m"))
    mended = mend(offer.remedy, "")
    assert size() == "16384"
    undo(mended.entry)
    assert size() == "4096"
    with pytest.raises(Trouble) as caught:
        run(FindRemedyJob(context, "raise-shm", f"{session.name}:4m"))
    assert caught.value.id == "mend-nothing-to-do"
    client.close()
    context.store.close()
