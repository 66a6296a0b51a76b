"""Pulling any image by its name."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from drydock.qt.models.images import CatalogueRow
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.labels import button


class PullByName(Field):
    """A field for a reference, which says what the catalogue knows against it.

    Signals:
        pull_wanted: carries the reference.
    """

    pull_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.edit = QLineEdit(placeholderText="ghcr.io/me/mine:1.0")
        self.pull = button("", "plain", "download")
        super().__init__("", self.edit, "", self.pull, parent)
        self._rows: dict[str, CatalogueRow] = {}
        self._why_not = ""
        self.edit.setAccessibleName(self.tr("Name of the image to pull"))
        self.pull.setText(self.tr("Pull by name"))
        self.pull.setAccessibleName(self.pull.text())
        self.edit.textChanged.connect(self._judge)
        self.edit.returnPressed.connect(self._ask)
        self.pull.clicked.connect(self._ask)
        self._judge()

    def set_rows(self, rows: tuple[CatalogueRow, ...]) -> None:
        """Know the catalogue, as it is judged now."""
        self._rows = {row.reference: row for row in rows}
        self._judge()

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be pulled; empty when it can."""
        self._why_not = why
        self._judge()

    def _judge(self) -> None:
        name = self.edit.text().strip()
        self.pull.setEnabled(bool(name) and not self._why_not)
        self.pull.setToolTip(self._why_not)
        row = self._rows.get(name)
        if row is not None and row.verdict in ("cannot_run", "not_proven"):
            self.say(" ".join(row.why), "attention")
        elif row is not None:
            self.say(self.tr("It is in the catalogue and runs on this machine."), "ok")
        else:
            self.say(self.tr("As docker pull takes it: registry, repository and tag. Its contents are not judged."))

    def _ask(self) -> None:
        if self.pull.isEnabled():
            self.pull_wanted.emit(self.edit.text().strip())
