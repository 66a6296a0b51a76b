"""A launch on its way: its stages, the bar of the pull, what the build and the container write, and its failure."""

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.facts import Snapshot
from drydock.core.launch import Choice
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import PullProgress
from drydock.jobs.launch import LaunchJob
from drydock.jobs.launch_steps import BuildLine, LogLine, Ready, Stage, Superseded
from drydock.jobs.sessions import Session
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.launch import service_words
from drydock.qt.models.pull import pull_words
from drydock.qt.pages.session_log import SessionLog
from drydock.qt.theme import tokens
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.progress_panel import ProgressPanel

_LOG_HEIGHT = 220


class LaunchRun(QWidget):
    """Runs one launch at a time.

    Signals:
        changed: a launch began or ended.
        ready: a session answers; carries the :class:`Session`.
    """

    changed = Signal()
    ready = Signal(object)

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._asked: tuple[Choice, Snapshot | None] | None = None
        self._left_over = ""
        self.panel = ProgressPanel()
        self.panel.cancel_wanted.connect(self._cancel)
        self.log = SessionLog(app, self.tr("What the build and the container write"))
        self.log.panel.setMinimumHeight(_LOG_HEIGHT)
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self._try_again)
        self.failure.closed.connect(self._settle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S16)
        for widget in (self.panel, self.failure, self.log):
            column.addWidget(widget)
        self._settle()

    @property
    def running(self) -> bool:
        """Whether a launch is on its way."""
        return self._running is not None

    def start(self, choice: Choice, snapshot: Snapshot | None) -> None:
        """Launch; a second wish while one is on its way changes nothing."""
        if self._running:
            return
        self._asked = (choice, snapshot)
        self._left_over = ""
        self.failure.hide()
        self.log.view.clear()
        self.log.hide()
        self.panel.start(self.tr("Launching {image}").format(image=choice.image))
        self.panel.set_detail(self.tr("Checking the choice…"))
        self._running = self._app.bridge.start(
            LaunchJob(self._app.context, choice, snapshot),
            done=self._done,
            failed=self._failed,
            progress=self._step,
            stopped=self._stopped,
        )
        self._settle()

    def _try_again(self) -> None:
        if self._asked:
            self.start(*self._asked)

    def _cancel(self) -> None:
        if self._running:
            self._running.stop()

    def _step(self, step: object) -> None:
        if isinstance(step, Stage):
            self._show_stage(step)
        elif isinstance(step, PullProgress):
            words = pull_words(step)
            self.panel.set_progress(words.share, words.done, words.left)
            self.panel.set_detail(words.detail)
        elif isinstance(step, BuildLine | LogLine):
            self.log.show()
            self.log.view.post((step.text,))
        elif isinstance(step, Superseded):
            words = self.tr("{old} was made from an older {parent} and can be removed on the Images page.")
            self._app.noted.emit(words.format(old=step.reference, parent=step.parent), "attention")
        elif isinstance(step, Ready):
            self.panel.set_detail(self.tr("Everything answers."))
            if step.url:
                QDesktopServices.openUrl(QUrl(step.url))

    def _show_stage(self, stage: Stage) -> None:
        if stage.name == "left-over":
            self._left_over = stage.text
            return
        titles = {
            "checking": self.tr("Checking the choice"),
            "pulling": self.tr("Pulling {text}"),
            "building": self.tr("Adding what the image lacks"),
            "creating": self.tr("Creating {text}"),
            "starting": self.tr("Starting {text}"),
            "waiting": self.tr("Waiting for {text} to answer"),
        }
        details = {
            "building": self.tr(
                "An image with the services and tools is made once, as {text}; later launches use it again."
            )
        }
        self.panel.set_title(titles[stage.name].format(text=service_words(stage.text)))
        self.panel.set_progress(None)
        self.panel.set_detail(details.get(stage.name, "").format(text=stage.text))

    def _done(self, session: Session) -> None:
        self._end()
        self.log.hide()
        self._settle()
        self._app.noted.emit(self.tr("{name} is ready.").format(name=session.name), "ok")
        self.ready.emit(session)
        self._app.images_changed.emit()
        self._app.sessions_changed.emit()

    def _failed(self, trouble: Trouble) -> None:
        self._end()
        article = trouble_article(trouble)
        remedy = article.remedy
        if self._left_over:
            remedy = f"{remedy} {self._left_over_words()}"
        self.failure.show_failure(article.title, article.text, remedy, commands=article.commands, links=article.links)
        self._settle()

    def _stopped(self) -> None:
        self._end()
        self.log.hide()
        self._settle()
        words = self.tr("The launch was stopped; no container is left over.")
        if self._left_over:
            words = self._left_over_words()
        self._app.noted.emit(words, "attention")

    def _left_over_words(self) -> str:
        words = self.tr("Its container {id} could not be removed; remove it with: docker rm -f {id}")
        return words.format(id=self._left_over)

    def _end(self) -> None:
        self._running = None
        self._settle()

    def _settle(self) -> None:
        self.panel.setVisible(self.running)
        if not self.running and self.failure.isHidden():
            self.log.hide()
        self.setVisible(self.running or not self.failure.isHidden())
        self.changed.emit()
