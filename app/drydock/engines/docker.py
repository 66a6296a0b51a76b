"""The Engine protocol over Docker's API (Podman answers it too, through its compatible socket)."""

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from drydock.core.facts import (
    Container,
    Fact,
    ImageConfig,
    Known,
    LocalImage,
    Login,
    Missing,
    PublishedImage,
    RegistryRules,
)
from drydock.core.facts import Engine as EngineFacts
from drydock.core.trouble import Trouble
from drydock.engines import docker_answers as answers
from drydock.engines.docker_api import Api
from drydock.engines.docker_archives import Load, Save
from drydock.engines.docker_bodies import container_body, files_tar
from drydock.engines.docker_build import build
from drydock.engines.docker_exec import ContainerCommand
from drydock.engines.docker_images import Images
from drydock.engines.docker_logs import ContainerLog
from drydock.engines.docker_pull import SILENCE_LIMIT as PULL_SILENCE
from drydock.engines.docker_pull import UNPACK_FACTOR, Pull
from drydock.engines.info_facts import BUILD_CACHE_SINCE, unused_build_cache, with_details
from drydock.engines.interface import (
    BuildRequest,
    ContainerState,
    CreateRequest,
    ExecResult,
    LoadProgress,
    PullProgress,
    SaveProgress,
)
from drydock.engines.logins import Logins
from drydock.world import Stop, World

_DISK_USAGE_LIMIT = 5.0


