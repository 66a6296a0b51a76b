"""The packaged entry gives the process the user's environment back."""

import json
import os
import subprocess
import sys

from tests.packaging.conftest import ROOT

PACKAGE = "/usr/lib/drydock/_internal"

# what the bootloader and Qt's hook leave behind, with the hook of the package having run between them
PROGRAM = f"""
import json, os, runpy, sys
runpy.run_path({str(ROOT / "packaging/environment_hook.py")!r})
os.environ["QT_PLUGIN_PATH"] = {PACKAGE + "/PySide6/Qt/plugins"!r}
os.environ["QML2_IMPORT_PATH"] = {PACKAGE + "/PySide6/Qt/qml"!r}
sys.frozen, sys._MEIPASS = True, {PACKAGE!r}
start = runpy.run_path({str(ROOT / "packaging/start.py")!r}, run_name="start")
start["give_back_environment"]()
from drydock.world.live import LiveWorld
outcome = LiveWorld().run(["/usr/bin/env", "-0"], limit=10)
print(json.dumps([dict(os.environ), dict(e.split("=", 1) for e in outcome.stdout.split(chr(0)) if e)]))
"""


def environments(**added):
    """Return what the process keeps and what a child gets."""
    bootloader = {"_PYI_ARCHIVE_FILE": "/usr/lib/drydock/drydock", "_PYI_APPLICATION_HOME_DIR": PACKAGE}
    base = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env={**base, **bootloader, **added}
    ).stdout
    process, child = json.loads(told)
    return process, child, base


def test_nothing_of_the_package_is_left():
    process, child, base = environments(LD_LIBRARY_PATH=PACKAGE)
    assert process == base
    assert {name: value for name, value in child.items() if name != "_"} == base


def test_the_users_library_path_is_back_in_the_process_and_for_its_children():
    process, child, _ = environments(LD_LIBRARY_PATH=f"{PACKAGE}:/home/ada/lib", LD_LIBRARY_PATH_ORIG="/home/ada/lib")
    assert process["LD_LIBRARY_PATH"] == child["LD_LIBRARY_PATH"] == "/home/ada/lib"
    assert "LD_LIBRARY_PATH_ORIG" not in {**process, **child}


def test_the_users_plugins_are_for_children_only():
    process, child, _ = environments(QT_PLUGIN_PATH="/home/ada/qt/plugins")
    assert "QT_PLUGIN_PATH" not in process
    assert child["QT_PLUGIN_PATH"] == "/home/ada/qt/plugins"
    assert "QT_PLUGIN_PATH_ORIG" not in child
