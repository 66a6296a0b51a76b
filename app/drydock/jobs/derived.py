"""The images that Drydock makes from others: make one ahead of a launch, list them, remove those nobody needs."""

import msgspec

from drydock.core.launch import DerivedImage, Part, derived_of, digest_of, parse_image, pinned, service_image
from drydock.core.trouble import Trouble
from drydock.engines import Engine
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.launch_steps import Stage
from drydock.jobs.service_image import have_service_image
from drydock.jobs.session import opened
from drydock.world import Stop


class BuiltImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image with its parts, ready for launches.

    Attributes:
        built: False when it had been made before.
    """

    image: DerivedImage
    built: bool


class ListDerivedJob(Job[tuple[DerivedImage, ...]]):
    """List the images that Drydock made, newest first, with what they were made from and who uses them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> tuple[DerivedImage, ...]:
        """List.

        Raises:
            Trouble: the engine does not answer.
        """
        with opened(self._context) as engine:
            return tuple(sorted(_derived(engine), key=lambda image: image.created, reverse=True))


class BuildDerivedJob(Job[BuiltImage]):
    """Make an image with parts from another, which is pulled where it is missing.

    Steps: ``Stage``, ``PullProgress``, ``BuildLine``, ``Superseded``. When it fails or is stopped, nothing of the build
    is left; the pulled image stays.
    """

    def __init__(self, context: Context, reference: str, parts: tuple[Part, ...]) -> None:
        self._context = context
        self._reference = reference
        self._parts = parts

    def run(self, tell: Tell, stop: Stop) -> BuiltImage:
        """Make it.

        Raises:
            Trouble: ``launch-parts-empty``, ``launch-digest-invalid``, or what went wrong with the pull or the build.
            Stopped: the stop was asked for.
        """
        if not self._parts:
            raise Trouble("launch-parts-empty", image=self._reference)
        name, digest = parse_image(self._reference)
        reference = pinned(name, digest) if digest else name
        with opened(self._context) as engine:
            local = engine.find_image(reference)
            if local is None:
                tell(Stage("pulling", reference))
                engine.pull(reference, tell, stop)
                local = engine.find_image(reference)
            stop.check()
            if local is None:
                raise Trouble("launch-image-gone", image=reference)
            image = service_image(reference, local.id, self._parts, digest or digest_of(name, local))
            built = have_service_image(engine, self._context.world, image, tell, stop)
            made = next((one for one in _derived(engine) if one.key == image.key), None)
            if made is None:
                raise Trouble("launch-image-gone", image=image.tag)
            return BuiltImage(image=made, built=built)


class RemoveDerivedJob(Job[tuple[DerivedImage, ...]]):
    """Remove images that Drydock made; the images they were made from stay."""

    def __init__(self, context: Context, names: tuple[str, ...]) -> None:
        """Prepare.

        Args:
            context: the doors.
            names: references, keys or ids.
        """
        self._context = context
        self._names = names

    def run(self, tell: Tell, stop: Stop) -> tuple[DerivedImage, ...]:
        """Remove them; nothing is removed when one of them cannot be.

        Returns:
            What was removed.

        Raises:
            Trouble: ``derived-not-found``, ``derived-in-use`` or the engine does not answer.
            Stopped: the stop was asked for.
        """
        with opened(self._context) as engine:
            there = _derived(engine)
            chosen = tuple(dict.fromkeys(_find(there, name) for name in self._names))
            for image in chosen:
                if image.containers:
                    raise Trouble("derived-in-use", reference=image.name, containers=", ".join(image.containers))
            for image in chosen:
                stop.check()
                engine.remove_image(image.name)
            return chosen


def _derived(engine: Engine) -> tuple[DerivedImage, ...]:
    return derived_of(engine.images(), engine.containers())


def _find(images: tuple[DerivedImage, ...], name: str) -> DerivedImage:
    for image in images:
        if name in (image.reference, image.key, image.id):
            return image
    raise Trouble("derived-not-found", reference=name, known=", ".join(one.name for one in images) or "none")
