"""A machine with GPUs of several kinds: one plan for each kind, with an image of its own."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.core.facts import LocalImage
from drydock.core.images import GpuPlan
from drydock.qt.models.images import gpu_code, is_here, plan_title, refusal_text
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import Glyph, button, label


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
        act.setEnabled(here or not why_not)
        act.setToolTip("" if here else why_not)
        self.add_action(act)


class PlanRow(QWidget):
    """All plans of a machine; hidden where all GPUs are alike.

    Signals:
        pull_wanted: carries a reference; ``launch_wanted`` carries a :class:`GpuPlan`.
    """

    pull_wanted = Signal(str)
    launch_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self.cards: list[PlanCard] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addWidget(label(self.tr("A container for each kind of GPU"), "heading"))
        row = QWidget()
        self._flow = FlowLayout(row, least=300, most=3)
        column.addWidget(row)
        self.hide()

    def show_plans(self, plans: tuple[GpuPlan, ...], local: tuple[LocalImage, ...], why_not: str) -> None:
        """Show plans; ``why_not`` says why nothing can be done with them, empty when it can."""
        here = tuple(plan.choice is not None and is_here(plan.choice.reference, local) for plan in plans)
        if self._shown == (plans, here, why_not):
            return
        self._shown = (plans, here, why_not)
        while (item := self._flow.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.cards = [PlanCard(plan, here=is_in, why_not=why_not) for plan, is_in in zip(plans, here, strict=True)]
        for card in self.cards:
            card.pull_wanted.connect(self.pull_wanted)
            card.launch_wanted.connect(self.launch_wanted)
            self._flow.addWidget(card)
        self.setVisible(bool(plans))
