"""The engine's answers about images as typed structs, and what they mean as facts. Pure."""

import datetime
from collections.abc import Mapping

import msgspec

from drydock.core.facts import ImageConfig, LocalImage, PublishedImage


class ImageSummary(msgspec.Struct, rename="pascal", frozen=True):
    """An entry of ``/images/json``."""

    id: str
    repo_tags: tuple[str, ...] | None = None
    repo_digests: tuple[str, ...] | None = None
    size: int = 0
    created: int | str = 0
    labels: dict[str, str] | None = None


class Config(msgspec.Struct, rename="pascal", frozen=True):
    """What an image says of the containers made from it."""

    env: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    user: str | None = None
    entrypoint: tuple[str, ...] | str | None = None
    cmd: tuple[str, ...] | str | None = None


class RootFs(msgspec.Struct, rename="pascal", frozen=True):
    """The layers of an image, lowest first, by the digests of their unpacked content."""

    layers: tuple[str, ...] | None = None


class ImageDetail(msgspec.Struct, rename="pascal", frozen=True):
    """``/images/{name}/json``."""

    id: str
    repo_tags: tuple[str, ...] | None = None
    repo_digests: tuple[str, ...] | None = None
    size: int = 0
    created: str | None = None
    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    config: Config | None = None
    root_fs: RootFs | None = msgspec.field(default=None, name="RootFS")


class HistoryEntry(msgspec.Struct, rename="pascal", frozen=True):
    """An entry of ``/images/{name}/history``."""

    created_by: str | None = None


class Descriptor(msgspec.Struct, frozen=True):
    """What a registry says of a manifest."""

    digest: str


class PublishedPlatform(msgspec.Struct, frozen=True):
    """A platform that an image is published for."""

    os: str = ""
    architecture: str = ""
    variant: str = ""


class Distribution(msgspec.Struct, frozen=True):
    """``/distribution/{name}/json``."""

    descriptor: Descriptor = msgspec.field(name="Descriptor")
    platforms: tuple[PublishedPlatform, ...] | None = msgspec.field(default=None, name="Platforms")


def variables(lines: tuple[str, ...] | None) -> Mapping[str, str]:
    """Return ``NAME=value`` lines as a mapping; a line without a value has an empty one."""
    pairs = (line.partition("=") for line in lines or ())
    return {name: value for name, _, value in pairs}


def image_of_summary(entry: ImageSummary) -> LocalImage:
    """Return an image of the list."""
    return LocalImage(
        id=entry.id,
        references=_named(entry.repo_tags),
        digests=_named(entry.repo_digests),
        size=entry.size,
        created=_created(entry.created),
        labels=entry.labels or {},
    )


def image_of_detail(entry: ImageDetail) -> LocalImage:
    """Return an image that was asked for by name."""
    return LocalImage(
        id=entry.id,
        references=_named(entry.repo_tags),
        digests=_named(entry.repo_digests),
        size=entry.size,
        created=entry.created or "",
        labels=(entry.config.labels if entry.config else None) or {},
    )


def config_of_detail(entry: ImageDetail, history: tuple[HistoryEntry, ...] = ()) -> ImageConfig:
    """Return what a local image says of itself.

    Args:
        entry: the image.
        history: as the engine tells it, newest first.
    """
    config = entry.config or Config()
    return ImageConfig(
        platform=platform_text(entry.os or "linux", entry.architecture or "", entry.variant or ""),
        created=entry.created or "",
        environment=variables(config.env),
        labels=config.labels or {},
        user=config.user or "",
        entrypoint=_words(config.entrypoint),
        command=_words(config.cmd),
        chain=chain_of(entry),
        history=tuple(step.created_by or "" for step in reversed(history)),
    )


def chain_of(entry: ImageDetail) -> tuple[str, ...]:
    """Return the digests of an image's unpacked layers, lowest first."""
    return (entry.root_fs.layers if entry.root_fs else None) or ()


def platform_text(system: str, architecture: str, variant: str = "") -> str:
    """Return a platform such as ``linux/amd64`` or ``linux/arm/v7``; empty without an architecture."""
    return "/".join(part for part in (system, architecture, variant) if part) if architecture else ""


def published_image(answer: Distribution, reference: str, registry: str, platform: str, now: str) -> PublishedImage:
    """Return what the engine learnt from a registry: digest and platforms, no layers.

    Args:
        answer: the engine's.
        reference: as it was asked for.
        registry: host, as references name it.
        platform: the engine's own.
        now: ISO 8601, UTC.
    """
    # what is attached to an image (signatures, lists of contents) is listed among its platforms as unknown
    told = (one for one in answer.platforms or () if "unknown" not in (one.os, one.architecture))
    texts = (platform_text(one.os, one.architecture, one.variant) for one in told)
    platforms = tuple(dict.fromkeys(text for text in texts if text))
    return PublishedImage(
        reference=reference,
        registry=registry,
        digest=answer.descriptor.digest,
        platforms=platforms,
        platform=next((one for one in platforms if one == platform or one.startswith(f"{platform}/")), ""),
        asked_at=now,
    )


def _words(value: tuple[str, ...] | str | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _named(references: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(name for name in references or () if "<none>" not in name)


def _created(moment: int | str) -> str:
    if isinstance(moment, str):
        return moment
    try:
        return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        # no moment that a calendar knows
        return ""
