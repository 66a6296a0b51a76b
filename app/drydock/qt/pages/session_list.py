"""All sessions of the engine, found again at every start and looked at anew while they are seen."""

from datetime import UTC, datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.sessions import ListSessionsJob, Session
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.sessions import kept_proof
from drydock.qt.pages.session_acts import SessionActs
from drydock.qt.pages.session_card import SessionCard
from drydock.qt.theme import tokens
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.failure_card import FailureCard

_REFRESH_MS = 3000
_RECORDS = 50


class SessionList(QWidget):
    """The sessions as cards.

    Signals:
        counted: how many there are now.
        new_wanted: the person wants to launch the first one.
    """

    counted = Signal(int)
    new_wanted = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._again = False
        self._cards: dict[str, tuple[SessionCard, SessionActs]] = {}
        self.sessions: tuple[Session, ...] | None = None
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self.refresh)
        self.empty = EmptyState("launch", "")
        self.empty.chosen.connect(self.new_wanted)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S16)
        self._column.addWidget(self.failure)
        self._column.addWidget(self.empty)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        app.sessions_changed.connect(self.refresh)
        app.diagnosed.connect(self.refresh)
        app.machine_changed.connect(self._forget)
        self._show_empty()
        self.refresh()

    def card(self, name: str) -> SessionCard:
        """Return a session's card.

        Raises:
            KeyError: there is no such session.
        """
        return next((card for card, _ in self._cards.values() if card.session.name == name), None) or _missing(name)

    def acts(self, name: str) -> SessionActs:
        """Return what serves a session's card.

        Raises:
            KeyError: there is no such session.
        """
        return self._cards[self.card(name).session.id][1]

    @property
    def names(self) -> frozenset[str]:
        """Names of the sessions there are."""
        return frozenset(session.name for session in self.sessions or ())

    @property
    def busy(self) -> tuple[str, ...]:
        """Names of the sessions that something is being done with."""
        return tuple(card.session.name for card, acts in self._cards.values() if acts.proving)

    def set_minimised(self, minimised: bool) -> None:
        """Look less while nobody can see."""
        if minimised:
            self._timer.stop()
        elif self.isVisible():
            self._timer.start()

    def refresh(self) -> None:
        """Ask the engine; while an answer is awaited, once more after it."""
        if why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            self._show_empty()
            return
        if self._running:
            self._again = True
            return
        self._running = self._app.bridge.start(
            ListSessionsJob(self._app.context), done=self._keep, failed=self._fail, stopped=self._end
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _end(self) -> None:
        self._running = None
        if self._again:
            self._again = False
            self.refresh()

    def _keep(self, sessions: tuple[Session, ...]) -> None:
        if not self._app.recorded:
            self.failure.hide()
            self._show(sessions)
        self._end()

    def _fail(self, trouble: Trouble) -> None:
        self._tell(trouble)
        self._end()

    def _show(self, sessions: tuple[Session, ...]) -> None:
        now = datetime.now(UTC)
        for gone in set(self._cards) - {session.id for session in sessions}:
            self._drop(gone)
        for place, session in enumerate(sessions):
            held = self._cards.get(session.id)
            if held is None:
                self._add(session, now, place)
                continue
            restarted = held[0].session.started_at != session.started_at
            held[0].show_session(session, now)
            if restarted or not session.running:
                held[0].show_proof(None)
        self.sessions = sessions
        self._show_empty()
        self.counted.emit(len(sessions))

    def _add(self, session: Session, now: datetime, place: int) -> None:
        card = SessionCard(session, now)
        acts = SessionActs(self._app, card)
        acts.troubled.connect(self._tell)
        card.show_proof(kept_proof(session, self._app.context.store.records("probe", _RECORDS)))
        self._cards[session.id] = (card, acts)
        # behind the failure and the empty state
        self._column.insertWidget(2 + place, card)

    def _drop(self, session_id: str) -> None:
        card, acts = self._cards.pop(session_id)
        acts.close()
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _forget(self) -> None:
        for session_id in tuple(self._cards):
            self._drop(session_id)
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
        self._again = False
        self.sessions = None
        self.failure.hide()
        self._show_empty()
        self.counted.emit(0)

    def _tell(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.failure.show_failure(
            article.title, article.text, article.remedy, commands=article.commands, links=article.links, again=False
        )

    def _show_empty(self) -> None:
        why = why_no_engine(self._app.diagnosis, recorded=self._app.recorded)
        self.empty.setVisible(not self._cards)
        if why:
            self.empty.say("launch", self.tr("No sessions can be shown"), why)
        elif self.sessions is None:
            self.empty.say("launch", self.tr("Looking for sessions…"))
        else:
            words = self.tr("Containers that Drydock launches are listed here, also after a restart of the app.")
            self.empty.say("launch", self.tr("No session yet"), words, self.tr("Launch one"))


def _missing(name: str) -> SessionCard:
    raise KeyError(name)
