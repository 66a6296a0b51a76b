"""A layout that fills rows with cards of equal width and wraps when there is no room."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from drydock.qt.theme import tokens


class FlowLayout(QLayout):
    """Equal columns, at least ``least`` wide; the items of one row are equally high.

    Args:
        least: the least width of a column in device-independent pixels.
        most: the largest number of columns.
    """

    def __init__(self, parent: QWidget | None = None, *, least: int = 280, most: int = 4) -> None:
        super().__init__(parent)
        self._least, self._most = least, most
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins(0, 0, 0, 0))
        self.setSpacing(tokens.S16)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        widths = [item.minimumSize().width() for item in self._shown()]
        heights = [item.minimumSize().height() for item in self._shown()]
        return QSize(max(widths, default=0), max(heights, default=0))

    def setGeometry(self, box: QRect) -> None:
        super().setGeometry(box)
        self._arrange(box, move=True)

    def columns(self, width: int) -> int:
        """Return how many columns fit into ``width``."""
        fitting = (width + self.spacing()) // (self._least + self.spacing())
        return max(1, min(fitting, self._most, len(self._shown()) or 1))

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange(self, box: QRect, *, move: bool) -> int:
        items = self._shown()
        columns = self.columns(box.width())
        width = (box.width() - (columns - 1) * self.spacing()) // columns
        top = box.y()
        for start in range(0, len(items), columns):
            row = items[start : start + columns]
            height = max(_height(item, width) for item in row)
            if move:
                for index, item in enumerate(row):
                    item.setGeometry(QRect(box.x() + index * (width + self.spacing()), top, width, height))
            top += height + self.spacing()
        return max(0, top - box.y() - self.spacing())


def _height(item: QLayoutItem, width: int) -> int:
    wanted = item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
    return max(wanted, item.minimumSize().height())
