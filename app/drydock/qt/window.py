"""The window: a rail, a banner, and the pages. It only places them."""

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from drydock.qt.app import App
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.nav_rail import NavRail

if TYPE_CHECKING:
    from drydock.core.findings import Diagnosis

# name, module, class, icon; the module is imported when the page is first shown
PAGES = (
    ("home", "drydock.qt.pages.home", "HomePage", "home"),
    ("doctor", "drydock.qt.pages.doctor", "DoctorPage", "doctor"),
    ("images", "drydock.qt.pages.images", "ImagesPage", "images"),
    ("launch", "drydock.qt.pages.launch", "LaunchPage", "launch"),
    ("monitor", "drydock.qt.pages.monitor", "MonitorPage", "monitor"),
    ("benchmark", "drydock.qt.pages.benchmark", "BenchmarkPage", "benchmark"),
    ("settings", "drydock.qt.pages.settings", "SettingsPage", "settings"),
)
_NOTE_MS = 6000


class MainWindow(QMainWindow):
    """Places the pages and shows one at a time.

    A page is a widget made with the :class:`App`; it may have ``show_argument(object)``, called when another page sent
    the person there with something in hand, and ``work_on_its_way()``, a sentence about what closing would stop.

    Signals:
        first_painted: the window was painted for the first time; what is slow may begin.
    """

    first_painted = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._pages: dict[str, QWidget] = {}
        self._painted = False
        self.setWindowTitle("Drydock")
        self.setMinimumSize(QSize(760, 520))
        self.resize(1280, 800)
        self.rail = NavRail()
        self.banner = Banner(permanent=True)
        self.note = Banner()
        self._stack = QStackedWidget()
        self._note_timer = QTimer(self, singleShot=True, interval=_NOTE_MS)
        self._note_timer.timeout.connect(self.note.dismiss)
        self._place()
        self._connect()
        self._show_banner()

    def page(self, name: str) -> QWidget:
        """Return a page, making it when it was never shown.

        Raises:
            KeyError: there is no such page.
        """
        if name not in self._pages:
            module, cls = next((module, cls) for key, module, cls, _ in PAGES if key == name)
            page: QWidget = getattr(importlib.import_module(module), cls)(self._app)
            self._pages[name] = page
            self._stack.addWidget(page)
        return self._pages[name]

    def show_page(self, name: str, argument: object = None) -> None:
        """Bring a page to the front, with what another page sent along."""
        page = self.page(name)
        self._stack.setCurrentWidget(page)
        self.rail.set_current(name)
        take = getattr(page, "show_argument", None)
        if argument is not None and take:
            take(argument)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        warnings = [text for page in self._pages.values() if (text := self._on_its_way(page))]
        if warnings and not self._confirm_close(warnings):
            event.ignore()
            return
        self._app.close()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            # pages sample less while nobody can see them
            for page in self._pages.values():
                set_minimised = getattr(page, "set_minimised", None)
                if set_minimised:
                    set_minimised(self.isMinimized())

    def _place(self) -> None:
        titles = {
            "home": self.tr("Home"),
            "doctor": self.tr("Doctor"),
            "images": self.tr("Images"),
            "launch": self.tr("Launch"),
            "monitor": self.tr("Monitor"),
            "benchmark": self.tr("Benchmark"),
            "settings": self.tr("Settings"),
        }
        for name, _, _, icon in PAGES:
            self.rail.add_item(name, titles[name], icon, bottom=name == "settings")
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.banner, self.note):
            column.addWidget(widget)
            widget.hide()
        column.addWidget(self._stack, 1)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self._app.page_wanted.connect(self.show_page)
        self._app.machine_changed.connect(self._show_banner)
        self._app.noted.connect(self._show_note)
        self._app.diagnosed.connect(self._count_findings)
        self._app.diagnosing.connect(lambda: self.rail.set_badge("doctor", 0))
        self.banner.chosen.connect(lambda: self._app.show_machine(None))
        for number, (name, *_) in enumerate(PAGES, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda name=name: self.show_page(name))
        again = QShortcut(QKeySequence(Qt.Key.Key_F5), self)
        again.activated.connect(self._app.diagnose)

    def _show_banner(self) -> None:
        machine = self._app.machine
        if machine is None:
            self.banner.hide()
            self.setWindowTitle("Drydock")
            return
        kind = self.tr("Sample machine") if machine.card.kind == "sample" else self.tr("Recorded machine")
        text = self.tr("{kind}: {title}. Nothing shown here is this computer.")
        words = text.format(kind=kind, title=machine.card.title)
        self.banner.say(words, "attention", action=self.tr("Back to this computer"), icon="sample")
        self.banner.show()
        self.setWindowTitle(f"{machine.card.title} - Drydock")

    def _show_note(self, text: str, tone: str) -> None:
        self.note.say(text, "ok" if tone == "ok" else "broken" if tone == "broken" else "attention")
        self.note.show()
        self._note_timer.start()

    def _count_findings(self, diagnosis: "Diagnosis") -> None:
        broken = sum(finding.state == "broken" for finding in diagnosis.findings)
        attention = sum(finding.state == "attention" for finding in diagnosis.findings)
        self.rail.set_badge("doctor", broken or attention, "broken" if broken else "attention")

    @staticmethod
    def _on_its_way(page: QWidget) -> str:
        tell = getattr(page, "work_on_its_way", None)
        return tell() if tell else ""

    def _confirm_close(self, warnings: list[str]) -> bool:
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Close Drydock?"))
        box.setInformativeText("\n".join(warnings))
        close = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(self.tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.exec()
        return box.clickedButton() is close
