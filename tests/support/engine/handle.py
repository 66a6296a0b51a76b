"""What a test holds in its hand: the running engine, its registry and its GPU stand-in."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import docker
import docker.errors
from tests.support.engine import images
from tests.support.engine.gpu import GpuRequest, GpuStandIn
from tests.support.engine.images import Recipe, TestImage
from tests.support.engine.registry import PushedImage, Registry
from tests.support.engine.state import EngineState

_LOCK_SECONDS = 150
_CLIENT_SECONDS = 60


class Engine:
    """The private engine, running.

    Attributes:
        state: its directory and ports.
        docker_host: what ``DOCKER_HOST`` must be to reach it.
        registry: its registry; ``f"{engine.registry}/name:tag"`` names an image in it.
        client: the docker SDK's client for it.
    """

    def __init__(self, state: EngineState) -> None:
        self.state = state
        self.docker_host = state.docker_host
        self.registry = Registry(state.registry)
        self.client = docker.DockerClient(base_url=state.docker_host, timeout=_CLIENT_SECONDS)
        # the type stubs of the low-level client are unfinished
        self._api = cast("Any", self.client.api)
        self._gpu = GpuStandIn(state.gpu)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def gpu_requests(self, container_id: str | None = None) -> list[GpuRequest]:
        """GPU requests that reached the engine's hook, of one container (full id) or of all."""
        return self._gpu.requests(container_id)

    def fail_gpu_hook(self, text: str) -> contextlib.AbstractContextManager[None]:
        """Make the hook refuse GPUs meanwhile, with ``text`` on its stderr."""
        return self._gpu.failing(text)

    def inject_gpu_files(self, files: Mapping[str, Path]) -> contextlib.AbstractContextManager[None]:
        """Bind files of this machine (values) over paths (keys) of containers that ask for GPUs meanwhile."""
        return self._gpu.injecting(files)

    def image(self, recipe: Recipe) -> TestImage:
        """The image of a recipe, made now if the engine does not hold it."""
        return images.ensure(self.state, recipe)

    def push(
        self, image: TestImage, repository: str, tag: str, *, new_layers: Sequence[int] = (), seed: int = 0
    ) -> PushedImage:
        """Put a test image into the registry under any name; see ``Registry.push_image``."""
        return self.registry.push_image(image, repository, tag, self.state.cache, new_layers=new_layers, seed=seed)

    def forget_image(self, reference: str) -> None:
        """Untag an image in the engine, so that a pull has to fetch it; nothing happens when it is not there."""
        with contextlib.suppress(docker.errors.ImageNotFound):
            self.client.images.remove(reference, force=True)

    @contextlib.contextmanager
    def cleaned(self) -> Generator[None]:
        """Remove every container, volume and network that appears meanwhile.

        Sessions that share the engine take turns here, so that none removes what another one uses.

        Raises:
            EngineTrouble: another session did not finish its turn in time.
        """
        with self.state.locked("test", _LOCK_SECONDS):
            before = self._things()
            try:
                yield
            finally:
                self._remove(self._things() - before)

    def _things(self) -> set[tuple[str, str]]:
        api = self._api
        containers = {("container", str(one["Id"])) for one in api.containers(all=True)}
        listed = cast("list[dict[str, str]]", api.volumes()["Volumes"] or [])
        volumes = {("volume", one["Name"]) for one in listed}
        networks = {("network", str(one["Id"])) for one in api.networks()}
        return containers | volumes | networks

    def _remove(self, things: set[tuple[str, str]]) -> None:
        api = self._api
        # sorted: containers first, since they hold on to volumes and networks
        for kind, name in sorted(things):
            with contextlib.suppress(docker.errors.NotFound):
                if kind == "container":
                    api.remove_container(name, force=True, v=True)
                elif kind == "volume":
                    api.remove_volume(name, force=True)
                else:
                    api.remove_network(name)
