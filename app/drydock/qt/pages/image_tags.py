"""The registries' live lists of tags: read when the person asks, kept, and merged with the catalogue."""

from PySide6.QtCore import QObject, Signal

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.tags import RefreshedTags, RefreshTagsJob, TagsStep
from drydock.qt.app import App
from drydock.qt.bridge import Running


class TagLists(QObject):
    """Reads the lists and says how it went.

    Signals:
        changed: ``note`` or ``reading`` are others now.
        refreshed: the catalogue is another now.
    """

    changed = Signal()
    refreshed = Signal()

    def __init__(self, app: App, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._repository = ""
        self._outcome = ""

    @property
    def reading(self) -> bool:
        """Whether lists are being read."""
        return self._running is not None

    @property
    def why_not(self) -> str:
        """Why they cannot be read now; empty when they can."""
        if self._app.recorded:
            return self.tr("This is a recorded machine: registries are not asked for it.")
        return ""

    @property
    def note(self) -> str:
        """When the lists were read, or how reading goes."""
        if self.reading and self._repository:
            return self.tr("Reading the tags of {repository}…").format(repository=self._repository)
        read = min((tags.read_at for tags in self._app.context.store.tag_lists), default="")
        if not read:
            when = self.tr("The registry's list of tags was never read: releases newer than the catalogue are missing.")
        else:
            when = self.tr("The registry's list of tags was read on {day}.").format(day=read[:10])
        return f"{self._outcome} {when}".strip()

    def refresh(self) -> None:
        """Read the lists, unless they are being read."""
        if self.reading or self.why_not:
            return
        self._outcome = self._repository = ""
        self._running = self._app.bridge.start(
            RefreshTagsJob(self._app.context),
            done=self._done,
            failed=self._failed,
            progress=self._step,
            stopped=self._end,
        )
        self.changed.emit()

    def _step(self, step: TagsStep) -> None:
        self._repository = step.repository
        self.changed.emit()

    def _done(self, found: RefreshedTags) -> None:
        newer = self.tr("{count} newer than the catalogue.").format(count=len(found.newer))
        gone = self.tr("{count} of the catalogue are not listed.").format(count=len(found.gone))
        parts = [newer if found.newer else self.tr("Nothing newer than the catalogue.")]
        parts += [gone] if found.gone else []
        for repository, trouble in found.failed.items():
            words = self.tr("{repository} gave no list ({why}).")
            parts.append(words.format(repository=repository, why=trouble_article(trouble).title))
        self._outcome = " ".join(parts)
        self._end()
        self.refreshed.emit()

    def _failed(self, trouble: Trouble) -> None:
        words = self.tr("The list could not be read: {why}. The catalogue goes on as it is.")
        self._outcome = words.format(why=trouble_article(trouble).title.rstrip("."))
        self._end()

    def _end(self) -> None:
        self._running = None
        self._repository = ""
        self.changed.emit()
