"""The NVML session, against the stand-in and through the real pynvml."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.nvml_fixtures import FakeNvml

from drydock.world.nvml import EVENT_REASONS, Nvml, NvmlError, event_reason_names

Show = Callable[[str], FakeNvml]


def _error(reading: object) -> NvmlError:
    assert isinstance(reading, NvmlError), reading
    return reading


def test_versions_and_identity_of_a_desktop_gpu(fake_nvml: Show) -> None:
    fake_nvml("rtx4090")
    with Nvml.open() as nvml:
        assert nvml.driver_version() == "570.86.10"
        assert nvml.cuda_driver_version() == (12, 8)
        assert nvml.device_count() == 1
        gpu = nvml.identity(0)
    assert gpu.name == "NVIDIA GeForce RTX 4090"
    assert gpu.uuid == "GPU-40900000-0000-4000-8000-000000000000"
    assert gpu.pci_bus_id == "00000000:01:00.0"
    assert gpu.compute_capability == (8, 9)
    assert gpu.memory_total == 25757220864
    assert gpu.brand == "geforce"
    assert (gpu.power_limit, gpu.power_default_limit) == (450.0, 450.0)
    assert (gpu.max_sm_clock, gpu.max_memory_clock) == (3120, 10501)
    assert (gpu.pcie_max_generation, gpu.pcie_max_width) == (4, 16)
    assert (gpu.ecc_mode, gpu.persistence, gpu.compute_mode) == (False, True, "default")
    assert _error(gpu.mig_mode).kind == "not_supported"


def test_samples(fake_nvml: Show) -> None:
    fake_nvml("two-gpus")
    with Nvml.open() as nvml:
        fast, slow, link = nvml.fast(1), nvml.slow(1), nvml.link(1)
    # the driver's reserve of 256 MiB is not counted as used
    assert (fast.memory_used, fast.memory_total) == (314572800, 25769803776)
    assert (fast.gpu_utilisation, fast.memory_utilisation) == (0, 0)
    assert (slow.temperature, slow.power) == (33, 21.0)
    assert (slow.sm_clock, slow.memory_clock) == (210, 405)
    assert (link.generation, link.width) == (1, 8)
    assert event_reason_names(slow.event_reasons if isinstance(slow.event_reasons, int) else 0) == ("gpu_idle",)


def test_old_driver_without_the_newer_functions(fake_nvml: Show) -> None:
    fake = fake_nvml("two-gpus")
    fake.add("fault.nvmlDeviceGetMemoryInfo_v2 = error 13\nfault.nvmlDeviceGetCurrentClocksEventReasons = error 13")
    with Nvml.open() as nvml:
        assert nvml.fast(1).memory_used == 314572800 + 268435456
        assert nvml.slow(1).event_reasons == 1


def test_eight_gpus_are_told_apart(fake_nvml: Show) -> None:
    fake_nvml("h100x8")
    with Nvml.open() as nvml:
        gpus = [nvml.identity(index) for index in range(nvml.device_count())]
        assert nvml.mig_devices(0) == ()
    assert len({gpu.uuid for gpu in gpus}) == len({gpu.pci_bus_id for gpu in gpus}) == 8
    assert all(gpu.ecc_mode is True and gpu.mig_mode is False for gpu in gpus)


def test_laptop_gpu_tells_what_it_can(fake_nvml: Show) -> None:
    fake_nvml("laptop")
    with Nvml.open() as nvml:
        gpu, fast, slow = nvml.identity(0), nvml.fast(0), nvml.slow(0)
        (process,) = nvml.processes(0)
    assert gpu.compute_capability == (7, 5)
    for reading in (gpu.power_limit, gpu.ecc_mode, gpu.max_sm_clock, fast.gpu_utilisation, slow.power):
        assert _error(reading).kind == "not_supported"
    assert (fast.memory_used, slow.temperature, slow.sm_clock) == (5242880, 47, 300)
    assert (process.pid, process.kind) == (2211, "graphics")
    assert _error(process.used_memory).kind == "not_supported"


def test_processes(fake_nvml: Show) -> None:
    fake_nvml("two-gpus")
    with Nvml.open() as nvml:
        found = nvml.processes(0)
        assert nvml.processes(1) == ()
    assert [(process.pid, process.used_memory, process.kind) for process in found] == [
        (os.getpid(), 3221225472, "compute"),
        (1, 104857600, "graphics"),
    ]


def test_process_list_that_fails_is_not_an_empty_one(fake_nvml: Show) -> None:
    fake = fake_nvml("rtx4090")
    fake.add("fault.nvmlDeviceGetGraphicsRunningProcesses = error 3")
    with Nvml.open() as nvml:
        assert [process.kind for process in nvml.processes(0)] == ["compute"]
        fake.add("fault.nvmlDeviceGetComputeRunningProcesses = error 4")
        with pytest.raises(NvmlError) as caught:
            nvml.processes(0)
    assert caught.value.kind == "no_permission"


def test_mig_devices(fake_nvml: Show) -> None:
    fake_nvml("mig")
    with Nvml.open() as nvml:
        assert nvml.identity(0).mig_mode is True
        assert nvml.mig_devices(0) == (
            "MIG-11000001-0000-5000-8000-000000000000",
            "MIG-11000002-0000-5000-8000-000000000000",
        )


@pytest.mark.parametrize(
    ("scenario", "code", "kind", "name"),
    [
        ("mismatch", 18, "version_mismatch", "NVML_ERROR_LIB_RM_VERSION_MISMATCH"),
        ("no-driver", 9, "driver_not_loaded", "NVML_ERROR_DRIVER_NOT_LOADED"),
    ],
)
def test_opening_fails(scenario: str, code: int, kind: str, name: str, fake_nvml: Show) -> None:
    fake_nvml(scenario)
    with pytest.raises(NvmlError) as caught:
        Nvml.open()
    assert (caught.value.code, caught.value.kind, caught.value.name) == (code, kind, name)


def test_library_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NvmlError) as caught:
        Nvml.open(str(tmp_path / "libnvidia-ml.so.1"))
    assert caught.value.kind == "library_not_found"
    assert str(tmp_path) in caught.value.text


@pytest.mark.parametrize(
    ("code", "kind"), [(3, "not_supported"), (4, "no_permission"), (15, "gpu_lost"), (16, "unknown"), (999, "unknown")]
)
def test_one_failing_getter_spoils_no_other(code: int, kind: str, fake_nvml: Show) -> None:
    fake_nvml("two-gpus").add(f"fault.nvmlDeviceGetPowerUsage = error {code}", gpu=0)
    with Nvml.open() as nvml:
        slow, other = nvml.slow(0), nvml.slow(1)
    assert (_error(slow.power).code, _error(slow.power).kind) == (code, kind)
    assert slow.sm_clock == 2520
    assert isinstance(slow.temperature, int)
    assert other.power == 21.0


def test_gpu_lost_on_the_way_leaves_the_others(fake_nvml: Show) -> None:
    fake = fake_nvml("gpu-lost")
    with Nvml.open() as nvml:
        samples = [nvml.fast(1).memory_used for _ in range(8)]
        assert samples[0] == 314572800
        assert _error(samples[-1]).kind == "gpu_lost"
        assert _error(nvml.identity(1).uuid).kind == "gpu_lost"
        assert nvml.device_count() == 2
        assert nvml.identity(0).name == "NVIDIA GeForce RTX 4090"
        fake.change("fault.* = from 12 error 15", "")
        assert nvml.fast(1).memory_used == 314572800


def test_index_without_a_gpu(fake_nvml: Show) -> None:
    fake_nvml("rtx4090")
    with Nvml.open() as nvml:
        assert _error(nvml.identity(7).uuid).name == "NVML_ERROR_INVALID_ARGUMENT"


def test_calls_after_close(fake_nvml: Show) -> None:
    fake_nvml("rtx4090")
    nvml = Nvml.open()
    nvml.close()
    nvml.close()
    with pytest.raises(NvmlError, match="closed"):
        nvml.driver_version()


def test_two_sessions_share_a_library(fake_nvml: Show) -> None:
    fake_nvml("rtx4090")
    with Nvml.open() as first:
        with Nvml.open() as second:
            assert second.device_count() == 1
        assert first.device_count() == 1


def test_another_library_must_wait_for_the_first(fake_nvml: Show, tmp_path: Path) -> None:
    fake = fake_nvml("rtx4090")
    copy = tmp_path / "libnvidia-ml.so.1"
    copy.write_bytes(Path(fake.library).read_bytes())
    with Nvml.open() as nvml:
        with pytest.raises(NvmlError, match="close that session"):
            Nvml.open(str(copy))
        assert nvml.device_count() == 1
    with Nvml.open(str(copy)) as nvml:
        assert nvml.device_count() == 1


def test_hanging_call_ends_the_session_at_once(fake_nvml: Show) -> None:
    fake_nvml("hang")
    nvml = Nvml.open(limit=1.0)
    fast = nvml.fast(0)
    assert fast.memory_total == 25757220864
    assert _error(fast.gpu_utilisation).kind == "timeout"
    assert "nvmlDeviceGetUtilizationRates did not answer" in _error(fast.gpu_utilisation).text
    assert nvml.hanging == "nvmlDeviceGetUtilizationRates"
    assert "a previous NVML call is still hanging" in _error(nvml.identity(1).name).text
    with pytest.raises(NvmlError) as caught:
        nvml.device_count()
    assert caught.value.kind == "timeout"
    nvml.close()
    with Nvml.open(limit=1.0) as fresh:  # the driver still answers other questions
        assert fresh.fast(1).gpu_utilisation == 0


def test_caller_that_waits_behind_a_hanging_call_gets_its_error(fake_nvml: Show) -> None:
    fake_nvml("hang")
    nvml = Nvml.open(limit=1.0)
    first = threading.Thread(target=nvml.fast, args=(0,))
    first.start()
    results = [nvml.fast(1) for _ in range(3)]
    first.join(10)
    assert not first.is_alive()
    while not isinstance(results[-1].memory_used, NvmlError):
        results.append(nvml.fast(1))
    assert _error(results[-1].memory_used).kind == "timeout"
    nvml.close()


def test_hanging_start_is_given_up(fake_nvml: Show) -> None:
    fake_nvml("rtx4090").add("fault.nvmlInit = hang 600")
    with pytest.raises(NvmlError, match="nvmlInit did not answer") as caught:
        Nvml.open(limit=0.3)
    assert caught.value.kind == "timeout"


_EXITS = """
import threading
from drydock.world.nvml import Nvml, NvmlError
nvml = Nvml.open(limit=0.5)
ticks = 0
stop = threading.Event()
def count():
    global ticks
    while not stop.wait(0.005):
        ticks += 1
