"""Home: the stack drawn as layers, one sentence on top, one main button."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from drydock.core.trouble import Trouble
from drydock.qt.app import App
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.stack_view import Layer, StackView

if TYPE_CHECKING:
    # what this page says is worked out after the first paint, so these must not delay it
    from drydock.core.findings import Diagnosis
    from drydock.jobs.sessions import Session
    from drydock.qt.models.stack import Headline, LayerWords, Proof

_WHERE = {"gpu": "doctor", "driver": "doctor", "engine": "doctor", "image": "images", "work": "launch"}


class HomePage(Page):
    """Where a person sees in one look what stands and what does not."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._headline: Headline | None = None
        self._proof: Proof | None = None
        self._sessions: int | None = None
        self.header = PageHeader("", role="display")
        self.header.chosen.connect(self._act)
        self.stack = StackView()
        self.stack.layer_chosen.connect(self._go_to)
        self.samples = Card(self.tr("Look at a sample machine"))
        self._checked = label("", "muted", wrap=False)
        again = button(self.tr("Check again"), "quiet", "refresh")
        again.setToolTip("F5")
        again.clicked.connect(app.diagnose)
        foot = QHBoxLayout()
        foot.addWidget(self._checked, 1)
        foot.addWidget(again)
        self.body.addWidget(self.header)
        self.body.addWidget(self.stack)
        self.body.addLayout(foot)
        self.body.addWidget(self.samples)
        self.body.addStretch(1)
        self._fill_samples()
        app.diagnosing.connect(self._wait)
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._forget)
        app.sessions_changed.connect(self._ask_sessions)
        self._forget()
        self._wait()
        if app.diagnosis:
            self._show(app.diagnosis)

    def _fill_samples(self) -> None:
        from drydock.data.machine import sample_machines

        words = label(self.tr("See what Drydock says about other machines. Nothing there is this computer."), "muted")
        self.samples.body.addWidget(words)
        row = QWidget()
        flow = FlowLayout(row, least=190)
        for name, card in sample_machines().items():
            open_it = button(card.title, "plain", "sample")
            open_it.setToolTip(card.description)
            open_it.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            open_it.clicked.connect(partial(self._open_sample, name))
            flow.addWidget(open_it)
        self.samples.body.addWidget(row)

    def _open_sample(self, name: str) -> None:
        from drydock.data.machine import open_machine

        self._app.show_machine(open_machine(name))

    def _go_to(self, layer: str) -> None:
        self._app.page_wanted.emit(_WHERE[layer], None)

    def _wait(self) -> None:
        looking_at = self.tr("Driver, GPUs, container engine, ports and disks.")
        self.header.say(self.tr("Looking at this machine…"), looking_at, "")
        if self._app.diagnosis is None:
            self._headline = None
            self.stack.set_layers(
                tuple(
                    Layer(id=name, title=title, line=self.tr("Looking…"), state="not_tested", icon=name)
                    for name, title in self._titles().items()
                )
            )

    def _titles(self) -> dict[str, str]:
        return {
            "gpu": self.tr("GPU"),
            "driver": self.tr("Driver"),
            "engine": self.tr("Engine and toolkit"),
            "image": self.tr("Image"),
            "work": self.tr("Your work"),
        }

    def _forget(self) -> None:
        self._proof = None
        self._sessions = None
        self.samples.setVisible(not self._app.recorded)

    def _show(self, diagnosis: "Diagnosis") -> None:
        from drydock.core.images import Wish
        from drydock.jobs.recommend import recommend_for
        from drydock.qt.models.stack import headline, layers

        self._proof = self._newest_proof()
        recommendation = recommend_for(diagnosis.snapshot, Wish())
        found = headline(diagnosis, recommendation, self._proof)
        self._headline = found
        self.header.say(found.title, found.sentence, found.button)
        words = layers(diagnosis, recommendation, self._sessions, self._proof)
        titles = self._titles()
        self.stack.set_layers(tuple(_layer(item, titles[item.id]) for item in words))
        when = diagnosis.snapshot.taken_at.replace("T", " ").removesuffix("Z")
        self._checked.setText(self.tr("Looked at {when} UTC").format(when=when))
        if self._sessions is None:
            self._ask_sessions()

    def _fail(self, trouble: Trouble) -> None:
        from drydock.data.knowledge import trouble_article
        from drydock.qt.models.stack import Headline

        article = trouble_article(trouble)
        self._headline = Headline(title="", sentence="", button="", act="diagnose")
        self.header.say(article.title, f"{article.text} {article.remedy}", self.tr("Try again"))

    def _newest_proof(self) -> "Proof | None":
        from drydock.qt.models.proof import newest_proof

        return None if self._app.recorded else newest_proof(self._app.context.store)

    def _ask_sessions(self) -> None:
        diagnosis = self._app.diagnosis
        if self._app.recorded or diagnosis is None or diagnosis.snapshot.engine.reach.kind != "ready":
            return
        from drydock.jobs.sessions import ListSessionsJob

        self._app.bridge.start(
            ListSessionsJob(self._app.context), done=self._count_sessions, failed=lambda _trouble: None
        )

    def _count_sessions(self, sessions: "tuple[Session, ...]") -> None:
        self._sessions = sum(session.running for session in sessions)
        if self._app.diagnosis and not self._app.recorded:
            self._show(self._app.diagnosis)

    def _act(self) -> None:
        if self._headline is None:
            return
        if self._headline.act == "diagnose":
            self._app.diagnose()
        else:
            self._app.page_wanted.emit(self._headline.act, None)


def _layer(words: "LayerWords", title: str) -> Layer:
    return Layer(id=words.id, title=title, line=words.line, state=words.state, icon=words.id)
