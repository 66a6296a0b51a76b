"""CPU of the Monitor page with eight GPUs: as a share of one core, and against bare lines painted as often.

The real window plays the sample machine's trace through its job and its thread; every chart holds a full minute. The
anchor paints the same lines in eight widgets of the same size, with nothing on and around them.
"""

import math
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.harness import Ratio, told

SECONDS = 8.0
PACES = {"at 10 Hz": (0.1, 0.05), "at 1 Hz": (1.0, 0.01)}
"""Seconds between samples, and the goal as a share of a core."""
HIDDEN_GOAL = 0.003
PAINT_GOAL = 1.3
_POINTS = 600  # a minute at 10 Hz
_LINES = 2
_CHART = (240, 76)  # what the lines have of a compact chart, in pixels


def value(step: int, line: int) -> float:
    """Return the reading in per cent that both sides paint: slow waves with a little noise."""
    return 50 + 10 * line + 30 * math.sin(step / 40) + step * 7919 % 7


def measure() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as home:
        *shares, hidden = told([sys.executable, "-m", "benchmarks.monitor", "page"], DRYDOCK_HOME=home)
        (bare,) = told([sys.executable, "-m", "benchmarks.monitor", "bare"])
    for (name, (_, goal)), share in zip(PACES.items(), shares, strict=True):
        yield Ratio(f"monitor of 8 GPUs {name}", "one core", share * 100, 100, "% of a core", goal)
    yield Ratio("monitor of 8 GPUs, hidden", "one core", hidden * 100, 100, "% of a core", HIDDEN_GOAL)
    yield Ratio("monitor page at 10 Hz", "bare lines", shares[0] * 100, bare * 100, "% of a core", PAINT_GOAL)


def _share(seconds: float) -> float:
    """Let the event loop run, and return the share of a core that this process used meanwhile."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    cpu, wall = time.process_time(), time.perf_counter()
    loop.exec()
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


def _page() -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from drydock.qt.application import run
    from drydock.qt.theme import STYLE_ARGUMENTS

    qt = QApplication(["drydock", *STYLE_ARGUMENTS])
    QTimer.singleShot(0, lambda: _drive(qt))
    run(machine="h100x8-server", page="monitor")


def _drive(qt) -> None:
    from drydock.qt.pages.gpu_panel import GpuPanel
    from drydock.qt.window import MainWindow

    _share(3.0)
    window = next(widget for widget in qt.topLevelWidgets() if isinstance(widget, MainWindow))
    page = window.page("monitor")
    charts = [chart for panel in page.findChildren(GpuPanel) for chart in panel.charts]
    assert len(charts) == 8
    shares = []
    for interval, _ in PACES.values():
        page.pace.setCurrentIndex(page.pace.findData(interval))
        page.pace.activated.emit(page.pace.currentIndex())
        for chart in charts:
            _fill(chart, interval)
        _share(1.0)
        shares.append(_share(SECONDS))
        took = len(charts[0].series("memory").since(charts[0].series("memory").last_time - SECONDS))
        assert took > 0.8 * SECONDS / interval, "the page fell behind"
    window.show_page("settings")
    _share(1.0)
    shares.append(_share(SECONDS * 2))
    print(*shares)
    window.close()


def _fill(chart, interval: float) -> None:
    """Give a chart a full minute of points at this pace."""
    keys = ("memory", "utilisation")
    newest = chart.series(keys[0]).last_time
    chart.clear()
    for step in range(int(60 / interval)):
        for line, key in enumerate(keys):
            chart.append(key, newest - 60 + step * interval, value(step, line))


def _bare() -> None:
    from PySide6.QtCore import QPointF, QTimer
    from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
    from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

    class Lines(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.now = 0
            self.setFixedSize(*_CHART)
            points = [[QPointF(x, value(x, line)) for x in range(_POINTS)] for line in range(_LINES)]
            self.lines = [QPolygonF(each) for each in points]

        def roll(self) -> None:
            self.now += 1
            for number, line in enumerate(self.lines):
                line.append(QPointF(_POINTS + self.now, value(_POINTS + self.now, number)))
                line.remove(0, 1)
            self.update()

        def paintEvent(self, _event) -> None:  # noqa: N802
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scale = self.width() / _POINTS
            painter.setTransform(QTransform(scale, 0, 0, -self.height() / 100, -self.now * scale, self.height()))
            pen = QPen(QColor("#1f6fb2"), 1.0)
            pen.setCosmetic(True)
            painter.setPen(pen)
            for line in self.lines:
                painter.drawPolyline(line)

    qt = QApplication(["lines", "-style", "Fusion"])
    window = QWidget()
    grid = QGridLayout(window)
    lines = [Lines() for _ in range(8)]
    for place, each in enumerate(lines):
        grid.addWidget(each, place // 4, place % 4)
    window.show()
    ticker = QTimer(interval=100)
    ticker.timeout.connect(lambda: [each.roll() for each in lines])
    ticker.start()
    _share(2.0)
    print(_share(SECONDS))
    qt.quit()


if __name__ == "__main__":
    {"page": _page, "bare": _bare}[sys.argv[1]]()
