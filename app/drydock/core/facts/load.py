"""What was measured under load. Sizes in bytes, temperatures in degrees Celsius."""

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class Soak(msgspec.Struct, frozen=True, kw_only=True):
    """Matrix products, repeated for a while on one GPU.

    Attributes:
        teraflops: floating point operations a second in units of 10^12: the median of the parts of a second.
        first, last: the same for the first and the last tenth, so that slowing down shows.
        wrong: parts whose result was not that of the first, which is compared with a reference of the CPU.
        paused: seconds that were waited for the GPU to cool down.
        kind: empty when it came to its end; else why not (``wrong-result``, ``too-hot``, ``oom`` …), with ``text``.
    """

    format: str = ""
    seconds: float = 0.0
    parts: int = 0
    teraflops: float = 0.0
    first: float = 0.0
    last: float = 0.0
    wrong: int = 0
    paused: float = 0.0
    kind: str = ""
    text: str = ""


class MemoryTest(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns were written to the GPU's memory and read back; ``wrong`` counts the words that differ."""

    tested: int = 0
    patterns: int = 0
    wrong: int = 0
    kind: str = ""
    text: str = ""


class CopySpeed(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes a second to the GPU, from it (both with pinned memory), and within it."""

    to_gpu: float = 0.0
    from_gpu: float = 0.0
    within: float = 0.0
    kind: str = ""
    text: str = ""


class LoadSamples(msgspec.Struct, frozen=True, kw_only=True):
    """What NVML showed of the GPU from outside while the load ran.

    Attributes:
        count: samples taken.
        hottest: highest temperature; ``power``: highest watts.
        sm_clock: median MHz.
        reasons: NVML's clock event reason bits, with the number of samples that had each.
        generation, width: the best PCIe link that was seen.
    """

    count: int = 0
    hottest: Fact[int] = _NOT_ASKED
    power: Fact[float] = _NOT_ASKED
    sm_clock: Fact[int] = _NOT_ASKED
    reasons: dict[str, int] = {}
    generation: Fact[int] = _NOT_ASKED
    width: Fact[int] = _NOT_ASKED


class GpuLoad(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU under load; ``device`` is torch's word for it."""

    device: str
    name: str
    uuid: str = ""
    soak: Fact[Soak] = _NOT_ASKED
    memory: Fact[MemoryTest] = _NOT_ASKED
    copy: Fact[CopySpeed] = _NOT_ASKED
    samples: Fact[LoadSamples] = _NOT_ASKED


class DiskSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """A file was written to the workspace and read back past the page cache. Bytes a second."""

    path: str
    size: int
    write: float
    read: float


class LoadFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured under load."""

    gpus: tuple[GpuLoad, ...] = ()
    disk: Fact[DiskSpeed] = _NOT_ASKED
