"""What the probes prove, in real containers; and what follows from their records."""

import json

import pytest
from tests.support.launch_fixtures import container_names, context, new_context, run

from drydock.core.bench.records import decode_stream
from drydock.core.launch import Choice
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import PullProgress
from drydock.jobs.launch import LaunchJob
from drydock.jobs.probe import HostTarget, ImageTarget, ProbeJob, ProbeStep, SessionTarget, result_of
from drydock.jobs.targets import Place
from drydock.probing import ProbeEnd
from drydock.world import Stop

__all__ = ["context", "new_context"]

PLACE = Place(kind="image", name="i", image="i", digest="sha256:x")
DEVICES = [{"index": 0, "name": "RTX 4090", "uuid": "GPU-1", "cc": [8, 9], "coverage": "binary"}]


def concluded(*records, devices=DEVICES, final=True, probe="kernels"):
    lines = [{"type": "hello", "probe": probe, "devices": devices, "torch": {"version": "2.9"}}, *records]
    if final:
        lines.append({"type": "final", "ok": True})
    raw = [json.dumps({"v": 1, "seq": index, "t": 0.0, **line}).encode() for index, line in enumerate(lines)]
    end = ProbeEnd(stream=decode_stream(raw), payload=b"", exit_code=0, errors="")
    return result_of(PLACE, "2026-01-01T00:00:00Z", (end,))


def kernel(device, kind, passed, *flags):
    return {"type": "result", "slot": f"kernel/{device}/{kind}", "passed": passed, "flags": list(flags)}


def test_a_gpu_works_only_with_a_matching_kernel():
    result = concluded(kernel("cuda:0", "float32", True), kernel("cuda:0", "bfloat16", True))
    (proof,) = result.gpus
    assert proof.works
    assert proof.types == ("float32", "bfloat16")
    assert proof.at == result.at == "2026-01-01T00:00:00Z"
    assert result.gpu_works
    assert not result.broken


@pytest.mark.parametrize(
    "records",
    [
        (),
        (kernel("cuda:0", "float32", False, "wrong-result"),),
        (kernel("cuda:0", "float32", None),),
        (kernel("cuda:0", "float32", True), kernel("cuda:0", "float16", False, "not-finite")),
        (kernel("cuda:1", "float32", True),),
        (kernel("cpu", "float32", True),),
        (kernel("cuda:0", "float32", True), {"type": "error", "slot": "kernel/cuda:0", "kind": "crash", "text": "x"}),
        (
            kernel("cuda:0", "float32", True),
            {"type": "result", "slot": "coverage/cuda:0", "passed": False},
        ),
    ],
)
def test_no_badge_without_proof(records):
    result = concluded(*records)
    assert not result.gpus[0].works
    assert not result.gpu_works
    assert result.broken


def test_a_gpu_on_which_no_kernel_was_tried_is_neither_working_nor_broken():
    result = concluded({"type": "result", "slot": "coverage/cuda:0", "passed": True}, probe="environment")
    assert not result.gpu_works
    assert not result.broken
    bare = concluded({"type": "result", "slot": "coverage/cuda:0", "passed": False}, probe="environment")
    assert bare.broken


def test_unknown_coverage_is_not_called_missing_code():
    unknown = {"type": "result", "slot": "coverage/cuda:0", "passed": None}
    assert concluded(unknown, kernel("cuda:0", "float32", True)).gpu_works
    unread = concluded({**unknown, "flags": ["properties-unreadable"]}, probe="environment")
    assert unread.gpus[0].failures == ("torch cannot read this GPU's properties",)
    assert unread.broken


def test_no_gpu_no_badge():
    result = concluded(kernel("cpu", "float32", True), devices=[])
    assert not result.gpu_works
    assert result.cpu_works is True
    assert not result.broken


def test_a_probe_that_died_proves_nothing_whole():
    assert concluded(kernel("cuda:0", "float32", True), final=False).broken


