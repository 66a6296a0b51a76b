"""The part of the Images page for any image by its name: the field, and the card with what was found."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.facts import LocalImage
from drydock.core.images import Catalogue
from drydock.qt.app import App
from drydock.qt.models.image_rows import CatalogueRow
from drydock.qt.pages.image_by_name import NameField
from drydock.qt.pages.image_inspection_card import InspectionCard
from drydock.qt.pages.image_known import inspected_of
from drydock.qt.pages.image_questions import ImageQuestions
from drydock.qt.theme import tokens


class Inspector(QWidget):
    """Inspects one image at a time.

    Signals:
        inspected: another image is inspected (bring the card into view).
    """

    inspected = Signal()

    def __init__(self, app: App, questions: ImageQuestions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._questions = questions
        self._rows: dict[str, CatalogueRow] = {}
        self._local: tuple[LocalImage, ...] | None = None
        self._catalogue: Catalogue | None = None
        self._why_not = ""
        self.reference = ""
        self.field = NameField()
        self.card = InspectionCard()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addWidget(self.field)
        column.addWidget(self.card)
        self.field.inspect_wanted.connect(self.inspect)
        self.card.inspect_wanted.connect(self.inspect)
        self.card.again_wanted.connect(self._ask_again)
        self.card.closed.connect(self._forget)
        questions.changed.connect(self._refresh_if)

    def inspect(self, reference: str) -> None:
        """Show what is known of an image, and ask its registry."""
        self.reference = reference
        if self.field.edit.text().strip() != reference:
            self.field.edit.setText(reference)
            self.field.edit.setCursorPosition(0)
        self._questions.ask(reference)
        self.refresh()
        self.inspected.emit()

    def set_ground(
        self,
        catalogue: Catalogue,
        rows: tuple[CatalogueRow, ...],
        local: tuple[LocalImage, ...] | None,
    ) -> None:
        """Know the catalogue as it is judged now, and what the engine has."""
        self._catalogue = catalogue
        self._rows = {row.reference: row for row in rows}
        self._local = local
        here = [name for image in local or () for name in image.references]
        self.field.set_names(list(dict.fromkeys([*here, *self._rows])))
        self.refresh()

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be pulled; empty when it can."""
        if why != self._why_not:
            self._why_not = why
            self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        if not self.reference or self._catalogue is None:
            return
        row = self._rows.get(self.reference)
        found = inspected_of(
            self._app, self._questions, self.reference, self._local, self._catalogue, row, self._why_not
        )
        self.card.show_inspected(found)

    def _refresh_if(self, reference: str) -> None:
        if reference in ("", self.reference):
            self.refresh()

    def _ask_again(self) -> None:
        self._questions.ask(self.reference, again=True)

    def _forget(self) -> None:
        self.reference = ""
