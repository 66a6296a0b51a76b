"""What NVML tells about a GPU, in plain values."""

from typing import Final, Literal

import msgspec

from drydock.world.nvml_errors import Reading


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What stays as it is while the driver is loaded.

    Attributes:
        index: NVML's index, in the order of PCI bus ids; it may change with a restart, the UUID does not.
        compute_capability: (major, minor).
        memory_total: bytes, without what ECC takes.
        brand: NVML's word for the product line, such as ``geforce``.
        mig_mode: whether Multi-Instance GPU mode is on.
        power_limit: watts that are enforced now; ``power_default_limit`` are those of the board.
        max_sm_clock: MHz; also ``max_memory_clock``.
        pcie_max_generation: of the GPU and this slot together; also ``pcie_max_width`` (lanes).
        compute_mode: who may use the GPU; ``prohibited`` refuses every CUDA program.
    """

    index: int
    uuid: Reading[str]
    name: Reading[str]
    pci_bus_id: Reading[str]
    compute_capability: Reading[tuple[int, int]]
    memory_total: Reading[int]
    brand: Reading[str]
    mig_mode: Reading[bool]
    power_limit: Reading[float]
    power_default_limit: Reading[float]
    max_sm_clock: Reading[int]
    max_memory_clock: Reading[int]
    pcie_max_generation: Reading[int]
    pcie_max_width: Reading[int]
    ecc_mode: Reading[bool]
    persistence: Reading[bool]
    compute_mode: Reading[str]


class FastSample(msgspec.Struct, frozen=True, kw_only=True):
    """What is cheap to read several times a second.

    Attributes:
        memory_used: bytes; without the driver's own reserve where the driver tells them apart.
        memory_total: bytes.
        gpu_utilisation: per cent of the driver's last sample period in which a kernel was resident.
        memory_utilisation: per cent of that period in which device memory was read or written.
    """

    index: int
    memory_used: Reading[int]
    memory_total: Reading[int]
    gpu_utilisation: Reading[int]
    memory_utilisation: Reading[int]


class SlowSample(msgspec.Struct, frozen=True, kw_only=True):
    """What is read once a second.

    Attributes:
        temperature: degrees Celsius.
        power: watts.
        sm_clock: MHz; also ``memory_clock``.
        event_reasons: bit mask of why clocks are not at their highest, see ``event_reason_names``.
    """

    index: int
    temperature: Reading[int]
    power: Reading[float]
    sm_clock: Reading[int]
    memory_clock: Reading[int]
    event_reasons: Reading[int]


class LinkSample(msgspec.Struct, frozen=True, kw_only=True):
    """The PCIe link now, which idle GPUs lower: its generation and width (lanes)."""

    index: int
    generation: Reading[int]
    width: Reading[int]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether a GPU is whole, and what changes seldom.

    Attributes:
        minor: number of its node, as in /dev/nvidia0.
        mig_pending: MIG mode after the next reset; likewise ``ecc_pending``.
        ecc_volatile: uncorrected memory errors since the driver was loaded; ``ecc_aggregate``: over the GPU's life.
        remapped_rows: rows replaced after corrected errors, after uncorrected ones, one pending, one failed.
        retired_pages: pages retired after repeated single-bit errors, after double-bit errors, one pending.
        slowdown_temperature: degrees Celsius at which the hardware lowers the clocks.
        display: whether a display is driven.
        recovery: what the driver wants to be done with the GPU.
        fabric: how far it has come in joining its NVLink fabric.
    """

    index: int
    minor: Reading[int]
    mig_pending: Reading[bool]
    ecc_pending: Reading[bool]
    ecc_volatile: Reading[int]
    ecc_aggregate: Reading[int]
    remapped_rows: Reading[tuple[int, int, bool, bool]]
    retired_pages: Reading[tuple[int, int, bool]]
    slowdown_temperature: Reading[int]
    display: Reading[bool]
    recovery: Reading[str]
    fabric: Reading[str]


RECOVERY_ACTIONS: Final[dict[int, str]] = {
    0: "none",
    1: "reset",
    2: "reboot",
    3: "drain_p2p",
    4: "drain_and_reset",
    5: "recover_imex_domain",
    6: "bus_reset",
    7: "system_reboot",
}
FABRIC_STATES: Final[dict[int, str]] = {0: "not_supported", 1: "not_started", 2: "in_progress", 3: "completed"}
"""nvmlDeviceGpuRecoveryAction_t and nvmlGpuFabricState_t, as the nvidia-ml-py package 13.615 declares them."""


class GpuProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process with a context on a GPU; one that computes and draws is listed once for each.

    Attributes:
        used_memory: bytes. Windows does not tell them for each process.
    """

    pid: int
    used_memory: Reading[int]
    kind: Literal["compute", "graphics"]


EVENT_REASONS: Final[tuple[tuple[int, str], ...]] = (
    (0x001, "gpu_idle"),
    (0x002, "applications_clocks_setting"),
    (0x004, "sw_power_cap"),
    (0x008, "hw_slowdown"),
    (0x010, "sync_boost"),
    (0x020, "sw_thermal_slowdown"),
    (0x040, "hw_thermal_slowdown"),
    (0x080, "hw_power_brake_slowdown"),
    (0x100, "display_clock_setting"),
    (0x200, "board_limit"),
    (0x400, "reliability"),
)
"""Bits of the clock event reasons and their names.

Source: ``nvmlClocksEventReason*`` and, for the last two, the older ``nvmlClocksThrottleReason*`` in NVIDIA's nvml.h, as
the nvidia-ml-py package 13.615 declares them.
"""


def event_reason_names(mask: int) -> tuple[str, ...]:
    """Return the names of the bits that are set; a bit that is not known is named by its value, such as ``0x800``."""
    known = tuple(name for bit, name in EVENT_REASONS if mask & bit)
    rest = mask & ~sum(bit for bit, _ in EVENT_REASONS)
    unknown = tuple(hex(1 << place) for place in range(rest.bit_length()) if rest >> place & 1)
    return known + unknown


# nvmlBrandType_t and nvmlComputeMode_t in nvml.h; a number that is not here is shown as it is
BRANDS: Final[dict[int, str]] = {
    0: "unknown",
    1: "quadro",
    2: "tesla",
    3: "nvs",
    4: "grid",
    5: "geforce",
    6: "titan",
    7: "nvidia_vapps",
    8: "nvidia_vpc",
    9: "nvidia_vcs",
    10: "nvidia_vws",
    11: "nvidia_cloud_gaming",
    12: "quadro_rtx",
    13: "nvidia_rtx",
    14: "nvidia",
    15: "geforce_rtx",
    16: "titan_rtx",
}
COMPUTE_MODES: Final[dict[int, str]] = {0: "default", 1: "exclusive_thread", 2: "prohibited", 3: "exclusive_process"}
