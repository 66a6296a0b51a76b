"""One session: what it is, what is proved of it, and everything that can be done with it."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from drydock.core.launch import short_digest
from drydock.jobs.sessions import Session
from drydock.qt.models.sessions import ProofWords, ending_words, facts_line, state_words
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.labels import ButtonKind, button, label
from drydock.qt.widgets.state_badge import StateBadge


class SessionCard(Card):
    """Draws one session; the list above it does what is asked.

    Signals:
        wanted: an act, by name: ``jupyter``, ``tensorboard``, ``ssh``, ``logs``, ``prove``, ``benchmark``, ``stop``,
            ``start``, ``remove``.
    """

    wanted = Signal(str)

    def __init__(self, session: Session, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(session.name, parent)
        self.session = session
        self._busy = ""
        self.proof_badge = StateBadge()
        self.state_badge = StateBadge()
        self.add_corner(self.proof_badge)
        self.add_corner(self.state_badge)
        self._image = label("", "mono", selectable=True)
        self._facts = label("", "muted")
        self._ending = label("", "body", selectable=True)
        self._proof = label("", "body", selectable=True)
        self._busy_line = label("", "muted")
        self.below = QVBoxLayout()
        self._buttons: dict[str, QPushButton] = {}
        for widget in (self._image, self._facts, self._ending, self._proof, self._busy_line):
            self.body.addWidget(widget)
        self.body.addSpacing(tokens.S4)
        self._place_buttons()
        self.body.addLayout(self.below)
        self.proof_badge.hide()
        self._proof.hide()
        self.show_session(session, now)

    def button(self, act: str) -> QPushButton:
        """Return the button of an act.

        Raises:
            KeyError: there is no such act.
        """
        return self._buttons[act]

    @property
    def facts(self) -> str:
        """The line of facts."""
        return self._facts.text()

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        return self._ending.text()

    @property
    def proof(self) -> str:
        """What is said of the proof."""
        return self._proof.text()

    def show_session(self, session: Session, now: datetime) -> None:
        """Show the session as it is now."""
        self.session = session
        self.state_badge.show_state(*state_words(session))
        contents = f"  {short_digest(session.digest)}" if session.digest else ""
        self._image.setText(f"{session.image}{contents}")
        self._image.setToolTip(session.digest)
        self._facts.setText(facts_line(session, now))
        self._ending.setText(ending_words(session))
        self._ending.setVisible(bool(self._ending.text()))
        self._settle()

    def show_proof(self, words: ProofWords | None) -> None:
        """Show what is proved; None for nothing."""
        self.proof_badge.setVisible(words is not None)
        self._proof.setVisible(words is not None and bool(words.lines))
        if words is not None:
            self.proof_badge.show_state(words.state, words.word)
            self._proof.setText("\n".join(words.lines))

    def show_busy(self, text: str) -> None:
        """Say what is being done with it, with its buttons off; empty when it is over."""
        self._busy = text
        self._settle()

    def _place_buttons(self) -> None:
        connect: tuple[tuple[str, str, ButtonKind, str], ...] = (
            ("jupyter", self.tr("Open Jupyter"), "plain", "external"),
            ("tensorboard", self.tr("Open TensorBoard"), "plain", "external"),
            ("ssh", self.tr("Copy SSH command"), "plain", "copy"),
        )
        work: tuple[tuple[str, str, ButtonKind, str], ...] = (
            ("prove", self.tr("Prove GPU"), "plain", "check"),
            ("benchmark", self.tr("Benchmark"), "plain", "benchmark"),
            ("logs", self.tr("Logs"), "plain", "list"),
        )
        keep: tuple[tuple[str, str, ButtonKind, str], ...] = (
            ("start", self.tr("Start"), "plain", "play"),
            ("stop", self.tr("Stop"), "plain", "stop"),
            ("remove", self.tr("Remove…"), "danger", "trash"),
        )
        self._connect_row = QWidget()
        self._row(connect, QHBoxLayout(self._connect_row)).addStretch(1)
        self.body.addWidget(self._connect_row)
        row = self._row(work, QHBoxLayout())
        row.addStretch(1)
        self._row(keep, row)
        self.body.addLayout(row)
        self.button("logs").setCheckable(True)

    def _row(self, acts: tuple[tuple[str, str, ButtonKind, str], ...], row: QHBoxLayout) -> QHBoxLayout:
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S8)
        for act, text, kind, icon in acts:
            made = button(text, kind, icon)
            made.setAccessibleName(f"{text}: {self.session.name}")
            made.clicked.connect(lambda _on=False, act=act: self.wanted.emit(act))
            self._buttons[act] = made
            row.addWidget(made)
        return row

    def _settle(self) -> None:
        session = self.session
        self._busy_line.setText(self._busy)
        self._busy_line.setVisible(bool(self._busy))
        reachable = session.running and not session.remote
        shown = {
            "jupyter": reachable and session.port_of("jupyter") is not None,
            "tensorboard": reachable and session.port_of("tensorboard") is not None,
            "ssh": session.running and session.port_of("ssh") is not None,
            "prove": session.running,
            "benchmark": session.running,
            "logs": True,
            "start": session.state in ("exited", "created"),
            "stop": session.state in ("running", "paused", "restarting"),
            "remove": True,
        }
        for act, made in self._buttons.items():
            made.setVisible(shown[act])
            made.setEnabled(not self._busy or act == "logs")
        self._connect_row.setVisible(any(shown[act] for act in ("jupyter", "tensorboard", "ssh")))
        on_gpu = session.gpus not in ("", "none")
        self.button("prove").setText(self.tr("Prove GPU") if on_gpu else self.tr("Prove CPU"))
