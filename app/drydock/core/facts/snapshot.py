"""One moment of one machine: everything the checks, the image choice and the launch plan may read."""

from typing import Literal

import msgspec

from drydock.core.facts.container import ContainerFacts
from drydock.core.facts.driver import Driver
from drydock.core.facts.engine import Engine, Toolkit
from drydock.core.facts.engine_setup import EngineContents, EngineSetup
from drydock.core.facts.fact import Fact, Missing
from drydock.core.facts.gpu import Gpu
from drydock.core.facts.host import Host, HostTorch, Port
from drydock.core.facts.kernel_log import KernelLog
from drydock.core.facts.load import LoadFacts
from drydock.core.facts.network import Network
from drydock.core.facts.setup import DriverSetup
from drydock.core.facts.wsl import Wsl

SCHEMA = 1


class CollectorRun(msgspec.Struct, frozen=True, kw_only=True):
    """How one collector fared: seconds it took, and what happened to it."""

    name: str
    seconds: float
    outcome: Literal["done", "timeout", "crashed"]
    text: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A machine at one moment.

    Attributes:
        taken_at: ISO 8601, UTC.
        label: what the machine is called in the window (a sample's or bundle's name; empty for this computer).
        container: what was measured inside a container; missing with ``absent`` where the image (``detail``) is not
            here, with ``not_applicable`` where no image fits this machine.
        load: what was measured under load; missing with ``not_applicable`` without a GPU.
    """

    schema: int = SCHEMA
    taken_at: str
    app_version: str
    label: str = ""
    host: Host
    driver: Driver
    gpus: tuple[Gpu, ...]
    engine: Engine
    toolkit: Toolkit
    ports: tuple[Port, ...]
    host_torch: tuple[HostTorch, ...]
    setup: DriverSetup = DriverSetup()
    kernel_log: Fact[KernelLog] = Missing("not_asked")
    wsl: Wsl = Wsl()
    engine_setup: EngineSetup = EngineSetup()
    engine_contents: Fact[EngineContents] = Missing("not_asked")
    network: Network = Network()
    container: Fact[ContainerFacts] = Missing("not_asked")
    load: Fact[LoadFacts] = Missing("not_asked")
    collectors: tuple[CollectorRun, ...] = ()
