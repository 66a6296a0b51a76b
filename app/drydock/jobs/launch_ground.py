"""What a launch reads anew just before it happens: everything about a choice that goes stale."""

from pathlib import PurePath

from drydock.core.facts import Known, Missing, Port, Snapshot
from drydock.core.launch import Choice, Ground, Place
from drydock.core.launch.planning import is_host_path
from drydock.core.trouble import Trouble
from drydock.engines import Engine
from drydock.world import World

_KEY_NAMES = ("id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub")
_KEY_LIMIT = 64 << 10


def look_around(engine: Engine, world: World, choice: Choice, snapshot: Snapshot | None = None) -> Ground:
    """Read anew what goes stale: the engine, names in use, ports and directories of the choice."""
    known = snapshot is not None and not engine.remote
    return Ground(
        engine=engine.facts(),
        gpus=snapshot.gpus if known and snapshot else None,
        hook_here=isinstance(snapshot.toolkit.hook_path, Known) if known and snapshot else None,
        ports={} if engine.remote else {number: _port(world, number) for number in choice.ports.values() if number},
        places=read_places(world, choice),
        taken_names=frozenset(container.name for container in engine.containers()),
        home=world.environment().get("HOME", ""),
    )


def read_places(world: World, choice: Choice) -> dict[str, Place]:
    """Find out what lies at the host's paths in the choice."""
    return {mount.source: _place(world, mount.source) for mount in choice.all_mounts if is_host_path(mount.source)}


def public_keys(world: World) -> tuple[str, ...]:
    """Return the person's public SSH keys.

    Raises:
        Trouble: ``launch-ssh-key-missing`` when there is none.
    """
    variables = world.environment()
    home = variables.get("HOME") or variables.get("USERPROFILE", "")
    folder = PurePath(home) / ".ssh"
    texts = [world.read_text(str(folder / name), _KEY_LIMIT) for name in _KEY_NAMES]
    keys = tuple(text.value.strip() for text in texts if isinstance(text, Known) and text.value.strip())
    if not keys:
        raise Trouble("launch-ssh-key-missing", folder=str(folder), names=", ".join(_KEY_NAMES))
    return keys


def _port(world: World, number: int) -> Port:
    taken = world.port_taken(number)
    used = isinstance(taken, Known) and taken.value
    owner = world.port_owner(number) if used else Missing("not_asked")
    return Port(number=number, taken=taken, owner=owner)


def _place(world: World, path: str) -> Place:
    listed = world.list_directory(path)
    if isinstance(listed, Known):
        return "directory"
    if listed.why == "no_permission":
        return "no_permission"
    # listing a file fails in the same way as listing what is not there
    if isinstance(world.read_text(path, 1), Known):
        return "not_a_directory"
    return "missing" if listed.why == "absent" else "unknown"
