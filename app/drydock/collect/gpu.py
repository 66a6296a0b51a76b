"""What the NVIDIA driver's management library tells: its versions, and every GPU."""

import msgspec

from drydock.core.facts import Fact, Gpu, Missing, NvmlState


class NvmlReading(msgspec.Struct, frozen=True, kw_only=True):
    """What one NVML session told."""

    state: NvmlState
    version: Fact[str]
    cuda: Fact[tuple[int, int]]
    gpus: tuple[Gpu, ...] = ()


def collect_nvml(library: str | None = None) -> NvmlReading:
    """Open NVML and read versions and GPUs."""
    missing = Missing("absent", "NVML is not read yet")
    return NvmlReading(state=NvmlState(kind="library_not_found"), version=missing, cuda=missing)
