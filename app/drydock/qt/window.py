"""The window: a rail, a banner, and the pages. It only places them."""

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from drydock.qt.app import App
from drydock.qt.closing import Closing
from drydock.qt.widgets.activity_item import ActivityItem
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.nav_rail import NavRail

if TYPE_CHECKING:
    from drydock.core.findings import Diagnosis
    from drydock.qt.widgets.activity_panel import ActivityPanel

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

    Attributes:
        closing: what closing means while something goes on.

    Signals:
        first_painted: the window was painted for the first time; what is slow may begin.
        closed: the window closed for good.
    """

    first_painted = Signal()
    closed = Signal()

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
        self.closing = Closing(self, app.activities, self._work_on_its_way)
        self._activities: ActivityPanel | None = None
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

    @property
    def activity_panel(self) -> "ActivityPanel":
        """The list of activities; made when it is first asked for."""
        if self._activities is None:
            from drydock.qt.widgets.activity_panel import ActivityPanel

            self._activities = ActivityPanel(self._app.activities, self.activity_item, self._central)
            self._activities.page_wanted.connect(self.show_page)
            self._activities.toggled.connect(self._place_panel)
        return self._activities

    def close_now(self) -> None:
        """Stop everything and close, without a question; a step that changes this computer is finished first."""
        if self._app.bridge.busy:
            self.closing.stop_and_close()
        else:
            self.closing.end()
            self.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_panel()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.closing.may_close():
            event.ignore()
            return
        self.closing.end()
        if self._activities:
            self._activities.close_list()
        self._app.close()
        super().closeEvent(event)
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._rest(self.isMinimized())

    def _rest(self, unseen: bool) -> None:
        # pages sample less while nobody can see them
        for page in self._pages.values():
            set_minimised = getattr(page, "set_minimised", None)
            if set_minimised:
                set_minimised(unseen)

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
            if name == "settings":
                self.activity_item = ActivityItem(self.tr("Activity"), "list")
                self.rail.add_act(self.activity_item)
            self.rail.add_item(name, titles[name], icon, bottom=name == "settings")
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.banner, self.note):
            column.addWidget(widget)
            widget.hide()
        column.addWidget(self._stack, 1)
        self._central = QWidget()
        row = QHBoxLayout(self._central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(self._central)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self._app.page_wanted.connect(self.show_page)
        self._app.machine_changed.connect(self._show_banner)
        self._app.noted.connect(self._show_note)
        self._app.diagnosed.connect(self._count_findings)
        self._app.diagnosing.connect(self._uncount_findings)
        self._app.diagnosis_failed.connect(self._count_again)
        self._app.activities.changed.connect(self._show_activities)
        self.activity_item.clicked.connect(self._toggle_activities)
        self.closing.hidden.connect(self._rest)
        self.banner.chosen.connect(lambda: self._app.show_machine(None))
        for number, (name, *_) in enumerate(PAGES, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda name=name: self.show_page(name))
        again = QShortcut(QKeySequence(Qt.Key.Key_F5), self)
        again.activated.connect(self._check_again)
        activities = QShortcut(QKeySequence("Ctrl+J"), self)
        activities.activated.connect(self._toggle_activities)

    def _toggle_activities(self) -> None:
        self.activity_panel.toggle()

    def _place_panel(self) -> None:
        if self._activities:
            self._activities.keep_in(self.rail.width())

    def _show_activities(self, _changed: int = 0) -> None:
        """Bring ring, count and title up to date."""
        activities = self._app.activities
        on_their_way = activities.on_their_way
        failed = sum(activity.state == "failed" for activity in activities.items)
        self.activity_item.show_share(activities.share, running=any(one.state == "running" for one in on_their_way))
        self.activity_item.set_badge(failed or len(on_their_way), "broken" if failed else "accent")
        self._show_title()

    def _show_title(self) -> None:
        machine, share = self._app.machine, self._app.activities.share
        title = f"{machine.card.title} - Drydock" if machine else "Drydock"
        title = title if share is None else f"{share:.0%} - {title}"
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _show_banner(self) -> None:
        machine = self._app.machine
        self._show_title()
        if machine is None:
            self.banner.hide()
            return
        kind = self.tr("Sample machine") if machine.card.kind == "sample" else self.tr("Recorded machine")
        text = self.tr("{kind}: {title}. Nothing shown here is this computer.")
        words = text.format(kind=kind, title=machine.card.title)
        self.banner.say(words, "attention", action=self.tr("Back to this computer"), icon="sample")
        self.banner.show()

    def _show_note(self, text: str, tone: str) -> None:
        self.note.say(text, "ok" if tone == "ok" else "broken" if tone == "broken" else "attention")
        self.note.show()
        self._note_timer.start()

    def _count_findings(self, diagnosis: "Diagnosis") -> None:
        broken = sum(finding.state == "broken" for finding in diagnosis.findings)
        attention = sum(finding.state == "attention" for finding in diagnosis.findings)
        self.rail.set_badge("doctor", broken or attention, "broken" if broken else "attention")

    def _uncount_findings(self) -> None:
        # what a quick look says anew in a moment is taken away; what takes minutes goes on beside what is known
        if self._app.depth == "quick":
            self.rail.set_badge("doctor", 0)

    def _count_again(self, _trouble: object) -> None:
        if self._app.diagnosis:
            self._count_findings(self._app.diagnosis)

    def _check_again(self) -> None:
        """Look anew, as far as the page on show is set to."""
        look = getattr(self._stack.currentWidget(), "check_again", self._app.diagnose)
        look()

    def _work_on_its_way(self) -> list[str]:
        from drydock.qt.models.activities import would_stop

        told = [tell() for page in self._pages.values() if (tell := getattr(page, "work_on_its_way", None))]
        return [*would_stop(self._app.activities.items), *(text for text in told if text)]
