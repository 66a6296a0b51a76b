"""A button that draws itself and shows its focus only to those who use the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractButton

_SILENT = (
    Qt.FocusReason.MouseFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
)


class KeyboardButton(QAbstractButton):
    """Base of the self-painted buttons; ``ring_wanted`` says whether to draw the focus ring."""

    _by_keyboard = False

    @property
    def ring_wanted(self) -> bool:
        """Whether it has the focus and got it from the keyboard."""
        return self._by_keyboard and self.hasFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._by_keyboard = event.reason() not in _SILENT
        super().focusInEvent(event)
