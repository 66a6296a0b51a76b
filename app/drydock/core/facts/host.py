"""Facts about the computer itself."""

from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """The operating system's own name, from /etc/os-release or its equivalent."""

    id: str
    version: str
    pretty: str
    like: tuple[str, ...] = ()


class Cpu(msgspec.Struct, frozen=True, kw_only=True):
    """Processor: model name, physical cores (None: not told), hardware threads this process may use."""

    model: str
    cores: int | None
    threads: int


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Main memory in bytes; swap is None where it is not told."""

    total: int
    available: int
    swap_total: int | None


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """Room on the file system that holds a place Drydock cares about. Bytes.

    Attributes:
        purpose: ``engine data``, ``home`` or ``temporary``.
    """

    purpose: str
    path: str
    total: Fact[int]
    free: Fact[int]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs Drydock.

    Attributes:
        groups: names of the groups of this login session.
        database_groups: names of the groups that the user database lists (a new login would have them).
    """

    uid: int
    groups: tuple[str, ...]
    database_groups: tuple[str, ...]


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """A TCP port on the loopback address that a launch would publish.

    Attributes:
        owner: program name of the listener, where it may be seen.
    """

    number: int
    taken: Fact[bool]
    owner: Fact[str]


class HostTorch(msgspec.Struct, frozen=True, kw_only=True):
    """A torch installed for a Python of this host, found without importing it."""

    python: str
    version: Fact[str]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits that programs of this session inherit (soft ones); None means unlimited.

    Attributes:
        locked_memory: bytes; also ``stack``.
        open_files: count.
    """

    locked_memory: int | None
    stack: int | None
    open_files: int | None


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """Signs of how far the system clock can be trusted.

    Attributes:
        hardware_ahead: seconds by which the battery-backed clock is ahead of the system's (negative: behind).
        files_ahead: seconds by which the newest of some files that the system writes lies in the future.
        synchronized: whether systemd's time service has set the clock since the start.
    """

    hardware_ahead: Fact[int]
    files_ahead: Fact[int]
    synchronized: Fact[bool]


_NOT_ASKED = Missing("not_asked")


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The computer: operating system, processor, memory, disks, user.

    Attributes:
        architecture: in the words of container images (``amd64``, ``arm64``), else the machine's own word.
        overcommit: the kernel's rule for handing out memory: 0 by guess, 1 always, 2 never more than there is.
        restart_wanted: packages whose update asks for a restart of the computer.
        environment: the variables of this process that decide how CUDA and the engine behave.
    """

    system: Literal["linux", "windows", "macos", "other"]
    distribution: Fact[Distribution]
    kernel: Fact[str]
    architecture: str
    wsl: Fact[bool]
    in_container: Fact[bool]
    cpu: Fact[Cpu]
    memory: Fact[Memory]
    shm_total: Fact[int]
    disks: tuple[Disk, ...]
    user: Fact[User]
    environment: dict[str, str]
    limits: Fact[Limits] = _NOT_ASKED
    overcommit: Fact[int] = _NOT_ASKED
    restart_wanted: Fact[tuple[str, ...]] = _NOT_ASKED
    clock: Fact[Clock] = _NOT_ASKED
