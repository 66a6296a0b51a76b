"""Applies a remedy, or takes one back: preview, consent, each step as it is done, what came of it, undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

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
from drydock.qt.models.pull import size_text
from drydock.qt.pages.mend_steps import StepList
from drydock.qt.pages.mend_verdict import VerdictCard
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label, rule
from drydock.qt.widgets.progress_panel import ProgressLine

Stage: TypeAlias = Literal["looking", "ready", "working", "ended", "unplanned"]

_SIZE = QSize(880, 680)
_MARGIN = 40
"""What is left of the window around it at least."""


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
        self._steps: StepList | None = None
        self.stage: Stage = "looking"
        self._build(title)
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
        return "" if self._verdict.isHidden() else self._verdict.words

    # preview

    def look(self) -> None:
        """Make the preview, also once more."""
        if self._planning is None:
            return
        self._clear()
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
        self._show_plan(plan)
        self._summary.set_rows(self._facts(preview))
        self._summary_card.show()
        if plan.lasting:
            self._warning.show_verdict(words.Verdict(tone="attention", title=words.undo_words(plan)))
        self._hand.set_text("\n".join(words.by_hand(plan)))
        self._hand_card.setVisible(bool(self._hand.text))
        self.deed.setText(words.deed(plan))
        self.deed.setAccessibleName(plan.title)
        self.deed.setToolTip(plan.title if plan.title != words.deed(plan) else "")
        self._set_stage("ready")

    def _facts(self, preview: Preview) -> tuple[Row, ...]:
        plan = preview.plan
        frees = size_text(plan.frees) if plan.frees else ""
        rows = (
            (self.tr("Root"), words.root_words(preview) if words.can_apply(preview) else ""),
            (self.tr("Undo"), "" if plan.lasting else words.undo_words(plan)),
            (self.tr("Frees"), self.tr("up to {size}").format(size=frees) if frees else ""),
            (self.tr("Checked after"), words.recheck_words(plan)),
        )
        return tuple(Row(label=name, value=value) for name, value in rows if value)

    def _show_plan(self, plan: Plan) -> None:
        if self._steps:
            self._column.removeWidget(self._steps)
            self._steps.hide()
            self._steps.deleteLater()
        self._steps = StepList(words.step_views(plan), size_text(plan.frees) if plan.frees else "")
        self._column.insertWidget(self._column.indexOf(self._hand_card), self._steps)

    def _show_trouble(self, trouble: Trouble) -> None:
        self._running = None
        self._verdict.show_verdict(words.trouble_words(trouble))
        self._set_stage("unplanned")
        if trouble.id == "mend-nothing-to-do":
            self._check.show()
            self._again.hide()

    # work

    def _follow_running(self) -> None:
        progress = self._app.mending.progress
        if progress is None:
            self._verdict.show_verdict(words.Verdict(tone="attention", title=self.tr("Nothing is being applied.")))
            self._set_stage("unplanned")
            return
        self._finding = progress.finding
        self._preview = Preview(plan=progress.plan)
        self._say_title(progress.plan.title, progress.plan.note)
        self._show_plan(progress.plan)
        self._set_stage("working")
        self._follow()

    def _follow(self) -> None:
        """Draw the newest moment of what is being carried out."""
        progress, plan = self._app.mending.progress, self.plan
        if progress is None or plan is None:
            return
        if progress.plan is not plan:
            self._set_stage(self.stage)
            return
        if self.stage == "ready":
            self._set_stage("working")
        if self._steps:
            self._steps.show_lines(progress.lines, progress.phase)
        if progress.running:
            self._show_moment(progress)
        elif self.stage == "working":
            self._show_end(progress)

    def _show_moment(self, progress: Progress) -> None:
        self._now.setText(words.breakable(words.now_words(progress)))
        asks = words.asks_now(progress, self._preview.way if self._preview else None)
        asking = self.tr("Your desktop may be asking for the password now.") + " " if asks else ""
        self._detail.setText(asking + words.stop_words(progress))
        self._stop.setEnabled(words.can_stop(progress))
        self._stop.setText(self.tr("Stopping…") if progress.stopping else self.tr("Stop"))
        done = sum(line.state not in ("waiting", "running") for line in progress.lines)
        self._line.set_share(None if len(progress.lines) == 1 else done / (len(progress.lines) + 1))
        if self._steps and progress.touched:
            self._scroll.ensureWidgetVisible(self._steps.rows[progress.number - 1], 0, tokens.S24)

    def _show_end(self, progress: Progress) -> None:
        self._verdict.show_verdict(words.verdict(progress), progress.entry if progress.touched else "")
        self._set_stage("ended")
        self._undo.setVisible(bool(progress.entry) and words.can_undo(progress))
        self._again.setVisible(progress.phase != "done" and self._planning is not None)
        self._scroll.verticalScrollBar().setValue(0)

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
        if looking:
            self._line.set_share(None)
        if working:
            self._app.mending.watched = True
            for widget in (self._warning, self._blocked, self._summary_card, self._hand_card):
                widget.hide()
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
        preview = self._preview
        assert preview is not None
        busy, possible = self._app.mending.running, words.can_apply(preview)
        self.deed.setEnabled(possible and not busy)
        self._blocked.setVisible(busy or not possible)
        if not possible:
            title, text = self.tr("This cannot be applied from here"), words.root_words(preview)
            lines = words.by_hand(preview.plan)
            self._blocked.show_verdict(words.Verdict(tone="attention", title=title, text=text, commands=lines))
            self._hand_card.hide()
        elif busy:
            title = self.tr("Something else is being applied now; this has to wait for its end.")
            self._blocked.show_verdict(words.Verdict(tone="attention", title=title))

    def _clear(self) -> None:
        self._preview = None
        for widget in (self._verdict, self._warning, self._blocked, self._summary_card, self._hand_card):
            widget.hide()
        if self._steps:
            self._steps.hide()
            self._steps.deleteLater()
            self._steps = None

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

    def _build(self, title: str) -> None:
        self.setMinimumSize(QSize(560, 400))
        self.resize(_SIZE)
        self._title = label("", "title")
        self._note = label("", "lead")
        self._now = label("", "strong")
        self._detail = label("", "small")
        self._line = ProgressLine()
        self._busy = QWidget()
        busy = QVBoxLayout(self._busy)
        busy.setContentsMargins(0, 0, 0, 0)
        busy.setSpacing(tokens.S8)
        for widget in (self._now, self._line, self._detail):
            busy.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(tokens.S24, tokens.S24, tokens.S24, tokens.S12)
        head.setSpacing(tokens.S8)
        for widget in (self._title, self._note, self._busy):
            head.addWidget(widget)
        outer.addLayout(head)
        outer.addWidget(self._make_body(), 1)
        outer.addWidget(rule())
        outer.addLayout(self._make_footer())
        self._say_title(title, "")

    def _make_body(self) -> QScrollArea:
        self._verdict = VerdictCard()
        self._blocked = VerdictCard()
        self._warning = VerdictCard()
        self._summary = KeyValueList()
        self._summary_card = Card()
        self._summary_card.body.addWidget(self._summary)
        self._hand = CommandBox()
        self._hand_card = Card(self.tr("The same by hand"))
        self._hand_card.body.addWidget(self._hand)
        inner = QWidget()
        inner.setObjectName("page")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(tokens.S24, tokens.S4, tokens.S24, tokens.S16)
        self._column.setSpacing(tokens.S12)
        for widget in (self._verdict, self._blocked, self._warning, self._summary_card, self._hand_card):
            self._column.addWidget(widget)
            widget.hide()
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("pageScroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        return self._scroll

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


def _open(dialog: MendDialog) -> MendDialog:
    # the window stays usable from the keyboard's point of view: only it is blocked, not the whole app
    dialog.open()
    return dialog


def open_remedy(app: App, finding: str, remedy: Remedy, parent: QWidget) -> MendDialog:
    """Show what a remedy would do, to be applied."""

    def planning() -> Job[Plan]:
        return PlanJob(app.context, remedy, finding=finding, root=app.context.root)

    return _open(MendDialog(app, remedy.title, planning, finding=finding, parent=parent.window()))


def open_undo(app: App, entry: str, title: str, parent: QWidget) -> MendDialog:
    """Show how an entry of the log would be taken back."""
    return _open(MendDialog(app, title, partial(PlanUndoJob, app.context, entry), parent=parent.window()))


def open_running(app: App, parent: QWidget) -> MendDialog:
    """Show what is being carried out now."""
    return _open(MendDialog(app, "", None, parent=parent.window()))
