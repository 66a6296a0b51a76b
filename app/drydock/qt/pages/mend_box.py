"""A remedy beside its finding: what it does, its lines to take along, and a way to let Drydock apply it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.findings import Finding
from drydock.core.remedies import Remedy
from drydock.qt.app import App
from drydock.qt.models.mend import breakable
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import button, label


class MendBox(QWidget):
    """Shows one remedy for a finding.

    Attributes:
        apply: the button that opens the preview; hidden where Drydock cannot apply it.
    """

    def __init__(self, app: App, finding: Finding, remedy: Remedy, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._finding = finding
        self._remedy = remedy
        self.setAccessibleName(remedy.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addWidget(label(breakable(remedy.title), "strong"))
        if remedy.note:
            column.addWidget(label(breakable(remedy.note), "muted", selectable=True))
        if remedy.commands:
            column.addWidget(CommandBox("\n".join(remedy.commands)))
        self.apply = button(self.tr("Preview and apply…"), "plain", "doctor")
        self.apply.clicked.connect(self.open)
        self._why = label("", "small")
        column.addWidget(self.apply, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._why)
        app.mending.changed.connect(self._offer)
        self._offer()

    @property
    def why_not(self) -> str:
        """Why Drydock does not apply it; empty where it can."""
        if not self._remedy.steps:
            return self.tr("This is done by hand: Drydock does not do it by itself.")
        if self._app.recorded:
            return self.tr("This is a recorded machine: Drydock applies remedies to this computer alone.")
        return ""

    def open(self) -> None:
        """Open the preview, or what is being carried out."""
        from drydock.qt.pages.mend_dialog import open_remedy, open_running

        if self.why_not:
            return
        if self._app.mending.concerns(self._remedy.id, self._remedy.target):
            open_running(self._app, self)
        else:
            open_remedy(self._app, self._finding.id, self._remedy, self)

    def _offer(self) -> None:
        mine = self._app.mending.concerns(self._remedy.id, self._remedy.target)
        words = self.tr("Show progress…") if mine else self.tr("Preview and apply…")
        self.apply.setText(words)
        self.apply.setAccessibleName(f"{words} {self._remedy.title}")
        self.apply.setVisible(not self.why_not)
        self._why.setText(self.why_not)
        self._why.setVisible(bool(self.why_not))
