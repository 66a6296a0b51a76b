"""What Drydock changed on this computer, newest first: each with its steps, its outcome, and a way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.jobs.mend_log import Line, MendHistory, ReadMendLogJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.mend import breakable, by_words, outcome_words
from drydock.qt.models.mend_verdict import trouble_words
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.diff_view import DiffView
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.labels import button, label
from drydock.store.ledger import LoggedStep


class MendLog(QWidget):
    """The list of changes; it reads the log anew when something was applied or taken back.

    Attributes:
        rows: the entries on show, by id; newest first.
    """

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._stale = False
        self._list: QWidget | None = None
        self.rows: dict[str, FoldRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S8)
        self.empty = EmptyState("clock", self.tr("Reading the list of changes…"))
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self.read)
        self._where = label("", "small", selectable=True)
        self._where.hide()
        for widget in (self.empty, self.failure, self._where):
            self._column.addWidget(widget)
        app.mending.ended.connect(self.read)
        app.machine_changed.connect(self.read)
        self.read()

    def read(self) -> None:
        """Read the log anew; for a recorded machine there is none."""
        if self._app.recorded:
            self._say_recorded()
            return
        if self._running:
            self._stale = True
            return
        self._running = self._app.bridge.start(
            ReadMendLogJob(self._app.context), done=self._show, failed=self._fail, stopped=self._forget
        )

    def _forget(self) -> None:
        self._running = None
        if self._stale:
            self._stale = False
            self.read()

    def _say_recorded(self) -> None:
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
        self._stale = False
        self.failure.hide()
        self._where.hide()
        self._put(())
        self.empty.show()
        self.empty.say(
            "undo",
            self.tr("This is a recorded machine"),
            self.tr("What Drydock changed on this computer is listed when this computer is shown."),
        )

    def _fail(self, trouble: Trouble) -> None:
        found = trouble_words(trouble)
        self.empty.hide()
        self.failure.show_failure(found.title, found.text, found.next)
        self._forget()

    def _show(self, history: MendHistory) -> None:
        self.failure.hide()
        self._put(history.lines)
        self._say(history)
        self._forget()

    def _put(self, lines: Sequence[Line]) -> None:
        """Show these entries; those that were unfolded stay so."""
        opened = [name for name, row in self.rows.items() if row.open]
        self.rows = {line.entry.id: self._row(line) for line in lines}
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        for row in self.rows.values():
            column.addWidget(row)
        if self._list is not None:
            self._column.removeWidget(self._list)
            self._list.hide()
            self._list.deleteLater()
        self._list = fresh
        self._column.insertWidget(0, fresh)
        for name in opened:
            if name in self.rows:
                self.rows[name].set_open(True)

    def _say(self, history: MendHistory) -> None:
        self.empty.setVisible(not history.lines)
        self.empty.say(
            "undo",
            self.tr("Drydock has changed nothing here"),
            self.tr("What you let it apply is listed here, with all its steps and a way to take it back."),
        )
        parts = [*history.problems]
        if history.more:
            parts.append(self.tr("{count} older entries are in the file.").format(count=history.more))
        if history.lines:
            parts.append(self.tr("All of it: {path}").format(path=history.path))
        self._where.setText(breakable("\n".join(parts)))
        self._where.setVisible(bool(parts))

    # one entry

    def _row(self, line: Line) -> FoldRow:
        entry = line.entry
        state, word = outcome_words(entry, running=self._app.mending.running)
        # a row shows its word beside the title where it is not well
        parts = (_when(entry.begun.at), word if state == "ok" else "", by_words(entry))
        summary = "  ·  ".join(part for part in parts if part)
        row = FoldRow(state, entry.begun.title, summary, word)
        row.folded.connect(partial(self._fill, row, line))
        return row

    def _fill(self, row: FoldRow, line: Line, open_: bool) -> None:
        """Make what unfolds when it is first wanted: diffs are large."""
        if not open_ or row.body.count():
            return
        entry = line.entry
        if entry.text:
            row.body.addWidget(label(breakable(entry.text), "body", selectable=True))
        for step in entry.begun.steps:
            row.body.addWidget(self._step(line, step))
        if entry.outcome == "open" and not self._app.mending.running:
            words = self.tr("Drydock was ended in the middle of it, so nothing tells how the last step went.")
            row.body.addWidget(label(words, "body"))
        self._add_undo(row, line)
        row.body.addWidget(label(self.tr("Entry: {entry}").format(entry=entry.id), "small", selectable=True))

    def _step(self, line: Line, step: LoggedStep) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S4)
        title = f"{step.number}. {step.title}  ({self._state(line, step)})"
        column.addWidget(label(breakable(title), "strong"))
        change = line.changes.get(step.number)
        if change is None:
            column.addWidget(CommandBox(step.what))
        else:
            column.addWidget(CommandBox(step.what))
            if change.diff:
                column.addWidget(DiffView(change.diff, step.what))
            else:
                column.addWidget(label(self.tr("What was written then is not kept any more."), "small"))
            if change.copy:
                column.addWidget(label(self.tr("A copy of it as it was before:"), "small"))
                column.addWidget(CommandBox(change.copy))
        said = line.entry.outputs.get(step.number, "")
        if said:
            column.addWidget(label(self.tr("It said:"), "small"))
            column.addWidget(CommandBox(said))
        return made

    def _state(self, line: Line, step: LoggedStep) -> str:
        entry = line.entry
        root = self.tr("as root") if step.by else ""
        if step.number in entry.done:
            state = self.tr("done")
        elif step.number not in entry.started:
            state = self.tr("not begun")
        elif entry.outcome == "open":
            state = self.tr("begun")
        else:
            state = self.tr("not done, or taken back")
        return ", ".join(part for part in (state, root) if part)

    def _add_undo(self, row: FoldRow, line: Line) -> None:
        if line.why_not:
            found = trouble_words(line.why_not)
            if line.why_not.id not in ("mend-already-undone", "mend-nothing-to-undo"):
                row.body.addWidget(label(breakable(f"{found.title}. {found.text}"), "body", selectable=True))
                if found.diff:
                    row.body.addWidget(DiffView(found.diff, str(line.why_not.values.get("path", ""))))
                row.body.addWidget(label(breakable(found.next), "body", selectable=True))
            else:
                row.body.addWidget(label(breakable(found.text), "muted", selectable=True))
            return
        undo = button(self.tr("Undo…"), "plain", "undo")
        undo.setAccessibleName(self.tr("Undo: {title}").format(title=line.entry.begun.title))
        undo.clicked.connect(partial(self._undo, line))
        row.body.addWidget(undo, 0, Qt.AlignmentFlag.AlignLeft)

    def _undo(self, line: Line) -> None:
        from drydock.qt.pages.mend_dialog import open_undo

        title = self.tr("Take back: {title}").format(title=line.entry.begun.title)
        open_undo(self._app, line.entry.id, title, self)


def _when(at: str) -> str:
    """Return a time of the log in this computer's time zone."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at
