"""Save pictures of every page: ``python -m tests.qt.screenshots --out DIR [--machine NAME] [--page NAME]…``."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

SIZES = ((1280, 800), (1000, 640))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--machine", default="")
    parser.add_argument("--page", action="append", default=[])
    parser.add_argument("--theme", action="append", default=[])
    parser.add_argument("--wait", type=float, default=2.5, help="seconds for readings to come in")
    parser.add_argument("--full", action="store_true", help="also one picture of the whole scrolled page")
    parser.add_argument("--activities", choices=("some", "none"), help="also open the list of activities")
    wanted = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("DRYDOCK_HOME", tempfile.mkdtemp(prefix="drydock-shots-"))
    from PySide6.QtCore import QEventLoop, QSize, QTimer
    from PySide6.QtWidgets import QApplication, QScrollArea

    from drydock.data.machine import open_machine
    from drydock.jobs.context import Context
    from drydock.qt.app import App
    from drydock.qt.theme import STYLE_ARGUMENTS, theme
    from drydock.qt.window import PAGES, MainWindow
    from drydock.store import Store
    from drydock.world.live import LiveWorld

    def wait(seconds: float) -> None:
        # QTest.qWait would keep the interpreter to itself, and the jobs' threads would stand still
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    qt = QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    theme().install(qt, "light")
    machine = open_machine(wanted.machine) if wanted.machine else None
    app = App(Context(world=LiveWorld(), store=Store(), engine=os.environ.get("DOCKER_HOST", "")), machine)
    window = MainWindow(app)
    window.show()
    app.diagnose()
    for _ in range(200):
        wait(0.05)
        if not app.busy:
            break
    wanted.out.mkdir(parents=True, exist_ok=True)
    if wanted.activities == "some":
        from tests.qt.activity_states import fill

        fill(app.activities)
        wait(0.3)
    for name in wanted.page or [name for name, *_ in PAGES]:
        window.show_page(name)
        wait(wanted.wait)
        if wanted.activities:
            window.activity_panel.open_list()
        for choice in wanted.theme or ("light", "dark"):
            theme().choose(choice)
            for width, height in SIZES:
                window.resize(QSize(width, height))
                wait(0.15)
                stem = f"{wanted.machine or 'here'}-{name}-{choice}-{width}"
                window.grab().save(str(wanted.out / f"{stem}.png"))
                page = window.page(name)
                if wanted.full and isinstance(page, QScrollArea) and page.widget():
                    page.widget().grab().save(str(wanted.out / f"{stem}-full.png"))
    app.close()


if __name__ == "__main__":
    main()
