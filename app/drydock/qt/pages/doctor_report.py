"""The button that saves what was found as a file for somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.qt.widgets.labels import button

if TYPE_CHECKING:
    from drydock.jobs.report import Report
    from drydock.qt.app import App


class ReportButton(QWidget):
    """Asks for a place and writes a bundle there."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._button = button(self.tr("Save report…"), "plain", "file")
        self._button.setToolTip(
            self.tr("A file that another computer's Drydock can open; personal things are taken out")
        )
        self._button.clicked.connect(self._ask)
        column.addWidget(self._button)
        self.setFocusProxy(self._button)

    def save(self, path: str) -> None:
        """Write a bundle to a path, and say how it went."""
        from drydock.jobs.report import ReportJob

        self.setEnabled(False)
        self._app.bridge.start(ReportJob(self._app.context, Path(path)), done=self._done, failed=self._failed)

    def _ask(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save report"), "drydock-report.zip", "Drydock (*.zip)")
        if chosen:
            self.save(chosen)

    def _done(self, report: Report) -> None:
        count = sum(item.times for item in report.removed)
        words = self.tr("Saved {path}; {count} personal things were taken out.")
        self._app.noted.emit(words.format(path=report.path, count=count), "ok")
        self.setEnabled(True)

    def _failed(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self._app.noted.emit(f"{article.title}. {article.text}", "broken")
        self.setEnabled(True)
