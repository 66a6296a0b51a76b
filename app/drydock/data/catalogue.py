"""Reads the image catalogue of drydock_resources and joins its files into what the choice needs."""

import functools
from importlib import resources
from typing import Any, Literal, TypeVar

import msgspec

from drydock.core.images.catalogue import (
    Arch,
    Architecture,
    Catalogue,
    Confidence,
    Drivers,
    Flavour,
    Image,
    Release,
)
from drydock.core.images.version import Version

SCHEMA = 1
_COMPILER_SINCE = Version((2, 10))  # the runtime images hold gcc from torch 2.10 on
_ORDER: tuple[Confidence, ...] = ("low", "medium", "high")

T = TypeVar("T")


class _Cubins(msgspec.Struct, frozen=True):
    linux_amd64: tuple[Version, ...]
    linux_arm64: tuple[Version, ...]
    windows_amd64: tuple[Version, ...]
    image: tuple[Version, ...]


class _Build(msgspec.Struct, frozen=True):
    cuda: Version
    cuda_full: str | None
    status: Literal["stable", "experimental", "unverified"]
    cudnn: str | None
    nccl: str | None
    triton: str | None
    cubins: _Cubins
    confidence: Confidence
    sources: tuple[str, ...]


class _Release(msgspec.Struct, frozen=True):
    version: Version
    released: str
    image_python: str | None
    image_python_is_system: bool
    builds: tuple[_Build, ...]


class _Tag(msgspec.Struct, frozen=True):
    tag: str
    torch: Version
    cuda: Version
    cudnn_major: int
    flavour: Flavour
    status: Literal["seen", "inferred"]
    confidence: Confidence
    sources: tuple[str, ...]


class _NgcTag(msgspec.Struct, frozen=True):
    tag: str
    torch: str | None
    cuda: Version
    cudnn: str | None
    nccl: str | None
    native_min_driver: Version
    min_cc: Version
    max_cc: Version
    arch: tuple[Arch, ...]
    confidence: Confidence
    sources: tuple[str, ...]


class _File(msgspec.Struct, frozen=True):
    schema: int
    made: str


class _Releases(_File, frozen=True):
    releases: tuple[_Release, ...]


class _Tags(_File, frozen=True):
    repository: str
    arch: Arch
    tags: tuple[_Tag, ...]


class _NgcTags(_File, frozen=True):
    repository: str
    tags: tuple[_NgcTag, ...]


class _Architectures(_File, frozen=True):
    architectures: tuple[Architecture, ...]


class _Sources(_File, frozen=True):
    sources: dict[str, str]


def _decode_version(kind: type, value: Any) -> Any:
    if kind is Version and isinstance(value, str):
        return Version.parse(value)
    raise NotImplementedError(f"{value!r} cannot be read as {kind.__name__}")


def _read(name: str, kind: type[T]) -> T:
    content = (resources.files("drydock_resources") / "catalogue" / name).read_bytes()
    schema = msgspec.json.decode(content, type=_File).schema
    if schema != SCHEMA:
        raise ValueError(f"{name} has schema {schema}; this version of Drydock reads {SCHEMA}")
    return msgspec.json.decode(content, type=kind, dec_hook=_decode_version)


def _lower(one: Confidence, other: Confidence) -> Confidence:
    return min([one, other], key=_ORDER.index)


def _image(tag: _Tag, tags: _Tags, release: _Release, build: _Build) -> Image:
    return Image(
        repository=tags.repository,
        tag=tag.tag,
        torch=tag.torch,
        recency=tag.torch,
        cuda=tag.cuda,
        cudnn=build.cudnn,
        cudnn_major=tag.cudnn_major,
        nccl=build.nccl,
        triton=build.triton,
        flavour=tag.flavour,
        archs=(tags.arch,),
        cubins=build.cubins.image or build.cubins.linux_amd64,
        experimental=build.status != "stable",
        proven=tag.status == "seen" or tag.confidence != "low",
        compiler=tag.flavour == "devel" or tag.torch >= _COMPILER_SINCE,
        requires_native=tag.flavour == "devel",
        confidence=_lower(tag.confidence, build.confidence),
        python=release.image_python,
        system_python=release.image_python_is_system,
        released=release.released,
        sources=tuple(dict.fromkeys((*tag.sources, *build.sources))),
    )


def _ngc_image(tag: _NgcTag, repository: str) -> Image:
    torch = Version.find((tag.torch or "").lstrip("~").partition("a")[0])
    return Image(
        repository=repository,
        tag=tag.tag,
        torch=torch,
        recency=Version.parse(tag.tag.removesuffix("-py3")),
        cuda=Version(tag.cuda[:2]),
        cudnn=tag.cudnn,
        cudnn_major=int(tag.cudnn.partition(".")[0]) if tag.cudnn else None,
        nccl=tag.nccl,
        triton=None,
        flavour="devel",
        archs=tag.arch,
        range=(tag.min_cc, tag.max_cc),
        alpha=True,
        compiler=True,
        requires_native=True,
        confidence=tag.confidence,
        sources=tag.sources,
    )


@functools.cache
def load_catalogue() -> Catalogue:
    """Return the shipped catalogue, read once.

    Raises:
        ValueError, msgspec.ValidationError, KeyError: the shipped files contradict each other.
    """
    releases = _read("releases.json", _Releases)
    tags = _read("images.json", _Tags)
    ngc = _read("ngc.json", _NgcTags)
    by_version = {release.version: release for release in releases.releases}
    builds = {(release.version, build.cuda): build for release in releases.releases for build in release.builds}
    official = [_image(tag, tags, by_version[tag.torch], builds[tag.torch, tag.cuda]) for tag in tags.tags]
    architectures = _read("architectures.json", _Architectures).architectures
    return Catalogue(
        made=releases.made,
        images=(*official, *(_ngc_image(tag, ngc.repository) for tag in ngc.tags)),
        releases=tuple(
            Release(version=entry.version, released=entry.released, cuda=tuple(build.cuda for build in entry.builds))
            for entry in releases.releases
        ),
        drivers=_read("drivers.json", Drivers),
        architectures={entry.compute_capability: entry for entry in architectures},
        sources=_read("sources.json", _Sources).sources,
    )
