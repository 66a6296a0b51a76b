"""One moment of one machine: everything the checks, the image choice and the launch plan may read."""

from typing import Literal

import msgspec

from drydock.core.facts.driver import Driver
from drydock.core.facts.engine import Engine, Toolkit
from drydock.core.facts.fact import Fact, Missing
from drydock.core.facts.gpu import Gpu
from drydock.core.facts.host import Host, HostTorch, Port
from drydock.core.facts.kernel_log import KernelLog
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
    collectors: tuple[CollectorRun, ...] = ()
