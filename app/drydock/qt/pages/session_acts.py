"""What is done with one session: open, prove, stop, start, remove, follow its log."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import PullProgress
from drydock.jobs.job import Job
from drydock.jobs.probe import ProbeJob, ProbeResult, ProbeStep, SessionTarget
from drydock.jobs.sessions import (
    Connection,
    ConnectJob,
    FollowLogsJob,
    RemoveSessionJob,
    SessionLine,
    StartSessionJob,
    StopSessionJob,
)
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.sessions import proof_words
from drydock.qt.pages.session_card import SessionCard
from drydock.qt.pages.session_log import SessionLog
from drydock.qt.widgets.confirm import confirm

_LOG_HEIGHT = 260


class SessionActs(QObject):
    """Serves one card.

    Signals:
        troubled: something could not be done; carries the :class:`Trouble`.
    """

    troubled = Signal(object)

    def __init__(self, app: App, card: SessionCard) -> None:
        super().__init__(card)
        self._app = app
        self._card = card
        self._act: Running | None = None
        self._follow: Running | None = None
        self._log: SessionLog | None = None
        card.wanted.connect(self.do)

    @property
    def proving(self) -> bool:
        """Whether something is being done with the session."""
        return self._act is not None

    def do(self, act: str) -> None:
        """Do what a button asks for."""
        name = self._card.session.name
        if act == "benchmark":
            self._app.page_wanted.emit("benchmark", name)
        elif act == "logs":
            self._toggle_log()
        elif act == "remove":
            self._ask_remove()
        elif act == "prove":
            self._prove(name)
        elif act == "stop":
            self._run(StopSessionJob(self._app.context, name), self.tr("Stopping…"), self._changed)
        elif act == "start":
            self._run(StartSessionJob(self._app.context, name), self.tr("Starting…"), self._changed)
        else:
            self._run(ConnectJob(self._app.context, name), self.tr("Asking the session…"), partial(self._open, act))

    def remove(self) -> None:
        """Remove the session, ending it first where it runs."""
        self._unfollow()
        job = RemoveSessionJob(self._app.context, self._card.session.name, force=True)
        self._run(job, self.tr("Removing…"), self._changed)

    def close(self) -> None:
        """Let go of the session; what was begun is stopped."""
        self._unfollow()
        if self._act:
            self._app.bridge.drop(self._act)
            self._act = None

    # one act at a time

    def _run(
        self,
        job: Job[Any],
        words: str,
        done: Callable[[Any], None],
        progress: Callable[[Any], None] | None = None,
    ) -> None:
        if self._act:
            return
        self._card.show_busy(words)

        def finish(result: Any) -> None:
            self._end()
            done(result)

        self._act = self._app.bridge.start(job, done=finish, failed=self._failed, progress=progress, stopped=self._end)

    def _end(self) -> None:
        self._act = None
        self._card.show_busy("")

    def _failed(self, trouble: Trouble) -> None:
        self._end()
        self.troubled.emit(trouble)
        self._app.sessions_changed.emit()

    def _changed(self, _result: object) -> None:
        self._card.show_proof(None)
        self._app.sessions_changed.emit()

    def _open(self, act: str, connection: Connection) -> None:
        # the address holds the token: it goes to the browser and nowhere else
        if act == "jupyter" and connection.jupyter_url:
            QDesktopServices.openUrl(QUrl(connection.jupyter_url))
        elif act == "tensorboard" and connection.tensorboard_url:
            QDesktopServices.openUrl(QUrl(connection.tensorboard_url))
        elif act == "ssh" and connection.ssh_command:
            command = " ".join(connection.ssh_command)
            QGuiApplication.clipboard().setText(command)
            self._app.noted.emit(self.tr("Copied: {command}").format(command=command), "ok")
        else:
            self.troubled.emit(Trouble("session-service-missing", name=connection.name, service=act))

    def _prove(self, name: str) -> None:
        self._card.show_proof(None)
        job = ProbeJob(self._app.context, SessionTarget(name=name))
        self._run(job, self.tr("Running real kernels inside…"), self._proved, self._prove_step)

    def _prove_step(self, step: ProbeStep | PullProgress) -> None:
        if isinstance(step, ProbeStep):
            what = {
                "environment": self.tr("Reading torch and GPUs inside…"),
                "kernels": self.tr("Running real kernels and comparing their results…"),
            }
            self._card.show_busy(what.get(str(step.probe), self.tr("Proving…")))

    def _proved(self, result: ProbeResult) -> None:
        self._card.show_proof(proof_words(self._card.session, result))

    # the log

    def _toggle_log(self) -> None:
        if self._log is None:
            self._log = SessionLog(self._app, self.tr("Log of {name}").format(name=self._card.session.name))
            self._log.panel.setMinimumHeight(_LOG_HEIGHT)
            self._card.below.addWidget(self._log)
        elif not self._log.isHidden():
            self._unfollow()
            self._log.hide()
            self._card.button("logs").setChecked(False)
            return
        self._log.view.clear()
        self._log.show()
        self._card.button("logs").setChecked(True)
        self._follow = self._app.bridge.start(
            FollowLogsJob(self._app.context, self._card.session.name),
            done=self._log_ended,
            failed=self._log_failed,
            progress=self._log_line,
            stopped=self._forget_follow,
        )

    def _log_line(self, line: SessionLine) -> None:
        if self._log is not None:
            self._log.view.post((line.text,))

    def _log_ended(self, _nothing: None) -> None:
        self._forget_follow()
        if self._log is not None:
            self._log.view.post((self.tr("— the session has ended —"),))
        self._app.sessions_changed.emit()

    def _log_failed(self, trouble: Trouble) -> None:
        self._forget_follow()
        if self._log is not None:
            article = trouble_article(trouble)
            self._log.view.post((f"— {article.title}: {article.text} —",))

    def _forget_follow(self) -> None:
        self._follow = None

    def _unfollow(self) -> None:
        if self._follow:
            self._app.bridge.drop(self._follow)
            self._follow = None
        if self._log is not None:
            self._log.close_job()

    def _ask_remove(self) -> None:
        session = self._card.session
        lost = self.tr("What was written inside the container is lost. Your directories, volumes and images stay.")
        ends = self.tr("It is running: the work inside ends.")
        confirm(
            self._card,
            self.tr("Remove {name}?").format(name=session.name),
            f"{ends} {lost}" if session.running else lost,
            self.tr("Remove"),
            self.remove,
        )
