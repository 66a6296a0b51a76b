"""Manifests and configurations of images, read with types and limits. Pure.

The shapes are those of the OCI image format and of Docker's image manifest version 2, schema 2.
"""

import hashlib
from typing import Literal, TypeAlias, TypeVar

import msgspec

from drydock.core.facts import ImageConfig, Layer
from drydock.registry.platforms import normalised
from drydock.registry.reference import valid_digest

MANIFEST_LIMIT = 4 << 20
"""Bytes of a manifest; the distribution specification asks registries to take no larger ones."""
CONFIG_LIMIT = 8 << 20
"""Bytes of a configuration."""
LAYER_LIMIT = 1 << 50
"""Bytes of a layer; a size that is not below is nonsense."""
LAYER_COUNT_LIMIT = 1024

ACCEPTED = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Media types of the manifests that are understood."""

_IMAGE_CONFIGS = {
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.config.v1+json",
    # what old Docker versions pushed
    "application/octet-stream",
    "",
}


class Unreadable(ValueError):  # noqa: N818 - caught and turned into a Trouble by the caller
    """This is not what a registry should send.

    Attributes:
        kind: ``old`` is the format before 2016; ``other`` something that is stored like an image and is none;
            ``nonsense`` anything else.
    """

    def __init__(self, kind: Literal["old", "other", "nonsense"], text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Entry(msgspec.Struct, frozen=True):
    """A manifest that an index lists."""

    digest: str
    size: int
    platform: str
    media_type: str


class Index(msgspec.Struct, frozen=True):
    """One image for several platforms; attestations and the like are left out."""

    entries: tuple[Entry, ...]


class Manifest(msgspec.Struct, frozen=True):
    """One image for one platform; ``foreign`` of its layers lie elsewhere than in the registry."""

    config: str
    config_size: int
    layers: tuple[Layer, ...]
    foreign: int


Document: TypeAlias = Index | Manifest


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""
    variant: str | None = None


class _Descriptor(msgspec.Struct, rename="camel"):
    digest: str
    size: int
    media_type: str = ""
    platform: _Platform | None = None
    annotations: dict[str, str] | None = None


class _Document(msgspec.Struct, rename="camel"):
    schema_version: int = 0
    media_type: str = ""
    manifests: list[_Descriptor] | None = None
    config: _Descriptor | None = None
    layers: list[_Descriptor] | None = None


class _Schema(msgspec.Struct, rename="camel"):
    schema_version: int = 0


class _Run(msgspec.Struct, rename="pascal"):
    user: str | None = None
    env: list[str] | None = None
    labels: dict[str, str] | None = None
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None


class _RootFs(msgspec.Struct):
    diff_ids: list[str] | None = None


class _Step(msgspec.Struct):
    created_by: str | None = None


class _Config(msgspec.Struct):
    architecture: str
    os: str
    variant: str | None = None
    created: str | None = None
    config: _Run | None = None
    rootfs: _RootFs | None = None
    history: list[_Step] | None = None


def digest_of(body: bytes, like: str = "sha256:") -> str:
    """Return the digest of a body, by the algorithm of another digest."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"


def read_manifest(body: bytes, content_type: str = "") -> Document:
    """Read a manifest or an index.

    Args:
        body: as it came.
        content_type: of the answer; counts where the body does not say what it is.

    Raises:
        Unreadable: it is neither.
    """
    if decoded(body, _Schema).schema_version == 1:
        raise Unreadable("old", "a manifest of schema version 1")
    document = decoded(body, _Document)
    media_type = document.media_type or content_type.partition(";")[0].strip().lower()
    if document.manifests is not None and document.layers is not None:
        raise Unreadable("nonsense", "a manifest that is an index, too")
    if document.manifests is not None:
        return Index(tuple(_entry(item) for item in document.manifests if not _aside(item)))
    if document.config is None or document.layers is None:
        raise Unreadable("nonsense", f"not a manifest ({media_type or 'without a type'})")
    if document.config.media_type not in _IMAGE_CONFIGS:
        raise Unreadable("other", f"it holds {document.config.media_type[:200]}")
    return _manifest(document.config, document.layers)


def read_config(body: bytes) -> ImageConfig:
    """Read the configuration of an image.

    Raises:
        Unreadable: it is none.
    """
    config = decoded(body, _Config)
    run = config.config or _Run()
    pairs = (item.partition("=") for item in run.env or ())
    return ImageConfig(
        platform=normalised(config.os, config.architecture, config.variant or ""),
        created=config.created or "",
        environment={name: value for name, _, value in pairs if name},
        labels=run.labels or {},
        user=run.user or "",
        entrypoint=tuple(run.entrypoint or ()),
        command=tuple(run.cmd or ()),
        chain=tuple((config.rootfs.diff_ids if config.rootfs else None) or ()),
        history=tuple(step.created_by or "" for step in config.history or ()),
    )


def _manifest(config: _Descriptor, layers: list[_Descriptor]) -> Manifest:
    if len(layers) > LAYER_COUNT_LIMIT:
        raise Unreadable("nonsense", f"an image of {len(layers)} layers")
    return Manifest(
        config=_checked(config).digest,
        config_size=config.size,
        layers=tuple(Layer(_checked(layer).digest, layer.size) for layer in layers),
        foreign=sum("foreign" in layer.media_type or "nondistributable" in layer.media_type for layer in layers),
    )


def _entry(item: _Descriptor) -> Entry:
    platform = item.platform or _Platform()
    name = normalised(platform.os, platform.architecture, platform.variant or "")
    return Entry(_checked(item).digest, item.size, name, item.media_type)


def _aside(item: _Descriptor) -> bool:
    """Attestations travel in the index, marked by a platform that no machine has."""
    platform = item.platform
    unknown = platform is not None and "unknown" in {platform.os, platform.architecture}
    return unknown or "vnd.docker.reference.type" in (item.annotations or {})


def _checked(item: _Descriptor) -> _Descriptor:
    if not valid_digest(item.digest):
        raise Unreadable("nonsense", f"'{item.digest[:200]}' in place of a digest")
    if not 0 <= item.size < LAYER_LIMIT:
        raise Unreadable("nonsense", f"a size of {item.size} bytes")
    return item


_Shape = TypeVar("_Shape")


def decoded(body: bytes, shape: type[_Shape]) -> _Shape:
    """Read JSON of a shape.

    Raises:
        Unreadable: it is none, or of another shape.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Unreadable("nonsense", f"JSON of another shape: {error}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("nonsense", _what_it_is(body)) from None


def _what_it_is(body: bytes) -> str:
    start = body[:1000].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")) or b"<html" in start:
        return "a web page in place of JSON; the network may want a login in the browser first"
    return "no JSON" if body.strip() else "nothing"
