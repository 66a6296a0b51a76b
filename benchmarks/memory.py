"""Resident memory of the idle window after its first diagnosis, against an empty Qt window of the same size.

With an engine that answers (``DOCKER_HOST``), the docker SDK is loaded too; the second line shows the difference.
"""

import os
import statistics
import tempfile
from collections.abc import Iterator

from benchmarks.harness import Ratio, python, told

GOAL = 1.35
_SECONDS = 2.0
_TELL = "import benchmarks.harness as h; print(h.own_memory_mib())"
_EMPTY = f"""
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.resize(1280, 800); window.show()
QTimer.singleShot({_SECONDS * 1000:.0f}, app.quit); app.exec()
{_TELL}
"""
# what is measured is the window as it stands, so before it is closed
_OURS = f"""
import drydock.qt.application as application
class Measured(application.MainWindow):
    def closeEvent(self, event):
        {_TELL}
        super().closeEvent(event)
application.MainWindow = Measured
application.run(quit_after={_SECONDS}, engine=__ENGINE__)
"""


def measure() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as home:
        engine = os.environ.get("DOCKER_HOST", "")
        cases = {"no engine": "unix:///nowhere/docker.sock", **({"an engine": engine} if engine else {})}
        empty = _median(_EMPTY, home)
        for name, address in cases.items():
            ours = _median(_OURS.replace("__ENGINE__", repr(address)), home)
            yield Ratio(f"memory, idle, {name}", "an empty window", ours, empty, "MiB", GOAL)


def _median(code: str, home: str) -> float:
    return statistics.median(told(python(code), DRYDOCK_HOME=home)[0] for _ in range(3))
