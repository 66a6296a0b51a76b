"""The walk beside an engine that dies on the way: it ends, and claims nothing that was not measured."""

import contextlib

import msgspec
import pytest
from tests.engines.sockets import Relay
from tests.support.launch_fixtures import container_names, context, new_context
from tests.support.snapshots import healthy_snapshot

from drydock.core.checks.run import conclude
from drydock.data.catalogue import load_catalogue
from drydock.jobs.walk import Walk
from drydock.world import Stop

__all__ = ["context", "new_context"]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def findings_of(step):
    whole = msgspec.structs.replace(healthy_snapshot(), container=step.container, load=step.load)
    return {finding.id: finding for finding in conclude(whole, load_catalogue())}


@pytest.mark.parametrize("after", ["container", "inside"])
def test_an_engine_that_dies_on_the_way(context, engine, python_image, tmp_path, after):
    before = container_names(engine)
    with Relay(tmp_path / "r.sock", engine.docker_host) as relay:
        lost = type(context)(world=context.world, store=context.store, engine=relay.address)
        steps = []
        for step in Walk(lost, healthy_snapshot(), image=python_image.reference).steps(Stop()):
            steps.append(step)
            if step.subject == after:
                relay.die()
    for name in container_names(engine) - before:
        with contextlib.suppress(Exception):
            engine.client.containers.get(name).remove(force=True)
    findings = findings_of(steps[-1])
    assert findings["torch-kernels"].state == "not_tested"
    assert not [one.id for one in findings.values() if one.state == "broken" and one.rung in ("torch", "load")]
