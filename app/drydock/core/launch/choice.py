"""What a person chose to launch. Every edit makes a new one."""

import re
from typing import Literal, TypeAlias

import msgspec

from drydock.core.trouble import Trouble

GpuWish: TypeAlias = Literal["all", "none"] | tuple[str, ...]
Service: TypeAlias = Literal["jupyter", "ssh", "tensorboard"]
Addition: TypeAlias = Literal["compiler", "tini"]
Part: TypeAlias = Service | Addition

SERVICES: tuple[Service, ...] = ("jupyter", "ssh", "tensorboard")
"""What runs in a session and answers on a port."""

ADDITIONS: tuple[Addition, ...] = ("compiler", "tini")
"""Tools that an image may lack: a C and C++ compiler for torch.compile; an init that clears up after processes."""

PARTS: tuple[Part, ...] = (*SERVICES, *ADDITIONS)
AUTOMATIC_PORT = 0
WORKSPACE = "/workspace"
CHECKPOINTS = "/checkpoints"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class MountWish(msgspec.Struct, frozen=True, kw_only=True):
    """A directory of the host (an absolute path) or a volume (a bare name) at a path in the container."""

    source: str
    target: str
    read_only: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person decides about a container.

    Attributes:
        image: reference of the image to work in.
        digest: ``sha256:…``; pins the image to exactly these contents. Empty takes what the reference means today.
        gpus: all, none, or the UUIDs of GPUs or MIG slices.
        workspace: directory of the host shown at ``/workspace``; empty shows none. ``checkpoints`` likewise at
            ``/checkpoints``.
        jupyter: port on 127.0.0.1; 0 lets the engine choose a free one; None leaves the service out. Also ``ssh``
            and ``tensorboard``.
        compiler: add a C and C++ compiler to the image, which ``torch.compile`` needs; ``tini`` adds that init.
        memory: limit in bytes; None sets no limit.
        shm_size: bytes of ``/dev/shm``; None takes a size computed from the memory.
        name: of the container; empty makes one from the image.
        caches: keep downloads and compiled kernels in named volumes that outlive the container.
        environment: variables for the work inside.
        command: what to run; empty keeps the container waiting.
    """

    image: str
    digest: str = ""
    gpus: GpuWish = "all"
    workspace: str = ""
    checkpoints: str = ""
    mounts: tuple[MountWish, ...] = ()
    jupyter: int | None = None
    ssh: int | None = None
    tensorboard: int | None = None
    compiler: bool = False
    tini: bool = False
    memory: int | None = None
    shm_size: int | None = None
    name: str = ""
    caches: bool = False
    environment: dict[str, str] = {}
    command: tuple[str, ...] = ()

    @property
    def ports(self) -> dict[Service, int]:
        """The wanted host port of each service that was asked for."""
        wanted: dict[Service, int | None] = {
            "jupyter": self.jupyter,
            "ssh": self.ssh,
            "tensorboard": self.tensorboard,
        }
        return {service: port for service, port in wanted.items() if port is not None}

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that were asked for."""
        return tuple(self.ports)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What must be added to the image: the services, and the tools that were asked for."""
        wanted: dict[Addition, bool] = {"compiler": self.compiler, "tini": self.tini}
        return (*self.services, *(addition for addition in ADDITIONS if wanted[addition]))

    @property
    def pinned_image(self) -> str:
        """The reference to pull and start: by digest where one is given."""
        if not self.digest or "@" in self.image:
            return self.image
        return pinned(self.image, self.digest)

    @property
    def all_mounts(self) -> tuple[MountWish, ...]:
        """Workspace and checkpoints, then the other mounts."""
        named = ((self.workspace, WORKSPACE), (self.checkpoints, CHECKPOINTS))
        return (*(MountWish(source=source, target=target) for source, target in named if source), *self.mounts)


def pinned(reference: str, digest: str) -> str:
    """Return a reference that means exactly these contents, whatever its tag means later."""
    return f"{without_tag(reference.partition('@')[0])}@{digest}"


def parse_image(text: str) -> tuple[str, str]:
    """Take a digest off a reference: ``REF@sha256:…`` is ``REF`` and what it is pinned to.

    Raises:
        Trouble: ``launch-digest-invalid`` with what would be right.
    """
    reference, at, digest = text.strip().partition("@")
    if at and not (reference and _DIGEST.fullmatch(digest)):
        raise Trouble("launch-digest-invalid", text=text, digest=digest)
    return reference, digest


def without_tag(reference: str) -> str:
    """Return a reference without its tag; a registry's port is not a tag."""
    head, colon, tail = reference.rpartition(":")
    return head if colon and "/" not in tail else reference


def parse_mount(text: str) -> MountWish:
    """Read ``SOURCE:TARGET`` or ``SOURCE:TARGET:ro``; the source may be a Windows path with its drive.

    Raises:
        Trouble: ``launch-mount-invalid`` with what would be right.
    """
    source, read_only = text, False
    for suffix in (":ro", ":rw"):
        if text.endswith(suffix):
            source, read_only = text.removesuffix(suffix), suffix == ":ro"
    source, _, target = source.rpartition(":")
    if not source or not target.startswith("/"):
        raise Trouble("launch-mount-invalid", text=text)
    return MountWish(source=source, target=target, read_only=read_only)


def parse_gpus(text: str) -> GpuWish:
    """Read ``all``, ``none`` or UUIDs with commas between them.

    Raises:
        Trouble: ``launch-gpus-invalid`` with what would be right.
    """
    word = text.strip()
    if word == "all":
        return "all"
    if word == "none":
        return "none"
    uuids = tuple(part.strip() for part in word.split(","))
    if not all(uuid.startswith(("GPU-", "MIG-")) for uuid in uuids):
        raise Trouble("launch-gpus-invalid", text=text)
    return tuple(dict.fromkeys(uuids))
