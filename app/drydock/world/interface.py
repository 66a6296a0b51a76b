"""What the rest of the app may ask of the outside world. Every answer says when it could not be had."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from drydock.core.facts import Cpu, Fact, Memory, User
from drydock.world.stop import Stop


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended.

    Attributes:
        code: exit status; None when it did not run to its end.
        problem: why there is no exit status.
        stdout: text, undecodable bytes replaced; cut at the caller's size limit. Likewise ``stderr``.
    """

    argv: tuple[str, ...]
    code: int | None
    problem: Literal["", "not_found", "no_permission", "timeout", "failed"] = ""
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether it ran to its end with status 0."""
        return self.code == 0


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns a file or node, and what this user may do with it.

    Attributes:
        mode: permission bits.
        owner: name, or the number where it has none; likewise ``group``.
        modified: seconds since 1970, UTC.
        changed: when the file was put where it is or last written, likewise; packages bring old times of writing along.
    """

    mode: int
    owner: str
    group: str
    modified: float
    readable: bool
    writable: bool
    changed: float | None = None


class Process(Protocol):
    """A running child process whose standard output is read line by line."""

    def lines(self) -> Iterator[str]:
        """Yield lines of standard output, without line ends, until the process closes it."""
        ...

    def stop(self) -> None:
        """Ask the process group to end; kill it when it does not within a few seconds."""
        ...

    def wait(self, limit: float) -> Outcome:
        """Wait for the end. ``stdout`` is empty; ``stderr`` holds the last part of standard error."""
        ...


class World(Protocol):
    """The doors. No method raises for what the outside does; it answers with what it knows."""

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        keep_end: bool = False,
    ) -> Outcome:
        """Run a program to its end, in a clean environment, for at most ``limit`` seconds.

        Of standard output that is longer than can be kept, the beginning stays, or with ``keep_end`` the end.
        """
        ...

    def start(
        self,
        argv: Sequence[str],
        *,
        stop: Stop,
        environment: Mapping[str, str] | None = None,
        directory: str = "",
    ) -> Process:
        """Start a program whose output is followed; a requested stop ends it.

        Raises:
            Trouble: ``program-not-started`` when it cannot be started.
        """
        ...

    def read_text(self, path: str, size_limit: int = 1 << 20) -> Fact[str]:
        """Read a text file, at most ``size_limit`` bytes of it."""
        ...

    def list_directory(self, path: str) -> Fact[tuple[str, ...]]:
        """Return the sorted names in a directory."""
        ...

    def file_status(self, path: str) -> Fact[FileStatus]:
        """Return owner, mode and time of a file, directory or node; links are followed."""
        ...

    def resolve_link(self, path: str) -> Fact[str]:
        """Return the last path component a symbolic link leads to, or why it cannot be told."""
        ...

    def find_program(self, name: str) -> Fact[str]:
        """Return the path of a program on PATH."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the environment as the user set it (without what a frozen app added)."""
        ...

    def system(self) -> Literal["linux", "windows", "macos", "other"]:
        """Return the kind of operating system."""
        ...

    def architecture(self) -> str:
        """Return the machine's architecture in the words of container images."""
        ...

    def kernel_release(self) -> Fact[str]:
        """Return the kernel release."""
        ...

    def cpu(self) -> Fact[Cpu]:
        """Return processor facts."""
        ...

    def memory(self) -> Fact[Memory]:
        """Return memory facts."""
        ...

    def disk_room(self, path: str) -> Fact[tuple[int, int]]:
        """Return (total, free for this user) in bytes of the file system that holds ``path``."""
        ...

    def inode_room(self, path: str) -> Fact[tuple[int, int]]:
        """Return (total, free) numbers of files that the file system of ``path`` can hold."""
        ...

    def user(self) -> Fact[User]:
        """Return who runs this process."""
        ...

    def port_taken(self, number: int) -> Fact[bool]:
        """Return whether something listens on 127.0.0.1:number."""
        ...

    def port_owner(self, number: int) -> Fact[str]:
        """Return the name of the program that listens on the port."""
        ...

    def process_name(self, pid: int) -> Fact[str]:
        """Return the name of a process."""
        ...

    def now(self) -> str:
        """Return the time as ISO 8601, UTC, in seconds."""
        ...
