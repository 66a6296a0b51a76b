"""The pull on the Images page: its bar, its end, and its failure."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.data.knowledge import trouble_article
from drydock.qt.activities import Activity
from drydock.qt.app import App
from drydock.qt.theme import tokens
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.progress_panel import ProgressPanel


class ImagePull(QWidget):
    """Shows the pull that was last asked for on this page; the activities carry it out.

    Signals:
        changed: a pull began or ended.
    """

    changed = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activities = app.activities
        self._id = 0
        self._state = ""
        self.reference = ""
        self.panel = ProgressPanel()
        self.panel.cancel_wanted.connect(self._cancel)
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self._try_again)
        self.failure.closed.connect(self._settle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S16)
        column.addWidget(self.panel)
        column.addWidget(self.failure)
        self.panel.hide()
        self._activities.changed.connect(self._follow)
        self._settle()

    @property
    def running(self) -> bool:
        """Whether the pull is on its way."""
        activity = self._activities.find(self._id)
        return activity is not None and activity.on_its_way

    def start(self, reference: str) -> None:
        """Pull an image; a second wish while one is on its way changes nothing."""
        if self.running or not reference:
            return
        self.reference = reference
        self.failure.hide()
        self._state = ""
        self._id = self._activities.pull(reference).id
        self._follow(self._id)

    def _cancel(self) -> None:
        self._activities.cancel(self._id)

    def _try_again(self) -> None:
        self._activities.resume(self._id)

    def _follow(self, changed: int) -> None:
        if changed != self._id:
            return
        activity = self._activities.find(self._id)
        state = activity.state if activity else ""
        if activity and activity.on_its_way:
            if self._state not in ("waiting", "running"):
                self.panel.start(activity.title)
            self.panel.set_progress(activity.share, activity.done, activity.left)
            self.panel.set_detail(activity.detail)
        if state != self._state:
            self._state = state
            self._show_state(activity)

    def _show_state(self, activity: Activity | None) -> None:
        self.panel.setVisible(self.running)
        self.failure.hide()
        if activity and activity.trouble:
            article = trouble_article(activity.trouble)
            self.failure.show_failure(
                article.title, article.text, article.remedy, commands=article.commands, links=article.links
            )
        self._settle()

    def _settle(self) -> None:
        # an empty widget would still cost the page its spacing
        self.setVisible(self.running or not self.failure.isHidden())
        self.changed.emit()
