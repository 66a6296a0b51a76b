"""Every Qt test runs offscreen, in the light theme, and leaves no thread and no window behind."""

import os

# before the first QApplication
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.pop("DRYDOCK_THEME", None)

import gc
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThreadPool, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from drydock.qt.theme import theme


def _settle():
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def nothing_left_over(qapp):
    """Fail a test that leaves a thread or a top-level window (qtbot closes its own before this looks)."""
    threads = set(threading.enumerate())
    windows = set(map(id, QApplication.topLevelWidgets()))
    yield
    QThreadPool.globalInstance().waitForDone(2000)
    _settle()
    assert QThreadPool.globalInstance().activeThreadCount() == 0, "a pooled job is still running"
    new_threads = [thread for thread in set(threading.enumerate()) - threads if thread.is_alive()]
    for thread in new_threads:
        thread.join(2)
    still = [thread.name for thread in new_threads if thread.is_alive()]
    assert not still, f"threads left over: {still}"
    left = [
        widget
        for widget in QApplication.topLevelWidgets()
        if id(widget) not in windows and widget.metaObject().className() != "QTipLabel"
    ]
    assert not left, f"top-level windows left over: {left}"


@pytest.fixture(autouse=True)
def dressed(qapp):
    """Install the theme once and begin every test in the light one."""
    if theme().parent() is None:
        theme().setParent(qapp)
        theme().install(qapp, "light")
    theme().choose("light")
    yield theme()
    theme().choose("light")


class Browser(QObject):
    """Takes the web addresses that the window opens, in the place of a browser."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    @Slot(QUrl)
    def take(self, address):
        self.addresses.append(address.toString())


@pytest.fixture(autouse=True)
def browser(qapp):
    """No test opens a real browser; what would be opened is kept in ``addresses``."""
    taken = Browser()
    for scheme in ("http", "https"):
        QDesktopServices.setUrlHandler(scheme, taken, "take")
    yield taken
    for scheme in ("http", "https"):
        QDesktopServices.unsetUrlHandler(scheme)
