"""Facts about the container engine and the NVIDIA Container Toolkit."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the engine answers, and if not, why.

    Attributes:
        text: what came back, raw.
    """

    kind: Literal[
        "ready",
        "not_installed",
        "not_running",
        "no_permission",
        "timeout",
        "too_old",
        "not_an_engine",
        "unreachable",
        "unknown",
    ]
    text: str = ""


class LocalImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image the engine already has. Size in bytes, unpacked."""

    id: str
    references: tuple[str, ...]
    digests: tuple[str, ...]
    size: int
    created: str
    labels: dict[str, str]


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container, as far as sessions and the process table need it.

    Attributes:
        status: the engine's word (``created``, ``running``, ``exited`` …).
        pids: process ids on the host (empty when not asked or remote).
        published: address and number of each TCP port of the engine's computer that leads into it.
    """

    id: str
    name: str
    image: str
    status: str
    labels: dict[str, str]
    pids: tuple[int, ...] = ()
    published: tuple[tuple[str, int], ...] = ()


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The container engine that Drydock would use.

    Attributes:
        endpoint: address, e.g. ``unix:///var/run/docker.sock``.
        chosen_by: what decided the address (``--engine``, ``DOCKER_HOST``, ``context NAME``, ``default``).
        remote: it runs on another computer, so this computer's GPUs say nothing about it.
        data_root_free: bytes free where images are unpacked.
        runtimes: names of the OCI runtimes it knows.
        cdi_devices: names of the devices found in CDI specifications.
        cdi_directories: where it looks for specifications; none where CDI is switched off.
        proxies: what it goes through to registries: ``http``, ``https`` and ``none``, without passwords.
        security: names of its security options, such as ``rootless``, ``userns``, ``selinux``.
        warnings: its own, raw.
        backing_filesystem: as its storage driver names it; ``file_types`` whether that keeps the type of each file.
        log_driver: where the output of containers goes unless a launch says otherwise.
        live_restore: whether containers run on while it is restarted.
        clock_ahead: seconds by which its clock is ahead of this computer's (negative: behind).
        data_root_inodes: (all, free) of the file system where images are unpacked.
    """

    endpoint: str
    chosen_by: str
    reach: Reach
    product: Fact[str]
    version: Fact[str]
    api_version: Fact[str]
    operating_system: Fact[str]
    architecture: Fact[str]
    remote: bool
    rootless: Fact[bool]
    cgroup_version: Fact[str]
    cgroup_driver: Fact[str]
    storage_driver: Fact[str]
    data_root: Fact[str]
    data_root_free: Fact[int]
    memory: Fact[int]
    cpus: Fact[int]
    runtimes: Fact[tuple[str, ...]]
    default_runtime: Fact[str]
    cdi_devices: Fact[tuple[str, ...]]
    images: Fact[tuple[LocalImage, ...]] = _NOT_ASKED
    cdi_directories: Fact[tuple[str, ...]] = _NOT_ASKED
    proxies: Fact[Mapping[str, str]] = _NOT_ASKED
    security: Fact[tuple[str, ...]] = _NOT_ASKED
    warnings: Fact[tuple[str, ...]] = _NOT_ASKED
    backing_filesystem: Fact[str] = _NOT_ASKED
    file_types: Fact[bool] = _NOT_ASKED
    log_driver: Fact[str] = _NOT_ASKED
    live_restore: Fact[bool] = _NOT_ASKED
    clock_ahead: Fact[float] = _NOT_ASKED
    data_root_inodes: Fact[tuple[int, int]] = _NOT_ASKED


def silent_engine(*, endpoint: str, chosen_by: str, reach: Reach, missing: Missing, remote: bool = False) -> Engine:
    """Return the facts of an engine that told nothing: every one is ``missing``."""
    return Engine(
        endpoint=endpoint,
        chosen_by=chosen_by,
        reach=reach,
        product=missing,
        version=missing,
        api_version=missing,
        operating_system=missing,
        architecture=missing,
        remote=remote,
        rootless=missing,
        cgroup_version=missing,
        cgroup_driver=missing,
        storage_driver=missing,
        data_root=missing,
        data_root_free=missing,
        memory=missing,
        cpus=missing,
        runtimes=missing,
        default_runtime=missing,
        cdi_devices=missing,
        images=missing,
    )


class CdiSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A CDI specification file: its path, the devices it defines and the driver version its file names carry.

    Attributes:
        files: how many files and device nodes of this computer it names; ``gone`` those that do not exist.
    """

    path: str
    devices: tuple[str, ...]
    driver_version: Fact[str]
    files: int = 0
    gone: Fact[tuple[str, ...]] = _NOT_ASKED


class ToolkitConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The toolkit's ``config.toml``.

    Attributes:
        problem: why it cannot be used, empty when it can.
        mode: of the runtime, ``auto`` unless it says otherwise.
        no_cgroups: whether the toolkit leaves the device rules of containers alone.
        ldconfig: path of the program that it runs for containers, empty where none is named.
        ldconfig_there: whether that program exists on this computer.
    """

    path: str
    problem: str = ""
    mode: str = "auto"
    no_cgroups: bool = False
    ldconfig: str = ""
    ldconfig_there: bool = True


class CdiRefresh(msgspec.Struct, frozen=True, kw_only=True):
    """The service of the toolkit that renews the CDI specification: whether it is installed, and started by itself."""

    installed: bool
    enabled: bool


class Toolkit(msgspec.Struct, frozen=True, kw_only=True):
    """The NVIDIA Container Toolkit on this host.

    Attributes:
        version: of ``nvidia-ctk``.
        runtime_path: where ``nvidia-container-runtime`` lies; also ``hook_path`` for the legacy hook.
        cdi_specs: files in /etc/cdi and /var/run/cdi that name nvidia.com.
        cli_path: where ``nvidia-container-cli`` lies, which the legacy mode runs.
        char_links: names in /dev/char that lead to NVIDIA's nodes; systemd needs them to keep a container's GPU.
        hook_since: when the legacy hook was put where it is, seconds since 1970, UTC.
    """

    version: Fact[str]
    runtime_path: Fact[str]
    hook_path: Fact[str]
    cdi_specs: Fact[tuple[CdiSpec, ...]]
    cli_path: Fact[str] = _NOT_ASKED
    config: Fact[ToolkitConfig] = _NOT_ASKED
    refresh: Fact[CdiRefresh] = _NOT_ASKED
    char_links: Fact[tuple[str, ...]] = _NOT_ASKED
    hook_since: Fact[float] = _NOT_ASKED
