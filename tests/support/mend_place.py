"""A root directory, a home and programs that may be changed at will, and the app on top of them."""

import json
import os
from contextlib import contextmanager

from drydock.core.facts import Known, User
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import remedy
from drydock.core.remedies.steps import EditStep, MergeObject, RunStep
from drydock.jobs.context import Context
from drydock.qt.app import App
from drydock.qt.window import MainWindow
from drydock.store import Store
from drydock.world.live import LiveWorld

HOME = "/home/ada"
CONFIG = f"{HOME}/.docker/config.json"
LOCAL, REACHED = "http://127.0.0.1:3128", "http://10.0.0.1:3128"


def proxies(address):
    return {"proxies": {"default": {"httpProxy": address}}}


FINDING = Finding(id="engine-container-proxy", rung="engine", state="attention", variant="loopback")
"""What the check says of the proxy in the place's docker configuration until it is mended."""

SET = EditStep(title="Name the proxy by an address that containers reach", path=CONFIG, edit=MergeObject(""))
SWITCH = RunStep(title="Switch it on", argv=("on", "a b"), privileged=True, undo=("off", "a b"))
SETTLE = RunStep(title="Restart the engine", argv=("settle",), privileged=True, settles=True)
LAST = RunStep(title="Send a letter", argv=("on", "letter"))


def settings(address=REACHED, **more):
    """Return the step that writes an address into the docker configuration."""
    edit = MergeObject(json.dumps(proxies(address)))
    return EditStep(**{"title": SET.title, "path": CONFIG, "edit": edit, **more})


def made(*steps, title="Let containers reach the proxy", commands=("nano ~/.docker/config.json",), **fields):
    return remedy("made-up", title, *commands, steps=steps, **fields)


class Below(LiveWorld):
    """This computer, with a home below the root, as root or as a person who is not."""

    def __init__(self, root, ordinary):
        super().__init__()
        self._ordinary = ordinary
        self._environment = {**self._environment, "HOME": f"{root}{HOME}"}

    def user(self):
        return Known(User(uid=1000, groups=("ada",), database_groups=("ada",))) if self._ordinary else super().user()


class Place:
    """The files and programs."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "root"
        self.calls = folder / "calls"
        self.config = self.root / CONFIG.lstrip("/")
        self.config.parent.mkdir(parents=True)
        self.config.write_text(json.dumps(proxies(LOCAL), indent=2) + "\n")
        for name in ("on", "off", "settle"):
            self.program(name, f'echo "{name} $*" >> {self.calls}; echo "{name} is done"')
        self.before = self.config.read_text()
        self.app = self.window = None

    def program(self, name, script):
        place = self.root / "usr" / "bin" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    def called(self):
        return self.calls.read_text().split("\n")[:-1] if self.calls.exists() else []

    def address(self):
        return json.loads(self.config.read_text())["proxies"]["default"]["httpProxy"]

    @property
    def ledger(self):
        return self.app.context.store.ledger


@contextmanager
def opened_place(folder, monkeypatch, *, pkexec="", ordinary=False):
    """Open the window over a place.

    Args:
        folder: where it lies.
        monkeypatch: pytest's.
        pkexec: script of a stand-in for pkexec; empty: there is none.
        ordinary: whether the person is not root.
    """
    place = Place(folder)
    stand_ins = folder / "stand-ins"
    stand_ins.mkdir()
    if pkexec:
        (stand_ins / "pkexec").write_text(f"#!/bin/sh\n{pkexec}\n")
        (stand_ins / "pkexec").chmod(0o755)
    monkeypatch.setenv("HOME", HOME)
    # this computer may have a pkexec or sudo of its own
    for name in ("sleep", "touch"):
        (stand_ins / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(stand_ins))
    for name in ("WAYLAND_DISPLAY", "SUDO_ASKPASS", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    world = Below(str(place.root), ordinary)
    store = Store(folder / "store")
    app = App(Context(world=world, store=store, engine=f"unix://{folder}/none.sock", root=str(place.root)))
    place.app, place.window = app, MainWindow(app)
    place.window.app = app
    try:
        yield place
    finally:
        app.bridge.close(10.0)
        place.window.close_now()
        place.window.deleteLater()


only_root = os.geteuid() == 0
