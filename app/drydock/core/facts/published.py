"""Facts about images as registries and the engine's own store tell them."""

from collections.abc import Mapping

import msgspec


class Layer(msgspec.Struct, frozen=True):
    """A layer as it travels: digest of the compressed blob, and its size in bytes."""

    digest: str
    size: int


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What an image says of itself, wherever it lies.

    Attributes:
        platform: such as ``linux/amd64``.
        created: ISO 8601, empty when the image does not say.
        environment: variables it sets for what runs inside.
        user: who runs inside; empty is root.
        chain: digests of the unpacked layers (diff ids), lowest first.
        history: the commands that made it, lowest first, as far as it tells them.
    """

    platform: str
    created: str = ""
    environment: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


class PublishedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image as its registry describes it, for one platform.

    Attributes:
        reference: as it was asked for.
        registry: host (and port) that answered; a mirror's, if one did.
        digest: what the tag means today, and what pins it: of the index where there is one, else of the manifest.
        platforms: every platform it is published for; empty where only a digest could be had.
        platform: the one that ``layers`` and ``config`` are of.
        layers: compressed, lowest first; empty where only a digest could be had.
        config: None where only a digest could be had.
        asked_at: ISO 8601, UTC.
    """

    reference: str
    registry: str
    digest: str
    platforms: tuple[str, ...]
    platform: str
    layers: tuple[Layer, ...] = ()
    config: ImageConfig | None = None
    asked_at: str

    @property
    def registry_name(self) -> str:
        """What people call the registry that answered."""
        return "Docker Hub" if self.registry == "registry-1.docker.io" else self.registry

    @property
    def download_size(self) -> int:
        """Compressed bytes of all layers, each counted once."""
        return sum({layer.digest: layer.size for layer in self.layers}.values())


class TagList(msgspec.Struct, frozen=True, kw_only=True):
    """The tags a repository had at a moment.

    Attributes:
        repository: as references name it, such as ``pytorch/pytorch``.
        read_at: ISO 8601, UTC.
    """

    repository: str
    tags: tuple[str, ...]
    read_at: str


class RegistryRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the engine reaches registries; Drydock asks in the same way.

    Attributes:
        mirrors: addresses (with scheme) tried before Docker Hub, in this order.
        insecure: hosts (with port) and networks (CIDR) that may be asked without TLS or with an unknown certificate.
        proxies: ``http``, ``https`` and ``no`` as the engine uses them; empty where it uses none or does not tell.
    """

    mirrors: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    proxies: Mapping[str, str] = {}


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """This user's login for a registry; ``identity_token`` where the registry gave one instead of a password."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        return f"Login(username={self.username!r}, …)"
