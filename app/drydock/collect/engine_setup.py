"""How container engines are set up on this computer, read from files: settings, sockets, service, limits."""

import json
import posixpath
import re
from typing import Any, Literal, TypeAlias, cast

import msgspec

from drydock.core.facts import Fact, Known, Missing, User
from drydock.core.facts.engine_setup import DaemonConfig, EngineLimits, EngineSetup, EngineSocket, Mount
from drydock.engines.endpoint import docker_directory
from drydock.world import World

Reader: TypeAlias = Literal["rootful", "rootless", "snap"]
SocketKind: TypeAlias = Literal["system", "rootless", "desktop", "podman", "podman_system"]

_PID_FILE = "/run/docker.pid"
_UNITS = ("/etc/systemd/system/docker.service", "/lib/systemd/system/docker.service")
_DROP_INS = "/etc/systemd/system/docker.service.d"
_PSEUDO = frozenset(
    (
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devpts",
        "devtmpfs",
        "efivarfs",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "nsfs",
        "proc",
        "pstore",
        "ramfs",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "squashfs",
        "sysfs",
        "tracefs",
    )
)
_MOST_MOUNTS = 400

_LIST, _OBJECT, _SWITCH, _TEXT = (
    (list, "a list in [ ]"),
    (dict, "an object in { }"),
    (bool, "true or false, without quotes"),
    (str, "one text in quotes"),
)
_TYPES: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("hosts", "dns", "dns-opts", "dns-search", "exec-opts", "storage-opts", "labels"), _LIST),
    **dict.fromkeys(("insecure-registries", "default-address-pools", "cdi-spec-dirs"), _LIST),
    **dict.fromkeys(("runtimes", "features", "log-opts", "default-ulimits", "proxies"), _OBJECT),
    **dict.fromkeys(("debug", "live-restore", "experimental", "ipv6", "iptables", "ip-forward", "init"), _SWITCH),
    **dict.fromkeys(("default-runtime", "data-root", "log-driver", "storage-driver", "userns-remap"), _TEXT),
}
"""Settings that people write with another type than the engine reads; it does not start with any of them."""

_NOWHERE = Missing("not_applicable")


def collect_engine_setup(world: World) -> EngineSetup:
    """Collect the settings of the engines on this computer."""
    if world.system() != "linux":
        return EngineSetup(
            configs=_NOWHERE,
            sockets=_NOWHERE,
            snap=_NOWHERE,
            daemon=_NOWHERE,
            docker_is_podman=_NOWHERE,
            context=_context(world),
            started=_NOWHERE,
            unit_hosts=_NOWHERE,
            limits=_NOWHERE,
            docker_group=_NOWHERE,
            subordinate_ids=_NOWHERE,
            selinux=_NOWHERE,
            mounts=_NOWHERE,
        )
    return EngineSetup(
        configs=_configs(world),
        sockets=_sockets(world),
        snap=_snap(world),
        daemon=_daemon(world),
        docker_is_podman=_docker_is_podman(world),
        context=_context(world),
        started=_modified(world, _PID_FILE),
        unit_hosts=_unit_hosts(world),
        limits=_limits(world),
        docker_group=_docker_group(world),
        subordinate_ids=_subordinate_ids(world),
        selinux=_selinux(world),
        mounts=_mounts(world),
    )


def _configs(world: World) -> Fact[tuple[DaemonConfig, ...]]:
    environment = world.environment()
    own = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    places: tuple[tuple[str, Reader], ...] = (
        ("/etc/docker/daemon.json", "rootful"),
        ("/var/snap/docker/current/config/daemon.json", "snap"),
        (f"{own}/docker/daemon.json", "rootless"),
    )
    found: list[DaemonConfig] = []
    for path, reader in places:
        text = world.read_text(path)
        if isinstance(text, Known):
            config = parse_daemon_config(path, reader, text.value, _modified(world, path))
            found.append(msgspec.structs.replace(config, programs_gone=_programs_gone(world, config)))
        elif text.why != "absent":
            return text
    return Known(tuple(found))


def _programs_gone(world: World, config: DaemonConfig) -> tuple[str, ...]:
    # a snap sees other files than this program does
    if config.reader == "snap":
        return ()
    return tuple(name for name, path in config.runtimes.items() if path and _is_gone(world, path))


def _is_gone(world: World, path: str) -> bool:
    if path.startswith("/"):
        folder, name = posixpath.split(path)
        names = world.list_directory(folder)
        return name not in names.value if isinstance(names, Known) else names.why == "absent"
    found = world.find_program(path)
    return isinstance(found, Missing) and found.why == "absent" and not _in_system_directories(world, path)


