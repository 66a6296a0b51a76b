"""Container engines behind one protocol; the only room that names the docker SDK."""

from drydock.engines.interface import (
    BuildRequest,
    ContainerState,
    CreateRequest,
    Engine,
    ExecResult,
    GpuRequest,
    LoadProgress,
    Mount,
    PortBinding,
    PullProgress,
    SaveProgress,
)

__all__ = [
    "BuildRequest",
    "ContainerState",
    "CreateRequest",
    "Engine",
    "ExecResult",
    "GpuRequest",
    "LoadProgress",
    "Mount",
    "PortBinding",
    "PullProgress",
    "SaveProgress",
]
