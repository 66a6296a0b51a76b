"""Pictures of remedies in every state: ``python -m tests.qt.mend_states --out DIR [--state NAME]…``."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import pytest

STATES = (
    "looking",
    "ready",
    "no-root",
    "cleaning",
    "long",
    "working",
    "stopping",
    "helped",
    "not-helped",
    "failed",
    "changed",
    "nothing",
    "undo",
    "box",
    "log",
    "log-empty",
)
SIZES = ((1280, 800), (1000, 640))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--state", action="append", default=[], choices=STATES)
    wanted = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from drydock.qt.theme import STYLE_ARGUMENTS, theme

    qt = QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    theme().install(qt, "light")
    wanted.out.mkdir(parents=True, exist_ok=True)
    for state in wanted.state or STATES:
        take(state, wanted.out)


def wait(seconds):
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def until(condition, seconds=30):
    for _ in range(round(seconds / 0.02)):
        if condition():
            return
        wait(0.02)
    raise SystemExit("it took too long")


def take(state, out):
    """Save a state in both sizes and themes."""
    from tests.support.mend_place import opened_place

    from drydock.qt.theme import theme

    options = {"ordinary": True} if state == "no-root" else {}
    if state == "failed":
        options = {"ordinary": True, "pkexec": 'exec "$@"'}
    with (
        tempfile.TemporaryDirectory(prefix="mend-") as folder,
        pytest.MonkeyPatch.context() as patch,
        opened_place(Path(folder), patch, **options) as place,
    ):
        place.window.resize(*SIZES[0])
        place.window.show()
        shown = SHOWN[state](place)
        for choice in ("light", "dark"):
            theme().choose(choice)
            for width, height in SIZES:
                place.window.resize(width, height)
                grab(place.window, shown, out / f"{state}-{choice}-{width}.png")
        theme().choose("light")
        place.program("wait", "exit 0")
        (place.folder / "go").touch()
        until(lambda: not place.app.mending.running)
        shown.close()


def grab(window, shown, path):
    """Save a dialog over its window, or a widget alone."""
    from PySide6.QtCore import QPoint, QSize
    from PySide6.QtGui import QPainter, QPen

    from drydock.qt.pages.mend_dialog import MendDialog

    if isinstance(shown, MendDialog):
        shown.resize(QSize(880, 680).boundedTo(window.size() - QSize(40, 40)))
    else:
        shown.resize(window.size())
    wait(0.15)
    if not isinstance(shown, MendDialog):
        shown.grab().save(str(path))
        return
    picture = window.grab()
    painter = QPainter(picture)
    place = QPoint((window.width() - shown.width()) // 2, (window.height() - shown.height()) // 2)
    painter.drawPixmap(place, shown.grab())
    painter.setPen(QPen(shown.palette().mid().color()))
    painter.drawRect(place.x() - 1, place.y() - 1, shown.width() + 1, shown.height() + 1)
    painter.end()
    picture.save(str(path))


def opened(place, remedy, stage="ready", finding="engine-container-proxy"):
    from drydock.qt.pages.mend_dialog import open_remedy

    dialog = open_remedy(place.app, finding, remedy, place.window)
    until(lambda: dialog.stage == stage)
    return dialog


def usual(**more):
    from tests.support.mend_place import SETTLE, SWITCH, made, settings

    note = (
        "Containers made afterwards get the variables. Restarting the engine stops running containers unless "
        "live-restore is on."
    )
    return made(settings(**more), SWITCH, SETTLE, note=note)


def applied(place, remedy, finding="engine-container-proxy"):
    dialog = opened(place, remedy, finding=finding)
    dialog.agree()
    until(lambda: dialog.stage == "ended")
    return dialog


def looking(place):
    from tests.support.mend_place import made

    from drydock.core.remedies.steps import EditStep, TakeOutput

    place.program("wait", f"while [ ! -e {place.folder}/go ]; do sleep 0.05; done")
    return opened(place, made(EditStep(title="t", path="/etc/spec", edit=TakeOutput((("wait",),)))), "looking")


def cleaning(place):
    from tests.support.mend_place import made

    from drydock.core.remedies.steps import EngineStep

    def removed(title, size, act="remove_image"):
        return EngineStep(title=f"Remove the {title}", act=act, target=title, size=size, may_fail=True)

    sizes = (312_000_000, 5_412_000_000, 2_012_000_000, 3_712_000_000, 981_000_000)
    steps = [removed(f"ended session {name}", 81_000_000) for name in ("drydock-amber-heron", "drydock-quiet-otter")]
    steps += [removed(f"image without a name 7c41d8{size // 1_000_000:06x}", size) for size in sizes]
    steps.append(EngineStep(title="Empty the build cache", act="clear_build_cache", size=6_210_000_000, may_fail=True))
    note = (
        "Sizes of images count layers that others share too, so less may be freed. What was written inside an ended "
        "session, and not to a mounted directory or volume, goes with it."
    )
    commands = ("docker rm drydock-amber-heron", "docker image prune --force", "docker builder prune --force")
    return opened(
        place, made(*steps, title="Remove what nothing uses from the engine's disk", commands=commands, note=note)
    )


def long(place):
    from tests.support.mend_place import made

    from drydock.core.remedies.steps import EditStep, PutText

    gpu = '- name: "{0}"\n  containerEdits:\n    deviceNodes:\n    - path: /dev/nvidia{0}'
    lines = "\n".join(gpu.format(number) for number in range(40))
    wide = "    hooks: [" + ", ".join(f"/usr/bin/nvidia-ctk-{number}" for number in range(20)) + "]"
    edit = PutText(f"cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n{wide}\n{lines}\n")
    step = EditStep(title="Write the CDI specification", path="/etc/cdi/nvidia.yaml", edit=edit, privileged=True)
    return opened(place, made(step, title="Write the CDI specification for the driver that is installed now"))


def working(place):
    from tests.support.mend_place import SETTLE, SWITCH, made, settings

    from drydock.core.remedies.steps import RunStep

    place.program(
        "wait",
        f"echo 'Get:4 libnvidia-container1 1.17.4 [925 kB]'; while [ ! -e {place.folder}/go ]; do sleep 0.05; done",
    )
    slow = RunStep(title="Install nvidia-container-toolkit", argv=("wait", "nvidia-container-toolkit"), privileged=True)
    dialog = opened(place, made(settings(), SWITCH, slow, SETTLE, title="Install the NVIDIA Container Toolkit"))
    dialog.agree()
    until(lambda: place.app.mending.progress and place.app.mending.progress.number == 3)
    wait(4.0)
    return dialog


def stopping(place):
    dialog = working(place)
    place.app.mending.stop()
    return dialog


def failed(place):
    from tests.support.mend_place import LAST, SETTLE, SWITCH, made, settings

    from drydock.core.remedies.steps import RunStep

    place.program(
        "install",
        "echo 'Reading package lists...'; echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by "
        "process 4021 (unattended-upgr)' >&2; exit 100",
    )
    install = RunStep(
        title="Install nvidia-container-toolkit", argv=("install", "-y", "nvidia-container-toolkit"), privileged=True
    )
    commands = ("sudo apt-get install -y nvidia-container-toolkit", "sudo systemctl restart docker")
    steps = (settings(), LAST, SWITCH, install, SETTLE)
    return applied(place, made(*steps, title="Install the NVIDIA Container Toolkit and register it", commands=commands))


def changed(place):
    dialog = opened(place, usual())
    place.config.write_text('{\n  "proxies": {}\n}\n')
    dialog.agree()
    until(lambda: dialog.stage == "ended")
    return dialog


def nothing(place):
    from tests.support.mend_place import LOCAL, made, settings

    return opened(place, made(settings(LOCAL)), "unplanned")


def undo(place):
    dialog = applied(place, usual())
    dialog.undo()
    until(lambda: dialog.stage == "ready")
    return dialog


def box(place):
    from PySide6.QtWidgets import QVBoxLayout, QWidget
    from tests.support.mend_place import FINDING, made

    from drydock.qt.pages.mend_box import MendBox
    from drydock.qt.widgets.card import Card

    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    for remedy in (
        usual(),
        made(title="Restart the computer", commands=("sudo reboot",), note="Save your work first."),
    ):
        card = Card()
        card.body.addWidget(MendBox(place.app, FINDING, remedy))
        column.addWidget(card)
    column.addStretch(1)
    page.show()
    return page


def log(place):
    failed(place).close()
    dialog = applied(place, usual())
    dialog.undo()
    until(lambda: dialog.stage == "ready")
    dialog.agree()
    until(lambda: dialog.stage == "ended" and dialog.plan.undoes)
    dialog.close()
    applied(place, usual()).close()
    page = log_page(place)
    names = list(page.log.rows)
    page.log.rows[names[0]].set_open(True)
    return page


def log_page(place):

    from drydock.qt.pages.mend_log import MendLog
    from drydock.qt.widgets.page import Page

    page = Page()
    page.log = MendLog(place.app)
    page.body.addWidget(page.log)
    page.body.addStretch(1)
    page.show()
    until(lambda: not place.app.bridge.busy)
    return page


SHOWN = {
    "looking": looking,
    "ready": lambda place: opened(place, usual()),
    "no-root": lambda place: opened(place, usual()),
    "cleaning": cleaning,
    "long": long,
    "working": working,
    "stopping": stopping,
    "helped": lambda place: applied(place, usual()),
    "not-helped": lambda place: applied(place, usual(address="http://localhost:3129")),
    "failed": failed,
    "changed": changed,
    "nothing": nothing,
    "undo": undo,
    "box": box,
    "log": log,
    "log-empty": log_page,
}


if __name__ == "__main__":
    main()
