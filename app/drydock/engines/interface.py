"""What Drydock asks of a container engine.

Every method has a time limit of its own (or takes a :class:`Stop`), and turns what goes wrong into a
:class:`~drydock.core.trouble.Trouble` with one of the ids of ``knowledge/troubles/*.toml``:

``engine-not-installed engine-not-running engine-no-permission engine-timeout engine-too-old engine-not-an-engine
engine-unreachable engine-ssh-failed engine-address-invalid engine-context-unknown engine-lost engine-error
engine-asks-no-registry image-not-found image-name-invalid image-in-use image-archive-missing image-archive-unreadable
image-archive-not-an-image image-archive-refused image-archive-exists image-archive-not-written image-archive-no-room
image-archive-broken registry-unreachable registry-auth registry-rate-limit registry-proxy registry-tls registry-error
pull-interrupted pull-corrupt disk-full disk-full-ahead platform-missing container-not-found container-not-running
name-taken port-taken mount-source-missing program-not-in-image gpu-request-ignored gpu-runtime-missing
gpu-runtime-failed cdi-device-missing container-died exec-timeout build-failed``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from drydock.core.facts import Container, Fact, ImageConfig, LocalImage, Login, PublishedImage, RegistryRules
from drydock.core.facts import Engine as EngineFacts
from drydock.world import Stop


class PullProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a pull, summed over its layers. Bytes are compressed bytes.

    Attributes:
        total: bytes of all layers whose size is known so far, or the size the image is known to have where that is
            more; None before anything is known.
        done: bytes fetched; never less than in an earlier moment.
        layers_done: layers that are complete, those that were here already included.
        layers_present: layers that were here already; their bytes are in neither ``done`` nor ``total``.
        speed: bytes a second over the last few seconds.
        seconds_left: None while it cannot be told.
    """

    phase: Literal["asking", "downloading", "extracting", "done"]
    done: int
    total: int | None
    layers: int
    layers_done: int
    layers_present: int
    speed: float
    seconds_left: float | None
    detail: str = ""


class LoadProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a load. Each phase counts for itself.

    Attributes:
        phase: ``sending`` the file to the engine, then ``unpacking`` there.
        done: bytes of the phase.
        total: bytes of the phase; None while unpacking a compressed file. Layers that are here already are not
            counted, so that unpacking may end early.
        speed: bytes a second over the last few seconds.
        seconds_left: None while it cannot be told.
    """

    phase: Literal["sending", "unpacking", "done"]
    done: int
    total: int | None
    speed: float
    seconds_left: float | None


class SaveProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a save.

    Attributes:
        phase: the engine is ``preparing`` the archive until its first byte comes.
        done: bytes written.
        total: bytes that the file will have at about; exact at the end.
        speed: bytes a second over the last few seconds.
        seconds_left: None while it cannot be told.
    """

    phase: Literal["preparing", "writing", "done"]
    done: int
    total: int
    speed: float
    seconds_left: float | None


class GpuRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which GPUs a container asks for.

    Attributes:
        uuids: the devices' UUIDs (GPUs or MIG slices); empty means all.
        by: the engine's GPU hook or a CDI device name.
    """

    uuids: tuple[str, ...] = ()
    by: Literal["hook", "cdi"] = "hook"


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A host directory (``kind="bind"``) or a named volume at a path in the container."""

    kind: Literal["bind", "volume"]
    source: str
    target: str
    read_only: bool = False


class PortBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A TCP port of the container published on an address of the host. ``host_port`` 0: the engine chooses."""

    container_port: int
    host_port: int
    host_address: str = "127.0.0.1"


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine is told about a container. Sizes in bytes; None leaves the engine's default."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    gpus: GpuRequest | None = None
    mounts: tuple[Mount, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    memory: int | None = None
    shm_size: int | None = None
    working_directory: str | None = None
    user: str | None = None
    init: bool = True
    no_new_privileges: bool = True


class ContainerState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``inspect`` says of a container. ``ports`` maps a container port to (address, host port)."""

    container: Container
    running: bool
    exit_code: int | None
    oom_killed: bool
    error: str
    started_at: str
    finished_at: str
    ports: Mapping[int, tuple[str, int]]
    environment: Mapping[str, str]


class ExecResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a command run inside a container ended. ``output`` is the tail of standard error."""

    exit_code: int
    output: str


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An image build: Dockerfile text and files beside it (name → content)."""

    dockerfile: str
    files: Mapping[str, bytes] = {}
    tag: str
    labels: Mapping[str, str] = {}
    build_arguments: Mapping[str, str] = {}
    network: str | None = None


