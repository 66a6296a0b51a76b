"""What the NVIDIA driver's management library tells: its versions, and every GPU."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import msgspec

from drydock.core.facts import Fact, Gpu, GpuProcess, Known, Missing, NvmlState, RemappedRows, RetiredPages, Why

if TYPE_CHECKING:
    from drydock.world.nvml import Nvml
    from drydock.world.nvml_errors import NvmlError, Reading
    from drydock.world.nvml_facts import FastSample, Identity, LinkSample, SlowSample

_CALL_LIMIT = 5.0

T = TypeVar("T")

_WHY: dict[str, Why] = {
    "library_not_found": "absent",
    "driver_not_loaded": "absent",
    "not_supported": "not_supported",
    "no_permission": "no_permission",
    "timeout": "timeout",
}

_STATES: dict[
    str,
    Literal[
        "library_not_found", "driver_not_loaded", "version_mismatch", "no_permission", "gpu_lost", "timeout", "unknown"
    ],
] = {
    "library_not_found": "library_not_found",
    "driver_not_loaded": "driver_not_loaded",
    "version_mismatch": "version_mismatch",
    "no_permission": "no_permission",
    "gpu_lost": "gpu_lost",
    "timeout": "timeout",
}


class NvmlReading(msgspec.Struct, frozen=True, kw_only=True):
    """What one NVML session told."""

    state: NvmlState
    version: Fact[str]
    cuda: Fact[tuple[int, int]]
    gpus: tuple[Gpu, ...] = ()


NameOf: TypeAlias = Callable[[int], Fact[str]]


def _nameless(_pid: int) -> Fact[str]:
    return Missing("not_asked")


def collect_nvml(library: str | None = None, limit: float = _CALL_LIMIT, name_of: NameOf = _nameless) -> NvmlReading:
    """Read the driver's versions and every GPU.

    Args:
        library: path of another NVML library; None takes the system's.
        limit: seconds that one call may take; the first that takes longer ends the reading.
        name_of: gives the name of a process.
    """
    from drydock.world.nvml import Nvml
    from drydock.world.nvml_errors import NvmlError

    try:
        nvml = Nvml.open(library, limit=limit)
    except NvmlError as error:
        missing = missing_of(error)
        return NvmlReading(state=_state(error), version=missing, cuda=missing)
    try:
        return _read(nvml, limit, name_of)
    finally:
        nvml.close()


def _read(nvml: "Nvml", limit: float, name_of: NameOf) -> NvmlReading:
    from drydock.world.nvml_errors import NvmlError

    version, cuda = fact_of(_ask(nvml.driver_version)), fact_of(_ask(nvml.cuda_driver_version))
    count = _ask(nvml.device_count)
    if isinstance(count, NvmlError):
        return NvmlReading(state=_state(count), version=version, cuda=cuda)
    gpus = tuple(_gpu(nvml, index, name_of) for index in range(count))
    if nvml.hanging:
        # what was read before the call that hangs is still true
        state = NvmlState(kind="timeout", text=f"{nvml.hanging} did not return within {limit:g} s")
    else:
        state = NvmlState(kind="ready")
    return NvmlReading(state=state, version=version, cuda=cuda, gpus=gpus)


def _ask(question: "Callable[[], T]") -> "Reading[T]":
    from drydock.world.nvml_errors import NvmlError

    try:
        return question()
    except NvmlError as error:
        return error


def fact_of(reading: "Reading[T]") -> Fact[T]:
    """Turn what NVML gave into a fact."""
    from drydock.world.nvml_errors import NvmlError

    return missing_of(reading) if isinstance(reading, NvmlError) else Known(reading)


def missing_of(error: "NvmlError") -> Missing:
    """Turn an NVML error into the reason why a fact is missing."""
    return Missing(_WHY.get(error.kind, "failed"), str(error))


def _state(error: "NvmlError") -> NvmlState:
    return NvmlState(kind=_STATES.get(error.kind, "unknown"), code=error.code, text=error.text)


def _gpu(nvml: "Nvml", index: int, name_of: NameOf) -> Gpu:
    identity, fast, slow, link = nvml.identity(index), nvml.fast(index), nvml.slow(index), nvml.link(index)
    health = nvml.health(index)
    mig, slices = _slices(nvml, index, fact_of(identity.mig_mode))
    state, text = _health(identity, fast, slow, link)
    return Gpu(
        index=index,
        state=state,
        text=text,
        uuid=fact_of(identity.uuid),
        name=fact_of(identity.name),
        pci_bus_id=fact_of(identity.pci_bus_id),
        compute_capability=fact_of(identity.compute_capability),
        memory_total=fact_of(identity.memory_total),
        memory_used=fact_of(fast.memory_used),
        mig=mig,
        mig_devices=slices,
        temperature=fact_of(slow.temperature),
        power=fact_of(slow.power),
        power_limit=fact_of(identity.power_limit),
        default_power_limit=fact_of(identity.power_default_limit),
        sm_clock=fact_of(slow.sm_clock),
        memory_clock=fact_of(slow.memory_clock),
        max_sm_clock=fact_of(identity.max_sm_clock),
        max_memory_clock=fact_of(identity.max_memory_clock),
        utilisation=fact_of(fast.gpu_utilisation),
        event_reasons=fact_of(slow.event_reasons),
        pcie_generation=fact_of(link.generation),
        pcie_width=fact_of(link.width),
        max_pcie_generation=fact_of(identity.pcie_max_generation),
        max_pcie_width=fact_of(identity.pcie_max_width),
        ecc=fact_of(identity.ecc_mode),
        persistence=fact_of(identity.persistence),
        minor=fact_of(health.minor),
        compute_mode=fact_of(identity.compute_mode),
        mig_pending=fact_of(health.mig_pending),
        ecc_pending=fact_of(health.ecc_pending),
        ecc_volatile=fact_of(health.ecc_volatile),
        ecc_aggregate=fact_of(health.ecc_aggregate),
        remapped_rows=_remapped(fact_of(health.remapped_rows)),
        retired_pages=_retired(fact_of(health.retired_pages)),
        slowdown_temperature=fact_of(health.slowdown_temperature),
        display=fact_of(health.display),
        recovery=fact_of(health.recovery),
        fabric=fact_of(health.fabric),
        processes=_processes(nvml, index, name_of),
    )


def _remapped(rows: Fact[tuple[int, int, bool, bool]]) -> Fact[RemappedRows]:
    if isinstance(rows, Missing):
        return rows
    corrected, uncorrected, pending, failed = rows.value
    return Known(RemappedRows(corrected=corrected, uncorrected=uncorrected, pending=pending, failed=failed))


def _retired(pages: Fact[tuple[int, int, bool]]) -> Fact[RetiredPages]:
    if isinstance(pages, Missing):
        return pages
    single, double, pending = pages.value
    return Known(RetiredPages(single_bit=single, double_bit=double, pending=pending))


def _processes(nvml: "Nvml", index: int, name_of: NameOf) -> Fact[tuple[GpuProcess, ...]]:
    from drydock.world.nvml_errors import NvmlError

    try:
        found = nvml.processes(index)
    except NvmlError as error:
        return missing_of(error)
    return Known(
        tuple(
            GpuProcess(
                pid=process.pid,
                kind=process.kind,
                memory_used=fact_of(process.used_memory),
                name=name_of(process.pid),
                container=Missing("not_asked"),
            )
            for process in found
        )
    )


def _slices(nvml: "Nvml", index: int, mode: Fact[bool]) -> tuple[Fact[bool], tuple[str, ...]]:
    """Return MIG mode and the slices' UUIDs; a list that cannot be read is not an empty one, so the mode is missing."""
    if mode != Known(value=True):
        return mode, ()
    slices = fact_of(nvml.mig_devices(index))
    return (mode, slices.value) if isinstance(slices, Known) else (slices, ())


def _health(
    identity: "Identity", *samples: "FastSample | SlowSample | LinkSample"
) -> tuple[Literal["ok", "lost", "error"], str]:
    """Judge a GPU: lost when any call says so, in error when its most basic values cannot be read.

    One that lacks a sensor is well all the same.
    """
    from drydock.world.nvml_errors import NvmlError

    readings = [getattr(part, name) for part in (identity, *samples) for name in part.__struct_fields__]
    for reading in readings:
        if isinstance(reading, NvmlError) and reading.kind == "gpu_lost":
            return "lost", str(reading)
    for reading in (identity.uuid, identity.name, identity.memory_total):
        if isinstance(reading, NvmlError) and reading.kind != "not_supported":
            return "error", str(reading)
    return "ok", ""