def _in_system_directories(world: World, program: str) -> bool:
    # the engine's PATH has directories that a person's may lack
    listed = (world.list_directory(folder) for folder in ("/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin"))
    return any(program in names.value for names in listed if isinstance(names, Known))


def parse_daemon_config(path: str, reader: Reader, text: str, modified: Fact[float]) -> DaemonConfig:
    """Read a ``daemon.json``; settings of a wrong type are left out, a file that is no JSON object has a problem."""
    if not text.strip():
        return DaemonConfig(path=path, reader=reader, empty=True, modified=modified)
    try:
        tree: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        return DaemonConfig(path=path, reader=reader, problem=str(error)[:300], modified=modified)
    if not isinstance(tree, dict):
        problem = "it holds no JSON object; it must begin with { and end with }"
        return DaemonConfig(path=path, reader=reader, problem=problem, modified=modified)
    settings = cast("dict[str, Any]", tree)
    features, log_options = _object(settings, "features"), _object(settings, "log-opts")
    cdi = features.get("cdi")
    return DaemonConfig(
        path=path,
        reader=reader,
        problem=_wrong_type(settings),
        keys=tuple(settings),
        runtimes={name: _text(entry, "path") for name, entry in _object(settings, "runtimes").items()},
        default_runtime=_text(settings, "default-runtime"),
        cgroup_driver=_cgroup_driver(settings),
        data_root=_text(settings, "data-root") or _text(settings, "graph"),
        cdi=cdi if isinstance(cdi, bool) else None,
        log_driver=_text(settings, "log-driver"),
        log_limited="max-size" in log_options,
        shm_size=str(settings.get("default-shm-size", "")),
        hosts=_texts(settings, "hosts"),
        dns=_texts(settings, "dns"),
        modified=modified,
    )


def _wrong_type(settings: dict[str, Any]) -> str:
    """Return the first setting that the engine refuses to read for its type."""
    for name, value in settings.items():
        wanted = _TYPES.get(name)
        if wanted and value is not None and not isinstance(value, wanted[0]):
            return f"{name!r} must be {wanted[1]}"
    for name, kind, words in (
        ("runtimes", dict, "an object"),
        ("features", bool, "true or false, without quotes"),
        ("log-opts", str, "a text in quotes"),
    ):
        for key, value in _object(settings, name).items():
            if value is not None and not isinstance(value, kind):
                return f"{key!r} in {name!r} must be {words}"
    return ""


def _object(tree: object, name: str) -> dict[str, Any]:
    value = cast("dict[str, Any]", tree).get(name) if isinstance(tree, dict) else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(tree: object, name: str) -> str:
    value = cast("dict[str, Any]", tree).get(name) if isinstance(tree, dict) else None
    return value if isinstance(value, str) else ""


def _texts(tree: dict[str, Any], name: str) -> tuple[str, ...]:
    value = tree.get(name)
    return tuple(str(item) for item in cast("list[object]", value)) if isinstance(value, list) else ()


def _cgroup_driver(settings: dict[str, Any]) -> str:
    for option in _texts(settings, "exec-opts"):
        name, _, value = option.partition("=")
        if name.strip() == "native.cgroupdriver":
            return value.strip()
    return ""


def _modified(world: World, path: str) -> Fact[float]:
    status = world.file_status(path)
    return Known(status.value.modified) if isinstance(status, Known) else status


def _sockets(world: World) -> Fact[tuple[EngineSocket, ...]]:
    environment = world.environment()
    runtime, home = environment.get("XDG_RUNTIME_DIR", ""), environment.get("HOME", "")
    places: dict[SocketKind, str] = {"system": "/var/run/docker.sock", "podman_system": "/run/podman/podman.sock"}
    if runtime:
        places |= {"rootless": f"{runtime}/docker.sock", "podman": f"{runtime}/podman/podman.sock"}
    if home:
        places["desktop"] = f"{home}/.docker/desktop/docker.sock"
    found: list[EngineSocket] = []
    for kind, path in places.items():
        status = world.file_status(path)
        if isinstance(status, Known):
            of = status.value
            found.append(
                EngineSocket(path=path, kind=kind, mode=Known(of.mode), owner=Known(of.owner), group=Known(of.group))
            )
        elif status.why == "no_permission":
            found.append(EngineSocket(path=path, kind=kind, mode=status, owner=status, group=status))
    return Known(tuple(found))


def _snap(world: World) -> Fact[bool]:
    return Known(any(isinstance(world.list_directory(path), Known) for path in ("/snap/docker", "/var/snap/docker")))


def _daemon(world: World) -> Fact[str]:
    for path in ("/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"):
        if isinstance(world.file_status(path), Known):
            return Known(path)
    return Missing("absent")


