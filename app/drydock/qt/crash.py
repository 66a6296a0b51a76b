"""Catches bugs for the crash window, and writes their redacted report; the app goes on."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from drydock import __version__

if TYPE_CHECKING:
    from drydock.core.redact import Redactor


def crash_report(text: str, redactor: "Redactor") -> str:
    """Return the report of a bug: versions and the traceback, redacted."""
    import platform

    head = f"Drydock {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return redactor.text(f"{head}\n\n{text}")


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
