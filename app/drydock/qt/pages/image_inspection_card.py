"""The inspection of any image: what it is, by whose word, whether it runs here, and what to do with it."""

from functools import partial

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.images import Choice
from drydock.qt.models.image_confirm import Figure, Line
from drydock.qt.models.image_inspection import Inspection
from drydock.qt.pages.image_facts import FactStrip, Lines, Standing
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label, tool_button
from drydock.qt.widgets.state_badge import StateBadge


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the card shows.

    Attributes:
        standing: by whose word.
        figures: sizes and room.
        problems: room, and an older copy.
        ways: images that come nearest to one that was never made, and ``alike`` names.
        here: the engine has it; ``exists``: it is here or in a registry; ``pullable``: a pull would bring something.
        why_not: why it cannot be pulled now; empty when it can.
        digest: what the name means today; ``pin``: what a launch is pinned to, the copy here if there is one.
    """

    reference: str
    inspection: Inspection
    standing: Line
    figures: tuple[Figure, ...] = ()
    problems: tuple[Line, ...] = ()
    ways: tuple[Choice, ...] = ()
    alike: tuple[str, ...] = ()
    here: bool = False
    exists: bool = False
    pullable: bool = False
    why_not: str = ""
    digest: str = ""
    pin: str = ""
    again: str = ""
    can_ask: bool = False


class InspectionCard(Card):
    """Shows one inspection; hidden until there is one.

    Signals:
        pull_wanted, launch_wanted: carry the reference; ``pinned_wanted``: the reference and the digest.
        inspect_wanted: another reference is to be inspected.
        again_wanted: ask once more.
        closed: the person has seen it.
    """

    pull_wanted = Signal(str)
    launch_wanted = Signal(str)
    pinned_wanted = Signal(str, str)
    inspect_wanted = Signal(str)
    again_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.shown: Inspected | None = None
        self.badge = StateBadge()
        self.add_corner(self.badge)
        close = tool_button("close", self.tr("Close this inspection"))
        close.clicked.connect(self._close)
        self.add_corner(close)
        self.problems = Lines()
        self.facts = FactStrip()
        self.lines = Lines()
        self._ways = QVBoxLayout()
        self._ways.setSpacing(tokens.S8)
        self.details = KeyValueList()
        self.figures = FactStrip(least=150, hints=True)
        self.standing = Standing()
        self.standing.again_wanted.connect(self.again_wanted)
        for widget in (self.problems, self.facts, self.lines):
            self.body.addWidget(widget)
        self.body.addLayout(self._ways)
        for widget in (self.details, self.figures, self.standing):
            self.body.addWidget(widget)
        self._launch = button(self.tr("Launch with it"), "plain", "launch")
        self._launch.clicked.connect(self._do_launch)
        self._pinned = button(self.tr("Launch pinned to this digest"), "plain", "key")
        self._pinned.clicked.connect(self._do_pinned)
        self._pull = button(self.tr("Pull"), "plain", "download")
        self._pull.clicked.connect(self._do_pull)
        for act in (self._pull, self._launch, self._pinned):
            self.add_action(act)
        self.hide()

    def show_inspected(self, inspected: Inspected) -> None:
        """Show an inspection."""
        if inspected == self.shown and not self.isHidden():
            return
        self.shown = inspected
        found = inspected.inspection
        self.set_title(inspected.reference)
        self.badge.show_state(found.state, found.word)
        self.problems.show_lines(inspected.problems)
        self.facts.show_facts(tuple(Figure(name, value) for name, value in found.facts))
        self.facts.setVisible(bool(found.facts))
        self.lines.show_lines(found.lines)
        self._show_ways(inspected)
        self.details.set_rows(tuple(Row(label=name, value=value) for name, value in found.details))
        self.details.setVisible(bool(found.details))
        self.figures.show_facts(inspected.figures)
        self.figures.setVisible(bool(inspected.figures))
        self.standing.say(inspected.standing, inspected.digest, again=inspected.again, can_ask=inspected.can_ask)
        self._settle(inspected)
        self.show()

    def _settle(self, inspected: Inspected) -> None:
        self._launch.setVisible(inspected.exists)
        self._pinned.setVisible(inspected.exists and bool(inspected.pin))
        self._pinned.setToolTip(inspected.pin)
        self._pull.setText(self.tr("Pull again") if inspected.here else self.tr("Pull"))
        self._pull.setAccessibleName(f"{self._pull.text()}: {inspected.reference}")
        self._pull.setVisible(inspected.pullable)
        self._pull.setEnabled(not inspected.why_not)
        self._pull.setToolTip(inspected.why_not)

    def _show_ways(self, inspected: Inspected) -> None:
        while (item := self._ways.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        names = [choice.reference for choice in inspected.ways] or list(inspected.alike)
        if not names:
            return
        words = self.tr("What works here and comes nearest:") if inspected.ways else self.tr("Is it one of these?")
        self._ways.addWidget(label(words, "strong"))
        for name in names:
            take = button(name, "plain")
            take.clicked.connect(partial(self.inspect_wanted.emit, name))
            self._ways.addWidget(take, 0, Qt.AlignmentFlag.AlignLeft)

    def _do_pull(self) -> None:
        if self.shown:
            self.pull_wanted.emit(self.shown.reference)

    def _do_launch(self) -> None:
        if self.shown:
            self.launch_wanted.emit(self.shown.reference)

    def _do_pinned(self) -> None:
        if self.shown:
            self.pinned_wanted.emit(self.shown.reference, self.shown.pin)

    def _close(self) -> None:
        self.shown = None
        self.hide()
        self.closed.emit()
