"""Live readings of all GPUs over one open NVML session, in cadence classes by what a call costs."""

from collections.abc import Callable, Mapping

import msgspec

from drydock.collect.gpu import fact_of, missing_of
from drydock.core.facts import GpuProcess, GpuProcesses, GpuSample, Known, Missing, MonitorSample, known_or
from drydock.world import World
from drydock.world.nvml import GpuProcess as NvmlProcess
from drydock.world.nvml import Nvml, NvmlError

SLOW_SECONDS = 1.0
PROCESS_SECONDS = 2.0
SLOW_CALL_SECONDS = 0.005
"""A call whose median takes longer holds the driver's lock too long for the fast class, and is asked once a second."""

LISTS_SHARE = 0.1
"""Of the time, how much asking for process lists may take; a driver that answers slowly is asked less often."""

_LIST_CALLS = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses")
_FAST_CALLS = frozenset(("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetUtilizationRates"))


class Sampler:
    """Reads all GPUs; what is due by its class is asked again, the rest is carried over.

    Args:
        nvml: an open session.
        world: names processes.
        owners: tells which container a process id belongs to (host process id → container name).
    """

    def __init__(self, nvml: Nvml, world: World, owners: Callable[[], Mapping[int, str] | None]) -> None:
        self._nvml = nvml
        self._world = world
        self._owners = owners
        self._count = nvml.device_count()
        self._keys = {index: _key(nvml, index) for index in range(self._count)}
        self._last: dict[int, GpuSample] = {}
        self._demoted: tuple[str, ...] = ()
        self._slow_due = self._processes_due = 0.0

    def sample(self, t: float, *, with_processes: bool) -> MonitorSample:
        """Return the readings at ``t`` seconds since the watch began."""
        slow = t >= self._slow_due or not self._last
        if slow:
            self._slow_due = t + SLOW_SECONDS
            self._demoted = self._slow_calls()
        fast = slow or not self._demoted
        self._last = self._nvml.together(
            lambda: {index: self._read(index, fast=fast, slow=slow) for index in range(self._count)}
        )
        processes = None
        if with_processes and t >= self._processes_due:
            processes = self._read_processes()
            self._processes_due = t + max(PROCESS_SECONDS, self._lists_seconds() / LISTS_SHARE)
        gpus = tuple(self._last[index] for index in range(self._count))
        return MonitorSample(t=t, gpus=gpus, processes=processes, slow_calls=self._demoted)

    def _read(self, index: int, *, fast: bool, slow: bool) -> GpuSample:
        sample = self._last.get(index) or _empty(self._keys[index], index)
        if fast:
            reading = self._nvml.fast(index)
            sample = msgspec.structs.replace(
                sample,
                memory_used=fact_of(reading.memory_used),
                memory_total=fact_of(reading.memory_total),
                utilisation=fact_of(reading.gpu_utilisation),
            )
        if slow:
            rare = self._nvml.slow(index)
            sample = msgspec.structs.replace(
                sample,
                temperature=fact_of(rare.temperature),
                power=fact_of(rare.power),
                sm_clock=fact_of(rare.sm_clock),
                memory_clock=fact_of(rare.memory_clock),
                event_reasons=fact_of(rare.event_reasons),
            )
        return sample

    def _read_processes(self) -> tuple[GpuProcesses, ...]:
        owners = self._owners()
        groups = ((self._keys[index], self._processes_of(index, owners)) for index in range(self._count))
        return tuple(GpuProcesses(key=key, processes=processes) for key, processes in groups)

    def _processes_of(self, index: int, owners: Mapping[int, str] | None) -> Known[tuple[GpuProcess, ...]] | Missing:
        try:
            found = self._nvml.processes(index)
        except NvmlError as error:
            return missing_of(error)
        return Known(tuple(self._process(process, owners) for process in found))

    def _process(self, process: NvmlProcess, owners: Mapping[int, str] | None) -> GpuProcess:
        if owners is None:
            container: Known[str] | Missing = Missing("not_asked", "no container engine tells")
        elif process.pid in owners:
            container = Known(owners[process.pid])
        else:
            container = Missing("absent")
        return GpuProcess(
            pid=process.pid,
            kind=process.kind,
            memory_used=fact_of(process.used_memory),
            name=self._world.process_name(process.pid),
            container=container,
        )

    def _lists_seconds(self) -> float:
        """Return how long asking all GPUs for their process lists takes."""
        times = self._nvml.call_times()
        return self._count * sum(times.get(name, 0.0) for name in _LIST_CALLS)

    def _slow_calls(self) -> tuple[str, ...]:
        times = self._nvml.call_times()
        slow = {name: times[name] for name in _FAST_CALLS & times.keys() if times[name] > SLOW_CALL_SECONDS}
        if self._lists_seconds() / LISTS_SHARE > PROCESS_SECONDS:
            slow |= {name: times[name] for name in _LIST_CALLS if name in times}
        return tuple(f"{name}: {seconds * 1000:.0f} ms" for name, seconds in sorted(slow.items()))


def _key(nvml: Nvml, index: int) -> str:
    return known_or(fact_of(nvml.identity(index).uuid), str(index))


def _empty(key: str, index: int) -> GpuSample:
    nothing = Missing("not_asked")
    return GpuSample(key=key, index=index, memory_used=nothing, memory_total=nothing, utilisation=nothing)
