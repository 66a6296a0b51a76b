"""Facts about one GPU, as NVML tells them."""

from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing


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


class RemappedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of GPU memory that were replaced by spare ones (Ampere and newer).

    Attributes:
        corrected: rows replaced after errors that were corrected; likewise ``uncorrected``.
        pending: a row waits for the next reset to be replaced.
        failed: a row could not be replaced.
    """

    corrected: int
    uncorrected: int
    pending: bool
    failed: bool


class RetiredPages(msgspec.Struct, frozen=True, kw_only=True):
    """Pages of GPU memory that are no longer used (before Ampere), by the kind of error that led to it.

    Attributes:
        pending: a page waits for the next start of the driver to be left out.
    """

    single_bit: int
    double_bit: int
    pending: bool


_NOT_ASKED = Missing("not_asked")


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
        minor: number of the GPU's node, as in /dev/nvidia0.
        compute_mode: ``default``, ``exclusive_process``, ``exclusive_thread`` or ``prohibited``.
        mig_pending: MIG mode after the next reset; likewise ``ecc_pending``.
        ecc_volatile: uncorrected memory errors since the driver was loaded; ``ecc_aggregate``: over the GPU's life.
        slowdown_temperature: degrees Celsius at which the hardware lowers the clocks.
        display: whether a monitor or desktop is drawn by this GPU.
        recovery: what the driver wants to be done with the GPU: ``none``, ``reset``, ``reboot`` …
        fabric: how far the GPU has come in joining its NVLink fabric: ``not_started``, ``in_progress``, ``completed``.
        processes: who holds memory on the GPU.
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
    minor: Fact[int] = _NOT_ASKED
    compute_mode: Fact[str] = _NOT_ASKED
    mig_pending: Fact[bool] = _NOT_ASKED
    ecc_pending: Fact[bool] = _NOT_ASKED
    ecc_volatile: Fact[int] = _NOT_ASKED
    ecc_aggregate: Fact[int] = _NOT_ASKED
    remapped_rows: Fact[RemappedRows] = _NOT_ASKED
    retired_pages: Fact[RetiredPages] = _NOT_ASKED
    slowdown_temperature: Fact[int] = _NOT_ASKED
    display: Fact[bool] = _NOT_ASKED
    recovery: Fact[str] = _NOT_ASKED
    fabric: Fact[str] = _NOT_ASKED
    processes: Fact[tuple[GpuProcess, ...]] = _NOT_ASKED
