"""Which of the images that fit is best."""

from collections.abc import Iterable

from drydock.core.images.catalogue import Image
from drydock.core.images.gates import is_exempt, is_native, starts_under_strict_check
from drydock.core.images.situation import Situation
from drydock.core.images.version import Version


def startable(images: Iterable[Image], situation: Situation) -> list[Image]:
    """Keep the images that start most surely.

    First those that start under the strict check; when there are none, those whose own requirement makes an exception
    for these GPUs; when there are none either, those that need the check turned off.
    """
    ways: tuple[list[Image], list[Image], list[Image]] = ([], [], [])
    for image in images:
        if starts_under_strict_check(image, situation) is None:
            ways[0].append(image)
        else:
            ways[1 if is_exempt(image, situation) else 2].append(image)
    return ways[0] or ways[1] or ways[2]


def ranked(images: Iterable[Image], situation: Situation, near: Version | None = None) -> list[Image]:
    """Return the images, best first.

    The newest release leads. Inside a release, native builds come before those that minor-version compatibility
    carries, then stable ones before experimental ones, then the highest CUDA if native, else the lowest. With ``near``
    the release closest to that version leads instead, a newer one rather than an older one.
    """

    def key(image: Image) -> tuple[object, ...]:
        native = is_native(image, situation)
        sign = 1 if native else -1
        return (
            _closeness(image, near) if near else (),
            image.recency,
            native,
            not image.experimental,
            tuple(sign * part for part in image.cuda),
            image.flavour == "runtime",
            image.tag,
        )

    return sorted(images, key=key, reverse=True)


def _closeness(image: Image, near: Version) -> tuple[int, ...]:
    series = (image.torch or Version((0, 0)))[:2]
    if series >= near[:2]:
        return (1, *(-part for part in series))
    return (0, *series)
