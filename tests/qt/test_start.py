"""What the start must not do: load what the first paint does not need, or wear out the interpreter."""

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

# each costs time or memory that nobody needs before the window is seen
LATE = (
    *("asyncio", "concurrent", "ctypes", "email", "hashlib", "http", "importlib.resources", "socket", "sqlite3", "ssl"),
    *("statistics", "subprocess", "tomllib", "click", "docker", "numpy", "psutil", "pydantic", "pynvml", "requests"),
    *("rich", "torch", "typer", "urllib3", "drydock.cli", "drydock.collect", "drydock.core.checks"),
    *("drydock.core.images", "drydock.data", "drydock.engines", "drydock.jobs.diagnose"),
)

_FIRST_PAINT = """
import builtins, gc, json, os, sys
plain = builtins.__import__
import drydock.qt.window as window
class Painted(window.MainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print(json.dumps({"modules": sorted(sys.modules), "plain": builtins.__import__ is plain, "gc": gc.isenabled()}))
        sys.stdout.flush()
        os._exit(0)
window.MainWindow = Painted
sys.argv = ["drydock"]
from drydock.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def first_paint(tmp_path_factory):
    """What a fresh process knows while it paints its window for the first time."""
    environment = {**os.environ, "DRYDOCK_HOME": str(tmp_path_factory.mktemp("home")), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", _FIRST_PAINT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_heavy_is_loaded_before_the_first_paint(first_paint):
    loaded = [name for name in first_paint["modules"] if any(f"{name}.".startswith(f"{late}.") for late in LATE)]
    assert loaded == []
    assert "drydock.qt.pages.home" in first_paint["modules"]  # so the list above was read from the right process


def test_imports_are_python_s_own_once_qt_is_loaded(first_paint):
    assert first_paint["plain"], "PySide6 reads the source of every module that is imported"


def test_garbage_is_looked_for_again_after_the_first_paint():
    code = (
        "import gc, sys; from drydock.__main__ import open_window;"
        "import drydock.qt.window as window; closing = window.MainWindow.closeEvent\n"
        "def close(self, event):\n    print(gc.isenabled()); closing(self, event)\n"
        "window.MainWindow.closeEvent = close; sys.exit(open_window('', '', 0.0, 'unix:///nowhere/docker.sock'))"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["True"]), done.stderr


def test_a_window_that_was_closed_leaves_no_temporary_files(tmp_path):
    there = tmp_path / "temporary"
    there.mkdir()
    # the style sheet's pictures lie there while the window is open
    code = (
        "import os, sys; from drydock.__main__ import open_window;"
        "import drydock.qt.window as window; closing = window.MainWindow.closeEvent\n"
        "def close(self, event):\n    print(len(os.listdir(os.environ['TMPDIR']))); closing(self, event)\n"
        "window.MainWindow.closeEvent = close; sys.exit(open_window('', '', 0.0, 'unix:///nowhere/docker.sock'))"
    )
    places = {"DRYDOCK_HOME": str(tmp_path / "home"), "TMPDIR": str(there)}
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **places}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["1"]), done.stderr
    assert list(there.iterdir()) == []


def test_the_qt_binding_keeps_none_alive(qtbot):
    """PySide6 6.12.0 gives back one reference to None too many at each call, until Python 3.11 aborts."""
    widget, thing, timer = QWidget(), QObject(), QTimer()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for number in range(1000):
        widget.update()
        thing.setObjectName(str(number))
        timer.setInterval(number)
    assert sys.getrefcount(None) > before - 100
