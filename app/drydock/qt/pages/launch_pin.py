"""Pinning the image of the launch form: the switch with the digest, and who finds the digest out."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QWidget

from drydock.core.launch import parse_image, short_digest
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.pin import PinJob, Pinned
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.labels import tool_button

_PAUSE_MS = 400


class PinField(Field):
    """A switch; once it is known, the digest that the session gets, to be compared and copied.

    Signals:
        edited: switched on or off.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.switch = QCheckBox()
        self.copy = tool_button("copy", "")
        super().__init__("", self.switch, "", self.copy, parent)
        self.switch.setText(self.tr("Pin to exactly these contents"))
        self.switch.setAccessibleName(self.switch.text())
        name = self.tr("Copy the whole digest")
        self.copy.setToolTip(name)
        self.copy.setAccessibleName(name)
        self.copy.clicked.connect(self._copy)
        self.digest = ""
        self.switch.toggled.connect(self.edited)
        self.rest()

    @property
    def wanted(self) -> bool:
        """Whether it is switched on."""
        return self.switch.isChecked()

    def rest(self) -> None:
        """Say what pinning means."""
        self.digest = ""
        self._show(self.tr("Else the session gets whatever the image's name stands for when it is launched."), "")

    def wait(self) -> None:
        """Say that the digest is being looked up."""
        self.digest = ""
        self._show(self.tr("Looking up what the name stands for…"), "")

    def show_digest(self, pinned: Pinned) -> None:
        """Show what the session gets."""
        self.digest = pinned.digest
        words = {
            "local": self.tr("{digest}, the copy that is here. It stays the same when the name moves on."),
            "registry": self.tr("{digest}, what the registry has now. It stays the same when the name moves on."),
            "given": self.tr("{digest}, as the image's name says."),
        }
        self._show(words[pinned.source].format(digest=short_digest(pinned.digest)), pinned.digest)

    def show_failure(self, text: str) -> None:
        """Say why there is no digest."""
        self.digest = ""
        self._show("", "")
        self.say(text, "broken")

    def _show(self, words: str, tip: str) -> None:
        self.copy.setVisible(bool(tip))
        self.setToolTip(tip)
        self._hint = words
        self.say()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.digest)


class PinFinder(QObject):
    """Finds out what the image in the form stands for, once the typing pauses.

    Signals:
        changed: the field shows another answer.
    """

    changed = Signal()

    def __init__(self, app: App, field: PinField, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._field = field
        self._running: Running | None = None
        self._reference = ""
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)

    def forget(self) -> None:
        """Forget the answer: the image may be another one now, or the machine."""
        self._reference = ""

    def follow(self, reference: str, why_not: str) -> None:
        """Keep the field's digest that of ``reference``.

        Args:
            reference: as it is typed.
            why_not: why nothing can be asked; empty when it can.
        """
        if "@" in reference:
            self._drop()
            self._reference = ""
            self._follow_given(reference)
            return
        wanted = reference if self._field.wanted else ""
        if wanted and why_not:
            self._drop()
            self._reference = ""
            self._field.show_failure(why_not)
        elif wanted != self._reference:
            self._drop()
            self._reference = wanted
            if wanted:
                self._field.wait()
                self._timer.start()
            else:
                self._field.rest()
        elif not wanted:
            self._field.rest()

    def _follow_given(self, reference: str) -> None:
        try:
            name, digest = parse_image(reference)
        except Trouble:
            # the image's own field says what is wrong
            self._field.rest()
        else:
            self._field.show_digest(Pinned(reference=name, digest=digest, source="given"))

    def _ask(self) -> None:
        self._running = self._app.bridge.start(
            PinJob(self._app.context, self._reference), done=self._found, failed=self._failed
        )

    def _found(self, pinned: Pinned) -> None:
        self._running = None
        self._field.show_digest(pinned)
        self.changed.emit()

    def _failed(self, trouble: Trouble) -> None:
        self._running = None
        article = trouble_article(trouble)
        self._field.show_failure(f"{article.text} {article.remedy}".strip())
        self.changed.emit()

    def _drop(self) -> None:
        self._timer.stop()
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
