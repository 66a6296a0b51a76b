"""The engine's JSON answers as typed structs, and what they mean as facts. Pure."""

from collections.abc import Mapping

import msgspec

from drydock.core.facts import Container, Fact, Known, LocalImage, Missing, Reach
from drydock.core.facts import Engine as EngineFacts
from drydock.core.facts.engine import silent_engine
from drydock.engines.endpoint import Endpoint
from drydock.engines.image_answers import variables
from drydock.engines.interface import ContainerState

_NEVER = "0001-01-01T00:00:00Z"
# API 1.50 (Engine 28.2) brought the list of discovered CDI devices into /info
_CDI_LIST_SINCE = (1, 50)


class _Answer(msgspec.Struct, rename="pascal", frozen=True):
    pass


class Component(_Answer, frozen=True):
    """A part of the engine, of ``/version``."""

    name: str | None = None
    version: str | None = None


class Platform(_Answer, frozen=True):
    """The product, of ``/version``."""

    name: str | None = None


class Version(_Answer, frozen=True):
    """``/version``."""

    version: str | None = None
    api_version: str | None = None
    min_api_version: str | None = msgspec.field(default=None, name="MinAPIVersion")
    platform: Platform | None = None
    components: tuple[Component, ...] | None = None


class Device(_Answer, frozen=True):
    """A device found in a CDI specification, of ``/info``."""

    id: str = msgspec.field(default="", name="ID")
    source: str = ""


class Info(_Answer, frozen=True):
    """``/info``."""

    operating_system: str | None = None
    architecture: str | None = None
    driver: str | None = None
    driver_status: tuple[tuple[str, ...], ...] | None = None
    docker_root_dir: str | None = None
    cgroup_driver: str | None = None
    cgroup_version: str | None = None
    security_options: tuple[str, ...] | None = None
    memory: int | None = msgspec.field(default=None, name="MemTotal")
    cpus: int | None = msgspec.field(default=None, name="NCPU")
    runtimes: dict[str, object] | None = None
    default_runtime: str | None = None
    discovered_devices: tuple[Device, ...] | None = None
    cdi_directories: tuple[str, ...] | None = msgspec.field(default=None, name="CDISpecDirs")
    http_proxy: str | None = None
    https_proxy: str | None = None
    no_proxy: str | None = None
    warnings: tuple[str, ...] | None = None
    logging_driver: str | None = None
    live_restore: bool | None = msgspec.field(default=None, name="LiveRestoreEnabled")
    system_time: str | None = None


class CachedBuild(_Answer, frozen=True):
    """A step of a build that is kept, of ``/system/df``."""

    size: int = 0
    in_use: bool = False
    shared: bool = False


class DiskUsage(_Answer, frozen=True):
    """``/system/df`` as far as it is about builds."""

    build_cache: tuple[CachedBuild, ...] | None = None


class PublishedPort(_Answer, frozen=True):
    """A port of a listed container."""

    address: str = msgspec.field(default="", name="IP")
    public_port: int = 0
    kind: str = msgspec.field(default="tcp", name="Type")


class ContainerSummary(_Answer, frozen=True):
    """An entry of ``/containers/json``."""

    id: str
    names: tuple[str, ...] | None = None
    image: str = ""
    state: str = ""
    labels: dict[str, str] | None = None
    ports: tuple[PublishedPort, ...] | None = None
    size_rw: int | None = None


class Pruned(_Answer, frozen=True):
    """What ``/build/prune`` did."""

    space_reclaimed: int = 0


class State(_Answer, frozen=True):
    """A container's state."""

    status: str = ""
    running: bool = False
    exit_code: int = 0
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    error: str | None = None
    started_at: str | None = None
    finished_at: str | None = None


class ContainerConfig(_Answer, frozen=True):
    """What a container was made with."""

    image: str = ""
    env: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    tty: bool = False


class Binding(_Answer, frozen=True):
    """A published port."""

    host_ip: str = ""
    host_port: str = ""


class Network(_Answer, frozen=True):
    """A container's network settings."""

    ports: dict[str, tuple[Binding, ...] | None] | None = None


class ContainerDetail(_Answer, frozen=True):
    """``/containers/{id}/json``."""

    id: str
    name: str = ""
    state: State = State()
    config: ContainerConfig = ContainerConfig()
    network_settings: Network | None = None


class ExecDetail(_Answer, frozen=True):
    """``/exec/{id}/json``."""

    running: bool = False
    exit_code: int | None = None


class Identity(_Answer, frozen=True):
    """The answer to something that was created."""

    id: str


class Processes(_Answer, frozen=True):
    """``/containers/{id}/top``."""

    titles: tuple[str, ...] = ()
    processes: tuple[tuple[str, ...], ...] | None = None


def product_of(version: Version) -> str:
    """Return the product's name: ``Docker``, ``Docker Desktop`` or ``Podman``."""
    names = [component.name or "" for component in version.components or ()]
    if any(name.startswith("Podman") for name in names):
        return "Podman"
    platform = (version.platform.name if version.platform else None) or ""
    return "Docker Desktop" if platform.startswith("Docker Desktop") else "Docker"


def takes_gpus(version: Version, by: str) -> bool:
    """Return whether the engine does not silently drop a request for GPUs made in this way.

    Podman 4 was seen to start the container without GPUs and to say nothing; Podman 5 takes CDI names only.
    """
    if product_of(version) != "Podman":
        return True
    major = (version.version or "").partition(".")[0]
    return by == "cdi" and major.isdecimal() and int(major) >= 5


