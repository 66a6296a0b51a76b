"""Which contents a reference stands for in the engine: digests of registries, and the engine's own ids."""

from collections.abc import Iterable

from drydock.core.facts import LocalImage
from drydock.core.launch.choice import without_tag

_HUB = ("docker.io/", "index.docker.io/")
_LIBRARY = "library/"
_SHOWN = 12


def repository_of(reference: str) -> str:
    """Return a reference's repository as engines name it: without Docker Hub's name, tag and digest."""
    name = without_tag(reference.partition("@")[0])
    for prefix in _HUB:
        name = name.removeprefix(prefix)
    return name.removeprefix(_LIBRARY)


def digest_of(reference: str, image: LocalImage) -> str:
    """Return the digest that pins a local image under its reference; empty where it never was in that repository.

    A digest of another repository does not do: the engine would look for it in this one.
    """
    repository = repository_of(reference)
    pairs = sorted(digest.rpartition("@")[::2] for digest in image.digests)
    return next((digest for name, digest in pairs if repository_of(name) == repository), "")


def contents_of(reference: str, image: LocalImage) -> str:
    """Return what names a local image's contents: its digest, one of another repository, or else its id."""
    others = sorted(digest.rpartition("@")[2] for digest in image.digests)
    return digest_of(reference, image) or next(iter(others), image.id)


def holds(image: LocalImage, digest: str) -> bool:
    """Say whether a local image is the one that a digest pins."""
    return image.id == digest or any(own.rpartition("@")[2] == digest for own in image.digests)


def find_local(images: Iterable[LocalImage], reference: str) -> LocalImage | None:
    """Return the image that the engine starts for a reference, with a tag or a digest."""
    name, _, digest = reference.partition("@")
    repository = repository_of(name)
    if digest:
        wanted = f"{repository}@{digest}"
        return next((one for one in images if wanted in {_without_hub(own) for own in one.digests}), None)
    tag = name[len(without_tag(name)) + 1 :] or "latest"
    return next((one for one in images if f"{repository}:{tag}" in map(_without_hub, one.references)), None)


def short_digest(digest: str) -> str:
    """Return a digest short enough to be read and compared: ``sha256:`` and twelve digits."""
    algorithm, colon, digits = digest.partition(":")
    return f"{algorithm}{colon}{digits[:_SHOWN]}"


def _without_hub(reference: str) -> str:
    for prefix in (*(f"{hub}{_LIBRARY}" for hub in _HUB), *_HUB):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    return reference
