"""The doors of this computer. Doors that open only after the window is painted are loaded when first used."""

import datetime
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Literal

from drydock.core.facts import Cpu, Fact, Known, Memory, Missing, User
from drydock.world import files, machine
from drydock.world.clean_environment import clean_environment
from drydock.world.interface import FileStatus, Outcome, Process
from drydock.world.stop import Stop


class LiveWorld:
    """Implements :class:`~drydock.world.interface.World` on the machine that the app runs on."""

    def __init__(self) -> None:
        frozen = str(getattr(sys, "_MEIPASS", "")) if getattr(sys, "frozen", False) else ""
        self._environment = clean_environment(os.environ, frozen, os.pathsep)

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        keep_end: bool = False,
    ) -> Outcome:
        """Run a program to its end; ``environment`` is put on top of the user's own."""
        from drydock.world import processes

        return processes.run(argv, {**self._environment, **(environment or {})}, limit, stdin, keep_end=keep_end)

    def start(
        self,
        argv: Sequence[str],
        *,
        stop: Stop,
        environment: Mapping[str, str] | None = None,
        directory: str = "",
    ) -> Process:
        """Start a program whose output is followed; ``environment`` is put on top of the user's own.

        Raises:
            Trouble: ``program-not-started`` when it cannot be started.
        """
        from drydock.world import processes

        return processes.FollowedProcess(argv, {**self._environment, **(environment or {})}, stop, directory)

    def read_text(self, path: str, size_limit: int = 1 << 20) -> Fact[str]:
        """Read a text file, at most ``size_limit`` bytes of it."""
        return files.read_text(path, size_limit)

    def list_directory(self, path: str) -> Fact[tuple[str, ...]]:
        """Return the sorted names in a directory."""
        return files.list_directory(path)

    def file_status(self, path: str) -> Fact[FileStatus]:
        """Return owner, mode and time of a file, directory or node; links are followed."""
        return files.file_status(path)

    def resolve_link(self, path: str) -> Fact[str]:
        """Return the name of the file that a symbolic link leads to."""
        return files.resolve_link(path)

    def find_program(self, name: str) -> Fact[str]:
        """Return the path of a program on the user's PATH."""
        found = shutil.which(name, path=self._environment.get("PATH", os.defpath))
        return Known(found) if found else Missing("absent", f"{name} is not on PATH")

    def environment(self) -> Mapping[str, str]:
        """Return the environment as the user set it."""
        return dict(self._environment)

    def system(self) -> Literal["linux", "windows", "macos", "other"]:
        """Return the kind of operating system."""
        return machine.system()

    def architecture(self) -> str:
        """Return the machine's architecture in the words of container images."""
        return machine.architecture()

    def kernel_release(self) -> Fact[str]:
        """Return the kernel release."""
        return machine.kernel_release()

    def cpu(self) -> Fact[Cpu]:
        """Return processor facts."""
        return machine.cpu()

    def memory(self) -> Fact[Memory]:
        """Return memory facts."""
        return machine.memory()

    def disk_room(self, path: str) -> Fact[tuple[int, int]]:
        """Return (total, free for this user) in bytes of the file system that holds ``path``."""
        return machine.disk_room(path)

    def inode_room(self, path: str) -> Fact[tuple[int, int]]:
        """Return (total, free) numbers of files that the file system of ``path`` can hold."""
        return machine.inode_room(path)

    def user(self) -> Fact[User]:
        """Return who runs this process."""
        return machine.user()

    def port_taken(self, number: int) -> Fact[bool]:
        """Return whether something is on 127.0.0.1:number."""
        from drydock.world import ports

        return ports.taken(number)

    def port_owner(self, number: int) -> Fact[str]:
        """Return the name of the program that listens on the port."""
        from drydock.world import ports

        return ports.owner(number)

    def process_name(self, pid: int) -> Fact[str]:
        """Return the name of a process."""
        from drydock.world import ports

        return ports.process_name(pid)

    def now(self) -> str:
        """Return the time as ISO 8601, UTC, in seconds."""
        return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
