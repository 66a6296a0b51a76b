"""The pull on the Images page: its bar, its end, and its failure."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import PullProgress
from drydock.jobs.pull import Pulled, PullJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.pull import pull_words
from drydock.qt.theme import tokens
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.progress_panel import ProgressPanel


class ImagePull(QWidget):
    """Pulls one image at a time; goes on while other pages are shown.

    Signals:
        changed: a pull began or ended.
    """

    changed = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
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
        self._settle()

    @property
    def running(self) -> bool:
        """Whether a pull is on its way."""
        return self._running is not None

    def start(self, reference: str) -> None:
        """Pull an image; a second wish while one is on its way changes nothing."""
        if self._running or not reference:
            return
        self.reference = reference
        self.failure.hide()
        self.panel.start(self.tr("Pulling {image}").format(image=reference))
        self.panel.set_detail(self.tr("Asking the registry…"))
        self.panel.show()
        self._running = self._app.bridge.start(
            PullJob(self._app.context, reference),
            done=self._done,
            failed=self._failed,
            progress=self._step,
            stopped=self._stopped,
        )
        self._settle()

    def _cancel(self) -> None:
        if self._running:
            self._running.stop()

    def _try_again(self) -> None:
        self.start(self.reference)

    def _step(self, step: PullProgress) -> None:
        words = pull_words(step)
        self.panel.set_progress(words.share, words.done, words.left)
        self.panel.set_detail(words.detail)

    def _done(self, pulled: Pulled) -> None:
        self._end()
        self._app.noted.emit(self.tr("{image} is here now.").format(image=pulled.reference), "ok")
        self._app.images_changed.emit()

    def _failed(self, trouble: Trouble) -> None:
        self._end()
        article = trouble_article(trouble)
        self.failure.show_failure(
            article.title, article.text, article.remedy, commands=article.commands, links=article.links
        )
        self._settle()

    def _stopped(self) -> None:
        self._end()
        words = self.tr("The pull of {image} was stopped; finished layers are kept where the engine can keep them.")
        self._app.noted.emit(words.format(image=self.reference), "attention")

    def _end(self) -> None:
        self._running = None
        self.panel.hide()
        self._settle()

    def _settle(self) -> None:
        # an empty widget would still cost the page its spacing
        self.setVisible(self.running or not self.failure.isHidden())
        self.changed.emit()
