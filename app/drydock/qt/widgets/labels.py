"""Small makers for labels, buttons and rules, so that every page speaks one language of form."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QSpinBox, QToolButton, QWidget

from drydock.qt.theme import icons, theme, tokens

TextRole: TypeAlias = Literal["display", "title", "heading", "lead", "body", "strong", "muted", "small", "mono"]
ButtonKind: TypeAlias = Literal["main", "plain", "quiet", "danger"]


def label(text: str, role: TextRole = "body", *, wrap: bool = True, selectable: bool = False) -> QLabel:
    """Return a label at a step of the type scale; plain text, never markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def button(text: str, kind: ButtonKind = "plain", icon: str = "") -> QPushButton:
    """Return a push button; a page has at most one of kind ``main``."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setAccessibleName(text)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    made.setAutoDefault(False)
    if icon:
        role = {"main": "on_accent", "quiet": "accent", "danger": "broken"}.get(kind, "ink")
        theme().bind_icon(made, icon, role)
    return made


def tool_button(icon: str, name: str) -> QToolButton:
    """Return a button that is only an icon; ``name`` is its tooltip and what a screen reader says."""
    made = QToolButton()
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    theme().bind_icon(made, icon, "muted")
    return made


def number_field(least: int, most: int, suffix: str = "", name: str = "") -> QSpinBox:
    """Return a field for a whole number; ``name`` is what a screen reader says."""
    made = QSpinBox()
    made.setRange(least, most)
    made.setSuffix(suffix)
    made.setAccessibleName(name)
    # the style sheet cannot reach the field inside a spin box
    made.lineEdit().setTextMargins(tokens.S8 - 2, 0, 0, 0)
    return made


def rule() -> QFrame:
    """Return a hairline."""
    made = QFrame()
    made.setObjectName("rule")
    made.setFixedHeight(1)
    return made


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and restyle the widget."""
    widget.setProperty(name, value)
    # what was not styled yet will be, with the property
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Glyph(QWidget):
    """A line icon that keeps to the theme; decoration, so silent for screen readers."""

    def __init__(self, name: str, role: str = "ink", size: int = tokens.ICON, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role, self._size = name, role, size
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme().changed.connect(self.update)

    def show_icon(self, name: str, role: str = "ink") -> None:
        """Show another icon or another colour."""
        self._name, self._role = name, role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.paint(painter, self._name, theme().colours.role(self._role), QRectF(0, 0, self._size, self._size))
        painter.end()
