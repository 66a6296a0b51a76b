"""Home: the stack drawn as layers, one sentence on top, one main button."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.qt.app import App
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.stack_view import Layer, StackView

if TYPE_CHECKING:
    # what this page says is worked out after the first paint, so these must not delay it
    from drydock.core.findings import Diagnosis
    from drydock.jobs.sessions import Session
    from drydock.qt.models.stack import Headline, LayerWords, Proof
    from drydock.qt.pages.samples import SamplesCard

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
        self.samples: SamplesCard | None = None
        self._painted = False
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
        self.body.addStretch(1)
        app.diagnosing.connect(self._wait)
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._forget)
        app.sessions_changed.connect(self._ask_sessions)
        self._forget()
        self._wait()
        if app.diagnosis:
            self._show(app.diagnosis)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._add_samples)

    def _add_samples(self) -> None:
        # the samples' descriptions are read from files, so they come after the first paint
        from drydock.qt.pages.samples import SamplesCard

        words = self.tr("See what Drydock says about other machines. Nothing there is this computer.")
        self.samples = SamplesCard(self._app, words)
        self.samples.set_title(self.tr("Look at a sample machine"))
        self.samples.setVisible(not self._app.recorded)
        self.body.insertWidget(self.body.count() - 1, self.samples)

    def _go_to(self, layer: str) -> None:
        self._app.page_wanted.emit(_WHERE[layer], None)

    def _wait(self) -> None:
        if self._app.diagnosis and self._app.depth != "quick":
            return  # it takes minutes, and what is known of this computer stays true meanwhile
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
        if self.samples:
            self.samples.setVisible(not self._app.recorded)

    def _show(self, diagnosis: "Diagnosis") -> None:
        from drydock.core.images import Wish
        from drydock.jobs.recommend import recommend_for
        from drydock.qt.models.stack import headline, layers

        self._proof = self._newest_proof()
        recommendation = recommend_for(diagnosis.snapshot, Wish(), self._app.context.catalogue())
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
