"""Questions about the engine on this computer that several checks ask first."""

import re
from typing import Literal

from drydock.core.checks.situation import is_docker_desktop, is_podman, is_snap
from drydock.core.facts import Fact, Known, Missing, Snapshot, known_or
from drydock.core.facts.engine_setup import DaemonConfig, Mount

SYSTEM_SOCKETS = ("unix:///var/run/docker.sock", "unix:///run/docker.sock")
"""Where the engine that the system starts listens."""

_UNASKED = Missing("not_applicable", "the settings of this engine are not on this computer")


def is_rootless(snapshot: Snapshot) -> bool:
    """Return whether the engine runs without root, as it says itself or else as its address says."""
    told = snapshot.engine.rootless
    if isinstance(told, Known):
        return told.value
    return snapshot.engine.endpoint.startswith("unix:///run/user/")


def is_own_docker(snapshot: Snapshot) -> bool:
    """Return whether the engine is a Docker Engine right on this Linux system, in no virtual machine."""
    if snapshot.engine.remote or snapshot.host.system != "linux":
        return False
    return not is_docker_desktop(snapshot) and not is_podman(snapshot)


def is_system_docker(snapshot: Snapshot) -> bool:
    """Return whether it is the one that the system starts, as root."""
    return is_own_docker(snapshot) and snapshot.engine.endpoint in SYSTEM_SOCKETS and not is_rootless(snapshot)


def reader_of(snapshot: Snapshot) -> Literal["rootful", "rootless", "snap"]:
    """Return which of the usual ``daemon.json`` files the engine reads."""
    setup = snapshot.engine_setup
    if is_rootless(snapshot):
        return "rootless"
    only_snap = known_or(setup.snap, default=False) and not isinstance(setup.daemon, Known)
    return "snap" if is_snap(snapshot) or only_snap else "rootful"


def config_of(snapshot: Snapshot) -> Fact[DaemonConfig]:
    """Return the ``daemon.json`` that the engine reads; absent where it has none."""
    if not is_own_docker(snapshot) or not (is_rootless(snapshot) or snapshot.engine.endpoint in SYSTEM_SOCKETS):
        return _UNASKED
    configs = snapshot.engine_setup.configs
    if isinstance(configs, Missing):
        return configs
    reader = reader_of(snapshot)
    found = next((config for config in configs.value if config.reader == reader), None)
    return Known(found) if found else Missing("absent", "this engine has no daemon.json")


def mount_of(snapshot: Snapshot, path: str) -> Mount | None:
    """Return the file system that holds a path of this computer."""
    best: Mount | None = None
    for mount in known_or(snapshot.engine_setup.mounts, ()):
        inside = path == mount.path or path.startswith(mount.path.rstrip("/") + "/")
        if inside and (best is None or len(mount.path) >= len(best.path)):
            best = mount
    return best


def numbers_of(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``1.17.8-rc.1`` is (1, 17, 8)."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


NETWORK_KINDS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "afs", "fuse.sshfs", "fuse.rclone"}
)
"""Types of file systems whose disks are in another computer."""
