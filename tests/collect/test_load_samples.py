"""Samples of a GPU while it works, through the NVML stand-in."""

import time

from drydock.collect.load_samples import LoadWatch, summary
from drydock.core.facts import Known, Missing
from drydock.world.nvml import Nvml
from drydock.world.nvml_facts import LinkSample, SlowSample


def uuid_of(fake):
    with Nvml.open(fake.library) as nvml:
        return nvml.identity(0).uuid


def test_a_gpu_is_watched(fake_nvml):
    fake = fake_nvml("rtx4090")
    watch = LoadWatch(uuid_of(fake), interval=0.01, library=fake.library)
    watch.start()
    until = time.monotonic() + 20
    while len(watch._links) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    found = watch.end()
    assert isinstance(found, Known)
    assert found.value.count >= 3
    assert isinstance(found.value.hottest, Known)
    assert isinstance(found.value.width, Known)


def test_a_gpu_that_nvml_does_not_know(fake_nvml):
    fake = fake_nvml("rtx4090")
    watch = LoadWatch("GPU-unknown", library=fake.library)
    watch.start()
    watch._thread.join(20)
    assert watch.end() == Missing("absent", "NVML knows no GPU GPU-unknown")


def test_no_driver(fake_nvml):
    fake = fake_nvml("no-driver")
    watch = LoadWatch("GPU-1", library=fake.library)
    watch.start()
    watch._thread.join(20)
    assert watch.end().why == "failed"


def test_samples_are_summed_up():
    def slow(temperature, reasons, clock):
        return SlowSample(
            index=0, temperature=temperature, power=300.0, sm_clock=clock, memory_clock=1, event_reasons=reasons
        )

    links = [LinkSample(index=0, generation=generation, width=16) for generation in (1, 4, 4)]
    found = summary([slow(60, 0x4, 2500), slow(83, 0x44, 1900), slow(80, 0x40, 2100)], links).value
    assert found.hottest == Known(83)
    assert found.sm_clock == Known(2100)
    assert found.reasons == {"sw_power_cap": 2, "hw_thermal_slowdown": 2}
    assert (found.generation, found.width) == (Known(4), Known(16))
    assert summary([], []).why == "failed"