class Engine(Protocol):
    """A container engine that answers. Opened by :func:`drydock.engines.open.open_engine`."""

    endpoint: str
    remote: bool

    def close(self) -> None:
        """Close the connections."""
        ...

    def facts(self) -> EngineFacts:
        """Ask version, storage, cgroups, runtimes, CDI devices; images included."""
        ...

    def images(self) -> tuple[LocalImage, ...]:
        """List local images."""
        ...

    def find_image(self, reference: str) -> LocalImage | None:
        """Return the local image with this reference or id, if it is here."""
        ...

    def image_config(self, reference: str) -> ImageConfig:
        """Return what a local image says of itself.

        Raises:
            Trouble: ``image-not-found`` and the engine's own.
        """
        ...

    def chains(self) -> tuple[tuple[str, ...], ...]:
        """Return the layers of each local image (digests of unpacked layers, lowest first)."""
        ...

    def distribution(self, reference: str, stop: Stop) -> PublishedImage:
        """Let the engine ask the registry for an image's digest and platforms, with its own network settings.

        Raises:
            Stopped: the stop was asked for.
            Trouble: what the registry or the engine says; ``engine-asks-no-registry`` for one that cannot do this.
        """
        ...

    def registry_rules(self) -> RegistryRules:
        """Return how the engine reaches registries, as far as it tells and as far as it helps on this computer."""
        ...

    def registry_login(self, registry: str) -> Login | None:
        """Return this user's login for a registry, from the files and credential helpers of docker and podman.

        Takes at most 20 seconds for each helper; never raises.
        """
        ...

    @property
    def keeps_layers(self) -> bool:
        """Whether finished layers of a pull that is broken off are there for the next one (asked once).

        Raises:
            Trouble: the engine does not answer.
        """
        ...

    def remove_image(self, reference: str) -> None:
        """Remove a local image."""
        ...

    def pull(
        self,
        reference: str,
        tell: Callable[[PullProgress], None],
        stop: Stop,
        platform: str = "",
        expected: int | None = None,
    ) -> str:
        """Pull an image; a requested stop ends the download in the engine too.

        Layers that were complete are kept where the engine's image store keeps them (``keeps_layers``), and are then
        told as present. A reference with tag and digest (``name:tag@sha256:…``) is pulled by its digest, and is here
        under ``name:tag`` too, unless another image has that name.

        Args:
            reference: image name.
            tell: takes the progress, at most about ten times a second.
            stop: ends the pull.
            platform: e.g. ``linux/amd64``; empty leaves it to the engine. An image for another one is not kept.
            expected: compressed bytes of the whole image, where they are known.

        Returns:
            The image's digest.

        Raises:
            Stopped: the stop was asked for.
            Trouble: what went wrong; ``disk-full-ahead`` before a disk that this computer can see would fill.
        """
        ...

    def load(self, path: str, tell: Callable[[LoadProgress], None], stop: Stop) -> tuple[str, ...]:
        """Load images from a file (a tar archive as ``save`` writes it, or one packed with gzip, bzip2, xz or zstd).

        The file is looked at before anything is sent. What was complete when a stop comes may be here.

        Args:
            path: of this computer.
            tell: takes the progress, at most about ten times a second.
            stop: ends it, in the engine too.

        Returns:
            The names of the images; the id of one without a name.

        Raises:
            Stopped: the stop was asked for.
            Trouble: ``image-archive-…``, ``disk-full-ahead`` and the engine's own.
        """
        ...

    def save(
        self,
        references: Sequence[str],
        path: str,
        tell: Callable[[SaveProgress], None],
        stop: Stop,
        *,
        replace: bool = False,
    ) -> None:
        """Write local images to a file, for a computer without a network.

        It is written to ``PATH.part`` and takes its name when it is whole; nothing is left of a save that ends before.

        Args:
            references: image names; those of one image with several names are all kept when all are given.
            path: of this computer; its directory must be there.
            tell: takes the progress, at most about ten times a second.
            stop: ends it.
            replace: whether a file that is there may be replaced.

        Raises:
            Stopped: the stop was asked for.
            Trouble: ``image-archive-…``, ``image-not-found`` and the engine's own.
        """
        ...

    def build(self, request: BuildRequest, tell: Callable[[str], None], stop: Stop) -> str:
        """Build an image, telling each output line.

        Returns:
            The image's id.
        """
        ...

    def create(self, request: CreateRequest) -> str:
        """Create a container and return its id; nothing is left behind when that fails."""
        ...

    def start(self, container: str) -> None:
        """Start a container that was created or has exited; when that fails, the container is still there."""
        ...

    def stop(self, container: str, grace: int = 10) -> None:
        """Ask a container to end, and kill it after ``grace`` seconds."""
        ...

    def remove(self, container: str, force: bool = False) -> None:
        """Remove a container; ``force`` kills it first."""
        ...

    def inspect(self, container: str) -> ContainerState:
        """Return the present state of a container."""
        ...

    def containers(self, label: str = "", running_only: bool = False, with_pids: bool = False) -> tuple[Container, ...]:
        """List containers, optionally those with a label (``key`` or ``key=value``), optionally with host pids."""
        ...

    def build_cache(self) -> Fact[int]:
        """Return the bytes of the build cache that no build uses; takes at most a few seconds and never raises."""
        ...

    def clear_build_cache(self) -> int:
        """Empty the build cache of what no build uses; return the bytes that were freed.

        Raises:
            Trouble: the engine does not answer, or has no build cache.
        """
        ...

    def container_sizes(self, label: str = "") -> Fact[Mapping[str, int]]:
        """Return the bytes that each container wrote to itself, by name; takes at most a few seconds, never raises."""
        ...

    def logs(self, container: str, stop: Stop, tail: int | None = None, follow: bool = True) -> Iterator[str]:
        """Yield log lines as they come (stdout and stderr, in order), until the container ends or the stop."""
        ...

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        tell: Callable[[str], None],
        stop: Stop,
        environment: Mapping[str, str] | None = None,
        working_directory: str = "",
        limit: float = 60.0,
    ) -> ExecResult:
        """Run a command in a running container, telling each line of its standard output.

        The command and its children are ended in the container when the limit passes or the stop is asked for.

        Raises:
            Trouble: ``exec-timeout`` when it runs longer than ``limit`` seconds; ``container-died``.
            Stopped: the stop was asked for.
        """
        ...

    def put_files(self, container: str, directory: str, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files (path below ``directory`` → content) into a container, without any bind mount.

        Args:
            container: its name or id; it need not run.
            directory: absolute path, made when it is not there.
            files: path with ``/`` to content.
            mode: permission bits of each file; they belong to root.
        """
        ...

    def container_of_pids(self) -> Fact[Mapping[int, str]]:
        """Map host process ids of running containers to container names (Missing for a remote engine)."""
        ...
