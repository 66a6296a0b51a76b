"""What can be said of a choice before anything is started: each problem belongs to a field of the form.

Texts are articles of ``knowledge/troubles/launch.toml`` under the problem's id; :meth:`Problem.trouble` makes one.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Engine, Gpu, Known, Port, Snapshot, known_or
from drydock.core.launch.choice import SERVICES, Choice, MountWish
from drydock.core.launch.planning import default_shm_size, gpu_way, is_host_path
from drydock.core.launch.sizes import format_size
from drydock.core.trouble import Trouble, Value

Place: TypeAlias = Literal["directory", "missing", "not_a_directory", "no_permission", "unknown"]
"""What lies at a path of the host."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}")
_VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST_PORT = 65535
_SMALLEST_MEMORY = 6 << 20  # below, the engine refuses
# whoever writes here owns the machine, or the engine itself
_SYSTEM_PATHS = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var",
    "/var/lib",
    "/var/run",
)
_SYSTEM_TREES = ("/dev", "/etc", "/proc", "/sys", "/boot", "/var/lib/docker", "/var/lib/containers")
_SECRET_FOLDERS = (".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".password-store")
_OWN_TARGETS = ("/", "/run", "/run/drydock", "/opt", "/opt/drydock", "/proc", "/sys", "/dev")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something is wrong, or will be, with a field of the choice.

    Attributes:
        field: name of the attribute of :class:`Choice`.
        state: a blocker would make the launch fail or do harm.
        id: the key of its article.
    """

    field: str
    state: Literal["blocker", "warning"]
    id: str
    values: dict[str, Value] = {}

    @property
    def trouble(self) -> Trouble:
        """The same as something that can be raised, or shown with its article."""
        return Trouble(self.id, **self.values)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the machine when a choice is judged.

    Attributes:
        gpus: None where they were not asked for; also ``hook_here`` (the toolkit's hook program is installed).
        places: what lies at the host's paths in the choice; a path that is left out is not judged by this.
        image_size: bytes that unpacking the image will need; None when it is here or unknown.
    """

    engine: Engine
    gpus: tuple[Gpu, ...] | None = None
    hook_here: bool | None = None
    ports: Mapping[int, Port] = {}
    places: Mapping[str, Place] = {}
    taken_names: frozenset[str] = frozenset()
    home: str = ""
    image_size: int | None = None


def preflight(
    choice: Choice,
    snapshot: Snapshot,
    *,
    places: Mapping[str, Place] | None = None,
    ports: tuple[Port, ...] = (),
    taken_names: frozenset[str] = frozenset(),
    image_size: int | None = None,
) -> tuple[Problem, ...]:
    """Return what is wrong with a choice on this machine, in the order of the form.

    Args:
        choice: what the person wants.
        snapshot: the machine.
        places: what lies at the host's paths in the choice.
        ports: what is known of ports beside the snapshot's; this newer word counts.
        taken_names: names of containers that exist.
        image_size: as :attr:`Ground.image_size`.
    """
    ground = Ground(
        engine=snapshot.engine,
        gpus=snapshot.gpus,
        hook_here=isinstance(snapshot.toolkit.hook_path, Known),
        ports={port.number: port for port in (*snapshot.ports, *ports)},
        places=places or {},
        taken_names=taken_names,
        home=snapshot.host.environment.get("HOME", ""),
        image_size=image_size,
    )
    return judge(choice, ground)


def judge(choice: Choice, ground: Ground) -> tuple[Problem, ...]:
    """Return what is wrong with a choice on this ground, in the order of the form."""
    return (
        *_image(choice, ground),
        *_gpus(choice, ground),
        *_mounts(choice, ground),
        *_ports(choice, ground.ports),
        *_memory(choice, ground.engine),
        *_name(choice, ground.taken_names),
        *_environment(choice),
    )


def blockers(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems that forbid the launch."""
    return tuple(problem for problem in problems if problem.state == "blocker")


def _blocker(field: str, problem_id: str, **values: Value) -> Problem:
    return Problem(field=field, state="blocker", id=problem_id, values=values)


def _warning(field: str, problem_id: str, **values: Value) -> Problem:
    return Problem(field=field, state="warning", id=problem_id, values=values)


def _image(choice: Choice, ground: Ground) -> Iterator[Problem]:
    if not choice.image.strip():
        yield _blocker("image", "launch-image-empty")
    size, free = ground.image_size, known_or(ground.engine.data_root_free, None)
    if size is not None and free is not None and size > free:
        yield _blocker("image", "launch-disk-small", needed_gb=_gb(size), free_gb=_gb(free))


def _gpus(choice: Choice, ground: Ground) -> Iterator[Problem]:
    if choice.gpus == "none":
        return
    remote = ground.engine.remote
    if ground.hook_here is not None and gpu_way(ground.engine, hook_here=ground.hook_here) is None:
        # of a remote engine's computer nothing but the engine's own word is known
        make = _warning if remote else _blocker
        yield make("gpus", "launch-no-gpu-way")
    if ground.gpus == () and not remote:
        yield _warning("gpus", "launch-no-gpu-seen")
    if choice.gpus == "all":
        return
    if not choice.gpus:
        yield _blocker("gpus", "launch-gpus-empty")
    if ground.gpus is None or remote:
        return
    known = _uuids(ground.gpus)
    for uuid in choice.gpus if known else ():
        if uuid not in known:
            yield _blocker("gpus", "launch-gpu-unknown", uuid=uuid, known=", ".join(sorted(known)) or "none")


def _uuids(gpus: tuple[Gpu, ...]) -> set[str]:
    whole = {gpu.uuid.value for gpu in gpus if isinstance(gpu.uuid, Known)}
    return whole | {slice_uuid for gpu in gpus for slice_uuid in gpu.mig_devices}


def _mounts(choice: Choice, ground: Ground) -> Iterator[Problem]:
    fields = {choice.workspace: "workspace", choice.checkpoints: "checkpoints"}
    targets: set[str] = set()
    for mount in choice.all_mounts:
        field = fields.get(mount.source, "mounts")
        if is_host_path(mount.source):
            yield from _host_path(field, mount, ground)
        elif _VOLUME.fullmatch(mount.source) is None:
            yield _blocker(field, "launch-mount-relative", path=mount.source)
        target = _normal(mount.target)
        if not mount.target.startswith("/") or target in _OWN_TARGETS:
            yield _blocker(field, "launch-mount-target", path=mount.target)
        if target in targets:
            yield _blocker(field, "launch-mount-twice", path=mount.target)
        targets.add(target)


def _host_path(field: str, mount: MountWish, ground: Ground) -> Iterator[Problem]:
    path = mount.source
    danger = _danger(path, ground.home, ground.engine.endpoint)
    if danger is not None:
        make = _warning if danger == "launch-mount-home" else _blocker
        yield make(field, danger, path=path)
        return
    place = "unknown" if ground.engine.remote else ground.places.get(path, "unknown")
    if place == "missing":
        yield _blocker(field, "launch-place-missing", path=path)
    elif place == "not_a_directory":
        yield _blocker(field, "launch-place-not-directory", path=path)
    elif place == "no_permission":
        yield _warning(field, "launch-place-unreadable", path=path)


def _danger(source: str, home: str, endpoint: str) -> str | None:
    windows = PureWindowsPath(source)
    if windows.drive and windows.is_absolute():
        return "launch-mount-root" if windows == PureWindowsPath(windows.anchor) else None
    path = PurePosixPath(_normal(source))
    socket = endpoint.removeprefix("unix://")
    if str(path) == "/":
        return "launch-mount-root"
    if path.suffix == ".sock" or (
        endpoint.startswith("unix://") and str(path) in (socket, str(PurePosixPath(socket).parent))
    ):
        return "launch-mount-socket"
    if str(path) in _SYSTEM_PATHS or any(path.is_relative_to(tree) for tree in _SYSTEM_TREES):
        return "launch-mount-system"
    if not home:
        return None
    if any(path.is_relative_to(PurePosixPath(home) / folder) for folder in _SECRET_FOLDERS):
        return "launch-mount-secrets"
    return "launch-mount-home" if PurePosixPath(home).is_relative_to(path) else None


def _normal(path: str) -> str:
    """Resolve ``..`` by the words alone, so that a detour through it hides nothing."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts[1:]:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/" + "/".join(parts)


def _ports(choice: Choice, known: Mapping[int, Port]) -> Iterator[Problem]:
    used: dict[int, str] = {}
    for service in SERVICES:
        number = choice.ports.get(service)
        if number is None or number == 0:
            continue
        if not 0 < number <= _LARGEST_PORT:
            yield _blocker(service, "launch-port-invalid", port=number)
        elif number in used:
            yield _blocker(service, "launch-port-twice", port=number, other=used[number])
        elif number in known and known_or(known[number].taken, False):
            owner = known_or(known[number].owner, "another program")
            yield _blocker(service, "launch-port-taken", port=number, owner=owner)
        used[number] = service


def _memory(choice: Choice, engine: Engine) -> Iterator[Problem]:
    total = known_or(engine.memory, None)
    if choice.memory is not None and choice.memory < _SMALLEST_MEMORY:
        yield _blocker("memory", "launch-memory-small", memory=format_size(choice.memory))
    if choice.memory is not None and total is not None and choice.memory > total:
        yield _warning("memory", "launch-memory-above-machine", memory_gb=_gb(choice.memory), total_gb=_gb(total))
    shm = choice.shm_size or default_shm_size(choice.memory, total)
    limit = choice.memory or total
    if choice.shm_size is not None and choice.shm_size <= 0:
        yield _blocker("shm_size", "launch-shm-invalid")
    elif limit is not None and shm > limit:
        yield _warning("shm_size", "launch-shm-above-memory", shm_gb=_gb(shm), memory_gb=_gb(limit))


def _name(choice: Choice, taken: frozenset[str]) -> Iterator[Problem]:
    if choice.name and _NAME.fullmatch(choice.name) is None:
        yield _blocker("name", "launch-name-invalid", name=choice.name)
    elif choice.name in taken:
        yield _blocker("name", "launch-name-taken", name=choice.name)


def _environment(choice: Choice) -> Iterator[Problem]:
    for name in choice.environment:
        if _VARIABLE.fullmatch(name) is None:
            yield _blocker("environment", "launch-variable-invalid", name=name)


def _gb(size: int) -> float:
    return round(size / 1e9, 1)
