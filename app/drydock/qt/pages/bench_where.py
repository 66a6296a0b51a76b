"""Where the benchmark runs and how thorough it is: the fields above its results."""

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QStackedWidget, QWidget

from drydock.core.facts import Snapshot
from drydock.core.images import Recommendation
from drydock.jobs.bench import BenchMode
from drydock.jobs.targets import HostTarget, ImageTarget, SessionTarget, Target
from drydock.qt.models.bench_places import (
    PlaceWords,
    default_kind,
    has_gpu,
    image_hint,
    images,
    python_hint,
    pythons,
)
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.labels import label

Kind = Literal["host", "image", "session"]
KINDS: tuple[Kind, ...] = ("host", "image", "session")


class WhereCard(Card):
    """Three choices: the kind of place, the place, and the mode.

    Signals:
        changed: what ``target`` gives may be another one now.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._snapshot: Snapshot | None = None
        self._touched = False
        self.kind = self._combo(self.tr("Where to measure"))
        for name, text in zip(KINDS, self._kind_texts(), strict=True):
            self.kind.addItem(text, name)
        self.python = self._combo(self.tr("Python"), editable=True)
        self.image = self._combo(self.tr("Image"), editable=True)
        self.session = self._combo(self.tr("Session"))
        self.mode = self._combo(self.tr("How thorough"))
        self.mode.addItem(self.tr("Quick, 30 seconds"), "quick")
        self.mode.addItem(self.tr("Standard, 3 minutes"), "standard")
        self.hint = label("", "muted")
        self._places = QStackedWidget()
        for box in (self.python, self.image, self.session):
            self._places.addWidget(box)
        self._places.setFixedHeight(tokens.CONTROL_HEIGHT)
        self._place_fields()
        self.kind.activated.connect(self._touch)
        self.kind.currentIndexChanged.connect(self._places.setCurrentIndex)
        self.kind.currentIndexChanged.connect(self._say)
        for box in (self.python, self.image):
            box.editTextChanged.connect(self._say)
        self.session.currentIndexChanged.connect(self._say)
        self._say()

    def target(self) -> Target | None:
        """Return where to run; None while nothing is chosen (``hint`` says what is missing)."""
        match self.kind.currentData():
            case "host":
                python = _value(self.python)
                return HostTarget(python=python) if python else None
            case "image":
                reference = _value(self.image)
                gpus = "all" if has_gpu(self._snapshot) else "none"
                return ImageTarget(image=reference, gpus=gpus) if reference else None
            case _:
                name = self.session.currentData()
                return SessionTarget(name=name) if name else None

    def chosen_mode(self) -> BenchMode:
        """Return how thorough the run shall be."""
        return "standard" if self.mode.currentData() == "standard" else "quick"

    def choose(self, kind: Kind, value: str = "") -> None:
        """Preselect a place."""
        self._touched = True
        self.kind.setCurrentIndex(KINDS.index(kind))
        box = (self.python, self.image, self.session)[KINDS.index(kind)]
        if not value:
            return
        place = box.findData(value)
        if place < 0:
            box.addItem(value, value)
            place = box.findData(value)
        box.setCurrentIndex(place)

    def offer(self, snapshot: Snapshot | None, recommendation: Recommendation | None) -> None:
        """Offer what a diagnosis found."""
        self._snapshot = snapshot
        _refill(self.python, pythons(snapshot))
        _refill(self.image, images(snapshot, recommendation))
        self._propose()

    def offer_sessions(self, names: tuple[str, ...]) -> None:
        """Offer the sessions that run."""
        _refill(self.session, tuple(PlaceWords(value=name, text=name) for name in names))
        self._propose()

    def _propose(self) -> None:
        if not self._touched:
            names = tuple(self.session.itemText(place) for place in range(self.session.count()))
            kind = default_kind(self._snapshot, names)
            self.kind.setCurrentIndex(next(place for place, name in enumerate(KINDS) if name == kind))
        self._say()

    def _touch(self, _place: int) -> None:
        self._touched = True

    def _say(self) -> None:
        match self.kind.currentData():
            case "host":
                words = python_hint(self._snapshot, _value(self.python))
            case "image":
                words = image_hint(self._snapshot, _value(self.image))
            case _:
                words = self._session_hint()
        if self._snapshot is not None and not has_gpu(self._snapshot):
            words = f"{words} " + self.tr("No NVIDIA GPU was found here, so the processor is measured.")
        self.hint.setText(words.strip())
        self.changed.emit()

    def _session_hint(self) -> str:
        if self.session.count():
            return self.tr("It runs beside the work in that session, which disturbs both.")
        return self.tr("No session is running. Launch one first, or measure in an image.")

    def _kind_texts(self) -> tuple[str, str, str]:
        return self.tr("This computer"), self.tr("An image"), self.tr("A running session")

    def _place_fields(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.S12)
        grid.setVerticalSpacing(tokens.S4)
        fields: tuple[tuple[str, QWidget, int], ...] = (
            (self.tr("Where"), self.kind, 2),
            (self.tr("Which"), self._places, 4),
            (self.tr("How thorough"), self.mode, 2),
        )
        for column, (caption, field, stretch) in enumerate(fields):
            above = label(caption, "small", wrap=False)
            above.setBuddy(field)
            grid.addWidget(above, 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, stretch)
        self.body.addLayout(grid)
        self.body.addWidget(self.hint)

    @staticmethod
    def _combo(name: str, *, editable: bool = False) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(name)
        made.setEditable(editable)
        made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # long paths must not make the page wider than the window
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(10)
        return made


def _value(box: QComboBox) -> str:
    """Return what is chosen or was typed."""
    text = box.currentText().strip()
    place = box.findText(text)
    return str(box.itemData(place)) if place >= 0 else text


def _refill(box: QComboBox, offers: tuple[PlaceWords, ...]) -> None:
    """Offer other things, and keep what was chosen or typed."""
    kept = _value(box)
    had_choice = bool(kept) and box.count() > 0
    box.blockSignals(True)
    box.clear()
    for offer in offers:
        box.addItem(offer.text, offer.value)
    place = box.findData(kept)
    if place >= 0:
        box.setCurrentIndex(place)
    elif had_choice and box.isEditable():
        box.setEditText(kept)
    box.blockSignals(False)
