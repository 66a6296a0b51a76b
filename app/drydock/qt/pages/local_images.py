"""The images that the engine has: asked for when they may have changed, removed on request."""

from PySide6.QtCore import QObject, Signal

from drydock.core.facts import LocalImage, known_or
from drydock.core.trouble import Trouble
from drydock.jobs.images import ListImagesJob, RemoveImageJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.acts import why_no_engine


class LocalImages(QObject):
    """What a page knows of the engine's images.

    Attributes:
        images: None while they are not known.

    Signals:
        changed: ``images`` are others now.
        troubled: the engine did not tell, or did not remove; carries the :class:`Trouble`.
    """

    changed = Signal()
    troubled = Signal(object)

    def __init__(self, app: App, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._again = False
        self.images: tuple[LocalImage, ...] | None = None
        app.machine_changed.connect(self.begin)
        app.diagnosed.connect(self.begin)
        app.images_changed.connect(self.refresh)
        self.begin()

    def begin(self) -> None:
        """Take what the diagnosis read; nothing while there is none."""
        diagnosis = self._app.diagnosis
        self._keep(known_or(diagnosis.snapshot.engine.images, None) if diagnosis else None)

    def refresh(self) -> None:
        """Ask the engine; while an answer is awaited, once more after it."""
        if why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return
        if self._running:
            self._again = True
            return
        self._running = self._app.bridge.start(
            ListImagesJob(self._app.context), done=self._listed, failed=self._failed, stopped=self._end
        )

    def remove(self, key: str) -> None:
        """Remove a name of an image, and say how it went."""

        def done(_nothing: None) -> None:
            self._app.noted.emit(self.tr("{image} was removed.").format(image=key), "ok")
            self._app.images_changed.emit()

        self._app.bridge.start(RemoveImageJob(self._app.context, key), done=done, failed=self.troubled.emit)

    def _listed(self, images: tuple[LocalImage, ...]) -> None:
        # the answer may come when another machine is shown already
        if not self._app.recorded and self._app.diagnosis is not None:
            self._keep(images)
        self._end()

    def _failed(self, trouble: Trouble) -> None:
        self._end()
        self.troubled.emit(trouble)

    def _end(self) -> None:
        self._running = None
        if self._again:
            self._again = False
            self.refresh()

    def _keep(self, images: tuple[LocalImage, ...] | None) -> None:
        if images != self.images:
            self.images = images
            self.changed.emit()
