"""How far the next look goes, and through which image's container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from drydock.core.facts import known_or
from drydock.jobs.diagnose import Depth
from drydock.qt.pages.doctor_words import depth_title
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import Glyph, button, label

if TYPE_CHECKING:
    from drydock.core.findings import Diagnosis
    from drydock.qt.app import App

_DEPTHS: tuple[Depth, ...] = ("quick", "standard", "deep")


class DepthBox(QComboBox):
    """Quick, standard or deep."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("How far to look"))
        told = {
            "quick": self.tr("This computer alone; a second or two"),
            "standard": self.tr("Also inside a container; about a minute"),
            "deep": self.tr("Also the GPUs under load; about ten minutes"),
        }
        for depth in _DEPTHS:
            self.addItem(depth_title(depth), depth)
            self.setItemData(self.count() - 1, told[depth], Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(self._explain)
        self._why = ""
        self._explain()

    @property
    def wanted(self) -> Depth:
        """What is chosen."""
        return _DEPTHS[self.currentIndex()]

    def choose(self, depth: Depth) -> None:
        """Choose a depth."""
        self.setCurrentIndex(_DEPTHS.index(depth))

    def allow(self, allowed: bool, why: str = "") -> None:
        """Let a person choose, or only look quickly and say why."""
        self._why = "" if allowed else why
        if not allowed:
            self.choose("quick")
        self.setEnabled(allowed)
        self._explain()

    def _explain(self, _index: int = 0) -> None:
        words = self._why or str(self.itemData(self.currentIndex(), Qt.ItemDataRole.ToolTipRole))
        self.setToolTip(words)
        self.setAccessibleDescription(words)


class ContainerRow(QWidget):
    """Which image a standard or deep look goes into; nothing is pulled for it.

    Signals:
        images_wanted: the person wants to get one; the recommended reference, or nothing.
    """

    images_wanted = Signal(str)

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._recommended = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S8)
        self._glyph = Glyph("info", "muted")
        self._words = label("", "muted")
        self.images = QComboBox()
        self.images.setAccessibleName(self.tr("Image whose container is looked into"))
        self.images.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.images.setMinimumWidth(200)
        self._get = button(self.tr("Get an image…"), "quiet", "images")
        self._get.clicked.connect(self._ask)
        row.addWidget(self._glyph)
        row.addWidget(self._words)
        row.addWidget(self.images, 1)
        row.addWidget(self._get)

    @property
    def image(self) -> str:
        """The reference that is chosen; empty where there is none."""
        return str(self.images.currentData() or "")

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def follow(self, diagnosis: Diagnosis | None, depth: Depth) -> None:
        """Offer the images that are here."""
        self.setVisible(depth != "quick")
        if depth == "quick" or diagnosis is None:
            return
        from drydock.core.images import Wish
        from drydock.jobs.recommend import recommend_for

        snapshot = diagnosis.snapshot
        choice = recommend_for(snapshot, Wish(), self._app.context.catalogue()).choice
        self._recommended = choice.reference if choice else ""
        here = sorted({name for image in known_or(snapshot.engine.images, ()) for name in image.references})
        self._fill(here)
        self._say(depth, here, reachable=snapshot.engine.reach.kind == "ready")

    def _fill(self, here: list[str]) -> None:
        chosen = self.image
        self.images.clear()
        # the one that fits, then those that most likely hold torch, which is what is looked at inside
        for name in sorted(here, key=lambda name: (name != self._recommended, "torch" not in name)):
            words = self.tr("{name} (recommended)").format(name=name) if name == self._recommended else name
            self.images.addItem(words, name)
        if chosen in here:
            self.images.setCurrentIndex(self.images.findData(chosen))
        self.images.setVisible(bool(here))
        self._words.setWordWrap(not here)
        self._get.setVisible(self._recommended not in here or not here)

    def _say(self, depth: Depth, here: list[str], *, reachable: bool) -> None:
        if not reachable:
            words = self.tr("The container engine cannot be reached, so only this computer can be looked at.")
            self._get.hide()
        elif not here:
            words = self.tr("No image is here to start a container of; without one, only this computer is looked at.")
        elif depth == "deep":
            words = self.tr("Every GPU gets a load, about ten minutes in all, in a container of")
        else:
            words = self.tr("About a minute, in a container of")
        self._words.setText(words)

    def _ask(self) -> None:
        self.images_wanted.emit(self._recommended)
