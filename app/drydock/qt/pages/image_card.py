"""The recommended image, or why there is none and what comes nearest."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.images import Choice, Recommendation
from drydock.qt.models.images import (
    confirmation,
    contents,
    gpu_code,
    machine_notes,
    reasons,
    refusal_text,
)
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.state_badge import StateBadge


class FactStrip(QWidget):
    """Names above values, side by side, wrapping where there is no room."""

    def __init__(self, facts: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        flow = FlowLayout(self, least=104, most=8)
        for name, value in facts:
            cell = QWidget()
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(label(name, "small", wrap=False))
            worth = label(value, "strong", wrap=False, selectable=True)
            worth.setAccessibleName(f"{name}: {value}")
            column.addWidget(worth)
            flow.addWidget(cell)


class ImageCard(Card):
    """Shows one answer of the choice.

    Signals:
        nearest_wanted: the person takes a way out of a refusal; carries its :class:`Choice`.
    """

    nearest_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._badge = StateBadge()
        self.add_corner(self._badge)
        self._inner: QWidget | None = None

    @property
    def badge(self) -> StateBadge:
        """Whether the image is here."""
        return self._badge

    def say(self, title: str, text: str) -> None:
        """Say something instead of an answer: that it is being looked for, or why there is none."""
        self.set_title(title)
        self._badge.hide()
        self._fill(label(text, "muted", selectable=True))

    def show_answer(self, answer: Recommendation, *, here: bool | None) -> None:
        """Show a choice or a refusal; ``here`` is None where the engine's images are not known."""
        if answer.choice is None:
            self._show_refusal(answer)
            return
        choice = answer.choice
        self.set_title(choice.reference)
        self._badge.show()
        if here is None:
            self._badge.show_state("not_tested", self.tr("Not known whether it is here"))
        elif here:
            self._badge.show_state("ok", self.tr("Here"))
        else:
            self._badge.show_state("not_tested", self.tr("Not here yet"))
        column = _Column()
        column.layout_.addWidget(FactStrip(contents(choice)))
        column.layout_.addSpacing(tokens.S4)
        for sentence in (*reasons(choice), *machine_notes(answer)):
            column.layout_.addWidget(label(sentence, "body", selectable=True))
        rows = tuple(Row(label=name, value=words) for name, words in gpu_code(choice))
        column.layout_.addWidget(KeyValueList(rows))
        if sure := confirmation(choice):
            column.layout_.addWidget(label(sure, "small", selectable=True))
        self._fill(column)

    def _show_refusal(self, answer: Recommendation) -> None:
        self.set_title(self.tr("No image can be recommended"))
        self._badge.hide()
        column = _Column()
        column.layout_.addWidget(label(refusal_text(answer.refusal), "body", selectable=True))
        for sentence in machine_notes(answer):
            column.layout_.addWidget(label(sentence, "muted", selectable=True))
        refusal = answer.refusal
        nearest = ((refusal.nearest,) if refusal.nearest else ()) + refusal.others if refusal else ()
        if nearest:
            column.layout_.addWidget(label(self.tr("What works here and comes nearest:"), "strong"))
        for choice in nearest:
            column.layout_.addWidget(self._way_out(choice), 0, Qt.AlignmentFlag.AlignLeft)
        self._fill(column)

    def _way_out(self, choice: Choice) -> QWidget:
        words = self.tr("torch {torch} with CUDA {cuda}, {flavour}")
        take = button(
            words.format(torch=choice.torch or self.tr("of NVIDIA"), cuda=choice.cuda, flavour=choice.flavour), "plain"
        )
        take.setToolTip(choice.reference)
        take.clicked.connect(lambda: self.nearest_wanted.emit(choice))
        return take

    def _fill(self, inner: QWidget) -> None:
        if self._inner is not None:
            self.body.removeWidget(self._inner)
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = inner
        self.body.addWidget(inner)


class _Column(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(0, 0, 0, 0)
        self.layout_.setSpacing(tokens.S8)
