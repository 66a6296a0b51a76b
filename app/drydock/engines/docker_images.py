"""Questions about images: those that the engine has, and what it learns of others from their registries."""

from collections.abc import Callable

from drydock.core.facts import ImageConfig, LocalImage, Login, PublishedImage, RegistryRules
from drydock.core.trouble import Trouble
from drydock.engines import docker_answers, image_answers
from drydock.engines.docker_api import Api, quoted
from drydock.engines.image_answers import ImageDetail
from drydock.engines.logins import Logins, login_header, registry_of
from drydock.engines.registry_answers import rules_of
from drydock.world import Stop

DISTRIBUTION_LIMIT = 45.0
"""Seconds: the engine asks the registry in several steps, through a proxy perhaps, and tries each twice."""

# the engine is gone or stuck: the next question would only wait for it again
_ENGINE_GONE = frozenset(("engine-lost", "engine-timeout", "engine-no-permission"))


class Images:
    """The part of an engine that is about images."""

    def __init__(self, api: Api, version: docker_answers.Version, logins: Logins, now: Callable[[], str]) -> None:
        self._api = api
        self._version = version
        self._logins = logins
        self._now = now
        self._keeps_layers: bool | None = None

    def all(self) -> tuple[LocalImage, ...]:
        """List local images."""
        return tuple(image_answers.image_of_summary(entry) for entry in self._summaries())

    def find(self, reference: str) -> LocalImage | None:
        """Return the local image with this reference or id, if it is here."""
        try:
            return image_answers.image_of_detail(self.detail(reference))
        except Trouble as trouble:
            if trouble.id in ("image-not-found", "image-name-invalid"):
                return None
            raise

    def detail(self, reference: str) -> ImageDetail:
        """Return what the engine knows of a local image."""
        act = self._api.act("image", reference)
        return self._api.call(act, lambda: self._api.client.inspect_image(quoted(reference)), ImageDetail)

    def config(self, reference: str) -> ImageConfig:
        """Return what a local image says of itself."""
        detail = self.detail(reference)
        try:
            history = self._api.call(
                self._api.act("image", reference),
                lambda: self._api.client.history(quoted(detail.id)),
                tuple[image_answers.HistoryEntry, ...],
            )
        except Trouble as trouble:
            if trouble.id in _ENGINE_GONE:
                raise
            history = ()
        return image_answers.config_of_detail(detail, history)

    def chains(self) -> tuple[tuple[str, ...], ...]:
        """Return the layers of each local image, lowest first."""
        found: list[tuple[str, ...]] = []
        for identity in dict.fromkeys(entry.id for entry in self._summaries()):
            try:
                chain = image_answers.chain_of(self.detail(identity))
            except Trouble as trouble:
                if trouble.id in _ENGINE_GONE:
                    raise
                # removed meanwhile, or of a platform whose layers are not here
                continue
            if chain:
                found.append(chain)
        return tuple(found)

    def remove(self, reference: str) -> None:
        """Remove a local image (of several names, only this one)."""
        act = self._api.act("image", reference)
        self._api.call(act, lambda: self._api.patient.remove_image(quoted(reference)), object)

    def distribution(self, reference: str, stop: Stop) -> PublishedImage:
        """Let the engine ask the registry for the image's digest and platforms."""
        if docker_answers.product_of(self._version) == "Podman":
            raise Trouble("engine-asks-no-registry", endpoint=self._api.endpoint.address, product="Podman")
        registry = registry_of(reference)
        answer = self._api.ask(
            self._api.act("registry", reference),
            f"/distribution/{quoted(reference)}/json",
            image_answers.Distribution,
            limit=DISTRIBUTION_LIMIT,
            headers=self.header(reference),
            stop=stop,
        )
        platform = image_answers.platform_text("linux", docker_answers.architecture_of(self._info()))
        return image_answers.published_image(answer, reference, registry, platform, self._now())

    def rules(self) -> RegistryRules:
        """Return how the engine reaches registries."""
        answer = self._api.call(self._api.act("engine"), self._api.client.info, object)
        return rules_of(answer, remote=self._api.endpoint.remote)

    def login(self, registry: str) -> Login | None:
        """Return this user's login for a registry."""
        return self._logins.find(registry)

    def header(self, reference: str) -> dict[str, str]:
        """Return the header with this user's login for the registry of an image; empty without a login."""
        registry = registry_of(reference)
        return login_header(self._logins.find(registry), registry)

    def keeps_layers(self) -> bool:
        """Return whether finished layers of a pull that is broken off are kept; asked once."""
        if self._keeps_layers is None:
            self._keeps_layers = docker_answers.keeps_layers(self._version, self._info())
        return self._keeps_layers

    def _info(self) -> docker_answers.Info:
        return self._api.call(self._api.act("engine"), self._api.client.info, docker_answers.Info)

    def _summaries(self) -> tuple[image_answers.ImageSummary, ...]:
        act = self._api.act("engine")
        return self._api.call(act, self._api.client.images, tuple[image_answers.ImageSummary, ...])
