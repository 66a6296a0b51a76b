"""One tick of the monitor over 8 GPUs (NVML stand-in without latency), against the same readings by bare pynvml."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Ratio

GOAL = 3.0
TICKS = 300
_SUPPORT = Path(__file__).parent.parent / "tests" / "support" / "fake_nvml"


def measure() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "libnvidia-ml.so.1"
        source = str(_SUPPORT / "fake_nvml.c")
        built = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), source, "-lpthread", "-lm"]
        subprocess.run(built, check=True, timeout=60)
        scenario = str(_SUPPORT / "scenarios" / "h100x8.ini")
        command = [sys.executable, "-m", "benchmarks.sampling", str(library)]
        environment = {"FAKE_NVML_SCENARIO": scenario, "DRYDOCK_NVML_LIBRARY": str(library)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    ours, bare = (float(word) for word in done.stdout.split()[-2:])
    yield Ratio("one tick of 8 GPUs", "bare pynvml", ours, bare, "us of CPU", GOAL)
    print(f"    at 10 Hz: {ours * 10 / 1e4:.2f}% of a core")


def _tick_seconds(tick) -> float:
    for _ in range(20):
        tick()
    started = time.process_time()
    for _ in range(TICKS):
        tick()
    return (time.process_time() - started) / TICKS * 1e6


def _child(library: str) -> None:
    import ctypes

    import pynvml

    from drydock.collect.sampling import Sampler
    from drydock.world.live import LiveWorld
    from drydock.world.nvml import Nvml

    with Nvml.open(library) as nvml:
        sampler = Sampler(nvml, LiveWorld(), lambda: None)
        clock = iter(range(10**9))
        ours = _tick_seconds(lambda: sampler.sample(next(clock) * 0.1, with_processes=False))
    pynvml.nvmlLib = ctypes.CDLL(library)
    pynvml.nvmlInit()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(8)]

    ticks = iter(range(10**9))

    def bare() -> None:
        slow = next(ticks) % 10 == 0
        for handle in handles:
            pynvml.nvmlDeviceGetMemoryInfo(handle)
            pynvml.nvmlDeviceGetUtilizationRates(handle)
            if slow:
                pynvml.nvmlDeviceGetTemperature(handle, 0)
                pynvml.nvmlDeviceGetPowerUsage(handle)
                pynvml.nvmlDeviceGetClockInfo(handle, 1)
                pynvml.nvmlDeviceGetClockInfo(handle, 2)
                pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)

    print(ours, _tick_seconds(bare))


if __name__ == "__main__":
    _child(sys.argv[1])
