"""The recommended image, confirmed or not, or why there is none and what comes nearest."""

from functools import partial

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.findings import State
from drydock.core.images import Choice, Recommendation
from drydock.qt.models.image_confirm import Figure, Line
from drydock.qt.models.images import contents, gpu_code, machine_notes, reasons, refusal_text
from drydock.qt.pages.image_facts import FactStrip, Lines, Standing
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.state_badge import StateBadge


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the recommended image beside the choice itself.

    Attributes:
        place: whether it is here, and how grave that is.
        standing: by whose word.
        figures: sizes and room.
        support: until when it is looked after, a sentence a line; may be empty.
        problems: what must be known first.
        digest: what pins it; may be empty.
        again: the words of the button that asks; empty for none; ``can_ask`` whether it may be pressed.
        renew: the copy here is older than the registry's.
    """

    place: tuple[State, str]
    standing: Line
    figures: tuple[Figure, ...] = ()
    support: str = ""
    problems: tuple[Line, ...] = ()
    digest: str = ""
    again: str = ""
    can_ask: bool = False
    renew: bool = False


class ImageCard(Card):
    """Shows one answer of the choice.

    Signals:
        nearest_wanted: the person takes a way out of a refusal; carries its :class:`Choice`.
        again_wanted: the registry is to be asked once more.
        renew_wanted: the older copy is to be replaced.
    """

    nearest_wanted = Signal(object)
    again_wanted = Signal()
    renew_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._shown: object = None
        self._badge = StateBadge()
        self.add_corner(self._badge)
        self.problems = Lines()
        self._renew = button(self.tr("Pull again"), "plain", "download")
        self._renew.clicked.connect(self.renew_wanted)
        self._inner: QWidget | None = None
        self.figures = FactStrip(least=150, hints=True)
        self.facts = KeyValueList()
        self._code: tuple[Row, ...] = ()
        self.standing = Standing()
        self.standing.again_wanted.connect(self.again_wanted)
        self.body.addWidget(self.problems)
        self.body.addWidget(self._renew)
        self._slot = QVBoxLayout()
        self.body.addLayout(self._slot)
        self.body.addWidget(self.facts)
        self.body.addSpacing(tokens.S4)
        self.body.addWidget(self.figures)
        self.body.addSpacing(tokens.S4)
        self.body.addWidget(self.standing)
        self._show_extras(shown=False)

    @property
    def badge(self) -> StateBadge:
        """Whether the image is here."""
        return self._badge

    def say(self, title: str, text: str) -> None:
        """Say something instead of an answer: that it is being looked for, or why there is none."""
        self._shown = None
        self.set_title(title)
        self._show_extras(shown=False)
        self._fill(label(text, "muted", selectable=True))

    def show_answer(self, answer: Recommendation) -> None:
        """Show a choice or a refusal; what is known beside it follows with :meth:`show_known`."""
        # it is answered again whenever the engine's images changed; the same answer keeps the focus and the selection
        if self._shown == answer:
            return
        self._shown = answer
        if answer.choice is None:
            self._show_refusal(answer)
            return
        choice = answer.choice
        self.set_title(choice.reference)
        column = _Column()
        column.layout_.addWidget(FactStrip(tuple(Figure(name, value) for name, value in contents(choice))))
        column.layout_.addSpacing(tokens.S4)
        for sentence in (*reasons(choice), *machine_notes(answer)):
            column.layout_.addWidget(label(sentence, "body", selectable=True))
        self._code = tuple(Row(label=name, value=words) for name, words in gpu_code(choice))
        self._show_extras(shown=True)
        self._fill(column)

    def show_known(self, known: Known) -> None:
        """Show what is known beside the choice."""
        self._badge.show_state(*known.place)
        self.problems.show_lines(known.problems)
        self._renew.setVisible(known.renew)
        support = (Row(label=self.tr("Support"), value=known.support),) if known.support else ()
        self.facts.set_rows((*self._code, *support))
        self.figures.show_facts(known.figures)
        self.standing.say(known.standing, known.digest, again=known.again, can_ask=known.can_ask)

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be pulled; empty when it can."""
        self._renew.setEnabled(not why)
        self._renew.setToolTip(why)

    def _show_extras(self, *, shown: bool) -> None:
        for widget in (self._badge, self.facts, self.figures, self.standing):
            widget.setVisible(shown)
        if not shown:
            self.problems.hide()
            self._renew.hide()

    def _show_refusal(self, answer: Recommendation) -> None:
        self.set_title(self.tr("No image can be recommended"))
        self._show_extras(shown=False)
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
        take.clicked.connect(partial(self.nearest_wanted.emit, choice))
        return take

    def _fill(self, inner: QWidget) -> None:
        if self._inner is not None:
            self._slot.removeWidget(self._inner)
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = inner
        self._slot.addWidget(inner)


class _Column(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(0, 0, 0, 0)
        self.layout_.setSpacing(tokens.S8)
