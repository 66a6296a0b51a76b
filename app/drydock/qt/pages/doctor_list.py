"""The list of findings: it changes in place, so that nothing jumps or closes while a look goes on."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis, Finding
from drydock.data.knowledge import change_text, finding_article, past_text
from drydock.qt.models.doctor import Item, waited_for
from drydock.qt.models.mend import breakable
from drydock.qt.pages.doctor_body import clear_body, fill_body, remedies_of
from drydock.qt.pages.doctor_words import rung_title
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.labels import label

if TYPE_CHECKING:
    from drydock.core.remedies import Remedy
    from drydock.qt.app import App

_SLICE = 0.008
"""Seconds of making rows before events have their turn: a frame at 60 Hz has 0.016, and laying out takes its part."""

_MOST_CHANGES = 6


class DoctorList(QScrollArea):
    """Shows lines of :func:`~drydock.qt.models.doctor.items`.

    Signals:
        group_toggled: a folded line was opened or closed (its key, whether it is open).
        built: all lines are there.
    """

    group_toggled = Signal(str, bool)
    built = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._canvas = QWidget()
        self._column = QVBoxLayout(self._canvas)
        # room at the right for the scroll bar, so that rows keep their width when it comes
        self._column.setContentsMargins(0, 0, tokens.S8, tokens.S24)
        self._column.setSpacing(tokens.S8)
        self._column.addStretch(1)
        self.setWidget(self._canvas)
        self._widgets: dict[str, QWidget] = {}
        self._told: dict[str, Item] = {}
        self._bodies: dict[str, tuple[Finding, tuple[Remedy, ...], bool]] = {}
        self._items: tuple[Item, ...] = ()
        self._diagnosis: Diagnosis | None = None
        self._now = True
        self._waiting = QTimer(self, singleShot=True, interval=0)
        self._waiting.timeout.connect(self._build)
        self._wanted = ""
        self._to_open = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines that are, or will in a moment be, on show."""
        return self._items

    def row(self, key: str) -> FoldRow:
        """Return the row of a check, or the folded line that stands for it.

        Raises:
            KeyError: it is not in the list.
        """
        found = self._widgets.get(key)
        if isinstance(found, FoldRow):
            return found
        for item in self._items:
            if item.kind in ("fine", "untested") and any(finding.id == key for finding in item.findings):
                group = self._widgets[item.key]
                assert isinstance(group, FoldRow)
                return group
        raise KeyError(key)

    def show_items(self, items: tuple[Item, ...], diagnosis: Diagnosis | None, *, now: bool) -> None:
        """Show lines.

        Args:
            items: in order.
            diagnosis: what remedies are worked out from; None while the machine is not known as a whole.
            now: whether this is how things are, so that remedies may be applied.
        """
        self._items, self._diagnosis, self._now = items, diagnosis, now
        self._build()

    def reveal(self, key: str) -> None:
        """Scroll to a line as soon as it is there; a row of a check is opened."""
        self._wanted = key
        if not self._waiting.isActive():
            self._go()

    def open_row(self, key: str) -> None:
        """Open the row of a check, now or as soon as it is there."""
        widget = self._widgets.get(key)
        self._to_open = "" if widget else key
        if isinstance(widget, FoldRow):
            widget.set_open(True)

    def forget(self) -> None:
        """Take everything out: another machine, or another time, is shown."""
        self._items = ()
        self._build()
        self.verticalScrollBar().setValue(0)

    def _build(self) -> None:
        end = time.monotonic() + _SLICE
        anchor = self._anchor()
        self._remove_unwanted()
        whole = True
        for index, item in enumerate(self._items):
            widget = self._widgets.get(item.key)
            if widget is None:
                if time.monotonic() > end:
                    whole = False
                    break
                widget = self._widgets[item.key] = self._make(item)
            self._say(item, widget)
            if item.key == self._to_open:
                self.open_row(item.key)
            there = self._column.itemAt(index)
            if there is None or there.widget() is not widget:
                self._column.removeWidget(widget)
                self._column.insertWidget(index, widget)
                widget.show()
        self._settle(anchor)
        if whole:
            self._waiting.stop()
            self._go()
            self.built.emit()
        else:
            self._waiting.start()

    def _remove_unwanted(self) -> None:
        wanted = {item.key for item in self._items}
        for key in [key for key in self._widgets if key not in wanted]:
            widget = self._widgets.pop(key)
            self._told.pop(key, None)
            self._bodies.pop(key, None)
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    # what stands still while lines come and go above it

    def _anchor(self) -> tuple[QWidget, int] | None:
        top = self.verticalScrollBar().value()
        if top == 0:
            return None
        shown = (widget for widget in self._widgets.values() if widget.y() + widget.height() > top)
        first = min(shown, key=QWidget.y, default=None)
        return (first, first.y() - top) if first is not None else None

    def _settle(self, anchor: tuple[QWidget, int] | None) -> None:
        self._lay_out()
        if anchor is None or anchor[0] not in self._widgets.values():
            return
        widget, offset = anchor
        self.verticalScrollBar().setValue(widget.y() - offset)

    def _lay_out(self) -> None:
        # the new heights reach the scroll area from layout to layout by posted events, which would be too late
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    def _go(self) -> None:
        widget = self._widgets.get(self._wanted)
        self._wanted = ""
        if widget is None:
            return
        if isinstance(widget, FoldRow):
            widget.set_open(True)
        self._lay_out()
        self.verticalScrollBar().setValue(max(0, widget.y() - tokens.S4))

    # one line

    def _make(self, item: Item) -> QWidget:
        if item.kind == "heading":
            made = label("", "heading")
            made.setContentsMargins(0, 0 if item.rung is None else tokens.S8, 0, 0)
            return made
        if item.kind == "past":
            return Card()
        row = FoldRow(item.findings[0].state, "")
        if item.kind == "row":
            row.folded.connect(partial(self._fill, item.key))
        else:
            row.folded.connect(partial(self.group_toggled.emit, item.key))
        return row

    def _say(self, item: Item, widget: QWidget) -> None:
        if item.kind == "past":
            self._say_past(widget)
        if item.kind == "row":
            self._refresh_body(item, widget)
        if self._told.get(item.key) == item:
            return
        self._told[item.key] = item
        if isinstance(widget, QLabel):
            widget.setText(rung_title(item.rung) if item.rung else self.tr("Mend this first"))
        elif isinstance(widget, FoldRow) and item.kind == "row":
            article = finding_article(item.findings[0])
            # what is open tells the text in its body, whole
            widget.say(item.findings[0].state, article.title, "" if widget.open else article.text)
        elif isinstance(widget, FoldRow):
            self._say_group(item, widget)

    def _say_group(self, item: Item, row: FoldRow) -> None:
        count = len(item.findings)
        if item.kind == "fine":
            row.say("ok", self.tr("{count} checks are fine").format(count=count))
        else:
            cause = waited_for(item.findings)
            words = self.tr("They wait for: {check}").format(check=cause) if cause else ""
            row.say("not_tested", self.tr("{count} checks were not made").format(count=count), words)
        if row.open != item.open:
            row.set_open(item.open)

    def _say_past(self, card: QWidget) -> None:
        past = self._diagnosis.past if self._diagnosis else None
        if past is None or not isinstance(card, Card) or card.property("past") == repr(past):
            return
        card.setProperty("past", repr(past))
        clear_body(card.body)
        card.set_title(past_text(past))
        for change in past.changes[:_MOST_CHANGES]:
            # the likeliest cause comes first
            role = "strong" if change is past.changes[0] else "body"
            card.body.addWidget(label(breakable(f"•  {change_text(change)}"), role, selectable=True))
        left = len(past.changes) - _MOST_CHANGES
        if left > 0:
            words = self.tr("{count} more changes are less likely causes; the history has them.")
            card.body.addWidget(label(words.format(count=left), "small"))

    def _fill(self, key: str, open_: bool) -> None:
        item, widget = self._told.get(key), self._widgets.get(key)
        if item is None or not isinstance(widget, FoldRow):
            return
        article = finding_article(item.findings[0])
        widget.say(widget.state, article.title, "" if open_ else article.text)
        self._refresh_body(item, widget)

    def _refresh_body(self, item: Item, widget: QWidget) -> None:
        """Make an open row's body, or make it anew where what it tells has changed."""
        if not isinstance(widget, FoldRow) or not widget.open:
            return
        finding = item.findings[0]
        wanted = (finding, remedies_of(finding, self._diagnosis), self._now)
        if self._bodies.get(item.key) == wanted:
            return
        self._bodies[item.key] = wanted
        clear_body(widget.body)
        fill_body(widget.body, self._app, finding, wanted[1], now=self._now)
