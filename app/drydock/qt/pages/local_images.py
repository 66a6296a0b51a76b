"""The images that the engine has: asked for when they may have changed, removed on request."""

from collections import deque
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from drydock.core.facts import LocalImage, known_or
from drydock.core.trouble import Trouble
from drydock.jobs.images import ListImagesJob, RemoveImageJob
from drydock.jobs.sessions import ListSessionsJob, Session
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.acts import why_no_engine


class LocalImages(QObject):
    """What a page knows of the engine's images.

    Attributes:
        images: None while they are not known.
        sessions: names of the sessions by the image they were launched with, as far as they are known.

    Signals:
        changed: ``images`` or ``sessions`` are others now.
        troubled: the engine did not tell, or did not remove; carries the :class:`Trouble`.
    """

    changed = Signal()
    troubled = Signal(object)

    def __init__(self, app: App, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._again = False
        self._asked_sessions = False
        self._to_remove: deque[str] = deque()
        self._removed: list[str] = []
        self.images: tuple[LocalImage, ...] | None = None
        self.sessions: Mapping[str, tuple[str, ...]] = {}
        app.machine_changed.connect(self.begin)
        app.diagnosed.connect(self.begin)
        app.images_changed.connect(self.refresh)
        app.sessions_changed.connect(self.refresh)
        self.begin()

    def begin(self) -> None:
        """Take what the diagnosis read; nothing while there is none."""
        diagnosis = self._app.diagnosis
        self.sessions = {}
        self._keep(known_or(diagnosis.snapshot.engine.images, None) if diagnosis else None)

    @property
    def removing(self) -> bool:
        """Whether images are being removed."""
        return bool(self._to_remove)

    def refresh(self) -> None:
        """Ask the engine; while an answer is awaited, once more after it."""
        if why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return
        self._ask_sessions()
        if self._running:
            self._again = True
            return
        self._running = self._app.bridge.start(
            ListImagesJob(self._app.context), done=self._listed, failed=self._failed, stopped=self._end
        )

    def remove(self, keys: tuple[str, ...]) -> None:
        """Remove names of images, one after the other, and say how it went."""
        begin = not self._to_remove
        self._to_remove.extend(key for key in keys if key not in self._to_remove)
        if begin and self._to_remove:
            self._removed = []
            self._remove_next()

    def _remove_next(self) -> None:
        key = self._to_remove[0]
        self._app.bridge.start(
            RemoveImageJob(self._app.context, key),
            done=partial(self._was_removed, key),
            failed=self._not_removed,
            stopped=self._next,
        )

    def _was_removed(self, key: str, _nothing: None) -> None:
        self._removed.append(key)
        self._next()

    def _not_removed(self, trouble: Trouble) -> None:
        # the others may still be removable: an image in use says nothing of them
        self.troubled.emit(trouble)
        self._next()

    def _next(self) -> None:
        self._to_remove.popleft()
        if self._to_remove:
            self._remove_next()
            return
        if self._removed:
            one = self.tr("{image} was removed.").format(image=self._removed[0])
            many = self.tr("{count} images were removed.").format(count=len(self._removed))
            self._app.noted.emit(one if len(self._removed) == 1 else many, "ok")
        self._app.images_changed.emit()

    def _ask_sessions(self) -> None:
        if self._asked_sessions:
            return
        self._asked_sessions = True
        self._app.bridge.start(
            ListSessionsJob(self._app.context),
            done=self._take_sessions,
            failed=self._no_sessions,
            stopped=self._sessions_asked,
        )

    def _take_sessions(self, sessions: tuple[Session, ...]) -> None:
        self._sessions_asked()
        if self._app.recorded or self._app.diagnosis is None:
            return
        found: dict[str, tuple[str, ...]] = {}
        for session in sessions:
            found[session.image] = (*found.get(session.image, ()), session.name)
        if found != self.sessions:
            self.sessions = found
            self.changed.emit()

    def _no_sessions(self, _trouble: Trouble) -> None:
        # the list of images meets the same trouble and tells it
        self._sessions_asked()

    def _sessions_asked(self) -> None:
        self._asked_sessions = False

    def _listed(self, images: tuple[LocalImage, ...]) -> None:
        # the answer may come when another machine is shown already
        if not self._app.recorded and self._app.diagnosis is not None:
            self._keep(images)
        self._end()

    def _failed(self, trouble: Trouble) -> None:
        mine = not self._app.recorded and self._app.diagnosis is not None
        self._end()
        if mine:
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
