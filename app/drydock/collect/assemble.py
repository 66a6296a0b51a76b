"""Puts what the collectors brought into one snapshot; what did not come is Missing, with the reason."""

import msgspec

from drydock import __version__
from drydock.collect.driver import KernelDriver
from drydock.collect.engine import engine_not_collected
from drydock.collect.gpu import NvmlReading
from drydock.core.facts import (
    CollectorRun,
    Disk,
    Driver,
    Engine,
    Host,
    HostTorch,
    Missing,
    NvmlState,
    Port,
    Snapshot,
    Toolkit,
)


class Pieces(msgspec.Struct, kw_only=True):
    """What each collector brought, by its name; None where it has not, with the reason in ``reasons``."""

    host: Host | None = None
    disks: tuple[Disk, ...] | None = None
    driver: KernelDriver | None = None
    nvml: NvmlReading | None = None
    engine: Engine | None = None
    toolkit: Toolkit | None = None
    ports: tuple[Port, ...] | None = None
    host_torch: tuple[HostTorch, ...] | None = None
    reasons: dict[str, Missing] = {}

    def reason(self, name: str) -> Missing:
        """Return why a piece is not there."""
        return self.reasons.get(name, Missing("not_asked"))


def assemble(pieces: Pieces, taken_at: str, runs: tuple[CollectorRun, ...] = (), wish: str = "") -> Snapshot:
    """Make a snapshot of the pieces.

    Args:
        pieces: what came.
        taken_at: ISO 8601, UTC.
        runs: how the collectors fared.
        wish: the engine that was asked for, named where nothing else is known of it.
    """
    nvml = pieces.nvml or _no_reading(pieces.reason("nvml"))
    host = pieces.host or _no_host(pieces.reason("host"))
    return Snapshot(
        taken_at=taken_at,
        app_version=__version__,
        host=msgspec.structs.replace(host, disks=pieces.disks or ()),
        driver=_driver(pieces.driver or _no_driver(pieces.reason("driver")), nvml),
        gpus=nvml.gpus,
        engine=pieces.engine or engine_not_collected(pieces.reason("engine"), wish),
        toolkit=pieces.toolkit or _no_toolkit(pieces.reason("toolkit")),
        ports=pieces.ports or (),
        host_torch=pieces.host_torch or (),
        collectors=runs,
    )


def _driver(kernel: KernelDriver, nvml: NvmlReading) -> Driver:
    return Driver(
        nvml=nvml.state,
        version=nvml.version,
        cuda=nvml.cuda,
        module_version=kernel.module_version,
        device_nodes=kernel.device_nodes,
        pci_gpus=kernel.pci_gpus,
        library_files=kernel.library_files,
    )


def _no_reading(missing: Missing) -> NvmlReading:
    kind = "timeout" if missing.why == "timeout" else "unknown"
    return NvmlReading(state=NvmlState(kind=kind, text=missing.detail), version=missing, cuda=missing)


def _no_driver(missing: Missing) -> KernelDriver:
    return KernelDriver(module_version=missing, device_nodes=missing, pci_gpus=missing, library_files=missing)


def _no_toolkit(missing: Missing) -> Toolkit:
    return Toolkit(version=missing, runtime_path=missing, hook_path=missing, cdi_specs=missing)


def _no_host(missing: Missing) -> Host:
    return Host(
        system="other",
        distribution=missing,
        kernel=missing,
        architecture="",
        wsl=missing,
        in_container=missing,
        cpu=missing,
        memory=missing,
        shm_total=missing,
        disks=(),
        user=missing,
        environment={},
    )
