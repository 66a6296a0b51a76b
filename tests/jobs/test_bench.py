"""The benchmark in a container."""

import pytest
from tests.support.launch_fixtures import container_names, context, new_context, run

from drydock.core.bench import decode_stream, summarise_run
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs.bench import BenchJob, BenchStep, ImageTarget
from drydock.world import Stop

__all__ = ["context", "new_context"]


@pytest.mark.timeout(600)
def test_quick_on_the_cpu(context, engine, torch_image):
    before = container_names(engine)
    result, steps = run(BenchJob(context, ImageTarget(image=torch_image.reference, gpus="none"), device="cpu"))
    assert container_names(engine) <= before
    summary = result.summary
    assert summary.end == "finished"
    assert summary.scaled
    assert summary.device == "cpu"
    assert {rung.id for rung in summary.rungs}
    assert all(rung.tokens_per_second.median > 0 for rung in summary.rungs)
    growing = [step.summary for step in steps if isinstance(step, BenchStep) and step.summary]
    assert growing[-1] == summary
    (kept,) = context.store.records("bench")
    assert kept.id == result.record_id
    assert summarise_run(decode_stream(kept.payload.splitlines()).records) == summary


def test_without_torch(context, python_image):
    with pytest.raises(Trouble, match="bench-no-torch"):
        run(BenchJob(context, ImageTarget(image=python_image.reference, gpus="none")))
    assert context.store.records("bench") == ()


@pytest.mark.timeout(600)
def test_a_stop_leaves_nothing(context, engine, torch_image):
    before = container_names(engine)
    stop = Stop()
    with pytest.raises(Stopped):
        BenchJob(context, ImageTarget(image=torch_image.reference, gpus="none")).run(lambda step: stop.request(), stop)
    assert container_names(engine) <= before
