"""The choice of the container engine: its address, and whether it answers there."""

import dataclasses

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from drydock.core.facts import Engine, known_or
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.engine import CheckEngineJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.state_badge import StateBadge


class EngineCard(Card):
    """An address or context, kept and used from the moment it is applied, and checked then."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title(self.tr("Container engine"))
        self._app = app
        self._check: Running | None = None
        self.address = QLineEdit(app.context.store.settings.engine)
        self.address.setPlaceholderText(self.tr("Follow DOCKER_HOST and the current Docker context"))
        self.address.setAccessibleName(self.tr("Address or context of the container engine"))
        self.address.returnPressed.connect(self.apply)
        self._apply = button(self.tr("Apply and check"), "plain", "check")
        self._apply.clicked.connect(self.apply)
        self.badge = StateBadge()
        self.said = label("", "muted", selectable=True)
        field = QHBoxLayout()
        field.setSpacing(tokens.S8)
        field.addWidget(self.address, 1)
        field.addWidget(self._apply)
        answer = QHBoxLayout()
        answer.setSpacing(tokens.S8)
        answer.addWidget(self.badge)
        answer.addWidget(self.said, 1)
        words = self.tr(
            "An address such as unix:///var/run/docker.sock, ssh://you@server or tcp://host:2376, or the name of a "
            "Docker context."
        )
        self.body.addWidget(label(words, "muted"))
        self.body.addLayout(field)
        self.body.addLayout(answer)
        self._say_now()

    def apply(self) -> None:
        """Keep the address, use it from now on, and check whether an engine answers there."""
        wish = self.address.text().strip()
        store = self._app.context.store
        store.save_settings(msgspec.structs.replace(store.settings, engine=wish))
        self._app.context = dataclasses.replace(self._app.context, engine=wish)
        if self._check:
            self._app.bridge.drop(self._check)
        self._apply.setEnabled(False)
        self.badge.hide()
        self.said.setText(self.tr("Asking it…"))
        self._check = self._app.bridge.start(
            CheckEngineJob(self._app.context, wish), done=self._reached, failed=self._not_reached
        )

    def _reached(self, engine: Engine) -> None:
        name = f"{known_or(engine.product, self.tr('An engine'))} {known_or(engine.version, '')}".strip()
        words = self.tr("{name} answers at {endpoint}.").format(name=name, endpoint=engine.endpoint)
        self._tell("ok", self.tr("Reachable"), words)

    def _not_reached(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self._tell("broken", self.tr("Not reachable"), f"{article.title}. {article.text} {article.remedy}".strip())

    def _tell(self, state: str, word: str, words: str) -> None:
        self._check = None
        self._apply.setEnabled(True)
        self.badge.show_state("ok" if state == "ok" else "broken", word)
        self.badge.show()
        self.said.setText(words)
        if not self._app.recorded:
            self._app.sessions_changed.emit()
            self._app.images_changed.emit()
            self._app.diagnose()

    def _say_now(self) -> None:
        """Until it is checked, say only what is in use."""
        self.badge.hide()
        used, kept = self._app.context.engine, self._app.context.store.settings.engine
        if used != kept:
            self.said.setText(self.tr("In use now, from the command line: {engine}").format(engine=used))
