"""Facts about how container engines are set up on this computer, read from files and not from an engine."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class DaemonConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A ``daemon.json``: the settings that matter here; the rest of the file is not kept.

    Attributes:
        reader: which engine reads this file.
        problem: why the engine cannot use it, empty when it can.
        empty: whether nothing stands in it; Docker 20.10 was seen to refuse such a file.
        keys: all names on its first level.
        runtimes: name → path of its program, empty where none is given.
        programs_gone: names of runtimes whose program is not on this computer.
        cdi: the feature switch, None where it is not mentioned.
        log_limited: whether container logs have a largest size.
        modified: seconds since 1970, UTC.
    """

    path: str
    reader: Literal["rootful", "rootless", "snap"]
    problem: str = ""
    empty: bool = False
    keys: tuple[str, ...] = ()
    runtimes: Mapping[str, str] = {}
    programs_gone: tuple[str, ...] = ()
    default_runtime: str = ""
    cgroup_driver: str = ""
    data_root: str = ""
    cdi: bool | None = None
    log_driver: str = ""
    log_limited: bool = False
    shm_size: str = ""
    hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    modified: Fact[float] = _NOT_ASKED


class EngineSocket(msgspec.Struct, frozen=True, kw_only=True):
    """The socket of an engine on this computer.

    Attributes:
        mode: permission bits.
        owner: name, or the number where it has none; likewise ``group``.
    """

    path: str
    kind: Literal["system", "rootless", "desktop", "podman", "podman_system"]
    mode: Fact[int] = _NOT_ASKED
    owner: Fact[str] = _NOT_ASKED
    group: Fact[str] = _NOT_ASKED


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A file system: where it is mounted, its type as the kernel names it, whether it is read-only."""

    path: str
    kind: str
    read_only: bool = False


class EngineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Hard limits of the engine's process, which containers inherit; None means unlimited.

    Attributes:
        open_files: count.
        locked_memory: bytes.
    """

    open_files: int | None
    locked_memory: int | None


class EngineSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How engines are set up here.

    Attributes:
        configs: every ``daemon.json`` in its usual places.
        sockets: those that exist.
        snap: whether Docker is installed as a snap.
        daemon: path of an ordinary ``dockerd``.
        docker_is_podman: whether the program ``docker`` is Podman's stand-in.
        context: the current context of the docker configuration, empty for the default one.
        started: when the system's engine was started, seconds since 1970, UTC.
        unit_hosts: whether the service's definition passes ``-H`` to the engine.
        docker_group: whether there is a group called docker.
        subordinate_ids: how many user ids a rootless engine of this user may hand out.
        selinux: the mode of SELinux.
    """

    configs: Fact[tuple[DaemonConfig, ...]] = _NOT_ASKED
    sockets: Fact[tuple[EngineSocket, ...]] = _NOT_ASKED
    snap: Fact[bool] = _NOT_ASKED
    daemon: Fact[str] = _NOT_ASKED
    docker_is_podman: Fact[bool] = _NOT_ASKED
    context: Fact[str] = _NOT_ASKED
    started: Fact[float] = _NOT_ASKED
    unit_hosts: Fact[bool] = _NOT_ASKED
    limits: Fact[EngineLimits] = _NOT_ASKED
    docker_group: Fact[bool] = _NOT_ASKED
    subordinate_ids: Fact[int] = _NOT_ASKED
    selinux: Fact[Literal["enforcing", "permissive", "off"]] = _NOT_ASKED
    mounts: Fact[tuple[Mount, ...]] = _NOT_ASKED


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A TCP port that a running container publishes.

    Attributes:
        address: of this computer that it listens on; ``0.0.0.0`` and ``::`` are all of them.
        session: whether the container is a session of Drydock.
    """

    container: str
    address: str
    port: int
    session: bool = False


class EngineContents(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine keeps besides images.

    Attributes:
        published: ports of running containers.
        running: how many containers run.
        ended: names of containers that ended and are still there; ``ended_sessions`` those of Drydock.
        build_cache: bytes of the build cache that no build uses now.
    """

    published: tuple[Published, ...]
    running: int
    ended: tuple[str, ...]
    ended_sessions: tuple[str, ...]
    build_cache: Fact[int] = _NOT_ASKED
