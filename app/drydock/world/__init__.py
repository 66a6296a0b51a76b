"""The only doors to the outside: processes, files, time, ports, NVML."""

from drydock.world.interface import FileStatus, Outcome, Process, World
from drydock.world.stop import Stop

__all__ = ["FileStatus", "Outcome", "Process", "Stop", "World"]
