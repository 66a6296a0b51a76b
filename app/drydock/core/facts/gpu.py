"""Facts about one GPU, as NVML tells them."""

from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact


class GpuProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process that holds memory on a GPU.

    Attributes:
        memory_used: bytes.
        container: name of the owning container, where it is known.
    """

    pid: int
    kind: Literal["compute", "graphics"]
    memory_used: Fact[int]
    name: Fact[str]
    container: Fact[str]


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU.

    Attributes:
        state: ``lost`` when the driver no longer reaches it.
        compute_capability: (major, minor).
        memory_total: bytes; also ``memory_used``.
        mig: whether Multi-Instance GPU mode is on; ``mig_devices`` are the slices' UUIDs.
        temperature: degrees Celsius.
        power: watts; also ``power_limit`` and ``default_power_limit``.
        sm_clock: MHz; also the other clocks.
        utilisation: per cent of the last sample period in which a kernel was resident.
        event_reasons: NVML's clock event reason bit mask.
    """

    index: int
    state: Literal["ok", "lost", "error"]
    text: str = ""
    uuid: Fact[str]
    name: Fact[str]
    pci_bus_id: Fact[str]
    compute_capability: Fact[tuple[int, int]]
    memory_total: Fact[int]
    memory_used: Fact[int]
    mig: Fact[bool]
    mig_devices: tuple[str, ...] = ()
    temperature: Fact[int]
    power: Fact[float]
    power_limit: Fact[float]
    default_power_limit: Fact[float]
    sm_clock: Fact[int]
    memory_clock: Fact[int]
    max_sm_clock: Fact[int]
    max_memory_clock: Fact[int]
    utilisation: Fact[int]
    event_reasons: Fact[int]
    pcie_generation: Fact[int]
    pcie_width: Fact[int]
    max_pcie_generation: Fact[int]
    max_pcie_width: Fact[int]
    ecc: Fact[bool]
    persistence: Fact[bool]
