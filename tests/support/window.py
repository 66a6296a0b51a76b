"""The app's window for tests: over a store of its own, on a sample machine or this computer."""

from contextlib import contextmanager

from drydock.data.machine import open_machine
from drydock.jobs.context import Context
from drydock.qt.app import App
from drydock.qt.window import MainWindow
from drydock.store import Store
from drydock.world.live import LiveWorld


@contextmanager
def opened_window(qtbot, directory, machine="", engine=""):
    """Open the window, and close everything behind it."""
    context = Context(world=LiveWorld(), store=Store(directory), engine=engine)
    app = App(context, open_machine(machine) if machine else None)
    window = MainWindow(app)
    window.app = app

    def close(_window=None):
        app.bridge.close(5.0)
        window.close_now()  # nobody is there to answer

    qtbot.addWidget(window, before_close_func=close)
    window.show()
    window.first_painted.connect(app.diagnose)
    qtbot.waitUntil(lambda: app.diagnosis is not None, timeout=30_000)
    try:
        yield window
    finally:
        close()
