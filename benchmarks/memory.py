"""Resident memory of the idle window, against a minimal Qt window."""

from collections.abc import Iterator

from benchmarks.harness import Ratio, peak_memory, python

GOAL = 1.35
_TELL = "import benchmarks.harness as h; print('RSS', h.own_rss_kib())"
_MINIMAL = f"""
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.resize(1280, 800); window.show()
QTimer.singleShot(1500, app.quit); app.exec()
{_TELL}
"""
_OURS = f"""
from drydock.qt.application import run
run(quit_after=1.5)
{_TELL}
"""


def measure() -> Iterator[Ratio]:
    yield Ratio(
        "memory, idle", "a minimal window", peak_memory(python(_OURS)), peak_memory(python(_MINIMAL)), "MiB", GOAL
    )
