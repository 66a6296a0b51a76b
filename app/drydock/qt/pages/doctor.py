"""Doctor: the ladder at the left, the findings at the right, the root cause first."""

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
from drydock.qt.models.doctor import gpus_in_use
from drydock.qt.pages.doctor_depth import ContainerRow, DepthBox
from drydock.qt.pages.doctor_findings import FindingsView, Sight
from drydock.qt.pages.doctor_report import ReportButton
from drydock.qt.pages.doctor_words import counts, depth_title, step_title
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.confirm import confirm
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.labels import button
from drydock.qt.widgets.page_header import PageHeader

_STOP_AFTER_MS = 900
"""A quick look is over by then; a button that changed for a moment would only flicker."""

_TICK_MS = 500
_GATHER_MS = 60
_NARROW = 860


class DoctorPage(QWidget):
    """What was found, how far to look next, and what was found before."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._findings: dict[str, Finding] = {}
        self._fresh: set[str] = set()
        self._diagnosis: Diagnosis | None = None
        self._kept: KeptDiagnosis | None = None
        self._step, self._step_at = "", 0.0
        self._shown_root = ""
        self._make()
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
        """Look anew, as far as is chosen; where GPUs are in use a load needs a yes."""
        if self._app.busy:
            return
        depth = self.depths.wanted
        busy = gpus_in_use(self._app.diagnosis) if depth == "deep" and self._app.diagnosis else ()
        if not busy:
            self._look()
            return
        names = ", ".join(busy[:4]) + ("…" if len(busy) > 4 else "")
        confirm(
            self,
            self.tr("Put a load on GPUs that are in use?"),
            self.tr("{names} computes there now. It would get slower, and may run out of memory.").format(names=names),
            self.tr("Look deeply"),
            self._look,
            self.tr("Not now"),
        )

    def show_argument(self, argument: object) -> None:
        """Open and reveal the row of a check, named by its id."""
        if not isinstance(argument, str):
            return
        self.back_to_now()
        self.findings.reveal(argument)

    def show_history(self) -> None:
        """Show earlier diagnoses."""
        self._leave_kept()
        self.history.read()
        self._views.setCurrentWidget(self.history)
        self._say_view()

    def show_kept(self, kept: KeptDiagnosis) -> None:
        """Show an earlier diagnosis; nothing can be done to it."""
        from drydock.qt.pages.doctor_history import span

        self._kept = kept
        self.findings.forget()
        words = self.tr("How it was: {when}, {depth}. Nothing here is how this computer is now.")
        depth = depth_title(kept.depth)
        self.banner.say(words.format(when=span(kept), depth=depth), action=self.tr("Back to now"), icon="clock")
        self._views.setCurrentWidget(self.findings)
        self._say_view()
        self._refresh()
        self._open_root(kept.diagnosis)

    def back_to_now(self) -> None:
        """Show how this computer is now."""
        self._leave_kept()
        self._views.setCurrentWidget(self.findings)
        self._say_view()
        self._refresh()

    def work_on_its_way(self) -> str:
        """Say what closing the window would stop."""
        if self._app.busy and self._app.depth != "quick":
            return self.tr("The doctor looks inside a container.")
        return ""

    def save_report(self, path: str) -> None:
        """Write a bundle to a path, and say how it went."""
        self.report.save(path)

    # making

    def _make(self) -> None:
        from drydock.qt.pages.doctor_history import DoctorHistory

        self.header = PageHeader(self.tr("Doctor"), action=self.tr("Check again"), icon="refresh")
        self.header.main_button.setToolTip("F5")
        self.report = ReportButton(self._app)
        self.history_button = button(self.tr("History"), "plain", "clock")
        self.depths = DepthBox()
        for widget in (self.report, self.history_button, self.depths):
            self.header.add_beside(widget)
        self.container_row = ContainerRow(self._app)
        self.banner = Banner(permanent=True)
        self.banner.setProperty("permanent", False)
        self.banner.hide()
        self.findings = FindingsView(self._app)
        self.history = DoctorHistory(self._app)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._late = QTimer(self, singleShot=True, interval=_STOP_AFTER_MS)

    def _place(self) -> None:
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._views = QStackedWidget()
        self._views.addWidget(self.findings)
        self._views.addWidget(self.history)
        content = QWidget()
        content.setMaximumWidth(tokens.PAGE_WIDTH + 120)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        for widget in (self.header, self.container_row, self.banner):
            column.addWidget(widget)
        column.addWidget(self._views, 1)
        self._sides = QHBoxLayout(self)
        self._sides.addStretch(1)
        self._sides.addWidget(content, 1000)
        self._sides.addStretch(1)

    def _connect(self) -> None:
        app = self._app
        self.header.chosen.connect(self._act)
        self.depths.currentIndexChanged.connect(self._follow_depth)
        self.container_row.images_wanted.connect(self._go_to_images)
        self.history_button.clicked.connect(self._toggle_history)
        self.history.chosen.connect(self.show_kept)
        self.banner.chosen.connect(self.back_to_now)
        self._tick.timeout.connect(self._say_progress)
        self._gather.timeout.connect(self._refresh)
        self._late.timeout.connect(self._offer_stop)
        app.diagnosing.connect(self._wait)
        app.step_reached.connect(self._take)
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._forget)
        app.images_changed.connect(self._follow_depth)

    def _begin_with_what_is_there(self) -> None:
        self._follow_machine()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
        if self._app.busy or self._app.diagnosis is None:
            self._wait()
            for step in self._app.steps:
                self._take(step)

    # a look on its way

    def _look(self) -> None:
        self.back_to_now()
        self._app.diagnose(depth=self.depths.wanted, image=self.container_row.image)

    def _act(self) -> None:
        if self._app.busy:
            self._app.stop_diagnosis()
            self.header.main_button.setEnabled(False)
        else:
            self.check_again()

    def _wait(self) -> None:
        self._fresh.clear()
        self._step = ""
        self.depths.setEnabled(False)
        self.container_row.setEnabled(False)
        self.report.setEnabled(False)
        self.header.main_button.setEnabled(False)
        self._late.start()
        self._tick.start()
        self._say_progress()
        self._refresh()

    def _offer_stop(self) -> None:
        if self._app.busy:
            self._set_main(self.tr("Stop"), "stop")
            self.header.main_button.setEnabled(True)

    def _set_main(self, words: str, icon: str) -> None:
        main = self.header.main_button
        main.setText(words)
        main.setAccessibleName(words)
        main.setToolTip("" if self._app.busy else "F5")
        theme().bind_icon(main, icon, "on_accent")

    def _take(self, step: object) -> None:
        if isinstance(step, FindingReached):
            self._findings[step.finding.id] = step.finding
            self._fresh.add(step.finding.id)
        elif isinstance(step, CollectorStarted) and step_title(step.name):
            self._step, self._step_at = step.name, time.monotonic()
            self._say_progress()
        if not self._gather.isActive():
            self._gather.start()

    def _say_progress(self) -> None:
        if not self._app.busy and self._app.diagnosis is not None:
            return
        if self._app.depth == "quick":
            words = self.tr("Looking at this computer…")
        else:
            seconds = max(0, round(time.monotonic() - self._app.began_at))
            name = step_title(self._step) or self.tr("Looking at this computer")
            words = self.tr("{step}…  {minutes}:{seconds:02d}").format(
                step=name, minutes=seconds // 60, seconds=seconds % 60
            )
        self.header.say(self.tr("Doctor"), words)
        self.findings.show_progress(self._sight())

    def _end(self) -> None:
        for timer in (self._tick, self._gather, self._late):
            timer.stop()
        self._step = ""
        self._set_main(self.tr("Check again"), "refresh")
        self.header.main_button.setEnabled(True)
        self._follow_machine()

    def _show(self, diagnosis: Diagnosis) -> None:
        self._findings = {finding.id: finding for finding in diagnosis.findings}
        self._diagnosis = diagnosis
        self._end()
        self._say_verdict()
        self._refresh()
        if self._kept is None:
            self._open_root(diagnosis)

    def _say_verdict(self) -> None:
        if self._diagnosis:
            look = self.tr("{depth} look").format(depth=depth_title(self._app.depth))
            words = [self.tr("As recorded") if self._app.recorded else look, counts(self._diagnosis)]
            if self._app.stopped_early:
                words.insert(0, self.tr("Stopped before its end"))
            self.header.say(self.tr("Doctor"), "  ·  ".join(words))

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self._end()
        self.header.say(article.title, f"{article.text} {article.remedy}")
        self._refresh()

    def _open_root(self, diagnosis: Diagnosis) -> None:
        """Open the root cause once; somebody who closed it has read it."""
        root = diagnosis.root_cause
        name = root.id if root else ""
        if root and (name != self._shown_root or self._kept):
            self.row(name).set_open(True)
        if not self._kept:
            self._shown_root = name

    # what is on show

    def _refresh(self) -> None:
        """Bring ladder and list up to date."""
        self.findings.show_sight(self._sight())

    def _sight(self) -> Sight:
        if self._kept:
            diagnosis = self._kept.diagnosis
            found = {finding.id: finding for finding in diagnosis.findings}
            return Sight(findings=found, diagnosis=diagnosis, depth=self._kept.depth, now=False)
        return Sight(
            findings=self._findings,
            diagnosis=self._diagnosis,
            depth=None if self._app.recorded else self._app.depth,
            fresh=self._fresh if self._app.busy else None,
            step=self._step,
            seconds=round(time.monotonic() - self._step_at) if self._step else None,
        )

    # machine, depth, history

    def _follow_machine(self) -> None:
        recorded = self._app.recorded
        self.depths.allow(
            not recorded,
            self.tr("A recorded machine can only be read: nothing more can be looked at than was recorded."),
        )
        self.container_row.setEnabled(True)
        self.report.setEnabled(not recorded)
        self.history_button.setEnabled(not recorded)
        no_history = self.tr("What is kept is the history of this computer, not of a recorded machine.")
        self.history_button.setToolTip(no_history if recorded else self.tr("Earlier diagnoses, and what was changed"))
        self._follow_depth()

    def _follow_depth(self, _index: int = 0) -> None:
        self.container_row.follow(self._app.diagnosis, self.depths.wanted)

    def _go_to_images(self, reference: str) -> None:
        self._app.page_wanted.emit("images", reference or None)

    def _forget(self) -> None:
        self._findings.clear()
        self._diagnosis, self._shown_root = None, ""
        self.findings.forget()
        self.back_to_now()

    def _leave_kept(self) -> None:
        if self._kept:
            self._kept = None
            self.findings.forget()
        self.banner.hide()

    def _toggle_history(self) -> None:
        if self._views.currentWidget() is self.history:
            self.back_to_now()
        else:
            self.show_history()

    def _say_view(self) -> None:
        in_history = self._views.currentWidget() is self.history
        words = self.tr("Back to now") if in_history else self.tr("History")
        self.history_button.setText(words)
        self.history_button.setAccessibleName(words)

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
