"""Applies a remedy, or takes one back: preview, consent, each step as it is done, what came of it, undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from drydock.core.remedies import Remedy
from drydock.core.remedies.plan import Plan
from drydock.core.trouble import Trouble
from drydock.jobs import Job
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob
from drydock.jobs.mend_preview import Preview, PreviewJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models import mend as words
from drydock.qt.models.mend_progress import Progress
from drydock.qt.models.mend_verdict import Verdict, can_undo, trouble_words, verdict
from drydock.qt.models.pull import duration_text
from drydock.qt.pages.mend_body import MendBody
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label, rule
from drydock.qt.widgets.progress_panel import ProgressLine

Stage: TypeAlias = Literal["looking", "ready", "working", "ended", "unplanned"]

_SIZE, _LEAST = QSize(880, 680), QSize(560, 400)
_MARGIN = 40
"""What is left of the window around it at least."""

_TICK_MS, _PATIENCE = 500, 3.0
"""How often the time of a step is brought up to date, and seconds before it is shown."""


class MendDialog(QDialog):
    """One remedy from the preview to its end. Esc closes it at any time; what is being carried out goes on then.

    Attributes:
        stage: ``looking`` makes the preview, ``ready`` waits for consent, ``working`` carries it out, ``ended`` tells
            what came of it, ``unplanned`` why there is no preview.
        deed: the button that does it.

    Args:
        app: the app.
        title: what it is about, until there is a plan.
        planning: makes a job that makes the plan; None shows what is being carried out now.
        finding: id of the check that it is for.
    """

    def __init__(
        self,
        app: App,
        title: str,
        planning: Callable[[], Job[Plan]] | None,
        *,
        finding: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._app = app
        self._planning = planning
        self._finding = finding
        self._running: Running | None = None
        self._preview: Preview | None = None
        self.stage: Stage = "looking"
        self._build()
        self._say_title(title, "")
        app.mending.changed.connect(self._follow)
        if planning:
            self.look()
        else:
            self._follow_running()

    @property
    def plan(self) -> Plan | None:
        """The plan on show."""
        return self._preview.plan if self._preview else None

    @property
    def verdict(self) -> str:
        """What came of it, or why there is no preview, as one text; empty before."""
        card = self._body.verdict
        return "" if card.isHidden() else card.words

    # preview

    def look(self) -> None:
        """Make the preview, also once more."""
        if self._planning is None:
            return
        self._preview = None
        self._body.clear()
        self._set_stage("looking")
        self._now.setText(self.tr("Looking what it would do here…"))
        job = PreviewJob(self._app.context, self._planning())
        self._running = self._app.bridge.start(job, done=self._show_preview, failed=self._show_trouble)

    def undo(self) -> None:
        """Show how what was done just now would be taken back."""
        progress = self._app.mending.progress
        if progress and progress.entry:
            self._say_title(progress.plan.title, "")
            self._finding = progress.finding
            self._planning = partial(PlanUndoJob, self._app.context, progress.entry)
            self.look()

    def agree(self) -> None:
        """Carry out exactly what is on show."""
        plan = self.plan
        if plan and self.stage == "ready" and self.deed.isEnabled():
            self._app.mending.start(plan, plan.fingerprint, self._finding)

    def _show_preview(self, preview: Preview) -> None:
        self._running = None
        self._preview = preview
        plan = preview.plan
        self._say_title(plan.title, plan.note)
        self._body.show_preview(preview)
        self.deed.setText(words.deed(plan))
        self.deed.setAccessibleName(plan.title)
        self.deed.setToolTip(plan.title if plan.title != words.deed(plan) else "")
        self._set_stage("ready")

    def _show_trouble(self, trouble: Trouble) -> None:
        self._running = None
        self._body.show_verdict(trouble_words(trouble))
        self._set_stage("unplanned")
        if trouble.id == "mend-nothing-to-do":
            self._check.show()
            self._again.hide()

    # work

    def _follow_running(self) -> None:
        progress = self._app.mending.progress
        if progress is None:
            self._body.show_verdict(Verdict(tone="attention", title=self.tr("Nothing is being applied.")))
            self._set_stage("unplanned")
            return
        self._finding = progress.finding
        self._preview = Preview(plan=progress.plan)
        self._say_title(progress.plan.title, progress.plan.note)
        self._body.show_steps(progress.plan)
        self._set_stage("working")
        self._follow()

    def _follow(self) -> None:
        """Draw the newest moment of what is being carried out."""
        progress, plan = self._app.mending.progress, self.plan
        if progress is None or plan is None:
            return
        if progress.plan is not plan:
            if self.stage == "ready":
                self._allow()
            return
        if self.stage == "ready":
            self._set_stage("working")
        self._body.show_progress(progress)
        if progress.running:
            self._show_moment(progress)
        elif self.stage == "working":
            self._show_end(progress)

    def _show_moment(self, progress: Progress) -> None:
        self._now.setText(words.breakable(words.now_words(progress)))
        self._show_elapsed()
        asks = words.asks_now(progress, self._preview.way if self._preview else None)
        asking = self.tr("Your desktop may be asking for the password now.") + " " if asks else ""
        self._detail.setText(words.breakable(asking + words.stop_words(progress)))
        self._stop.setEnabled(words.can_stop(progress))
        self._stop.setText(self.tr("Stopping…") if progress.stopping else self.tr("Stop"))
        done = sum(line.state not in ("waiting", "running") for line in progress.lines)
        self._line.set_share(None if len(progress.lines) == 1 else done / (len(progress.lines) + 1))

    def _show_elapsed(self) -> None:
        """Show that a step goes on, once it takes longer than one would wait without a sign."""
        seconds = self._app.mending.elapsed
        self._elapsed.setText(duration_text(seconds) if seconds >= _PATIENCE else "")

    def _show_end(self, progress: Progress) -> None:
        self._body.show_verdict(verdict(progress), progress.entry if progress.touched else "")
        self._set_stage("ended")
        self._undo.setVisible(bool(progress.entry) and can_undo(progress))
        self._again.setVisible(progress.phase != "done" and self._planning is not None)
        self.setAccessibleDescription(self.verdict)

    # closing

    def reject(self) -> None:
        """Close it; what is being carried out goes on."""
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
        if self.stage == "working":
            self._app.noted.emit(self.tr("It goes on; the list of activities shows how far it is."), "ok")
            self._app.mending.watched = False
        super().reject()

    def _look_again(self) -> None:
        if self.stage in ("ready", "unplanned"):
            self.look()

    def _check_again(self) -> None:
        self._app.diagnose()
        self.reject()

    # form

    def _set_stage(self, stage: Stage) -> None:
        self.stage = stage
        looking, ready, working = stage == "looking", stage == "ready", stage == "working"
        self._busy.setVisible(looking or working)
        self._detail.setVisible(working)
        self._elapsed.setText("")
        self._clock.stop()
        if looking:
            self._line.set_share(None)
        if working:
            self._clock.start()
            self._app.mending.watched = True
            self._body.hide_preview()
        self.deed.setVisible(ready)
        if ready:
            self._allow()
        self._stop.setVisible(working)
        for widget in (self._undo, self._check):
            widget.setVisible(False)
        self._again.setVisible(stage == "unplanned" and self._planning is not None)
        over = self.tr("Close") if stage in ("ended", "unplanned") else self.tr("Cancel")
        self._close.setText(self.tr("Go on in the background") if working else over)
        self._close.setAccessibleName(self._close.text())
        self._close.setFocus()

    def _allow(self) -> None:
        """Let the deed be done, or say why not."""
        assert self._preview is not None
        busy = self._app.mending.running
        self.deed.setEnabled(words.can_apply(self._preview) and not busy)
        self._body.show_blocked(self._preview, busy=busy)

    def _say_title(self, title: str, note: str) -> None:
        self._title.setText(words.breakable(title))
        self.setWindowTitle(title)
        self._note.setText(words.breakable(note))
        self._note.setVisible(bool(note))

    def showEvent(self, event: QShowEvent) -> None:
        parent = self.parentWidget()
        if parent is not None and not event.spontaneous():
            room = parent.window().size() - QSize(_MARGIN, _MARGIN)
            self.resize(_SIZE.boundedTo(room))
        super().showEvent(event)

    def _build(self) -> None:
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE)
        self._title = label("", "title")
        self._note = label("", "lead")
        self._body = MendBody()
        head = QVBoxLayout()
        head.setContentsMargins(tokens.S24, tokens.S24, tokens.S24, tokens.S12)
        head.setSpacing(tokens.S8)
        for widget in (self._title, self._note, self._make_busy()):
            head.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(self._body, 1)
        outer.addWidget(rule())
        outer.addLayout(self._make_footer())

    def _make_busy(self) -> QWidget:
        self._now = label("", "strong")
        self._detail = label("", "small")
        self._elapsed = label("", "muted", wrap=False)
        self._clock = QTimer(self, interval=_TICK_MS)
        self._clock.timeout.connect(self._show_elapsed)
        self._line = ProgressLine()
        self._busy = QWidget()
        now = QHBoxLayout()
        now.addWidget(self._now, 1)
        now.addWidget(self._elapsed, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self._busy)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addLayout(now)
        for widget in (self._line, self._detail):
            column.addWidget(widget)
        return self._busy

    def _make_footer(self) -> QHBoxLayout:
        self._undo = button(self.tr("Undo…"), "plain", "undo")
        self._again = button(self.tr("Preview again"), "plain", "refresh")
        self._check = button(self.tr("Check again"), "plain", "refresh")
        self._stop = button(self.tr("Stop"), "plain", "stop")
        self._close = button(self.tr("Cancel"), "plain")
        self.deed = button("", "main")
        acts: tuple[tuple[QPushButton, Callable[[], None]], ...] = (
            (self._undo, self.undo),
            (self._again, self.look),
            (self._check, self._check_again),
            (self._stop, self._app.mending.stop),
            (self._close, self.reject),
            (self.deed, self.agree),
        )
        row = QHBoxLayout()
        row.setContentsMargins(tokens.S24, tokens.S12, tokens.S24, tokens.S16)
        row.setSpacing(tokens.S8)
        row.addStretch(1)
        for made, act in acts:
            made.clicked.connect(act)
            row.addWidget(made)
        self._close.setDefault(True)
        again = QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self)
        again.activated.connect(self._look_again)
        return row


def open_remedy(app: App, finding: str, remedy: Remedy, parent: QWidget) -> MendDialog:
    """Show what a remedy would do, to be applied."""

    def planning() -> Job[Plan]:
        return PlanJob(app.context, remedy, finding=finding, root=app.context.root)

    return _opened(MendDialog(app, remedy.title, planning, finding=finding, parent=parent.window()))


def open_undo(app: App, entry: str, title: str, parent: QWidget) -> MendDialog:
    """Show how an entry of the log would be taken back."""
    return _opened(MendDialog(app, title, partial(PlanUndoJob, app.context, entry), parent=parent.window()))


def open_running(app: App, parent: QWidget) -> MendDialog:
    """Show what is being carried out now."""
    return _opened(MendDialog(app, "", None, parent=parent.window()))


def _opened(dialog: MendDialog) -> MendDialog:
    # it blocks its window and not the app: job threads and timers go on
    dialog.open()
    return dialog
