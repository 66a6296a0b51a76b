"""The card with the sample machines, for pages that have nothing of this computer to show."""

from functools import partial

from PySide6.QtWidgets import QSizePolicy, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.machine import open_machine, sample_machines
from drydock.qt.app import App
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import button, label


class SamplesCard(Card):
    """A button for each sample machine.

    Args:
        words: the sentence above the buttons.
    """

    def __init__(self, app: App, words: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._app = app
        self.set_title(self.tr("Sample machines"))
        self.body.addWidget(label(words, "muted"))
        row = QWidget()
        flow = FlowLayout(row, least=190)
        for name, card in sample_machines().items():
            open_it = button(card.title, "plain", "sample")
            open_it.setToolTip(card.description)
            open_it.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            open_it.clicked.connect(partial(self._open, name))
            flow.addWidget(open_it)
        self.body.addWidget(row)

    def _open(self, name: str) -> None:
        try:
            machine = open_machine(name)
        except Trouble as trouble:
            article = trouble_article(trouble)
            self._app.noted.emit(f"{article.title}. {article.text}", "broken")
            return
        self._app.show_machine(machine)