class DockerEngine:
    """An engine that answers.

    Attributes:
        endpoint: address of the engine.
        remote: it runs on another computer.
    """

    def __init__(self, world: World, api: Api, version: answers.Version, on_close: Callable[[], None]) -> None:
        self.endpoint = api.endpoint.address
        self.remote = api.endpoint.remote
        self._world = world
        self._api = api
        self._version = version
        self._on_close = on_close
        self._images = Images(api, version, Logins(world), world.now)
        self._root: str | None = None

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._on_close()

    def facts(self) -> EngineFacts:
        """Ask version, storage, cgroups, runtimes, CDI devices; images included."""
        before = self._world.now()
        info = self._info()
        after = self._world.now()
        root = info.docker_root_dir or ""
        free = self._free(root)
        try:
            images: Fact[tuple[LocalImage, ...]] = Known(self.images())
        except Trouble as trouble:
            images = Missing("failed", str(trouble))
        facts = answers.engine_facts(self._api.endpoint, self._version, info, free, images)
        inodes = Missing(free.why, free.detail) if isinstance(free, Missing) else self._world.inode_room(root)
        return with_details(facts, self._version, info, inodes=inodes, between=(before, after))

    def images(self) -> tuple[LocalImage, ...]:
        """List local images."""
        return self._images.all()

    def find_image(self, reference: str) -> LocalImage | None:
        """Return the local image with this reference or id, if it is here."""
        return self._images.find(reference)

    def image_config(self, reference: str) -> ImageConfig:
        """Return what a local image says of itself."""
        return self._images.config(reference)

    def chains(self) -> tuple[tuple[str, ...], ...]:
        """Return the layers of each local image, lowest first."""
        return self._images.chains()

    def remove_image(self, reference: str) -> None:
        """Remove a local image (of several names, only this one)."""
        self._images.remove(reference)

    def distribution(self, reference: str, stop: Stop) -> PublishedImage:
        """Let the engine ask the registry for the image's digest and platforms."""
        return self._images.distribution(reference, stop)

    def registry_rules(self) -> RegistryRules:
        """Return how the engine reaches registries."""
        return self._images.rules()

    def registry_login(self, registry: str) -> Login | None:
        """Return this user's login for a registry."""
        return self._images.login(registry)

    @property
    def keeps_layers(self) -> bool:
        """Whether finished layers of a pull that is broken off are there for the next one."""
        return self._images.keeps_layers()

    def pull(
        self,
        reference: str,
        tell: Callable[[PullProgress], None],
        stop: Stop,
        platform: str = "",
        expected: int | None = None,
    ) -> str:
        """Pull an image; a requested stop ends the download in the engine too."""
        pull = Pull(
            self._api,
            reference,
            tell,
            header=self._images.header,
            room=self._room,
            expected=expected,
            silence=PULL_SILENCE,
        )
        return pull.run(stop, platform)

    def load(self, path: str, tell: Callable[[LoadProgress], None], stop: Stop) -> tuple[str, ...]:
        """Load images from a file."""
        return Load(self._api, path, tell, room=self._room).run(stop)

    def save(
        self,
        references: Sequence[str],
        path: str,
        tell: Callable[[SaveProgress], None],
        stop: Stop,
        *,
        replace: bool = False,
    ) -> None:
        """Write local images to a file."""
        images = {image.id: image.size for image in (self._images.detail(reference) for reference in references)}
        # one kind of image store counts an image's layers packed and unpacked, and writes them packed
        expected = int(sum(images.values()) / (1 + UNPACK_FACTOR if self.keeps_layers else 1))
        save = Save(self._api, references, path, tell, room=self._own_room, expected=expected)
        save.run(stop, replace=replace)

    def build(self, request: BuildRequest, tell: Callable[[str], None], stop: Stop) -> str:
        """Build an image, telling each output line."""
        return build(self._api, request, tell, stop)

    def create(self, request: CreateRequest) -> str:
        """Create a container and return its id; nothing is left behind when that fails."""
        if request.gpus and not answers.takes_gpus(self._version, request.gpus.by):
            raise Trouble(
                "gpu-request-ignored",
                endpoint=self.endpoint,
                container=request.name,
                version=self._version.version or "?",
            )
        act = self._api.act("create", request.name)
        client = self._api.patient
        body = container_body(request)
        answer = self._api.call(act, lambda: client.create_container_from_config(body, request.name), answers.Identity)
        return answer.id

    def start(self, container: str) -> None:
        """Start a container; when that fails the container is still there, for its state to be looked at."""
        self._on(container, lambda: self._api.patient.start(container))

    def stop(self, container: str, grace: int = 10) -> None:
        """Ask a container to end, and kill it after ``grace`` seconds."""
        self._on(container, lambda: self._api.patient.stop(container, timeout=grace))

    def remove(self, container: str, force: bool = False) -> None:
        """Remove a container and its unnamed volumes; ``force`` kills it first."""
        self._on(container, lambda: self._api.patient.remove_container(container, v=True, force=force))

    def inspect(self, container: str) -> ContainerState:
        """Return the present state of a container."""
        act = self._api.act("container", container)
        detail = self._api.call(act, lambda: self._api.client.inspect_container(container), answers.ContainerDetail)
        return answers.container_state(detail)

    def containers(self, label: str = "", running_only: bool = False, with_pids: bool = False) -> tuple[Container, ...]:
        """List containers; with pids, those of running ones are asked one by one."""
        filters = {"label": [label]} if label else {}
        entries = self._api.call(
            self._api.act("engine"),
            lambda: self._api.client.containers(all=not running_only, filters=filters),
            tuple[answers.ContainerSummary, ...],
        )
        return tuple(
            answers.container_of_summary(entry, self._pids(entry.id) if with_pids and entry.state == "running" else ())
            for entry in entries
        )

    def build_cache(self) -> Fact[int]:
        """Return the bytes of the build cache that no build uses."""
        if answers.version_number(self._api.version) < BUILD_CACHE_SINCE:
            return Missing("not_supported", "this engine tells it only together with all else, which may take minutes")
        act = self._api.act("engine")
        try:
            usage = self._api.ask(
                act, "/system/df?type=build-cache", answers.DiskUsage, limit=_DISK_USAGE_LIMIT, headers={}
            )
        except Trouble as trouble:
            why = "timeout" if trouble.id == "engine-timeout" else "failed"
            return Missing(why, str(trouble.values.get("text", trouble.id)))
        return Known(unused_build_cache(usage))

    def clear_build_cache(self) -> int:
        """Empty the build cache of what no build uses; return the bytes that were freed."""
        act = self._api.act("engine")
        return self._api.call(act, self._api.patient.prune_builds, answers.Pruned).space_reclaimed

    def container_sizes(self, label: str = "") -> Fact[Mapping[str, int]]:
        """Return the bytes that each container wrote to itself, by name."""
        wanted = {"all": "1", "size": "1"}
        if label:
            wanted["filters"] = json.dumps({"label": [label]})
        try:
            entries = self._api.ask(
                self._api.act("engine"),
                f"/containers/json?{urlencode(wanted)}",
                tuple[answers.ContainerSummary, ...],
                limit=_DISK_USAGE_LIMIT,
                headers={},
            )
        except Trouble as trouble:
            why = "timeout" if trouble.id == "engine-timeout" else "failed"
            return Missing(why, str(trouble.values.get("text", trouble.id)))
        return Known({answers.container_of_summary(entry, ()).name: entry.size_rw or 0 for entry in entries})

    def logs(self, container: str, stop: Stop, tail: int | None = None, follow: bool = True) -> Iterator[str]:
        """Yield log lines as they come, until the container ends or the stop."""
        return ContainerLog(self._api, container, stop, tail).lines(follow=follow)

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
        """Run a command in a running container, telling each line of its standard output."""
        command = ContainerCommand(
            self._api,
            container,
            argv,
            environment=environment or {},
            working_directory=working_directory,
            limit=limit,
        )
        return command.run(tell, stop)

    def put_files(self, container: str, directory: str, files: Mapping[str, bytes], mode: int = 0o644) -> None:
        """Write files into a container, making directories that are not there."""
        base = directory.strip("/")
        placed: dict[str, bytes] = {}
        for path, content in files.items():
            full = posixpath.normpath(posixpath.join(base, path))
            if path.startswith("/") or (base and not full.startswith(f"{base}/")) or full.startswith(".."):
                raise ValueError(f"{path!r} does not lie below {directory!r}")
            placed[full] = content
        archive = files_tar(placed, mode)
        self._on(container, lambda: self._api.patient.put_archive(container, "/", archive))

    def container_of_pids(self) -> Fact[Mapping[int, str]]:
        """Map host process ids of running containers to container names."""
        if self.remote:
            return Missing("not_applicable", "the engine runs on another computer")
        if answers.product_of(self._version) == "Docker Desktop":
            return Missing("not_applicable", "the engine runs in a virtual machine with process ids of its own")
        try:
            running = self.containers(running_only=True, with_pids=True)
        except Trouble as trouble:
            return Missing("failed", str(trouble))
        return Known({pid: container.name for container in running for pid in container.pids})

    def _on(self, container: str, function: Callable[[], object]) -> None:
        self._api.call(self._api.act("container", container), function, object)

    def _info(self) -> answers.Info:
        return self._api.call(self._api.act("engine"), self._api.client.info, answers.Info)

    def _pids(self, container: str) -> tuple[int, ...]:
        columns = "hpid" if answers.product_of(self._version) == "Podman" else "-eo pid"
        try:
            answer = self._api.call(
                self._api.act("container", container),
                lambda: self._api.client.top(container, columns),
                answers.Processes,
            )
        except Trouble:
            # it ended between the list and the question
            return ()
        return answers.process_ids(answer)

    def _room(self) -> Fact[int]:
        if self._root is None:
            self._root = self._info().docker_root_dir or ""
        return self._free(self._root)

    def _own_room(self, directory: str) -> Fact[int]:
        room = self._world.disk_room(directory)
        return Known(room.value[1]) if isinstance(room, Known) else room

    def _free(self, root: str) -> Fact[int]:
        if self.remote:
            return Missing("not_applicable", "the engine runs on another computer")
        if answers.product_of(self._version) == "Docker Desktop":
            return Missing("not_applicable", "the engine runs in a virtual machine with a disk of its own")
        if not root:
            return Missing("not_supported", "the engine does not say where it keeps images")
        return self._own_room(root)
