"""Facts about the container engine and the NVIDIA Container Toolkit."""

from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing


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
    """

    id: str
    name: str
    image: str
    status: str
    labels: dict[str, str]
    pids: tuple[int, ...] = ()


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The container engine that Drydock would use.

    Attributes:
        endpoint: address, e.g. ``unix:///var/run/docker.sock``.
        chosen_by: what decided the address (``--engine``, ``DOCKER_HOST``, ``context NAME``, ``default``).
        remote: it runs on another computer, so this computer's GPUs say nothing about it.
        data_root_free: bytes free where images are unpacked.
        runtimes: names of the OCI runtimes it knows.
        cdi_devices: names of the devices found in CDI specifications.
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
    images: Fact[tuple[LocalImage, ...]] = Missing("not_asked")


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
    """A CDI specification file: its path, the devices it defines and the driver version its file names carry."""

    path: str
    devices: tuple[str, ...]
    driver_version: Fact[str]


class Toolkit(msgspec.Struct, frozen=True, kw_only=True):
    """The NVIDIA Container Toolkit on this host.

    Attributes:
        version: of ``nvidia-ctk``.
        runtime_path: where ``nvidia-container-runtime`` lies; also ``hook_path`` for the legacy hook.
        cdi_specs: files in /etc/cdi and /var/run/cdi that name nvidia.com.
    """

    version: Fact[str]
    runtime_path: Fact[str]
    hook_path: Fact[str]
    cdi_specs: Fact[tuple[CdiSpec, ...]]