def keeps_layers(version: Version, info: Info) -> bool:
    """Return whether the finished layers of a pull that is broken off are there for the next one.

    Seen: the containerd image store keeps them and goes on in the middle of the others; the older store of the engine
    (a graph driver) throws all of them away. What Podman does was not tried.
    """
    snapshotter = ("driver-type", "io.containerd.snapshotter.v1")
    return product_of(version) != "Podman" and any(row[:2] == snapshotter for row in info.driver_status or ())


def version_number(text: str) -> tuple[int, int]:
    """Return an API version as numbers; (0, 0) for what is not one."""
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)


def engine_facts(
    endpoint: Endpoint, version: Version, info: Info, data_root_free: Fact[int], images: Fact[tuple[LocalImage, ...]]
) -> EngineFacts:
    """Put an engine's answers together."""
    return EngineFacts(
        endpoint=endpoint.address,
        chosen_by=endpoint.chosen_by,
        reach=Reach(kind="ready"),
        product=Known(product_of(version)),
        version=_text(version.version),
        api_version=_text(version.api_version),
        operating_system=_text(info.operating_system),
        architecture=_text(architecture_of(info)),
        remote=endpoint.remote,
        rootless=_rootless(info),
        cgroup_version=_text(info.cgroup_version),
        cgroup_driver=_text(info.cgroup_driver),
        storage_driver=_text(info.driver),
        data_root=_text(info.docker_root_dir),
        data_root_free=data_root_free,
        memory=_number(info.memory),
        cpus=_number(info.cpus),
        runtimes=Known(tuple(sorted(info.runtimes))) if info.runtimes is not None else Missing("not_supported"),
        default_runtime=_text(info.default_runtime),
        cdi_devices=_cdi_devices(version, info),
        images=images,
    )


def unreachable_facts(endpoint: Endpoint, reach: Reach) -> EngineFacts:
    """Return the facts of an engine that does not answer: only where it should be, and why it does not."""
    return silent_engine(
        endpoint=endpoint.address,
        chosen_by=endpoint.chosen_by,
        reach=reach,
        missing=Missing("not_asked", reach.text),
        remote=endpoint.remote,
    )


def container_of_summary(entry: ContainerSummary, pids: tuple[int, ...] = ()) -> Container:
    """Return a container of the list."""
    name = entry.names[0].lstrip("/") if entry.names else ""
    ports = (port for port in entry.ports or () if port.public_port and port.kind == "tcp")
    return Container(
        id=entry.id,
        name=name,
        image=entry.image,
        status=entry.state,
        labels=entry.labels or {},
        pids=pids,
        published=tuple((port.address, port.public_port) for port in ports),
    )


def container_state(entry: ContainerDetail) -> ContainerState:
    """Return a container's present state."""
    state = entry.state
    ended = not state.running and state.status not in ("created", "initialized", "configured")
    return ContainerState(
        container=Container(
            id=entry.id,
            name=entry.name.lstrip("/"),
            image=entry.config.image,
            status=state.status,
            labels=entry.config.labels or {},
        ),
        running=state.running,
        exit_code=state.exit_code if ended else None,
        oom_killed=state.oom_killed,
        error=state.error or "",
        started_at=_moment(state.started_at),
        finished_at=_moment(state.finished_at),
        ports=_ports(entry.network_settings),
        environment=variables(entry.config.env),
    )


def process_ids(answer: Processes) -> tuple[int, ...]:
    """Return the host's process ids of a process list."""
    titles = [title.upper() for title in answer.titles]
    # Podman's PID is that inside the container; HPID is the host's
    name = "HPID" if "HPID" in titles else "PID"
    if name not in titles:
        return ()
    column = titles.index(name)
    rows = answer.processes or ()
    return tuple(int(row[column]) for row in rows if len(row) > column and row[column].isdecimal())


def architecture_of(info: Info) -> str:
    """Return the architecture of the engine's computer in the words of container images; empty when it is not told."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return names.get(info.architecture or "", info.architecture or "")


def _text(value: str | None) -> Fact[str]:
    return Known(value) if value else Missing("not_supported")


def _number(value: int | None) -> Fact[int]:
    return Known(value) if value else Missing("not_supported")


def _rootless(info: Info) -> Fact[bool]:
    if info.security_options is None:
        return Missing("not_supported")
    return Known(any(option.startswith("name=rootless") for option in info.security_options))


def _cdi_devices(version: Version, info: Info) -> Fact[tuple[str, ...]]:
    if info.discovered_devices is not None:
        return Known(tuple(device.id for device in info.discovered_devices if device.source in ("cdi", "")))
    if product_of(version) != "Podman" and version_number(version.api_version or "") >= _CDI_LIST_SINCE:
        return Known(())
    return Missing("not_supported", "this engine does not list CDI devices")


def _moment(text: str | None) -> str:
    return "" if not text or text == _NEVER else text


def _ports(network: Network | None) -> Mapping[int, tuple[str, int]]:
    ports: dict[int, tuple[str, int]] = {}
    for key, bindings in ((network.ports if network else None) or {}).items():
        number, _, protocol = key.partition("/")
        if protocol in ("tcp", "") and number.isdecimal() and bindings and bindings[0].host_port.isdecimal():
            ports[int(number)] = (bindings[0].host_ip, int(bindings[0].host_port))
    return ports