def _docker_is_podman(world: World) -> Fact[bool]:
    program = world.find_program("docker")
    if isinstance(program, Missing):
        return program
    target = world.resolve_link(program.value)
    if isinstance(target, Known) and target.value.startswith("podman"):
        return Known(value=True)
    start = world.read_text(program.value, 4096)
    if isinstance(start, Missing):
        return start
    return Known(start.value.startswith("#!") and "podman" in start.value)


def _context(world: World) -> Fact[str]:
    text = world.read_text(f"{docker_directory(world)}/config.json")
    if isinstance(text, Missing):
        return Known("") if text.why == "absent" else text
    try:
        return Known(_text(json.loads(text.value), "currentContext"))
    except (ValueError, RecursionError) as error:
        return Missing("failed", str(error)[:200])


def _unit_hosts(world: World) -> Fact[bool]:
    unit = next((text for path in _UNITS if isinstance(text := world.read_text(path), Known)), Missing("absent"))
    if isinstance(unit, Missing):
        return unit
    texts = [unit.value]
    names = world.list_directory(_DROP_INS)
    for name in names.value if isinstance(names, Known) else ():
        text = world.read_text(f"{_DROP_INS}/{name}") if name.endswith(".conf") else Missing("absent")
        texts += [text.value] if isinstance(text, Known) else []
    lines = [line.partition("=")[2] for text in texts for line in text.splitlines() if line.startswith("ExecStart=")]
    # each later line takes the place of the earlier ones
    command = next((line for line in reversed(lines) if line.strip()), "")
    return Known(bool(re.search(r"\s(?:-H|--host)\b", command)))


def _limits(world: World) -> Fact[EngineLimits]:
    pid = world.read_text(_PID_FILE, 64)
    if isinstance(pid, Missing):
        return pid
    if not pid.value.strip().isdecimal():
        return Missing("failed", pid.value[:64])
    text = world.read_text(f"/proc/{pid.value.strip()}/limits", 1 << 14)
    return parse_limits(text.value) if isinstance(text, Known) else text


def parse_limits(text: str) -> Fact[EngineLimits]:
    """Read the hard limits of ``/proc/PID/limits``."""
    found: dict[str, int | None] = {}
    for line in text.splitlines():
        match = re.match(r"(Max open files|Max locked memory)\s+\S+\s+(unlimited|\d+)", line)
        if match:
            found[match[1]] = None if match[2] == "unlimited" else int(match[2])
    if len(found) < 2:
        return Missing("failed", text[:200])
    return Known(EngineLimits(open_files=found["Max open files"], locked_memory=found["Max locked memory"]))


def _docker_group(world: World) -> Fact[bool]:
    text = world.read_text("/etc/group")
    if isinstance(text, Missing):
        return text
    return Known(any(line.startswith("docker:") for line in text.value.splitlines()))


def _subordinate_ids(world: World) -> Fact[int]:
    user = world.user()
    if isinstance(user, Missing):
        return user
    text = world.read_text("/etc/subuid")
    if isinstance(text, Missing):
        return Known(0) if text.why == "absent" else text
    return Known(_count_ids(text.value, user.value, world.environment().get("USER", "")))


def _count_ids(text: str, user: User, name: str) -> int:
    count = 0
    for line in text.splitlines():
        owner, _, rest = line.partition(":")
        size = rest.rpartition(":")[2].strip()
        if owner in (str(user.uid), name) and size.isdecimal():
            count += int(size)
    return count


def _selinux(world: World) -> Fact[Literal["enforcing", "permissive", "off"]]:
    text = world.read_text("/sys/fs/selinux/enforce", 16)
    if isinstance(text, Missing):
        return Known("off") if text.why == "absent" else text
    return Known("enforcing" if text.value.strip() == "1" else "permissive")


def _mounts(world: World) -> Fact[tuple[Mount, ...]]:
    text = world.read_text("/proc/self/mountinfo", 4 << 20)
    return Known(parse_mounts(text.value)) if isinstance(text, Known) else text


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Read ``/proc/self/mountinfo``; what the kernel makes up itself, and layers of containers, are left out."""
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        fields, separator, rest = line.partition(" - ")
        parts, kinds = fields.split(" "), rest.split(" ")
        if not separator or len(parts) < 6 or not kinds[0] or kinds[0] in _PSEUDO:
            continue
        path = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), parts[4])
        if "/overlay2/" in path or "/containers/" in path or "/containerd/" in path:
            continue
        options = {*parts[5].split(","), *(kinds[2].split(",") if len(kinds) > 2 else ())}
        # of several at one place the last one lies on top
        found[path] = Mount(path=path, kind=kinds[0], read_only="ro" in options)
        if len(found) >= _MOST_MOUNTS:
            break
    return tuple(found.values())
