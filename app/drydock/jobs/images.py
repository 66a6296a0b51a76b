"""List and remove the images that the engine has."""

import msgspec

from drydock.core.facts import ImageConfig, LocalImage
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.registries import check_named
from drydock.world import Stop


class ListImagesJob(Job[tuple[LocalImage, ...]]):
    """List local images, newest first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> tuple[LocalImage, ...]:
        """List.

        Raises:
            Trouble: the engine does not answer.
        """
        engine = self._context.open_engine()
        try:
            return tuple(sorted(engine.images(), key=lambda image: image.created, reverse=True))
        finally:
            engine.close()


class InspectedImage(msgspec.Struct, frozen=True, kw_only=True):
    """A local image, with what it says of itself."""

    image: LocalImage
    config: ImageConfig


class InspectImageJob(Job[InspectedImage]):
    """Read what a local image says of itself."""

    def __init__(self, context: Context, reference: str) -> None:
        self._context = context
        self._reference = reference

    def run(self, tell: Tell, stop: Stop) -> InspectedImage:
        """Read.

        Raises:
            Trouble: ``image-not-here`` or the engine does not answer.
        """
        engine = self._context.open_engine()
        try:
            image = engine.find_image(self._reference)
            if image is None:
                raise Trouble("image-not-here", reference=self._reference)
            config = engine.image_config(self._reference)
            return InspectedImage(image=image, config=config)
        finally:
            engine.close()


class ImportImageJob(Job[tuple[str, ...]]):
    """Give the engine the images of a TAR file. Tells :class:`~drydock.engines.LoadProgress`."""

    def __init__(self, context: Context, path: str) -> None:
        self._context = context
        self._path = path

    def run(self, tell: Tell, stop: Stop) -> tuple[str, ...]:
        """Import; return the images' names (the id of one without a name).

        Raises:
            Trouble: ``image-archive-…``, ``disk-full-ahead`` or the engine's own.
            Stopped: the stop was asked for.
        """
        engine = self._context.open_engine()
        try:
            return engine.load(self._path, tell, stop)
        finally:
            engine.close()


class ExportImageJob(Job[None]):
    """Write an image to a TAR file. Tells :class:`~drydock.engines.SaveProgress`."""

    def __init__(self, context: Context, reference: str, path: str, *, overwrite: bool = False) -> None:
        self._context = context
        self._reference = reference
        self._path = path
        self._overwrite = overwrite

    def run(self, tell: Tell, stop: Stop) -> None:
        """Write.

        Raises:
            Trouble: ``image-not-here``, ``image-archive-…`` or the engine's own.
            Stopped: the stop was asked for; no file is left.
        """
        check_named(self._reference)
        engine = self._context.open_engine()
        try:
            if engine.find_image(self._reference) is None:
                raise Trouble("image-not-here", reference=self._reference)
            engine.save((self._reference,), self._path, tell, stop, replace=self._overwrite)
        finally:
            engine.close()


class RemoveImageJob(Job[None]):
    """Remove a local image (of several names, only this one)."""

    def __init__(self, context: Context, reference: str) -> None:
        self._context = context
        self._reference = reference

    def run(self, tell: Tell, stop: Stop) -> None:
        """Remove.

        Raises:
            Trouble: ``image-not-here``, ``image-in-use`` or the engine does not answer.
        """
        check_named(self._reference)
        engine = self._context.open_engine()
        try:
            engine.remove_image(self._reference)
        except Trouble as trouble:
            if trouble.id != "image-not-found":
                raise
            # the other article speaks of registries and logins
            raise Trouble("image-not-here", reference=self._reference) from trouble
        finally:
            engine.close()
