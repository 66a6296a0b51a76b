"""The crash window: a bug is shown with a redacted report, and the app goes on."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from drydock import __version__

if TYPE_CHECKING:
    from drydock.core.redact import Redactor


def crash_report(text: str, redactor: "Redactor") -> str:
    """Return the report of a bug: versions and the traceback, redacted."""
    import platform

    head = f"Drydock {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return redactor.text(f"{head}\n\n{text}")


class CrashDialog(QDialog):
    """Shows one bug's report, to be copied into an issue."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong inside Drydock"))
        self.resize(720, 420)
        words = QLabel(
            self.tr("This is a bug in Drydock, not in your machine. The report has personal things taken out.")
        )
        words.setWordWrap(True)
        self.text = QPlainTextEdit(report)
        self.text.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = QPushButton(self.tr("Copy report"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (words, self.text, buttons):
            layout.addWidget(widget)


class CrashCatcher(QObject):
    """Turns exceptions that nobody caught into ``caught`` in the main thread, and still prints them."""

    caught = Signal(str)

    def install(self) -> None:
        """Take the place of the interpreter's last resort."""
        sys.excepthook = self._hook

    def remove(self) -> None:
        """Give the last resort back."""
        sys.excepthook = sys.__excepthook__

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        if not issubclass(kind, KeyboardInterrupt):
            import traceback

            self.caught.emit("".join(traceback.format_exception(kind, error, trace)))
