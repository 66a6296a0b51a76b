"""What became of the pulls, imports and exports that failed: why, what to do, and trying again."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.data.knowledge import trouble_article
from drydock.qt.activities import Activity
from drydock.qt.app import App
from drydock.qt.widgets.failure_card import FailureCard

_KINDS = frozenset(("pull", "import", "export"))


class ImageActivities(QWidget):
    """Shows the newest failure of an activity with images; how they go is shown by the window itself."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activities = app.activities
        self._shown = 0
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self._try_again)
        self.failure.closed.connect(self.hide)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.failure)
        self._activities.ended.connect(self._ended)
        self._activities.changed.connect(self._changed)
        self.hide()

    def _ended(self, activity: Activity) -> None:
        if activity.kind not in _KINDS or activity.trouble is None:
            return
        self._shown = activity.id
        article = trouble_article(activity.trouble)
        self.failure.show_failure(
            article.title, article.text, article.remedy, commands=article.commands, links=article.links
        )
        self.show()

    def _changed(self, changed: int) -> None:
        # it was tried again, or dismissed elsewhere
        activity = self._activities.find(self._shown) if changed == self._shown else None
        if changed == self._shown and (activity is None or activity.trouble is None):
            self.failure.hide()
            self.hide()

    def _try_again(self) -> None:
        self.hide()
        self._activities.resume(self._shown)
