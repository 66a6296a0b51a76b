"""The watch over the GPUs, against the NVML stand-in, and the playing of recorded traces."""

import threading
import time

import pytest
from tests.support.world import TestWorld

from drydock.core.facts import GpuProcesses, GpuSample, Known, MonitorSample
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs import watch
from drydock.jobs.context import Context
from drydock.jobs.watch import PlayTraceJob, WatchControl, WatchJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def context(tmp_path):
    store = Store(tmp_path / "store")
    yield Context(world=LiveWorld(), store=store, engine="unix:///nowhere/docker.sock")
    store.close()


def watched(context, fake, count=3, control=None):
    told = []
    job = WatchJob(context, control or WatchControl(0.1), count, library=fake.library)
    assert job.run(told.append, Stop()) == count
    return told


def trouble_of(job):
    with pytest.raises(Trouble) as caught:
        job.run(lambda sample: None, Stop())
    return caught.value


def test_samples_are_told_in_the_order_of_time(context, fake_nvml):
    told = watched(context, fake_nvml("two-gpus"), count=4)
    times = [sample.t for sample in told]
    assert times == sorted(set(times))
    assert all(len(sample.gpus) == 2 for sample in told)
    assert told[0].processes is not None
    assert told[1].processes is None


def test_nobody_looks_so_processes_are_not_asked_for(context, fake_nvml):
    control = WatchControl(0.1)
    control.show(hidden=True)
    (only,) = watched(context, fake_nvml("two-gpus"), count=1, control=control)
    assert only.processes is None


def test_without_a_library(context, tmp_path):
    trouble = trouble_of(WatchJob(context, WatchControl(), library=str(tmp_path / "libnvidia-ml.so.1")))
    assert (trouble.id, trouble.values["reason"]) == ("nvml-unavailable", "library_not_found")


@pytest.mark.parametrize(("scenario", "reason"), [("mismatch", "version_mismatch"), ("no-driver", "driver_not_loaded")])
def test_a_driver_that_cannot_be_used(context, fake_nvml, scenario, reason):
    fake = fake_nvml(scenario)
    trouble = trouble_of(WatchJob(context, WatchControl(), library=fake.library))
    assert (trouble.id, trouble.values["reason"]) == ("nvml-unavailable", reason)


def test_a_driver_without_a_gpu(context, fake_nvml):
    fake = fake_nvml("rtx4090")
    fake.scenario.write_text(fake.scenario.read_text().partition("[gpu]")[0])
    assert trouble_of(WatchJob(context, WatchControl(), library=fake.library)).id == "nvml-no-gpu"


def test_a_driver_that_hangs_ends_the_watch_and_names_the_call(context, fake_nvml, monkeypatch):
    monkeypatch.setattr(watch, "CALL_LIMIT", 0.2)
    fake = fake_nvml("hang")
    trouble = trouble_of(WatchJob(context, WatchControl(0.1), library=fake.library))
    assert (trouble.id, trouble.values["call"]) == ("nvml-hangs", "nvmlDeviceGetUtilizationRates")


def test_a_gpu_that_is_lost_meanwhile_is_told_as_such(context, fake_nvml):
    fake = fake_nvml("two-gpus")
    told = []

    def tell(sample):
        told.append(sample)
        if len(told) == 1:
            fake.add("fault.* = error 15", gpu=0)

    WatchJob(context, WatchControl(0.1), 3, library=fake.library).run(tell, Stop())
    assert isinstance(told[0].gpus[0].memory_used, Known)
    assert not isinstance(told[-1].gpus[0].memory_used, Known)
    assert isinstance(told[-1].gpus[1].memory_used, Known)


def test_the_stop_ends_a_long_pause(context, fake_nvml):
    fake = fake_nvml("rtx4090")
    stop = Stop()
    with pytest.raises(Stopped):
        WatchJob(context, WatchControl(3600), library=fake.library).run(
            lambda sample: threading.Timer(0.05, stop.request).start(), stop
        )


class PersonAtTheWindow(WatchControl):
    """A control with which somebody does something as soon as the first pause has begun."""

    def __init__(self, act, **state):
        super().__init__(**state)
        self._act = act

    def pause(self, stop, since):
        timer = threading.Timer(0.05, self._act, (self,))
        timer.start()
        super().pause(stop, since)
        timer.join()


