"""The ladder and the list side by side: one state of one machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis, Finding
from drydock.jobs.diagnose import Depth
from drydock.qt.models.doctor import items, ordered, root_so_far
from drydock.qt.models.doctor_ladder import ladder
from drydock.qt.pages.doctor_filter import FilterRow
from drydock.qt.pages.doctor_list import DoctorList
from drydock.qt.pages.doctor_words import step_of
from drydock.qt.theme import tokens
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.ladder import Ladder

if TYPE_CHECKING:
    from drydock.qt.app import App


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What is on show.

    Attributes:
        findings: by check.
        diagnosis: what they were concluded with; None while that is not known.
        depth: of the look; None for a recorded machine.
        fresh: ids of what the look on its way has answered; None while there is none.
        step: the step inside the container that it is at; ``seconds``: for how long.
        now: whether this is how things are.
    """

    findings: Mapping[str, Finding] = field(default_factory=dict[str, Finding])
    diagnosis: Diagnosis | None = None
    depth: Depth | None = "quick"
    fresh: Collection[str] | None = None
    step: str = ""
    seconds: int | None = None
    now: bool = True

    @property
    def root(self) -> Finding | None:
        """What to mend first, once that is certain."""
        if self.fresh is not None or self.diagnosis is None:
            return root_so_far(self.findings)
        return next((finding for finding in ordered(self.findings) if finding.state == "broken"), None)


class FindingsView(QWidget):
    """Shows a :class:`Sight`; keeps what the person opened and looks for while the sight changes."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sight = Sight()
        self._opened: set[str] = set()
        self.ladder = Ladder(self.tr("The ladder of checks"))
        self.filter = FilterRow()
        self.list = DoctorList(app)
        self.nothing = EmptyState("search", self.tr("Nothing matches"))
        right = QVBoxLayout()
        right.setSpacing(tokens.S12)
        for widget in (self.filter, self.list, self.nothing):
            right.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S24)
        row.addWidget(self.ladder)
        row.addLayout(right, 1)
        self.ladder.chosen.connect(self._go_to_rung)
        self.filter.changed.connect(self._list_otherwise)
        self.nothing.chosen.connect(self.filter.clear)
        self.list.group_toggled.connect(self._toggle_group)

    def show_sight(self, sight: Sight) -> None:
        """Bring ladder and list up to date."""
        self.show_progress(sight)
        self._list_again()

    def show_progress(self, sight: Sight) -> None:
        """Bring the ladder alone up to date."""
        self._sight = sight
        lines = ladder(sight.findings.values(), sight.root, sight.fresh, sight.step)
        busy = sight.fresh is not None
        self.ladder.set_steps(tuple(step_of(line, sight.depth, busy=busy, seconds=sight.seconds) for line in lines))

    def forget(self) -> None:
        """Close everything that was opened: another machine, or another time, comes."""
        self._opened.clear()
        self.filter.clear()
        self.list.forget()

    def reveal(self, check: str) -> None:
        """Open and scroll to the row of a check, wherever it is folded away."""
        self.filter.clear()
        for item in self.list.items:
            if item.kind in ("fine", "untested") and any(finding.id == check for finding in item.findings):
                self._opened.add(item.key)
        self._list_again()
        self.list.reveal(check)

    def _list_otherwise(self) -> None:
        # what fits best stands first, wherever the list was left before
        self.list.verticalScrollBar().setValue(0)
        self._list_again()

    def _list_again(self) -> None:
        sight, root = self._sight, self._sight.root
        past = sight.diagnosis.past if sight.diagnosis else None
        lines = items(
            ordered(sight.findings),
            root,
            past=past is not None and root is not None and past.finding == root.id,
            show=self.filter.show_states,
            words=self.filter.words,
            opened=self._opened,
        )
        self.list.show_items(lines, sight.diagnosis, now=sight.now)
        self.list.setVisible(bool(lines))
        self.nothing.setVisible(not lines)
        if not lines:
            self._say_nothing()

    def _say_nothing(self) -> None:
        everything = self.tr("Show all checks")
        if not self._sight.findings:
            self.nothing.say("doctor", self.tr("Looking…"), self.tr("What is found appears here as it comes."))
        elif self.filter.words:
            self.nothing.say("search", self.tr("No check says that"), "", everything)
        elif self.filter.show_states == "problems":
            words = self.tr("No check found anything broken or worth a look.")
            self.nothing.say("ok", self.tr("No problems"), words, everything)
        else:
            self.nothing.say("ok", self.tr("Everything was tested"), "", everything)

    def _go_to_rung(self, rung: str) -> None:
        key, root = f"heading-{rung}", self._sight.root
        if root and root.rung == rung and self.list.items and self.list.items[0].key == "heading-root":
            key = "heading-root"
        elif all(item.key != key for item in self.list.items):
            self.filter.clear()
        self.list.reveal(key)

    def _toggle_group(self, key: str, open_: bool) -> None:
        (self._opened.add if open_ else self._opened.discard)(key)
        self._list_again()
