"""Doctor: the ladder at the left, the findings at the right, the root cause first; and how it was before."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis, Finding
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.diagnose import CollectorStarted, FindingReached
from drydock.jobs.past import KeptDiagnosis
from drydock.qt.app import App
from drydock.qt.pages.doctor_findings import FindingsView, Sight
from drydock.qt.pages.doctor_head import DoctorHead
from drydock.qt.pages.doctor_history import DoctorHistory, span
from drydock.qt.pages.doctor_words import counts, depth_title, step_title
from drydock.qt.theme import tokens
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.fold_row import FoldRow

_TICK_MS = 500
_GATHER_MS = 60
_NARROW = 860


class DoctorPage(QWidget):
    """Follows the looks at this computer, or at a recorded machine.

    Attributes:
        head: title, depth and buttons.
        findings: ladder and list.
        history: earlier diagnoses.
        banner: says, while an earlier one is shown, that it is.
    """

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._found: dict[str, Finding] = {}
        self._fresh: set[str] = set()
        self._diagnosis: Diagnosis | None = None
        self._kept: KeptDiagnosis | None = None
        self._step, self._step_at = "", 0.0
        self._shown_root = ""
        self.head = DoctorHead(app)
        self.header = self.head.header
        self.banner = Banner()
        self.findings = FindingsView(app)
        self.history = DoctorHistory(app)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._place()
        self._connect()
        self._begin_with_what_is_there()

    # what others call

    def row(self, check: str) -> FoldRow:
        """Return the row of a check, or the folded line that stands for it.

        Raises:
            KeyError: it is not in the list.
        """
        return self.findings.list.row(check)

    def check_again(self) -> None:
        """Look anew, as far as is chosen."""
        self.head.check_again()

    def show_argument(self, argument: object) -> None:
        """Open and reveal the row of a check, named by its id."""
        if isinstance(argument, str):
            self.back_to_now()
            self.findings.reveal(argument)

    def show_history(self) -> None:
        """Show earlier diagnoses."""
        self._leave_kept()
        self.history.read()
        self._views.setCurrentWidget(self.history)
        self.head.say_view("history")

    def show_kept(self, kept: KeptDiagnosis) -> None:
        """Show an earlier diagnosis; nothing can be done to it."""
        self._kept = kept
        self.findings.forget()
        words = self.tr("How it was: {when}, {depth} look. Nothing here is how this computer is now.")
        told = words.format(when=span(kept), depth=depth_title(kept.depth).lower())
        self.banner.say(told, action=self.tr("Back to now"), icon="clock")
        self.banner.show()
        self._views.setCurrentWidget(self.findings)
        self.head.say_view("kept")
        self._say_verdict()
        self._refresh()
        if kept.diagnosis.root_cause:
            self.findings.list.open_row(kept.diagnosis.root_cause.id)

    def back_to_now(self) -> None:
        """Show how this computer is now."""
        self._leave_kept()
        self._views.setCurrentWidget(self.findings)
        self.head.say_view("now")
        self._refresh()

    def save_report(self, path: str) -> None:
        """Write a bundle to a path, and say how it went."""
        self.head.report.save(path)

    def work_on_its_way(self) -> str:
        """Say what closing the window would stop."""
        if self._app.busy and self._app.depth != "quick":
            return self.tr("The doctor looks inside a container.")
        return ""

    # making

    def _place(self) -> None:
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.banner.hide()
        self._views = QStackedWidget()
        self._views.addWidget(self.findings)
        self._views.addWidget(self.history)
        content = QWidget()
        content.setMaximumWidth(tokens.PAGE_WIDTH + 120)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addWidget(self.head)
        column.addWidget(self.banner)
        column.addWidget(self._views, 1)
        self._sides = QHBoxLayout(self)
        self._sides.addStretch(1)
        self._sides.addWidget(content, 1000)
        self._sides.addStretch(1)

    def _connect(self) -> None:
        app = self._app
        self.head.begun.connect(self.back_to_now)
        self.head.history_toggled.connect(self._toggle_history)
        self.history.chosen.connect(self.show_kept)
        self.banner.chosen.connect(self.back_to_now)
        self.banner.closed.connect(self.back_to_now)
        self._tick.timeout.connect(self._say_progress)
        self._gather.timeout.connect(self._refresh)
        app.diagnosing.connect(self._wait)
        app.step_reached.connect(self._take)
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._forget)

    def _begin_with_what_is_there(self) -> None:
        self.head.rest()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
        if self._app.busy or self._app.diagnosis is None:
            self._wait()
            for step in self._app.steps:
                self._take(step)

    # a look on its way

    def _wait(self) -> None:
        self._fresh.clear()
        self._step = ""
        self.head.wait()
        self._tick.start()
        self._say_progress()
        self._refresh()

    def _take(self, step: object) -> None:
        if isinstance(step, FindingReached):
            self._found[step.finding.id] = step.finding
            self._fresh.add(step.finding.id)
        elif isinstance(step, CollectorStarted) and step_title(step.name):
            self._step, self._step_at = step.name, time.monotonic()
            self._say_progress()
        if not self._gather.isActive():
            self._gather.start()

    def _say_progress(self) -> None:
        if self._kept:
            return
        words = step_title(self._step) or self.tr("Looking at this computer")
        if self._app.depth == "quick":
            self.head.say(f"{words}…")
        else:
            seconds = max(0, round(time.monotonic() - self._app.began_at))
            self.head.say(f"{words}…  {seconds // 60}:{seconds % 60:02d}")
        self.findings.show_progress(self._sight())

    def _show(self, diagnosis: Diagnosis) -> None:
        self._found = {finding.id: finding for finding in diagnosis.findings}
        self._diagnosis = diagnosis
        self._end()
        self._refresh()
        if self._kept is None:
            self._open_root()

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self._end()
        self.head.say(f"{article.text} {article.remedy}", article.title)
        self._refresh()

    def _end(self) -> None:
        self._tick.stop()
        self._gather.stop()
        self._step = ""
        self.head.rest()
        self._say_verdict()

    def _open_root(self) -> None:
        """Open the root cause once; somebody who closed it has read it."""
        root = self._diagnosis.root_cause if self._diagnosis else None
        name = root.id if root else ""
        if root and name != self._shown_root:
            self.findings.list.open_row(name)
        self._shown_root = name

    # what is on show

    def _refresh(self) -> None:
        self.findings.show_sight(self._sight())

    def _sight(self) -> Sight:
        if self._kept:
            diagnosis = self._kept.diagnosis
            found = {finding.id: finding for finding in diagnosis.findings}
            return Sight(findings=found, diagnosis=diagnosis, depth=self._kept.depth, now=False)
        return Sight(
            findings=self._found,
            diagnosis=self._diagnosis,
            depth=None if self._app.recorded else self._app.depth,
            fresh=self._fresh if self._app.busy else None,
            step=self._step,
            seconds=round(time.monotonic() - self._step_at) if self._step else None,
        )

    def _say_verdict(self) -> None:
        if self._kept:
            self.head.say(counts(self._kept.diagnosis))
        elif self._diagnosis:
            early = self._app.stopped_early
            look = self.tr("{depth} look, stopped") if early else self.tr("{depth} look")
            look = look.format(depth=depth_title(self._app.depth))
            self.head.say(counts(self._diagnosis, self.tr("As recorded") if self._app.recorded else look))

    def _forget(self) -> None:
        self._found.clear()
        self._diagnosis, self._shown_root = None, ""
        self.findings.forget()
        self.back_to_now()

    def _leave_kept(self) -> None:
        if self._kept is None:
            return
        self._kept, self._shown_root = None, ""
        self.banner.hide()
        self.findings.forget()
        if self._app.busy:
            self._say_progress()
        else:
            self._say_verdict()
        self._refresh()
        self._open_root()

    def _toggle_history(self) -> None:
        if self._views.currentWidget() is self.history:
            self.back_to_now()
        else:
            self.show_history()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._kept:
            self.show_history()
        elif event.key() == Qt.Key.Key_Escape and self._views.currentWidget() is self.history:
            self.back_to_now()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = tokens.S16 if self.width() < _NARROW else tokens.S32
        self._sides.setContentsMargins(side, tokens.S24, side, 0)
        super().resizeEvent(event)