def test_another_interval_takes_effect_during_the_pause(context, fake_nvml):
    control = PersonAtTheWindow(lambda control: control.set_interval(0.1), interval=3600)
    assert len(watched(context, fake_nvml("rtx4090"), count=2, control=control)) == 2


def test_a_page_that_is_shown_again_is_sampled_at_once(context, fake_nvml, monkeypatch):
    monkeypatch.setattr(watch, "HIDDEN_INTERVAL", 3600)
    control = PersonAtTheWindow(lambda control: control.show(hidden=False), interval=0.1)
    control.show(hidden=True)
    hidden, shown = watched(context, fake_nvml("rtx4090"), count=2, control=control)
    assert hidden.processes is None
    assert shown.processes is not None


def test_the_interval_has_a_floor():
    control = WatchControl()
    control.set_interval(0.0)
    assert control.interval == watch.LEAST_INTERVAL


def test_processes_are_named_with_their_container(engine, tiny_image, fake_nvml, tmp_path):
    container = engine.client.containers.run(tiny_image.reference, ["tail", "-f", "/dev/null"], detach=True)
    try:
        container.reload()
        fake = fake_nvml("rtx4090")
        fake.change("self:", f"{container.attrs['State']['Pid']}:")
        store = Store(tmp_path / "store")
        context = Context(world=LiveWorld(), store=store, engine=engine.docker_host)
        names = []
        stop = Stop()

        def tell(sample):
            for group in sample.processes or ():
                names.extend(process.container for process in group.processes.value if process.kind == "compute")
            if any(isinstance(name, Known) for name in names):
                stop.request()

        with pytest.raises(Stopped):
            WatchJob(context, WatchControl(0.5), 60, library=fake.library).run(tell, stop)
        store.close()
        assert names[-1] == Known(container.name)
    finally:
        container.remove(force=True)


# recorded traces


def sample(t, used, processes=None):
    gpu = GpuSample(key="GPU-1", index=0, memory_used=Known(used), memory_total=Known(10), utilisation=Known(50))
    return MonitorSample(t=t, gpus=(gpu,), processes=processes)


def played(trace, count, interval=0.1):
    told = []
    assert PlayTraceJob(trace, WatchControl(interval), count).run(told.append, Stop()) == count
    return told


def test_an_empty_trace_is_said():
    assert trouble_of(PlayTraceJob((), WatchControl())).id == "trace-missing"


def test_a_trace_is_played_again_and_again_with_time_going_on():
    trace = (sample(0.0, 1), sample(0.1, 2), sample(0.2, 3))
    told = played(trace, 12)
    times = [item.t for item in told]
    assert times == sorted(set(times))
    assert times[-1] > 0.3
    assert {item.gpus[0].memory_used.value for item in told} == {1, 2, 3}


def test_processes_of_samples_that_were_passed_over_are_not_lost():
    groups = (GpuProcesses(key="GPU-1", processes=Known(())),)
    trace = (sample(0.0, 1), sample(0.01, 2, groups), sample(0.02, 3), sample(100.0, 4))
    first, second = played(trace, 2)
    assert first.processes is None
    assert second.gpus[0].memory_used == Known(3)
    assert second.processes == groups


@pytest.mark.parametrize("times", [(0.0, 0.0), (0.0, -5.0), (5.0, 0.0), (1e300, 1e308)])
def test_a_trace_with_strange_times_is_played(times):
    told = played(tuple(sample(t, used) for used, t in enumerate(times, start=1)), 2)
    assert len(told) == 2


def test_an_interval_without_an_end_is_waited_for_no_longer_than_an_hour():
    control, stop = WatchControl(1e308), Stop()
    threading.Timer(0.2, stop.request).start()
    control.pause(stop, time.monotonic())
    assert stop.requested


def test_a_single_sample_stands_still():
    told = played((sample(0.0, 1),), 2)
    assert [item.gpus[0].memory_used for item in told] == [Known(1), Known(1)]


def test_a_world_without_programs_can_be_watched_too(tmp_path, fake_nvml):
    """No engine is installed at all: containers stay unknown, readings come."""
    store = Store(tmp_path / "store")
    context = Context(world=TestWorld(), store=store)
    (only,) = watched(context, fake_nvml("rtx4090"), count=1)
    store.close()
    assert isinstance(only.gpus[0].memory_used, Known)