counter = threading.Thread(target=count)
counter.start()
fast = nvml.fast(0)
stop.set()
counter.join()
assert fast.gpu_utilisation.kind == "timeout", fast
print("others went on" if ticks > 5 else ticks)
nvml.close()
"""


def test_process_goes_on_and_ends_while_a_call_hangs(fake_nvml: Show) -> None:
    # the call hangs for ten minutes; were it waited for anywhere, this would exceed its limit
    fake = fake_nvml("hang")
    ran = subprocess.run(
        [sys.executable, "-c", _EXITS],
        check=False,
        env=fake.environment() | {"DRYDOCK_NVML_LIBRARY": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "others went on\n"


def test_call_times_name_the_slow_call(fake_nvml: Show) -> None:
    fake_nvml("rtx4090").add("fault.nvmlDeviceGetPowerUsage = hang 1", gpu=0)
    with Nvml.open() as nvml:
        nvml.slow(0)
        times = nvml.call_times()
    assert times["nvmlDeviceGetPowerUsage"] >= 0.9
    assert max(times, key=lambda name: times[name]) == "nvmlDeviceGetPowerUsage"


def test_event_reason_names() -> None:
    assert event_reason_names(0) == ()
    assert event_reason_names(0x4 | 0x40) == ("sw_power_cap", "hw_thermal_slowdown")
    assert event_reason_names(0x1 | 0x8000) == ("gpu_idle", "0x8000")


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_every_set_bit_has_one_name(mask: int) -> None:
    bits = {name: bit for bit, name in EVENT_REASONS}
    names = event_reason_names(mask)
    assert sum(bits[name] if name in bits else int(name, 16) for name in names) == mask
    assert len(names) == mask.bit_count()
