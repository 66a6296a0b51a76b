"""What registries were asked about images in this session, and what they answered."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal

from drydock.core.trouble import Trouble
from drydock.jobs.confirm import Confirmed, ConfirmJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.image_confirm import Asked


class ImageQuestions(QObject):
    """Asks about each image once; the answer is kept until the machine is diagnosed anew or it is asked for again.

    Signals:
        changed: an answer came, is awaited, or was forgotten; carries the reference (empty: all).
    """

    changed = Signal(str)

    def __init__(self, app: App, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._answers: dict[str, Asked] = {}
        self._running: dict[str, Running] = {}
        app.machine_changed.connect(self.forget)
        app.diagnosed.connect(self.forget)

    def answer(self, reference: str) -> Asked | None:
        """Return what came of asking; None when nobody was asked."""
        return self._answers.get(reference)

    def confirmed(self, reference: str) -> Confirmed | None:
        """Return what was told of an image; None when it is not known."""
        asked = self._answers.get(reference)
        return asked.confirmed if asked else None

    def asking(self, reference: str) -> bool:
        """Whether an answer is awaited."""
        return reference in self._running

    @property
    def why_not(self) -> str:
        """Why nobody is asked now; empty when it may be."""
        if self._app.recorded:
            return self.tr("This is a recorded machine: registries are not asked for it.")
        return "" if self._app.diagnosis else self.tr("This machine is still being looked at.")

    def ask(self, reference: str, *, again: bool = False) -> None:
        """Ask, unless an answer is there or awaited (``again``: unless one is awaited)."""
        diagnosis = self._app.diagnosis
        if not reference or self.why_not or diagnosis is None or reference in self._running:
            return
        if reference in self._answers and not again:
            return
        self._running[reference] = self._app.bridge.start(
            ConfirmJob(self._app.context, reference, diagnosis.snapshot),
            done=partial(self._told, reference),
            failed=partial(self._not_told, reference),
            stopped=partial(self._end, reference),
        )
        self.changed.emit(reference)

    def forget(self) -> None:
        """Forget all answers, and hear no more of what is on its way."""
        for running in self._running.values():
            self._app.bridge.drop(running)
        self._running.clear()
        self._answers.clear()
        self.changed.emit("")

    def _told(self, reference: str, confirmed: Confirmed) -> None:
        self._answers[reference] = Asked(confirmed=confirmed, at=_now())
        self._end(reference)

    def _not_told(self, reference: str, trouble: Trouble) -> None:
        self._answers[reference] = Asked(trouble=trouble, at=_now())
        self._end(reference)

    def _end(self, reference: str) -> None:
        self._running.pop(reference, None)
        self.changed.emit(reference)


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M")
