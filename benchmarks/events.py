"""How long the event loop stands still while a pull tells 50,000 events a second, against one frame of a 60 Hz screen.

``merged``: the engine's lines are decoded and summed, and the sum is told ten times a second, as a real pull does.
``told``: every one of the events is told to the window, which no engine does.
"""

import sys
import threading
import time
from collections.abc import Iterator

from benchmarks.harness import Ratio, told

RATE = 50_000
SECONDS = 2.0
FRAME_MS = 1000 / 60
_BURST = 500
_LAYERS = 20
_SIZE = 400_000_000


def measure() -> Iterator[Ratio]:
    for name in ("idle", "merged", "told"):
        stall, rate, reached = told([sys.executable, "-m", "benchmarks.events", name])
        note = "" if name == "idle" else f"{rate:,.0f} events/s, the bar ended at {reached:.0%}"
        goal = None if name == "idle" else 1.0
        yield Ratio(f"stall of the window, 99th percentile, {name}", "one frame", stall, FRAME_MS, "ms", goal, note)


def _lines() -> list[bytes]:
    """Return the events of one pull, as an engine writes them."""
    steps = int(RATE * SECONDS) // _LAYERS
    text = '{"status":"Downloading","progressDetail":{"current":%d,"total":%d},"id":"layer%d"}'
    return [
        (text % (_SIZE * (step + 1) // steps, _SIZE, layer)).encode()
        for step in range(steps)
        for layer in range(_LAYERS)
    ]


def _run(name: str) -> None:
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from drydock.engines.docker_pull import TELL_INTERVAL
    from drydock.engines.pull_meter import PullMeter, decode_event
    from drydock.jobs import Job
    from drydock.jobs.context import Context
    from drydock.qt.app import App
    from drydock.qt.models.pull import pull_words
    from drydock.qt.window import MainWindow
    from drydock.store import Store
    from drydock.world.live import LiveWorld

    lines = _lines()
    took = [0.0]
    shares: list[float] = []
    over = threading.Event()

    class Flood(Job):
        def run(self, tell, stop):
            if name == "idle":
                stop.wait(SECONDS)
                return
            begun = time.monotonic()
            meter, next_tell = PullMeter(begun), begun
            for number, line in enumerate(lines):
                now = time.monotonic()
                event = decode_event(line)
                assert event is not None
                meter.take(event, now)
                if name == "told" or now >= next_tell:
                    next_tell = now + TELL_INTERVAL
                    tell(meter.progress(now))
                if number % _BURST == 0:
                    stop.wait(max(0.0, begun + number / RATE - time.monotonic()))
            took[0] = time.monotonic() - begun
            tell(meter.progress(time.monotonic()))

    qt = QApplication(["events", "-style", "Fusion"])
    app = App(Context(world=LiveWorld(), store=Store(), engine="unix:///nowhere/docker.sock"))
    window = MainWindow(app)
    window.show()
    loop = QEventLoop()
    gaps: list[float] = []
    last = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append((now - last[0]) * 1000)
        last[0] = now

    def note(_activity: int) -> None:
        for activity in app.activities.items:
            if activity.share is not None and activity.state == "running":
                shares.append(activity.share)

    window.activity_panel.open_list()
    ticker = QTimer(interval=1)
    ticker.timeout.connect(tick)
    app.activities.changed.connect(note)
    app.activities.ended.connect(lambda _activity: (over.set(), loop.quit()))
    ticker.start()
    app.activities.start("import", "A flood", Flood, words=pull_words)
    loop.exec()
    ticker.stop()
    gaps.sort()
    assert over.is_set()
    assert shares == sorted(shares), "the bar ran backwards"
    print(gaps[int(len(gaps) * 0.99)], len(lines) / took[0] if took[0] else 0, shares[-1] if shares else 0)
    window.close_now()
    qt.quit()


if __name__ == "__main__":
    _run(sys.argv[1])
