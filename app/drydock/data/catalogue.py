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
    NeverExisted,
    Release,
    TagRange,
)
from drydock.core.images.lifecycles import Lifecycles
from drydock.core.images.version import Version

SCHEMA = 1
_COMPILER_SINCE = Version((2, 10))  # the runtime images hold gcc from torch 2.10 on
_GB = 10**9
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
    image: bool | None
    cubins: _Cubins
    confidence: Confidence
    sources: tuple[str, ...]


class _Release(msgspec.Struct, frozen=True):
    version: Version
    released: str
    image_python: str | None
    image_python_is_system: bool
    image_system: str | None
    confidence: Confidence
    sources: tuple[str, ...]
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
    never_existed: tuple[NeverExisted, ...]


class _NgcTags(_File, frozen=True):
    repository: str
    integrated: TagRange
    tags: tuple[_NgcTag, ...]


class _SizeRange(msgspec.Struct, frozen=True):
    """GB: from, to."""

    repository: str
    flavour: Flavour
    download: tuple[int, int]
    unpacked: tuple[int, int]


class _Sizes(_File, frozen=True):
    ranges: tuple[_SizeRange, ...]


class _ImageSystem(msgspec.Struct, frozen=True):
    first: Version
    last: Version
    system: str


class _Lifecycles(Lifecycles, frozen=True, kw_only=True):
    image_systems: tuple[_ImageSystem, ...]
    sources: dict[str, str]


class _Around(msgspec.Struct, frozen=True):
    """What is known about images beside their tags and builds."""

    sizes: dict[tuple[str, Flavour], _SizeRange]
    systems: tuple[_ImageSystem, ...]

    def download(self, repository: str, flavour: Flavour) -> tuple[int, int] | None:
        known = self.sizes.get((repository, flavour))
        return (known.download[0] * _GB, known.download[1] * _GB) if known else None

    def unpacked(self, repository: str, flavour: Flavour) -> tuple[int, int] | None:
        known = self.sizes.get((repository, flavour))
        return (known.unpacked[0] * _GB, known.unpacked[1] * _GB) if known else None

    def system_of(self, torch: Version) -> str | None:
        return next((entry.system for entry in self.systems if entry.first <= torch <= entry.last), None)


class _Architectures(_File, frozen=True):
    architectures: tuple[Architecture, ...]


class _Sources(_File, frozen=True):
    sources: dict[str, str]


_parse = functools.cache(Version.parse)  # the same few numbers stand in the files again and again


def _decode_version(kind: type, value: Any) -> Any:
    if kind is Version and isinstance(value, str):
        return _parse(value)
    raise NotImplementedError(f"{value!r} cannot be read as {kind.__name__}")


def _read(name: str, kind: type[T]) -> T:
    content = (resources.files("drydock_resources") / "catalogue" / name).read_bytes()
    schema = msgspec.json.decode(content, type=_File).schema
    if schema != SCHEMA:
        raise ValueError(f"{name} has schema {schema}; this version of Drydock reads {SCHEMA}")
    return msgspec.json.decode(content, type=kind, dec_hook=_decode_version)


def _lower(one: Confidence, other: Confidence) -> Confidence:
    return min([one, other], key=_ORDER.index)


def _image(tag: _Tag, tags: _Tags, release: _Release, build: _Build, around: _Around) -> Image:
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
        system=release.image_system or around.system_of(tag.torch),
        download_size=around.download(tags.repository, tag.flavour),
        unpacked_size=around.unpacked(tags.repository, tag.flavour),
        sources=tuple(dict.fromkeys((*tag.sources, *build.sources))),
    )


def _ngc_image(tag: _NgcTag, repository: str, around: _Around) -> Image:
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
        download_size=around.download(repository, "devel"),
        unpacked_size=around.unpacked(repository, "devel"),
        sources=tag.sources,
    )


def _release(entry: _Release) -> Release:
    return Release(
        version=entry.version,
        released=entry.released,
        cuda=tuple(build.cuda for build in entry.builds),
        without_image=tuple(build.cuda for build in entry.builds if build.image is False),
        confidence=entry.confidence,
        sources=entry.sources,
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
    lifecycles = _read("lifecycles.json", _Lifecycles)
    sizes = _read("sizes.json", _Sizes).ranges
    around = _Around({(entry.repository, entry.flavour): entry for entry in sizes}, lifecycles.image_systems)
    by_version = {release.version: release for release in releases.releases}
    builds = {(release.version, build.cuda): build for release in releases.releases for build in release.builds}
    official = [_image(tag, tags, by_version[tag.torch], builds[tag.torch, tag.cuda], around) for tag in tags.tags]
    architectures = _read("architectures.json", _Architectures).architectures
    return Catalogue(
        made=releases.made,
        images=(*official, *(_ngc_image(tag, ngc.repository, around) for tag in ngc.tags)),
        releases=tuple(map(_release, releases.releases)),
        drivers=_read("drivers.json", Drivers),
        architectures={entry.compute_capability: entry for entry in architectures},
        sources={**_read("sources.json", _Sources).sources, **lifecycles.sources},
        lifecycles=lifecycles,
        never_existed=tags.never_existed,
        integrated=ngc.integrated,
    )
