"""The table of both lists of images."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from drydock.qt.theme import tokens

_HEIGHT = 340


class ImageTable(QTableView):
    """A quiet table of whole rows.

    Signals:
        delete_wanted: the Delete key, on a row.
    """

    delete_wanted = Signal()

    def __init__(self, name: str, stretched: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.CONTROL_HEIGHT)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._stretched = stretched
        self.setMinimumHeight(_HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Delete):
            self.delete_wanted.emit()
            return
        super().keyPressEvent(event)

    def fit_height(self, rows: int) -> None:
        """Take no more height than so many rows need."""
        needed = self.horizontalHeader().sizeHint().height() + rows * tokens.CONTROL_HEIGHT + tokens.S8
        self.setFixedHeight(min(_HEIGHT, needed))

    def fit(self, widths: tuple[int, ...]) -> None:
        """Give the columns their widths; the stretched one takes the rest."""
        head = self.horizontalHeader()
        for column, width in enumerate(widths):
            if column == self._stretched:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                head.resizeSection(column, width)
