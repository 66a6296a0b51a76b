"""Each step of the walk fails in a real container: the others go on or say why not, and nothing is claimed or left."""

import contextlib
import io
import shlex
import tarfile

import msgspec
import pytest
from tests.support.launch_fixtures import container_names, context, new_context
from tests.support.snapshots import healthy_snapshot

from drydock.core.checks.check import INNER_SUBJECTS
from drydock.core.checks.container_table import CONTAINER, LOAD, TORCH
from drydock.core.checks.run import conclude
from drydock.core.facts import Known, Missing
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article
from drydock.jobs.walk import Walk
from drydock.world import Stop

__all__ = ["context", "new_context"]

FAULTS = {
    "crash": "kill -SEGV $$",
    "deaf": "trap '' TERM INT HUP; while :; do sleep 1; done",
    "noise": "head -c 200000 /dev/urandom; head -c 200000 /dev/urandom >&2; exit 0",
    "half a line": """printf '{"record": "hello", "pyth'; exit 1""",
}
PROBES = {
    "inside": "container.py --parts nodes",
    "inside_network": "container.py --parts network",
    "torch": "environment.py",
    "kernels": "kernels.py",
}
"""What runs in a step, by what stands in its command line."""

TAG = "drydock-test/walk-fault:latest"
SOON = 8.0
"""Seconds that a probe which never ends has in these tests."""


@pytest.fixture(autouse=True)
def _nothing_left(engine, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    before = container_names(engine)
    yield
    assert container_names(engine) <= before
    assert list(home.iterdir()) == []


@pytest.fixture
def with_fault(engine):
    """A factory of images whose Python does an ill thing when it is to run a probe, and is the usual one otherwise."""

    def make(image, probe, fault):
        path = next(
            one.removeprefix("PATH=") for one in image_of(engine, image)["Config"]["Env"] if one.startswith("PATH=")
        )
        lines = f'case "$*" in *{shlex.quote(probe)}*) {fault};; esac\nPATH={shlex.quote(path)} exec python3 "$@"\n'
        made = engine.client.containers.create(image)
        try:
            made.put_archive("/", archive("fault/python3", f"#!/bin/sh\n{lines}".encode()))
            name, _, tag = TAG.rpartition(":")
            made.commit(name, tag, changes=f"ENV PATH=/fault:{path}")
        finally:
            made.remove(force=True)
        return TAG

    yield make
    with contextlib.suppress(Exception):
        engine.client.images.remove(TAG, force=True)


def image_of(engine, reference):
    return engine.client.images.get(reference).attrs


def archive(name, content):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as packed:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o755
        packed.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def walked(context, image, **options):
    steps = list(Walk(context, healthy_snapshot(), image=image, **options).steps(Stop()))
    whole = msgspec.structs.replace(healthy_snapshot(), container=steps[-1].container, load=steps[-1].load)
    return steps, {finding.id: finding for finding in conclude(whole, load_catalogue())}


def claims_nothing_without_facts(findings, *subjects, besides=()):
    """The checks that live of a step which failed are not tested, and every such finding has words that say why."""
    late = {*INNER_SUBJECTS[INNER_SUBJECTS.index(subjects[0]) :]}
    for check in (*CONTAINER, *TORCH, *LOAD):
        finding = findings[check.id]
        if finding.state == "not_tested":
            article = finding_article(finding)
            assert len(article.text.split()) > 4, f"{check.id}: {article.text}"
        if set(check.reads) & set(subjects) and set(check.reads) <= late and check.id not in besides:
            assert finding.state == "not_tested", check.id


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_can_be_run_inside(context, python_image, with_fault, monkeypatch, fault):
    monkeypatch.setitem(limits(), "container", SOON)
    image = with_fault(python_image.reference, PROBES["inside"], FAULTS[fault])
    steps, findings = walked(context, image)
    assert [step.subject for step in steps] == ["container", "inside"]
    assert findings["container-start"].state == "ok"
    # that Python itself does not answer for all of its time is a cause
    silent = ("container-python",) if fault == "deaf" else ()
    claims_nothing_without_facts(findings, "inside", "inside_network", "torch", "kernels", besides=silent)
    assert [findings[name].variant for name in silent] in ([], ["silent"])
    facts = steps[-1].container.value
    assert facts.cuda.why == ("timeout" if fault == "deaf" else "failed")
    assert steps[-1].run.text
    assert all(one.isprintable() or one in "\n\t" for one in facts.cuda.detail)
    assert {facts.torch.detail, facts.kernels.detail, facts.network.detail} == {"nothing could be run inside"}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_network_inside_gives_no_answer(context, python_image, with_fault, monkeypatch, fault):
    monkeypatch.setattr("drydock.jobs.walk._NETWORK_LIMIT", SOON)
    image = with_fault(python_image.reference, PROBES["inside_network"], FAULTS[fault])
    steps, findings = walked(context, image)
    assert [step.subject for step in steps] == ["container", "inside", "inside_network", "torch", "kernels"]
    claims_nothing_without_facts(findings, "inside_network")
    facts = steps[-1].container.value
    assert facts.network.why == ("timeout" if fault == "deaf" else "failed")
    # what comes after was asked all the same: this image has no torch
    assert findings["torch-import"].state == "broken"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_look_at_torch_gives_no_answer(context, python_image, with_fault, monkeypatch, fault):
    monkeypatch.setitem(limits(), "environment", SOON)
    image = with_fault(python_image.reference, PROBES["torch"], FAULTS[fault])
    steps, findings = walked(context, image)
    assert [step.subject for step in steps][-2:] == ["torch", "kernels"]
    claims_nothing_without_facts(findings, "torch", "kernels")
    facts = steps[-1].container.value
    assert facts.torch.why == ("timeout" if fault == "deaf" else "failed")
    assert facts.kernels.detail == "torch could not be used"
    # the driver is asked a second time all the same
    assert facts.nvml_again != Missing("not_asked")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", ["crash", "deaf"])
def test_the_kernels_give_no_answer(context, torch_image, with_fault, monkeypatch, fault):
    monkeypatch.setitem(limits(), "kernels", SOON)
    image = with_fault(torch_image.reference, PROBES["kernels"], FAULTS[fault])
    steps, findings = walked(context, image, seconds=400.0)
    claims_nothing_without_facts(findings, "kernels")
    assert isinstance(steps[-1].container.value.torch, Known)
    assert steps[-1].container.value.kernels.why == ("timeout" if fault == "deaf" else "failed")
    assert findings["torch-import"].state == "ok"


@pytest.mark.timeout(600)
def test_a_load_that_crashes_leaves_what_was_found_before(context, torch_image, with_fault):
    image = with_fault(torch_image.reference, "load.py", FAULTS["crash"])
    steps, findings = walked(context, image, seconds=400.0, deep=True)
    assert steps[-1].subject == "load"
    assert findings["torch-import"].state == "ok"
    claims_nothing_without_facts(findings, "load")


def test_a_python_that_ignores_every_stop_in_the_little_time_that_is_left(context, python_image, with_fault):
    image = with_fault(python_image.reference, "container.py", FAULTS["deaf"])
    steps, findings = walked(context, image, seconds=8.0)
    # it was cut short: nothing can be said of it, not even that it hangs
    assert steps[-1].container.value.cuda.detail == "the time of the whole look was over"
    assert findings["container-start"].state == "ok"
    assert not [one.id for one in findings.values() if one.state == "broken" and one.rung in ("torch", "load")]


def limits():
    from drydock.jobs import walk

    return walk._LIMITS
