"""What the selected local image is by its own words, and whether it runs here."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.core.checks.image import machine_of
from drydock.core.findings import Diagnosis
from drydock.core.images.described import Described, describe
from drydock.core.images.judged import judge
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.images import InspectedImage, InspectImageJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.image_confirm import Figure, Line
from drydock.qt.models.image_inspection import told
from drydock.qt.models.local_rows import LocalRow
from drydock.qt.pages.image_facts import FactStrip, Lines
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import label
from drydock.qt.widgets.state_badge import StateBadge


class LocalDetail(QWidget):
    """Asks the engine about the selected image and judges it; hidden while none is selected."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._row: LocalRow | None = None
        self._known: dict[str, Described] = {}
        self._title = label("", "strong", selectable=True)
        self.badge = StateBadge()
        self.facts = FactStrip()
        self.lines = Lines()
        head = QHBoxLayout()
        head.setSpacing(tokens.S12)
        head.addWidget(self._title, 1)
        head.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addLayout(head)
        column.addWidget(self.facts)
        column.addWidget(self.lines)
        app.diagnosed.connect(self._judge_anew)
        self.hide()

    def show_row(self, row: LocalRow | None) -> None:
        """Show another image; None shows nothing."""
        if row == self._row:
            return
        self._row = row
        self.setVisible(row is not None)
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None
        if row is None:
            return
        self._title.setText(row.name)
        if row.id in self._known:
            self._tell(self._known[row.id])
        elif self._app.recorded:
            self._say(self.tr("This is a recorded machine: its images cannot be looked into."))
        else:
            self._say(self.tr("Looking into the image…"))
            self._running = self._app.bridge.start(
                InspectImageJob(self._app.context, row.key), done=self._told, failed=self._failed
            )

    def _judge_anew(self, _diagnosis: Diagnosis) -> None:
        if self._row and self._row.id in self._known:
            self._tell(self._known[self._row.id])

    def _told(self, found: InspectedImage) -> None:
        self._running = None
        catalogue = self._app.context.catalogue()
        described = describe(self._row.key if self._row else "", found.config, (found.config.platform,), catalogue)
        self._known[found.image.id] = described
        self._tell(described)

    def _tell(self, described: Described) -> None:
        diagnosis = self._app.diagnosis
        catalogue = self._app.context.catalogue()
        judgement = judge(described, machine_of(diagnosis.snapshot), catalogue) if diagnosis else None
        found = told(described, judgement)
        self.badge.show_state(found.state, found.word)
        self.badge.show()
        self.facts.show_facts(tuple(Figure(name, value) for name, value in found.facts))
        self.facts.setVisible(bool(found.facts))
        self.lines.show_lines(found.lines)

    def _failed(self, trouble: Trouble) -> None:
        self._running = None
        article = trouble_article(trouble)
        self._say(f"{article.title}. {article.text}", "attention")

    def _say(self, words: str, state: str = "not_tested") -> None:
        self.badge.hide()
        self.facts.hide()
        self.lines.show_lines((Line("attention" if state == "attention" else "not_tested", words),))
