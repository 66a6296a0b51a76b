"""Live readings in cadence classes, against the NVML stand-in."""

import os

import pytest
from tests.support.world import TestWorld

from drydock.collect.sampling import PROCESS_SECONDS, SLOW_SECONDS, Sampler
from drydock.core.facts import Known, Missing
from drydock.world.nvml import Nvml

RTX_4090 = "GPU-40900000-0000-4000-8000-000000000000"
RTX_3090 = "GPU-30900000-0000-4000-8000-000000000001"


@pytest.fixture
def nvml_of(fake_nvml):
    """Open a session on a scenario; returns it and the scenario."""
    opened = []

    def open_scenario(name):
        fake = fake_nvml(name)
        opened.append(Nvml.open(fake.library, limit=2.0))
        return opened[-1], fake

    yield open_scenario
    for nvml in opened:
        nvml.close()


def sampler(nvml, owners=lambda: None, processes=None):
    return Sampler(nvml, TestWorld(processes=processes or {}), owners)


def test_the_first_sample_reads_everything(nvml_of):
    nvml, _ = nvml_of("two-gpus")
    sample = sampler(nvml).sample(0.0, with_processes=True)
    busy, idle = sample.gpus
    assert (busy.key, busy.index, idle.key, idle.index) == (RTX_4090, 0, RTX_3090, 1)
    assert (idle.memory_used, idle.memory_total) == (Known(314572800), Known(25769803776))
    assert (idle.utilisation, idle.temperature, idle.power) == (Known(0), Known(33), Known(21.0))
    assert (idle.sm_clock, idle.memory_clock, idle.event_reasons) == (Known(210), Known(405), Known(1))
    assert busy.event_reasons == Known(4)
    assert [group.key for group in sample.processes] == [RTX_4090, RTX_3090]
    assert sample.slow_calls == ()


def test_slow_readings_are_carried_over_for_a_second(nvml_of):
    nvml, fake = nvml_of("two-gpus")
    watch = sampler(nvml)
    watch.sample(0.0, with_processes=False)
    fake.change("temperature_c = 33", "temperature_c = 71")
    fake.change("memory_used = 314572800", "memory_used = 524288000")
    soon = watch.sample(SLOW_SECONDS / 2, with_processes=False).gpus[1]
    assert (soon.memory_used, soon.temperature) == (Known(524288000), Known(33))
    later = watch.sample(SLOW_SECONDS, with_processes=False).gpus[1]
    assert (later.memory_used, later.temperature) == (Known(524288000), Known(71))


def test_processes_are_asked_for_every_two_seconds_and_only_while_wanted(nvml_of):
    nvml, _ = nvml_of("two-gpus")
    watch = sampler(nvml)
    told = {
        t: watch.sample(t, with_processes=wanted).processes is not None
        for t, wanted in ((0.0, True), (1.0, True), (PROCESS_SECONDS, True), (3.9, True), (4.5, False), (4.6, True))
    }
    assert told == {0.0: True, 1.0: False, 2.0: True, 3.9: False, 4.5: False, 4.6: True}


def test_processes_are_named_with_the_container_that_owns_them(nvml_of):
    nvml, _ = nvml_of("two-gpus")
    watch = sampler(nvml, owners=lambda: {os.getpid(): "training"}, processes={os.getpid(): "python3"})
    (first, second) = watch.sample(0.0, with_processes=True).processes
    ours, desktop = first.processes.value
    assert (ours.pid, ours.kind, ours.memory_used) == (os.getpid(), "compute", Known(3221225472))
    assert (ours.name, ours.container) == (Known("python3"), Known("training"))
    assert (desktop.pid, desktop.kind) == (1, "graphics")
    assert desktop.container == Missing("absent")
    assert isinstance(desktop.name, Missing)
    assert second.processes == Known(())


def test_lists_that_cannot_be_read_are_not_empty_ones(nvml_of):
    nvml, fake = nvml_of("two-gpus")
    for kind in ("Compute", "Graphics"):
        fake.add(f"fault.nvmlDeviceGet{kind}RunningProcesses = error 3", gpu=1)
    (_, second) = sampler(nvml).sample(0.0, with_processes=True).processes
    assert second.processes.why == "not_supported"


def test_without_an_engine_the_container_is_unknown_not_absent(nvml_of):
    nvml, _ = nvml_of("rtx4090")
    (group,) = sampler(nvml, owners=lambda: None).sample(0.0, with_processes=True).processes
    assert {process.container.why for process in group.processes.value} == {"not_asked"}


def test_a_gpu_that_is_lost_does_not_take_the_other_with_it(nvml_of):
    nvml, fake = nvml_of("two-gpus")
    watch = sampler(nvml)
    watch.sample(0.0, with_processes=True)
    fake.add("fault.* = error 15", gpu=1)
    sample = watch.sample(5.0, with_processes=True)
    busy, lost = sample.gpus
    assert isinstance(busy.memory_used, Known)
    assert isinstance(lost.memory_used, Missing)
    assert "GPU_IS_LOST" in lost.memory_used.detail
    assert isinstance(lost.temperature, Missing), "a reading of before must not stay as if it were of now"
    assert isinstance(sample.processes[0].processes, Known)
    assert isinstance(sample.processes[1].processes, Missing)


def test_a_gpu_without_a_uuid_is_known_by_its_index(nvml_of):
    nvml, _ = nvml_of("gpu-lost")
    keys = [gpu.key for gpu in sampler(nvml).sample(0.0, with_processes=False).gpus]
    assert keys[0] == RTX_4090
    assert len(set(keys)) == len(keys)


def test_a_slow_reading_is_asked_for_less_often_and_said(nvml_of):
    nvml, fake = nvml_of("two-gpus")
    fake.add("fault.nvmlDeviceGetUtilizationRates = hang 0.02")
    watch = sampler(nvml)
    watch.sample(0.0, with_processes=False)
    slow = watch.sample(1.0, with_processes=False)
    assert [call.partition(":")[0] for call in slow.slow_calls] == ["nvmlDeviceGetUtilizationRates"]
    fake.change("memory_used = 314572800", "memory_used = 524288000")
    assert watch.sample(1.5, with_processes=False).gpus[1].memory_used == Known(314572800)
    assert watch.sample(2.0, with_processes=False).gpus[1].memory_used == Known(524288000)


def test_slow_process_lists_take_no_more_than_their_share(nvml_of):
    nvml, fake = nvml_of("rtx4090")
    fake.add("fault.nvmlDeviceGetGraphicsRunningProcesses = hang 0.5")
    watch = sampler(nvml)
    assert watch.sample(0.0, with_processes=True).processes is not None
    assert watch.sample(PROCESS_SECONDS, with_processes=True).processes is None
    said = watch.sample(PROCESS_SECONDS + SLOW_SECONDS, with_processes=True).slow_calls
    assert any(call.startswith("nvmlDeviceGetGraphicsRunningProcesses") for call in said)
    assert watch.sample(60.0, with_processes=True).processes is not None
