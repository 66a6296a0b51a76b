"""What kind of machine this is: a remedy is offered only where it fits."""

from typing import Literal, TypeAlias

from drydock.core.checks.engine_situation import SYSTEM_SOCKETS, is_own_docker, is_rootless, reader_of
from drydock.core.checks.situation import is_docker_desktop, is_podman, is_tegra, is_wsl
from drydock.core.facts import Known, Missing, Snapshot, known_or

Packages: TypeAlias = Literal["apt", "dnf", "zypper", "pacman", "unknown"]

_FAMILIES: tuple[tuple[Packages, frozenset[str]], ...] = (
    ("apt", frozenset({"debian", "ubuntu", "linuxmint", "pop", "raspbian"})),
    ("dnf", frozenset({"fedora", "rhel", "centos", "rocky", "almalinux", "ol", "amzn"})),
    ("zypper", frozenset({"suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles"})),
    ("pacman", frozenset({"arch", "manjaro", "endeavouros"})),
)

_YUM_ONLY = frozenset({("amzn", "2"), ("centos", "7"), ("rhel", "7"), ("ol", "7")})
"""(id, major version) of those of the family that have no dnf yet."""


def packages_of(snapshot: Snapshot) -> Packages:
    """Return the package manager of the host's distribution."""
    distribution = snapshot.host.distribution
    if not isinstance(distribution, Known):
        return "unknown"
    found = distribution.value
    if (found.id, found.version.partition(".")[0]) in _YUM_ONLY:
        return "unknown"
    words = {found.id, *found.like}
    for name, family in _FAMILIES:
        if words & family:
            return name
    return "unknown"


def on_linux(snapshot: Snapshot) -> bool:
    """Return whether the host runs Linux."""
    return snapshot.host.system == "linux"


def in_container(snapshot: Snapshot) -> bool:
    """Return whether Drydock itself runs in a container, from where the host cannot be changed."""
    return known_or(snapshot.host.in_container, default=False)


def has_systemd(snapshot: Snapshot) -> bool:
    """Return whether systemd manages the services; where nothing tells, it is taken for granted."""
    services = snapshot.setup.services
    # systemd keeps a control group for the services of the system
    return not (isinstance(services, Missing) and services.why == "absent")


def owns_driver(snapshot: Snapshot) -> bool:
    """Return whether this Linux has a driver of its own: inside WSL it is that of Windows."""
    return on_linux(snapshot) and not is_wsl(snapshot) and not in_container(snapshot)


def has_packaged_driver(snapshot: Snapshot) -> bool:
    """Return whether drivers come as the distribution's packages; on a Jetson they are part of the system."""
    return owns_driver(snapshot) and not is_tegra(snapshot)


def manages_docker(snapshot: Snapshot) -> bool:
    """Return whether the engine is a Docker Engine of this Linux whose settings and service are known here."""
    engine = snapshot.engine
    known = is_rootless(snapshot) or engine.endpoint in SYSTEM_SOCKETS
    return is_own_docker(snapshot) and known and ".docker/desktop" not in engine.endpoint


def manages_engine(snapshot: Snapshot) -> bool:
    """Return whether the engine, Docker or Podman, runs right on this Linux."""
    own_podman = is_podman(snapshot) and not snapshot.engine.remote and on_linux(snapshot)
    return manages_docker(snapshot) or own_podman


def on_this_computer(snapshot: Snapshot) -> bool:
    """Return whether containers of the engine see this Linux itself, and not a virtual machine or another computer."""
    return on_linux(snapshot) and not snapshot.engine.remote and not is_docker_desktop(snapshot)


def is_rootful_docker(snapshot: Snapshot) -> bool:
    """Return whether it is the ordinary Docker Engine that the system starts: no snap, not rootless."""
    return manages_docker(snapshot) and reader_of(snapshot) == "rootful"
