"""Room on the file systems that Drydock cares about."""

from drydock.core.facts import Disk, Fact, Known, Missing
from drydock.world import World

_ENGINE_DIRECTORIES = ("/var/lib/docker", "/var/snap/docker/common/var-lib-docker")


def collect_disks(world: World) -> tuple[Disk, ...]:
    """Measure the home and temporary directories, and the usual places where an engine keeps images."""
    environment = world.environment()
    places: list[tuple[str, str]] = []
    for path in _ENGINE_DIRECTORIES:
        names = world.list_directory(path)
        if isinstance(names, Known) or names.why == "no_permission":
            places.append(("engine data", path))
    home = environment.get("HOME") or environment.get("USERPROFILE")
    if home:
        places.append(("home", home))
    temporary = environment.get("TMPDIR") or environment.get("TEMP") or ("/tmp" if world.system() != "windows" else "")  # noqa: S108
    if temporary:
        places.append(("temporary", temporary))
    return tuple(_measure(world, purpose, path) for purpose, path in places)


def _measure(world: World, purpose: str, path: str) -> Disk:
    room = world.disk_room(path)
    total: Fact[int] = Missing(room.why, room.detail) if isinstance(room, Missing) else Known(room.value[0])
    free: Fact[int] = Missing(room.why, room.detail) if isinstance(room, Missing) else Known(room.value[1])
    return Disk(purpose=purpose, path=path, total=total, free=free)
