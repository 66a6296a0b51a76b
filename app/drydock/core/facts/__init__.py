"""What can be known about a machine: frozen values, each known or missing with a reason."""

from drydock.core.facts.driver import Driver, NvmlState, PciGpu
from drydock.core.facts.engine import CdiSpec, Container, Engine, LocalImage, Reach, Toolkit
from drydock.core.facts.fact import Fact, Known, Missing, Why, known_or, missing_text
from drydock.core.facts.gpu import Gpu, GpuProcess
from drydock.core.facts.host import Cpu, Disk, Distribution, Host, HostTorch, Memory, Port, User
from drydock.core.facts.published import ImageConfig, Layer, Login, PublishedImage, RegistryRules, TagList
from drydock.core.facts.sample import GpuProcesses, GpuSample, MonitorSample
from drydock.core.facts.snapshot import CollectorRun, Snapshot

__all__ = [
    "CdiSpec",
    "CollectorRun",
    "Container",
    "Cpu",
    "Disk",
    "Distribution",
    "Driver",
    "Engine",
    "Fact",
    "Gpu",
    "GpuProcess",
    "GpuProcesses",
    "GpuSample",
    "Host",
    "HostTorch",
    "ImageConfig",
    "Known",
    "Layer",
    "LocalImage",
    "Login",
    "Memory",
    "Missing",
    "MonitorSample",
    "NvmlState",
    "PciGpu",
    "Port",
    "PublishedImage",
    "Reach",
    "RegistryRules",
    "Snapshot",
    "TagList",
    "Toolkit",
    "User",
    "Why",
    "known_or",
    "missing_text",
]
