"""Cold start to the first paint, against a bare import of QtWidgets; the command line, against a bare Python."""

from collections.abc import Iterator

from benchmarks.harness import Ratio, alternate, drydock, python

GOAL = 1.6
# the process ends in the first paint of the real window, so that only the way there is timed
_FIRST_PAINT = """
import gc, os, sys
gc.disable()  # as the entry point does
import drydock.qt.window as window
class Painted(window.MainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        os._exit(0)
window.MainWindow = Painted
sys.argv = ["drydock"]
from drydock.__main__ import main
main()
"""


def measure() -> Iterator[Ratio]:
    cases = {
        "import": python("import PySide6.QtWidgets"),
        "window": python(_FIRST_PAINT),
        "python": python("pass"),
        "version": drydock("--version"),
        "help": drydock("doctor", "--help"),
    }
    times = alternate(cases)
    yield Ratio("first paint", "import PySide6.QtWidgets", times["window"], times["import"], "ms", GOAL)
    yield Ratio("drydock --version", "python -c pass", times["version"], times["python"], "ms", 4.0)
    yield Ratio("drydock doctor --help", "python -c pass", times["help"], times["python"], "ms", 6.0)
