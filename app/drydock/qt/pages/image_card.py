"""The recommended image, or why there is none and what comes nearest."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.core.images import Choice, GpuPlan, Recommendation
from drydock.qt.models.images import (
    confirmation,
    contents,
    gpu_code,
    machine_notes,
    plan_title,
    reasons,
    refusal_text,
)
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import Glyph, button, label
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

    def wait(self) -> None:
        """Say that the machine is still being looked at."""
        self.set_title(self.tr("The image that fits this machine"))
        self._badge.hide()
        self._fill(label(self.tr("Looking at driver and GPUs…"), "muted"))

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
        column = _column()
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
        column = _column()
        column.layout_.addWidget(label(refusal_text(answer.refusal), "body", selectable=True))
        for sentence in machine_notes(answer):
            column.layout_.addWidget(label(sentence, "muted", selectable=True))
        refusal = answer.refusal
        nearest = ((refusal.nearest,) if refusal.nearest else ()) + refusal.others if refusal else ()
        if nearest:
            column.layout_.addWidget(label(self.tr("What works here and comes nearest:"), "strong"))
        for choice in nearest:
            column.layout_.addWidget(self._way_out(choice))
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


class PlanCard(Card):
    """One group of equal GPUs of a mixed machine, and the image it gets on its own.

    Signals:
        pull_wanted: carries the reference; ``launch_wanted``: carries the :class:`GpuPlan`.
    """

    pull_wanted = Signal(str)
    launch_wanted = Signal(object)

    def __init__(self, plan: GpuPlan, *, here: bool, why_not: str, parent: QWidget | None = None) -> None:
        super().__init__(plan_title(plan), parent)
        choice = plan.choice
        if choice is None:
            row = QHBoxLayout()
            row.addWidget(Glyph("broken", "broken"))
            row.addWidget(label(refusal_text(plan.refusal), "body"), 1)
            self.body.addLayout(row)
            return
        self.body.addWidget(label(choice.reference, "mono", selectable=True))
        for _, words in gpu_code(choice)[:1]:
            self.body.addWidget(label(f"{words}.", "muted"))
        if here:
            act = button(self.tr("Launch on these"), "plain", "launch")
            act.clicked.connect(lambda: self.launch_wanted.emit(plan))
        else:
            act = button(self.tr("Pull"), "plain", "download")
            act.clicked.connect(lambda: self.pull_wanted.emit(choice.reference))
        act.setEnabled(not why_not)
        act.setToolTip(why_not)
        self.add_action(act)


class _Column(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(0, 0, 0, 0)
        self.layout_.setSpacing(tokens.S8)


def _column() -> _Column:
    return _Column()