def test_one_bad_gpu_among_good_ones():
    devices = [*DEVICES, {"index": 1, "name": "RTX 4090"}]
    result = concluded(
        kernel("cuda:0", "float32", True), kernel("cuda:1", "float32", False, "wrong-result"), devices=devices
    )
    assert [proof.works for proof in result.gpus] == [True, False]
    assert result.gpus[1].failures == ("float32: wrong-result",)
    assert not result.gpu_works


@pytest.mark.timeout(600)
def test_in_a_container_of_its_own(context, engine, torch_image):
    before = container_names(engine)
    target = ImageTarget(image=torch_image.reference, gpus="none")
    result, steps = run(ProbeJob(context, target))
    assert container_names(engine) <= before
    assert result.torch is not None
    assert result.torch.version.startswith("2.13.0")
    assert result.gpus == ()
    assert not result.gpu_works
    assert result.cpu_works is True
    assert result.complete
    assert result.place.digest.startswith("sha256:")
    assert next(step.probe for step in steps if isinstance(step, ProbeStep)) == "environment"
    (kept,) = context.store.records("probe")
    assert kept.summary["gpu_works"] is False
    assert kept.summary["digest"] == result.place.digest
    assert decode_stream(kept.payload.splitlines()).records == result.records


@pytest.mark.timeout(600)
def test_the_features_in_a_container(context, engine, torch_image):
    result, _ = run(ProbeJob(context, ImageTarget(image=torch_image.reference, gpus="none"), ("features",)))
    found = {feature.name: feature for feature in result.features}
    assert (result.complete, result.problems) == (True, ())
    assert {name: feature.state for name, feature in found.items() if feature.state != "works"} == {
        "compile": "absent",
        "transformers": "absent",
    }
    assert "compiler" in found["compile"].text
    # nothing was proved of kernels, and nothing is said of them
    assert (result.cpu_works, result.gpu_works, result.broken) == (None, False, False)


def test_an_image_without_python(context, engine, tiny_image):
    before = container_names(engine)
    with pytest.raises(Trouble, match="probe-no-python"):
        run(ProbeJob(context, ImageTarget(image=tiny_image.reference, gpus="none")))
    assert container_names(engine) <= before
    assert context.store.records("probe") == ()


def test_an_image_without_torch(context, python_image):
    result, _ = run(ProbeJob(context, ImageTarget(image=python_image.reference, gpus="none"), ("environment",)))
    assert result.torch is None
    assert result.broken
    assert "torch-missing" in result.problems[0]


def test_the_image_is_pulled(context, engine, tiny_image):
    engine.push(tiny_image, "probe/tiny", "1")
    engine.forget_image(f"{engine.registry}/probe/tiny:1")
    steps = []
    with pytest.raises(Trouble, match="probe-no-python"):
        ProbeJob(context, ImageTarget(image=f"{engine.registry}/probe/tiny:1", gpus="none")).run(steps.append, Stop())
    assert any(isinstance(step, PullProgress) for step in steps)


def test_in_a_session(context, python_image):
    run(LaunchJob(context, Choice(image=python_image.reference, gpus="none", name="work")))
    result, _ = run(ProbeJob(context, SessionTarget(name="work"), ("environment",)))
    assert (result.place.kind, result.place.image) == ("session", python_image.reference)
    with pytest.raises(Trouble, match="session-not-found"):
        run(ProbeJob(context, SessionTarget(name="other")))


@pytest.mark.timeout(600)
def test_a_stop_leaves_nothing(context, engine, torch_image):
    before = container_names(engine)
    stop = Stop()
    with pytest.raises(Stopped):
        ProbeJob(context, ImageTarget(image=torch_image.reference, gpus="none"), ("kernels",)).run(
            lambda step: stop.request(), stop
        )
    assert container_names(engine) <= before


def test_a_host_python_that_is_not_there(context):
    with pytest.raises(Trouble, match="probe-host-python-missing"):
        run(ProbeJob(context, HostTarget(python="no-such-python")))
