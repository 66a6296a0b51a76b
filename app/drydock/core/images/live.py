"""The catalogue with what registries list today: which of its tags exist, and which images are newer than it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from drydock.core.facts.published import TagList
from drydock.core.images.catalogue import Catalogue, Flavour, Image
from drydock.core.images.version import Version

_OFFICIAL = re.compile(
    r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})-cuda([0-9]{1,3})\.([0-9]{1,3})-cudnn([0-9]{1,3})-(runtime|devel)",
    re.ASCII,
)
_NVIDIA = re.compile(r"([0-9]{2})\.(0[1-9]|1[0-2])-py3", re.ASCII)
_HUB = re.compile(r"(?:index\.|registry-1\.)?docker\.io/")


class Tag(msgspec.Struct, frozen=True):
    """What a tag of ``pytorch/pytorch`` says."""

    torch: Version
    cuda: Version
    cudnn_major: int
    flavour: Flavour


def parse_tag(tag: str) -> Tag | None:
    """Read a tag such as ``2.16.0-cuda13.2-cudnn9-runtime``; None for any other, candidates and nightlies included."""
    match = _OFFICIAL.fullmatch(tag)
    if match is None:
        return None
    major, minor, patch, cuda_major, cuda_minor, cudnn = map(int, match.groups()[:-1])
    flavour: Flavour = "devel" if match[7] == "devel" else "runtime"
    return Tag(Version((major, minor, patch)), Version((cuda_major, cuda_minor)), cudnn, flavour)


def parse_nvidia_tag(tag: str) -> Version | None:
    """Read a tag of NVIDIA's own images, such as ``26.09-py3``: year and month. None for any other tag."""
    match = _NVIDIA.fullmatch(tag)
    return Version((int(match[1]), int(match[2]))) if match else None


def with_tags(catalogue: Catalogue, lists: Iterable[TagList]) -> Catalogue:
    """Return the catalogue as the registries' lists of tags confirm it, contradict it and go beyond it.

    A tag that is listed is proven to exist. One that is missing from its repository's list does not. A tag the
    catalogue does not know becomes an image whose inside is assumed from the nearest build, unless that very build of
    torch is in the catalogue under another flavour. An empty list, and one that shares no tag with the catalogue, says
    nothing: it is not the publisher's.
    """
    images: list[Image] = list(catalogue.images)
    for repository, tags in _newest_of_each(lists).items():
        own = [image for image in images if image.repository == repository]
        if not tags.isdisjoint(image.tag for image in own):
            others = [image for image in images if image.repository != repository]
            images = [*others, *(_as_listed(image, tags) for image in own), *_unknown(own, tags)]
    # shipped images keep their places; new ones follow, in the order of their numbers
    order = {(image.repository, image.tag): (place,) for place, image in enumerate(catalogue.images)}
    last = len(order)
    images.sort(
        key=lambda image: order.get((image.repository, image.tag)) or (last, image.repository, image.recency, image.tag)
    )
    return msgspec.structs.replace(catalogue, images=tuple(images))


def nearest_build(
    images: Iterable[Image], torch: Version | None, cuda: Version, flavour: Flavour | None = None
) -> Image | None:
    """Return the image whose compiled code most resembles that of a build which is not known.

    The same CUDA leads, then the nearest CUDA of the same major version, a lower one first; among these, the newest
    torch that is not newer, else the oldest that is.
    """
    by_cuda = _by_cuda(images)
    return _nearest(by_cuda, torch, cuda, flavour) if by_cuda else None


_ByCuda = Mapping[Version, Sequence[Image]]


def _by_cuda(images: Iterable[Image]) -> _ByCuda:
    found: dict[Version, list[Image]] = {}
    for image in images:
        if image.cubins and not image.assumed:
            found.setdefault(image.cuda, []).append(image)
    return found


def _nearest(by_cuda: _ByCuda, torch: Version | None, cuda: Version, flavour: Flavour | None) -> Image:
    wanted = torch or Version((0,))

    def apart(other: Version) -> tuple[int, int, bool]:
        return (abs(other[0] - cuda[0]), abs(other[1] - cuda[1]), other > cuda)

    def age(image: Image) -> tuple[object, ...]:
        have = image.torch or Version((0,))
        return (have > wanted, have if have > wanted else tuple(-part for part in have), image.flavour != flavour)

    return min(by_cuda[min(by_cuda, key=apart)], key=age)


def _newest_of_each(lists: Iterable[TagList]) -> dict[str, frozenset[str]]:
    newest: dict[str, TagList] = {}
    for tags in lists:
        repository = _HUB.sub("", tags.repository, count=1)
        if repository not in newest or newest[repository].read_at <= tags.read_at:
            newest[repository] = tags
    return {repository: frozenset(tags.tags) for repository, tags in newest.items()}


def _as_listed(image: Image, tags: frozenset[str]) -> Image:
    listed = image.tag in tags
    code_known = bool(image.cubins) or image.range is not None
    return msgspec.structs.replace(image, listed=listed, proven=image.proven or (listed and code_known))


def _unknown(own: Sequence[Image], tags: frozenset[str]) -> Iterator[Image]:
    """Make images of the listed tags that the catalogue does not know and that are not older than all it knows."""
    oldest = min(image.recency for image in own)
    new = tags.difference(image.tag for image in own)
    official = [image for image in own if not image.alpha]
    if not official:
        releases = ((text, parse_nvidia_tag(text)) for text in new)
        yield from (_of_nvidia(text, release, own) for text, release in releases if release and release >= oldest)
        return
    builds = {(image.torch, image.cuda, image.cudnn_major): image for image in official if image.cubins}
    by_cuda = _by_cuda(official)
    for text in new:
        tag = parse_tag(text)
        if tag and tag.torch >= oldest and by_cuda:
            same = builds.get((tag.torch, tag.cuda, tag.cudnn_major))
            yield _official(text, tag, same or _nearest(by_cuda, tag.torch, tag.cuda, tag.flavour), known=bool(same))


def _official(text: str, tag: Tag, base: Image, *, known: bool) -> Image:
    """Make an image of a tag: the same build as ``base`` when that is ``known``, else one that resembles it."""
    return msgspec.structs.replace(
        base if known else _stripped(base),
        tag=text,
        torch=tag.torch,
        recency=tag.torch,
        cuda=tag.cuda,
        cudnn_major=tag.cudnn_major,
        flavour=tag.flavour,
        # the rough sizes are those of a flavour
        download_size=base.download_size if base.flavour == tag.flavour else None,
        unpacked_size=base.unpacked_size if base.flavour == tag.flavour else None,
        # promised only where a runtime image of that or the nearest build has one
        compiler=tag.flavour == "devel" or (base.compiler and base.flavour == "runtime"),
        requires_native=tag.flavour == "devel",
        proven=True,
        listed=True,
    )


def _stripped(base: Image) -> Image:
    """Return the image with nothing in it that another build of torch need not share."""
    return msgspec.structs.replace(
        base,
        cudnn=None,
        nccl=None,
        triton=None,
        python=None,
        released=None,
        system=None,
        experimental=False,
        assumed=True,
        confidence="low",
        sources=(),
    )


def _of_nvidia(text: str, release: Version, own: Sequence[Image]) -> Image:
    older = [image for image in own if image.recency <= release]
    return msgspec.structs.replace(
        _stripped(max(older, key=lambda image: image.recency)),
        tag=text,
        torch=None,
        recency=release,
        cudnn_major=None,
        proven=True,
        listed=True,
    )
