"""The wish row of the Images page: torch, CUDA, flavour, task. Every edit is answered at once."""

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from drydock.core.images import Wish
from drydock.core.images.machine import Task
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.qt.theme import tokens
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.labels import tool_button

_FIELDS = {"torch-wish-unreadable": "torch", "cuda-wish-unreadable": "cuda"}


class WishRow(QWidget):
    """What the person wants of an image; everything may be left open.

    Signals:
        wished: the wish changed.
    """

    wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.torch = QLineEdit(placeholderText=self.tr("newest that fits"))
        self.cuda = QLineEdit(placeholderText=self.tr("best for the driver"))
        self.flavour = _combo((("", self.tr("as the task needs")), ("runtime", "runtime"), ("devel", "devel")))
        self.task = _combo(
            (
                ("run", self.tr("train, run")),
                ("compile", self.tr("torch.compile")),
                ("extensions", self.tr("CUDA extensions")),
            )
        )
        self._clear = tool_button("undo", self.tr("Clear the wish"))
        self._clear.clicked.connect(lambda: self.set_wish(Wish()))
        self._fields = {
            "torch": Field(self.tr("torch"), self.torch, self.tr("such as 2.9 or >=2.6,<2.9")),
            "cuda": Field(self.tr("CUDA"), self.cuda, self.tr("such as 12.6 or >=12.1")),
            "flavour": Field(self.tr("Flavour"), self.flavour, self.tr("devel holds nvcc")),
            "task": Field(self.tr("Task"), self.task, self.tr("what it is for"), self._clear),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S16)
        for field in self._fields.values():
            row.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        for edit in (self.torch, self.cuda):
            edit.textChanged.connect(self._say_changed)
        for combo in (self.flavour, self.task):
            combo.currentIndexChanged.connect(self._say_changed)
        self._silent = False
        self._clear.setEnabled(False)

    @property
    def wish(self) -> Wish:
        """What the fields say."""
        flavour = self.flavour.currentData()
        return Wish(
            torch=self.torch.text().strip() or None,
            cuda=self.cuda.text().strip() or None,
            flavour="runtime" if flavour == "runtime" else "devel" if flavour == "devel" else None,
            task=cast("Task", self.task.currentData()),
        )

    def set_wish(self, wish: Wish) -> None:
        """Fill the fields."""
        self._silent = True
        self.torch.setText(wish.torch or "")
        self.cuda.setText(wish.cuda or "")
        self.flavour.setCurrentIndex(max(0, self.flavour.findData(wish.flavour or "")))
        self.task.setCurrentIndex(max(0, self.task.findData(wish.task)))
        self._silent = False
        self._say_changed()

    def note(self, field: str) -> str:
        """Return the line below a field (``torch``, ``cuda``, ``flavour``, ``task``)."""
        return self._fields[field].note

    def refuse(self, trouble: Trouble | None) -> None:
        """Say at its field that a wish cannot be read; None takes that back."""
        for field in self._fields.values():
            field.say()
        if trouble is not None:
            article = trouble_article(trouble)
            words = f"{article.text} {article.remedy}".strip()
            self._fields[_FIELDS.get(trouble.id, "torch")].say(words, "broken")

    def _say_changed(self) -> None:
        if not self._silent:
            self._clear.setEnabled(self.wish != Wish())
            self.wished.emit()


def _combo(entries: tuple[tuple[str, str], ...]) -> QComboBox:
    made = QComboBox()
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    # the longest entry must not make the row wider than the window
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for data, text in entries:
        made.addItem(text, data)
    return made
