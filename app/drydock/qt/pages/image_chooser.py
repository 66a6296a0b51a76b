"""Keeps the answer to the wish: at once for the shipped catalogue, beside the main thread when it has grown long.

The lists of tags that registries were seen to hold are merged into the catalogue beside the main thread too; until that
is done, the shipped catalogue is what the page knows.
"""

from PySide6.QtCore import QObject, Signal

from drydock.core.facts import LocalImage
from drydock.core.images import Catalogue, Choice, Recommendation, Wish
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.jobs.recommend import recommend_for
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.image_judging import JudgeCatalogueJob, Judged
from drydock.qt.models.image_rows import CatalogueRow, catalogue_rows

MANY = 500
"""Images from which on judging them all would be felt: about 20 microseconds each, of the 16 ms that a frame has."""


class Chooser(QObject):
    """Answers one wish at a time.

    Attributes:
        answer: the last one; None before the first.

    Signals:
        answered: ``answer`` is another now.
        refused: the wish cannot be read; carries the :class:`Trouble`.
    """

    answered = Signal()
    refused = Signal(object)

    def __init__(self, app: App, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._judged: Judged | None = None
        self._merged: Catalogue | None = None
        self.answer: Recommendation | None = None

    @property
    def catalogue(self) -> Catalogue:
        """What is chosen from."""
        return self._merged or load_catalogue()

    @property
    def choice(self) -> Choice | None:
        """The chosen image; None while there is none."""
        return self.answer.choice if self.answer else None

    def forget(self) -> None:
        """Have no answer: another machine is shown."""
        self._give_up()
        self.answer = self._judged = None

    def use_lists(self) -> None:
        """Merge the kept lists of tags anew with the next choice: they are others now."""
        self._merged = None

    def choose(self, wish: Wish, local: tuple[LocalImage, ...]) -> None:
        """Answer a wish; an answer that is still on its way to an older one is given up."""
        diagnosis = self._app.diagnosis
        if diagnosis is None:
            return
        self._give_up()
        unmerged = self._merged is None and bool(self._app.context.store.tag_lists)
        if unmerged or len(self.catalogue.images) > MANY:
            self._running = self._app.bridge.start(
                JudgeCatalogueJob(self._app.context, diagnosis.snapshot, wish, local),
                done=self._take,
                failed=self._refuse,
            )
            return
        try:
            self.answer = recommend_for(diagnosis.snapshot, wish, self.catalogue)
        except Trouble as trouble:
            self.refused.emit(trouble)
            return
        self._judged = None
        self.answered.emit()

    def rows(self, local: tuple[LocalImage, ...]) -> tuple[CatalogueRow, ...]:
        """Return the list that goes with the answer; none while there is no answer."""
        if self.answer is None:
            return ()
        judged = self._judged
        if judged is None or judged.answer is not self.answer or judged.local != local:
            catalogue = judged.catalogue if judged else self.catalogue
            rows = catalogue_rows(self.answer, catalogue, local)
            self._judged = judged = Judged(answer=self.answer, rows=rows, catalogue=catalogue, local=local)
        return judged.rows

    def _take(self, judged: Judged) -> None:
        self._running = None
        self._judged = judged
        self._merged = judged.catalogue
        self.answer = judged.answer
        self.answered.emit()

    def _refuse(self, trouble: Trouble) -> None:
        self._running = None
        self.refused.emit(trouble)

    def _give_up(self) -> None:
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
