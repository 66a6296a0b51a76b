"""Starts the window."""

import gc
import signal
import sys
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication

from drydock import __version__
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.qt.app import App
from drydock.qt.crash import CrashCatcher, crash_report
from drydock.qt.theme import STYLE_ARGUMENTS, icons, theme
from drydock.qt.window import PAGES, MainWindow
from drydock.store import Store
from drydock.world.live import LiveWorld


def run(machine: str = "", page: str = "", quit_after: float | None = None, engine: str = "") -> int:
    """Open the window and stay until it is closed.

    Args:
        machine: a recorded machine to show instead of this computer.
        page: the page to open first.
        quit_after: seconds after the first paint to close by itself; used to test packages.
        engine: address or context of the container engine.

    Returns:
        The exit code.

    Raises:
        Trouble: the recorded machine cannot be opened, or ``page-unknown``.
    """
    recorded = None
    if machine:
        from drydock.data.machine import open_machine

        recorded = open_machine(machine)
    names = [name for name, *_ in PAGES]
    if page and page not in names:
        raise Trouble("page-unknown", page=page, pages=", ".join(names))
    qt = QApplication.instance() or QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("drydock")
    qt.setApplicationDisplayName("Drydock")
    qt.setApplicationVersion(__version__)
    qt.setDesktopFileName("io.github.torch_drydock.Drydock")
    store = Store()
    theme().install(qt, store.settings.theme)
    context = Context(world=LiveWorld(), store=store, engine=engine or store.settings.engine)
    app = App(context, recorded)
    window = MainWindow(app)
    _catch_crashes(app, window)
    # Python handles signals between byte codes, so the event loop must give it a chance now and then
    ticker = QTimer(interval=250)
    ticker.timeout.connect(lambda: None)
    ticker.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: window.close_now())
    # the desktop then closes the windows itself
    qt.commitDataRequest.connect(partial(_obey_session_end, window))
    # a window that closes from the tray was not visible, so that Qt would not end by itself
    window.closed.connect(qt.quit)
    window.first_painted.connect(gc.enable)
    window.first_painted.connect(lambda: qt.setWindowIcon(icons.app_icon()))
    window.first_painted.connect(app.diagnose)
    if quit_after is not None:
        window.first_painted.connect(lambda: QTimer.singleShot(int(quit_after * 1000), window.close_now))
    window.show_page(page or "home")
    window.show()
    code = qt.exec()
    app.close()
    return code


def _obey_session_end(window: MainWindow, _manager: QSessionManager) -> None:
    window.closing.finish_mending()


def _catch_crashes(app: App, window: MainWindow) -> None:
    def show(text: str) -> None:
        from drydock.jobs.report import make_redactor
        from drydock.qt.crash_dialog import CrashDialog

        CrashDialog(crash_report(text, make_redactor(app.context)), window).open()

    catcher = CrashCatcher(window)
    catcher.caught.connect(show)
    catcher.install()
    app.bridge.crashed.connect(show)
