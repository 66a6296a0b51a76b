"""Why a name that somebody typed is no image: so that a person learns it without asking a registry."""

import re
from fnmatch import fnmatchcase

from drydock.core.images.catalogue import Catalogue, Release
from drydock.core.images.result import Reason
from drydock.core.images.version import Version
from drydock.core.trouble import Value

_OFFICIAL = "pytorch/pytorch"
_NVIDIA = "nvcr.io/nvidia/pytorch"
_FLOATING = re.compile(r"latest|.*nightly.*|main|.*\bdev\d{6,}")
_TAG = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)-(?:cuda|cu)(\d{1,2}\.\d)(?:-cudnn(\d+))?-(runtime|devel)")
_MONTH = re.compile(r"(\d\d\.\d\d)-py3")


def why_absent(reference: str, catalogue: Catalogue) -> Reason | None:
    """Return why there is no such image; None where it is in the catalogue, or nothing is known against it.

    Only what the catalogue can know is answered: names of the two PyTorch repositories and well-known inventions. A
    release newer than the catalogue gets no answer: the registry's own list decides.

    Args:
        reference: what somebody typed, with or without a registry and a tag.
        catalogue: may hold tags that a registry was seen to list; these exist.
    """
    repository, tag = _split(reference)
    if not tag or catalogue.image(f"{repository}:{tag}"):
        return None
    values: dict[str, Value] = {"name": f"{repository}:{tag}"}
    for entry in catalogue.never_existed:
        # which builds there are instead is answered better from the releases
        if entry.cause != "cuda" and fnmatchcase(repository, entry.repository) and fnmatchcase(tag, entry.tag):
            return Reason("NEVER_EXISTED", {**values, "cause": entry.cause})
    if repository == _OFFICIAL:
        return _official(tag, values, catalogue)
    return _integrated(tag, values, catalogue) if repository == _NVIDIA else None


def _split(reference: str) -> tuple[str, str]:
    """Return repository and tag; one that is named by digest has no tag to judge."""
    name = reference.strip().removeprefix("docker://")
    if "@" in name:
        return name, ""
    for registry in ("docker.io/", "index.docker.io/", "registry-1.docker.io/"):
        name = name.removeprefix(registry)
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def _official(tag: str, values: dict[str, Value], catalogue: Catalogue) -> Reason | None:
    if _FLOATING.fullmatch(tag):
        return Reason("FLOATING_TAG", values)
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    torch, cuda = Version.parse(match[1]), Version.parse(match[2])
    releases = [entry for entry in catalogue.releases if entry.version[: len(torch)] == torch]
    values = {**values, "torch": str(torch), "cuda": str(cuda)}
    if not releases:
        newest = max(entry.version for entry in catalogue.releases)
        return None if torch > newest else Reason("NEVER_EXISTED", {**values, "cause": "release"})
    if not any(cuda in entry.cuda for entry in releases):
        return _not_built(cuda, releases, values, catalogue)
    if all(cuda in entry.without_image for entry in releases if cuda in entry.cuda):
        return Reason("NEVER_EXISTED", {**values, "cause": "no_image"})
    return _misspelt(cuda, releases, match[4], values, catalogue)


def _not_built(cuda: Version, releases: list[Release], values: dict[str, Value], catalogue: Catalogue) -> Reason:
    builds = sorted({build for entry in releases for build in entry.cuda})
    values = {**values, "builds": ", ".join(map(str, builds)), "cause": "cuda"}
    last = max((entry.version for entry in catalogue.releases if cuda in entry.cuda), default=None)
    if last and last < releases[0].version:
        values |= {"last": str(last), "cause": "cuda_ended"}
    return Reason("NEVER_EXISTED", values)


def _misspelt(
    cuda: Version, releases: list[Release], flavour: str, values: dict[str, Value], catalogue: Catalogue
) -> Reason | None:
    """The build exists: say how its tag is spelt, with patch number and cuDNN."""
    versions = {entry.version for entry in releases}
    right = [
        image
        for image in catalogue.images
        if image.torch in versions and image.cuda == cuda and image.flavour == flavour and not image.alpha
    ]
    if not right:
        return None
    newest = max(right, key=lambda image: image.recency)
    return Reason("NEVER_EXISTED", {**values, "right": newest.tag, "cause": "form"})


def _integrated(tag: str, values: dict[str, Value], catalogue: Catalogue) -> Reason | None:
    integrated = catalogue.integrated
    if integrated is None or not tag.endswith(integrated.suffix):
        return None
    match = _MONTH.fullmatch(tag.removesuffix(integrated.suffix))
    if match is None or integrated.first <= match[1] <= integrated.last:
        return None
    ends = {"first": integrated.first, "last": integrated.last}
    return Reason("NEVER_EXISTED", {**values, **ends, "cause": "integrated"})
