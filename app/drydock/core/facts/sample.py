"""One moment of the live display."""

import msgspec

from drydock.core.facts.fact import Fact, Missing
from drydock.core.facts.gpu import GpuProcess


class GpuSample(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one GPU. Units as in :class:`~drydock.core.facts.gpu.Gpu`.

    Attributes:
        key: the GPU's UUID, or its index as text where the UUID cannot be read.
    """

    key: str
    index: int
    memory_used: Fact[int]
    memory_total: Fact[int]
    utilisation: Fact[int]
    temperature: Fact[int] = Missing("not_asked")
    power: Fact[float] = Missing("not_asked")
    sm_clock: Fact[int] = Missing("not_asked")
    memory_clock: Fact[int] = Missing("not_asked")
    event_reasons: Fact[int] = Missing("not_asked")


class GpuProcesses(msgspec.Struct, frozen=True, kw_only=True):
    """The processes on one GPU."""

    key: str
    processes: Fact[tuple[GpuProcess, ...]]


class MonitorSample(msgspec.Struct, frozen=True, kw_only=True):
    """All GPUs at one moment.

    Attributes:
        t: seconds since the watch began.
        processes: None where this moment did not ask for them (they are asked for less often).
        slow_calls: NVML calls that were found slow and are made less often, as ``name: milliseconds``.
    """

    t: float
    gpus: tuple[GpuSample, ...]
    processes: tuple[GpuProcesses, ...] | None = None
    slow_calls: tuple[str, ...] = ()
