"""Puts what the collectors brought into one snapshot; what did not come is Missing, with the reason."""

from typing import Any

import msgspec

from drydock import __version__
from drydock.collect.driver import KernelDriver
from drydock.collect.engine import engine_not_collected
from drydock.collect.gpu import NvmlReading
from drydock.collect.ports import PROPOSED
from drydock.core.facts import (
    CollectorRun,
    Disk,
    Driver,
    DriverSetup,
    Engine,
    EngineContents,
    EngineSetup,
    Fact,
    Host,
    HostTorch,
    KernelLog,
    Known,
    Missing,
    Network,
    NvmlState,
    Port,
    Snapshot,
    Toolkit,
    Wsl,
)


class Pieces(msgspec.Struct, kw_only=True):
    """What each collector brought, by its name; None where it has not, with the reason in ``reasons``."""

    host: Host | None = None
    disks: tuple[Disk, ...] | None = None
    driver: KernelDriver | None = None
    nvml: NvmlReading | None = None
    engine: Engine | None = None
    engine_setup: EngineSetup | None = None
    engine_contents: EngineContents | Missing | None = None
    network: Network | None = None
    toolkit: Toolkit | None = None
    ports: tuple[Port, ...] | None = None
    host_torch: tuple[HostTorch, ...] | None = None
    setup: DriverSetup | None = None
    kernel_log: Fact[KernelLog] | None = None
    wsl: Wsl | None = None
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
        host=msgspec.structs.replace(host, disks=pieces.disks or _no_disks(pieces.reasons.get("disks"))),
        driver=_driver(pieces.driver or _no_driver(pieces.reason("driver")), nvml),
        gpus=nvml.gpus,
        engine=pieces.engine or engine_not_collected(pieces.reason("engine"), wish),
        engine_setup=pieces.engine_setup or _no_engine_setup(pieces.reason("engine_setup")),
        engine_contents=_contents(pieces),
        network=pieces.network or _no_network(pieces.reason("network")),
        toolkit=pieces.toolkit or _no_toolkit(pieces.reason("toolkit")),
        ports=pieces.ports or _no_ports(pieces.reasons.get("ports")),
        host_torch=pieces.host_torch or _no_host_torch(pieces.reasons.get("host_torch")),
        setup=pieces.setup or DriverSetup(**dict.fromkeys(DriverSetup.__struct_fields__, pieces.reason("setup"))),
        kernel_log=pieces.kernel_log or pieces.reason("kernel_log"),
        wsl=pieces.wsl or Wsl(**dict.fromkeys(Wsl.__struct_fields__, pieces.reason("wsl"))),
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
        cuda_files=kernel.cuda_files,
        flavour=kernel.flavour,
        node_access=kernel.node_access,
    )


def _no_reading(missing: Missing) -> NvmlReading:
    kind = "timeout" if missing.why == "timeout" else "unknown"
    return NvmlReading(state=NvmlState(kind=kind, text=missing.detail), version=missing, cuda=missing)


def _no_driver(missing: Missing) -> KernelDriver:
    return KernelDriver(**dict.fromkeys(KernelDriver.__struct_fields__, missing))


def _no_disks(missing: Missing | None) -> tuple[Disk, ...]:
    return (Disk(purpose="home", path="~", total=missing, free=missing),) if missing else ()


def _no_ports(missing: Missing | None) -> tuple[Port, ...]:
    return tuple(Port(number=number, taken=missing, owner=missing) for number in PROPOSED) if missing else ()


def _no_host_torch(missing: Missing | None) -> tuple[HostTorch, ...]:
    return (HostTorch(python="python3", version=missing),) if missing else ()


def _no_toolkit(missing: Missing) -> Toolkit:
    return Toolkit(
        version=missing,
        runtime_path=missing,
        hook_path=missing,
        cdi_specs=missing,
        cli_path=missing,
        config=missing,
        refresh=missing,
        char_links=missing,
    )


def _no_engine_setup(missing: Missing) -> EngineSetup:
    return EngineSetup(**dict.fromkeys(EngineSetup.__struct_fields__, missing))


def _contents(pieces: Pieces) -> Fact[EngineContents]:
    found = pieces.engine_contents or pieces.reason("engine_contents")
    return found if isinstance(found, Missing) else Known(found)


def _no_network(missing: Missing) -> Network:
    names = (name for name in Network.__struct_fields__ if name != "certificate_variables")
    facts: dict[str, Any] = dict.fromkeys(names, missing)
    return Network(**facts)


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
