"""Facts about an image side by side, by whose word they are so, and the digest to take along."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.models.image_confirm import Figure, Line, short_digest
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import Glyph, button, label, tool_button

_FEEDBACK_MS = 1600
_GLYPH = 16


class FactStrip(QWidget):
    """Names above values, side by side, wrapping where there is no room.

    Args:
        facts: what to show first.
        least: the least width of a column in device-independent pixels.
        hints: show what each fact means below it, and not only when it is pointed at.
    """

    def __init__(
        self,
        facts: tuple[Figure, ...] = (),
        *,
        least: int = 104,
        hints: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self, least=least, most=8)
        self._hints = hints
        self._facts: tuple[Figure, ...] = ()
        self.show_facts(facts)

    @property
    def facts(self) -> tuple[Figure, ...]:
        """What is shown."""
        return self._facts

    def show_facts(self, facts: tuple[Figure, ...]) -> None:
        """Show other facts."""
        if facts == self._facts:
            return
        self._facts = facts
        while (item := self._flow.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for fact in facts:
            self._flow.addWidget(_cell(fact, hints=self._hints))
        self.updateGeometry()


class LineRow(QWidget):
    """A sentence with the icon of its state."""

    def __init__(self, line: Line, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S8)
        icon = "info" if line.state == "not_tested" else line.state
        row.addWidget(Glyph(icon, "muted" if line.state == "not_tested" else line.state), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(line.text, "body", selectable=True), 1)


class Lines(QWidget):
    """Sentences below each other; hidden while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S8)
        self.hide()

    @property
    def text(self) -> str:
        """Everything it says."""
        return "\n".join(line.text for line in self._lines)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Say other sentences."""
        if lines != self._lines:
            self._lines = lines
            while (item := self._column.takeAt(0)) is not None:
                if widget := item.widget():
                    widget.hide()
                    widget.deleteLater()
            for line in lines:
                self._column.addWidget(LineRow(line))
        self.setVisible(bool(lines))


class Digest(QWidget):
    """A digest, shortened for the eyes, with a button that copies the whole of it; hidden without one."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digest = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S4)
        self._text = label("", "mono", wrap=False, selectable=True)
        self._copy = tool_button("copy", "")
        self._copy.clicked.connect(self.copy)
        row.addWidget(self._text)
        row.addWidget(self._copy)
        self._timer = QTimer(self, singleShot=True, interval=_FEEDBACK_MS)
        self._timer.timeout.connect(self._rest)
        self.show_digest("")

    @property
    def digest(self) -> str:
        """The whole digest."""
        return self._digest

    def show_digest(self, digest: str) -> None:
        """Show another digest."""
        self._digest = digest
        self._text.setText(short_digest(digest))
        self._text.setToolTip(digest)
        self._text.setAccessibleName(self.tr("Digest {digest}").format(digest=digest))
        self.setVisible(bool(digest))
        self._rest()

    def copy(self) -> None:
        """Put the whole digest on the clipboard and say so for a moment."""
        QGuiApplication.clipboard().setText(self._digest)
        theme().bind_icon(self._copy, "check", "ok")
        self._name_button(self.tr("Copied"))
        self._timer.start()
        self.copied.emit(self._digest)

    def _rest(self) -> None:
        theme().bind_icon(self._copy, "copy", "muted")
        self._name_button(self.tr("Copy the whole digest"))

    def _name_button(self, name: str) -> None:
        self._copy.setToolTip(name)
        self._copy.setAccessibleName(name)


class Standing(QWidget):
    """By whose word what is shown is so, the digest, and a way to ask again.

    Signals:
        again_wanted: ask once more.
    """

    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._glyph = Glyph("not_tested", "muted", _GLYPH)
        self._text = label("", "small", selectable=True)
        self.digest = Digest()
        self.again = button(self.tr("Ask again"), "quiet", "refresh")
        self.again.clicked.connect(self.again_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S8)
        row.addWidget(self._glyph)
        row.addWidget(self._text, 1)
        row.addWidget(self.digest)
        row.addWidget(self.again)

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def say(self, line: Line, digest: str, *, again: str, can_ask: bool) -> None:
        """Say it.

        Args:
            line: by whose word.
            digest: what pins the image; may be empty.
            again: the words of the button; empty for none.
            can_ask: whether it may be pressed.
        """
        self._glyph.show_icon(line.state, "muted" if line.state == "not_tested" else line.state)
        self._text.setText(line.text)
        self.digest.show_digest(digest)
        self.again.setText(again)
        self.again.setAccessibleName(again)
        self.again.setVisible(bool(again))
        self.again.setEnabled(can_ask)


def _cell(fact: Figure, *, hints: bool) -> QWidget:
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(label(fact.name, "small", wrap=False))
    worth = label(fact.value, "strong", wrap=False, selectable=True)
    worth.setAccessibleName(f"{fact.name}: {fact.value}")
    worth.setAccessibleDescription(fact.hint)
    column.addWidget(worth)
    if hints and fact.hint:
        column.addWidget(label(fact.hint, "small"))
    else:
        cell.setToolTip(fact.hint)
    column.addStretch(1)
    return cell
