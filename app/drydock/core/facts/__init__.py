"""What can be known about a machine: frozen values, each known or missing with a reason."""

from drydock.core.facts.driver import DeviceNode, Driver, NvmlState, PciGpu
from drydock.core.facts.engine import CdiSpec, Container, Engine, LocalImage, Reach, Toolkit
from drydock.core.facts.engine_setup import EngineContents, EngineSetup
from drydock.core.facts.fact import Fact, Known, Missing, Why, known_or, missing_text
from drydock.core.facts.gpu import Gpu, GpuProcess, RemappedRows, RetiredPages
from drydock.core.facts.host import Clock, Cpu, Disk, Distribution, Host, HostTorch, Limits, Memory, Port, User
from drydock.core.facts.kernel_log import KernelLine, KernelLog
from drydock.core.facts.network import Network
from drydock.core.facts.published import ImageConfig, Layer, Login, PublishedImage, RegistryRules, TagList
from drydock.core.facts.sample import GpuProcesses, GpuSample, MonitorSample
from drydock.core.facts.setup import DkmsModule, DriverChange, DriverPackage, DriverSetup, KernelModules
from drydock.core.facts.snapshot import CollectorRun, Snapshot
from drydock.core.facts.wsl import Wsl

__all__ = [
    "CdiSpec",
    "Clock",
    "CollectorRun",
    "Container",
    "Cpu",
    "DeviceNode",
    "Disk",
    "Distribution",
    "DkmsModule",
    "Driver",
    "DriverChange",
    "DriverPackage",
    "DriverSetup",
    "Engine",
    "EngineContents",
    "EngineSetup",
    "Fact",
    "Gpu",
    "GpuProcess",
    "GpuProcesses",
    "GpuSample",
    "Host",
    "HostTorch",
    "ImageConfig",
    "KernelLine",
    "KernelLog",
    "KernelModules",
    "Known",
    "Layer",
    "Limits",
    "LocalImage",
    "Login",
    "Memory",
    "Missing",
    "MonitorSample",
    "Network",
    "NvmlState",
    "PciGpu",
    "Port",
    "PublishedImage",
    "Reach",
    "RegistryRules",
    "RemappedRows",
    "RetiredPages",
    "Snapshot",
    "TagList",
    "Toolkit",
    "User",
    "Why",
    "Wsl",
    "known_or",
    "missing_text",
]
