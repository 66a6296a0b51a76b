"""From a choice to a launch plan: everything the engine will be told, fixed before anything is started.

The plan holds no secret: Jupyter's token and the SSH keys are files that are put into the container before its start
(:func:`private_files`), so they appear neither in ``inspect`` nor in a command line.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Engine, known_or
from drydock.core.launch import labels as names
from drydock.core.launch.choice import WORKSPACE, Choice, MountWish, Part, Service
from drydock.core.launch.labels import INSIDE_PORTS, KEYS_FILE, TOKEN_FILE
from drydock.core.launch.service_image import SUPERVISOR, service_image

GpuBy: TypeAlias = Literal["hook", "cdi"]

# DataLoader workers pass batches through /dev/shm, and the engine's 64 MiB break them; half of the memory is what
# Linux itself gives a tmpfs, and more than 8 GiB is not filled by batches
_LARGEST_SHM = 8 << 30
_SMALLEST_SHM = 64 << 20
WAIT_FOREVER = ("tail", "-f", "/dev/null")
"""The command of a container that waits; also in images whose sleep does not know "infinity"."""

_CACHES: Mapping[str, str] = {
    "drydock-cache-huggingface": "/root/.cache/huggingface",
    "drydock-cache-torch": "/root/.cache/torch",
    "drydock-cache-pip": "/root/.cache/pip",
    "drydock-cache-inductor": "/root/.cache/inductor",
    "drydock-cache-triton": "/root/.cache/triton",
}
_CACHE_ENVIRONMENT = {
    "TORCHINDUCTOR_CACHE_DIR": "/root/.cache/inductor",
    "TRITON_CACHE_DIR": "/root/.cache/triton",
}


class PlannedGpus(msgspec.Struct, frozen=True, kw_only=True):
    """The GPU request: UUIDs (empty means all), and whether the engine's hook or CDI fulfils it."""

    uuids: tuple[str, ...] = ()
    by: GpuBy


class PlannedMount(msgspec.Struct, frozen=True, kw_only=True):
    """A host directory (``bind``) or a named volume at a path in the container."""

    kind: Literal["bind", "volume"]
    source: str
    target: str
    read_only: bool = False


class PlannedPort(msgspec.Struct, frozen=True, kw_only=True):
    """A service's port in the container, published on 127.0.0.1; host port 0 lets the engine choose."""

    service: Service
    container_port: int
    host_port: int


class LaunchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine will be told. Sizes in bytes.

    Attributes:
        image: what the container is started from.
        parent: the chosen image, which ``image`` is unless services or tools were asked for.
        parts: what ``image`` has more than its parent.
        command: replaces the image's; its entry point stays.
        init: the engine's own init goes before everything; not where the image brings one.
        no_new_privileges: nothing inside can gain rights through setuid programs.
    """

    name: str
    image: str
    parent: str
    command: tuple[str, ...]
    environment: dict[str, str]
    labels: dict[str, str]
    gpus: PlannedGpus | None
    mounts: tuple[PlannedMount, ...]
    ports: tuple[PlannedPort, ...]
    memory: int | None
    shm_size: int
    working_directory: str | None
    services: tuple[Service, ...]
    parts: tuple[Part, ...] = ()
    init: bool = True
    no_new_privileges: bool = True


def plan(
    choice: Choice,
    engine: Engine,
    *,
    name: str,
    version: str,
    parent_id: str = "",
    parent_digest: str = "",
    gpu_by: GpuBy = "hook",
) -> LaunchPlan:
    """Make the plan; the same arguments always make the same plan.

    Args:
        choice: what the person wants.
        engine: what is known of the engine; its memory decides the size of ``/dev/shm``.
        name: of the container, as :func:`proposed_name` makes it.
        version: of this app, for the label.
        parent_id: the engine's id of the chosen image's contents; decides the service image's tag.
        parent_digest: what pins these contents in their registry, as far as they were in one.
        gpu_by: as :func:`gpu_way` tells.
    """
    derived = service_image(choice.pinned_image, parent_id, choice.parts) if choice.parts else None
    environment = dict(choice.environment)
    if choice.gpus == "none":
        # official images ask for all GPUs in their own environment, and a default NVIDIA runtime would obey
        environment["NVIDIA_VISIBLE_DEVICES"] = "void"
    if choice.caches:
        environment = {**_CACHE_ENVIRONMENT, **environment}
    return LaunchPlan(
        name=name,
        image=derived.tag if derived else choice.pinned_image,
        parent=choice.pinned_image,
        command=_command(choice),
        environment=dict(sorted(environment.items())),
        labels=_labels(choice, name, version, choice.digest or parent_digest or parent_id),
        gpus=_gpus(choice, gpu_by),
        mounts=_mounts(choice),
        ports=tuple(
            PlannedPort(service=service, container_port=INSIDE_PORTS[service], host_port=port)
            for service, port in choice.ports.items()
        ),
        memory=choice.memory,
        shm_size=choice.shm_size or default_shm_size(choice.memory, known_or(engine.memory, None)),
        working_directory=WORKSPACE if choice.workspace else None,
        services=choice.services,
        parts=choice.parts,
        init="tini" not in choice.parts,
    )


def default_shm_size(memory_limit: int | None, machine_memory: int | None) -> int:
    """Return bytes for ``/dev/shm``: half of the memory the container may use, between 64 MiB and 8 GiB."""
    known = [size for size in (memory_limit, machine_memory) if size]
    return max(_SMALLEST_SHM, min(min(known) // 2, _LARGEST_SHM)) if known else _LARGEST_SHM // 2


def gpu_way(engine: Engine, *, hook_here: bool = False) -> GpuBy | None:
    """Return how this engine can give GPUs to a container; None where nothing says that it can.

    Args:
        engine: its runtimes and CDI devices.
        hook_here: the toolkit's hook program is installed on the computer whose engine this is.
    """
    if "podman" in known_or(engine.product, "").lower():
        # it has no other way, and lists no devices: one that is not there is told when the container is made
        return "cdi"
    if "nvidia" in known_or(engine.runtimes, ()):
        return "hook"
    if any(device.startswith("nvidia.com/gpu=") for device in known_or(engine.cdi_devices, ())):
        return "cdi"
    return "hook" if hook_here else None


def proposed_name(choice: Choice, taken: Collection[str]) -> str:
    """Return the chosen name, or one from the image with the first free number: ``drydock-pytorch``, ``…-2``."""
    if choice.name:
        return choice.name
    stem = without_registry(choice.image)
    base = f"drydock-{stem}" if stem else "drydock"
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name


def without_registry(reference: str) -> str:
    """Return the last part of an image's repository, fit for a container's name."""
    last = reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")


def private_files(services: Collection[Service], token: str, public_keys: Collection[str]) -> dict[str, bytes]:
    """Return the files to be put into ``labels.PRIVATE_DIRECTORY`` before the start, readable by root alone."""
    files: dict[str, bytes] = {}
    if "jupyter" in services:
        files[TOKEN_FILE] = token.encode()
    if "ssh" in services:
        files[KEYS_FILE] = "".join(f"{key.strip()}\n" for key in public_keys).encode()
    return files


def is_host_path(source: str) -> bool:
    """Say whether a mount's source is a directory of the host rather than the name of a volume."""
    return PurePosixPath(source).is_absolute() or PureWindowsPath(source).is_absolute()


def _command(choice: Choice) -> tuple[str, ...]:
    if not choice.services:
        return choice.command or WAIT_FOREVER
    rest = ("--", *choice.command) if choice.command else ()
    return ("python3", SUPERVISOR, *choice.services, *rest)


def _labels(choice: Choice, name: str, version: str, contents: str) -> dict[str, str]:
    labels = {
        names.SESSION: name,
        names.VERSION: version,
        names.IMAGE: choice.image,
        names.DIGEST: contents,
        names.GPUS: choice.gpus if isinstance(choice.gpus, str) else ",".join(choice.gpus),
        names.SERVICES: ",".join(choice.services),
        names.WORKSPACE: choice.workspace,
    }
    return {key: value for key, value in labels.items() if value}


def _gpus(choice: Choice, by: GpuBy) -> PlannedGpus | None:
    if choice.gpus == "none":
        return None
    return PlannedGpus(uuids=() if choice.gpus == "all" else choice.gpus, by=by)


def _mounts(choice: Choice) -> tuple[PlannedMount, ...]:
    caches = _CACHES.items() if choice.caches else ()
    wishes = (*choice.all_mounts, *(MountWish(source=source, target=target) for source, target in caches))
    return tuple(
        PlannedMount(
            kind="bind" if is_host_path(wish.source) else "volume",
            source=wish.source,
            target=wish.target,
            read_only=wish.read_only,
        )
        for wish in wishes
    )
