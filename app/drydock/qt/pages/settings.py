"""Settings: how it looks, which engine, what is kept and where, and what this is."""

from pathlib import Path

import msgspec
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QMessageBox, QWidget

from drydock import __version__
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.machine import open_machine
from drydock.jobs.history import ClearHistoryJob, CountRecordsJob
from drydock.qt.app import App
from drydock.qt.models.monitor import INTERVALS, pace_words
from drydock.qt.pages.engine_choice import EngineCard
from drydock.qt.pages.samples import SamplesCard
from drydock.qt.pages.settings_form import form_row
from drydock.qt.theme import CHOICES, theme
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader


class SettingsPage(Page):
    """Everything takes effect at once and is kept, except the engine, which is checked first."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._store = app.context.store
        self.theme_choice = self._make_theme_choice()
        self.pace = self._make_pace()
        self.workspace = QLineEdit(self._store.settings.workspace)
        self.engine = EngineCard(app)
        self.clear = button(self.tr("Clear history…"), "danger", "trash")
        self.kept = label("", "muted")
        self.problems = label("", "body", selectable=True)
        samples = SamplesCard(app, self.tr("Look at machines that are not this computer, or at a report from one."))
        open_report = button(self.tr("Open a report…"), "quiet", "file")
        open_report.clicked.connect(self._open_report)
        samples.add_action(open_report)
        self.body.addWidget(PageHeader(self.tr("Settings")))
        for card in (self._everyday(), self.engine, self._data(), samples, self._about()):
            self.body.addWidget(card)
        self.body.addStretch(1)
        self._show_problems()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.pace.setCurrentIndex(_nearest(self._store.settings.monitor_interval))
        self._show_problems()
        self._app.bridge.start(CountRecordsJob(self._app.context), done=self._say_kept, failed=self._say_trouble)

    # the cards

    def _everyday(self) -> Card:
        card = Card(self.tr("Every day"))
        card.body.addLayout(form_row(self.tr("Theme"), self.theme_choice))
        card.body.addLayout(form_row(self.tr("The Monitor asks"), self.pace))
        self.workspace.setPlaceholderText(self.tr("None: choose at every launch"))
        self.workspace.setAccessibleName(self.tr("Workspace that Launch proposes"))
        self.workspace.editingFinished.connect(self._keep_workspace)
        choose = button(self.tr("Choose…"), "plain", "folder")
        choose.clicked.connect(self._choose_workspace)
        card.body.addLayout(form_row(self.tr("Workspace at launch"), self.workspace, choose))
        return card

    def _data(self) -> Card:
        card = Card(self.tr("Kept on this computer"))
        card.body.addWidget(label(str(self._store.directory), "mono", selectable=True))
        card.body.addWidget(self.kept)
        card.body.addWidget(self.problems)
        open_folder = button(self.tr("Open folder"), "plain", "folder")
        open_folder.clicked.connect(self._open_folder)
        self.clear.clicked.connect(self._ask_to_clear)
        buttons = QHBoxLayout()
        buttons.addWidget(open_folder)
        buttons.addWidget(self.clear)
        buttons.addStretch(1)
        card.body.addLayout(buttons)
        return card

    def _about(self) -> Card:
        card = Card(self.tr("About Drydock"))
        rows = (
            Row(label=self.tr("Version"), value=__version__),
            Row(label=self.tr("Licence"), value="Apache License 2.0"),
        )
        card.body.addWidget(KeyValueList(rows))
        return card

    # theme, pace, workspace

    def _make_theme_choice(self) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(self.tr("Theme"))
        texts = {"system": self.tr("Follow the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for choice in CHOICES:
            made.addItem(texts[choice], choice)
        made.setCurrentIndex(CHOICES.index(self._store.settings.theme))
        made.activated.connect(self._choose_theme)
        return made

    def _choose_theme(self, place: int) -> None:
        choice = CHOICES[place]
        theme().choose(choice)
        self._store.save_settings(msgspec.structs.replace(self._store.settings, theme=choice))
        self._show_problems()

    def _make_pace(self) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(self.tr("How often the Monitor asks the GPUs"))
        for seconds in INTERVALS:
            made.addItem(pace_words(seconds).capitalize(), seconds)
        made.setCurrentIndex(_nearest(self._store.settings.monitor_interval))
        made.activated.connect(self._choose_pace)
        return made

    def _choose_pace(self, place: int) -> None:
        fresh = msgspec.structs.replace(self._store.settings, monitor_interval=INTERVALS[place])
        self._store.save_settings(fresh)
        self._show_problems()

    def _choose_workspace(self) -> None:
        title = self.tr("Workspace that Launch proposes")
        chosen = QFileDialog.getExistingDirectory(self, title, self.workspace.text() or str(Path.home()))
        if chosen:
            self.workspace.setText(chosen)
            self._keep_workspace()

    def _keep_workspace(self) -> None:
        text = self.workspace.text().strip()
        if text != self._store.settings.workspace:
            self._store.save_settings(msgspec.structs.replace(self._store.settings, workspace=text))
            self._show_problems()

    # what is kept

    def _say_kept(self, count: int) -> None:
        words = self.tr("Settings, and {count} results of probes and benchmarks.").format(count=count)
        self.kept.setText(words if count else self.tr("Settings only; there are no results yet."))
        self.clear.setEnabled(count > 0)

    def _say_trouble(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self._app.noted.emit(f"{article.title}. {article.text}", "broken")

    def _show_problems(self) -> None:
        lines = self._store.problems
        self.problems.setText("\n".join(lines))
        self.problems.setVisible(bool(lines))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._store.directory)))

    def _ask_to_clear(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Clear the history?"))
        box.setInformativeText(self.tr("All results of probes and benchmarks are forgotten. Settings stay."))
        clear = box.addButton(self.tr("Clear"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole))
        clear.clicked.connect(self._clear)
        box.finished.connect(box.deleteLater)
        box.open()

    def _clear(self) -> None:
        self._app.bridge.start(ClearHistoryJob(self._app.context), done=self._cleared, failed=self._say_trouble)

    def _cleared(self, count: int) -> None:
        self._say_kept(0)
        self._app.noted.emit(self.tr("{count} results were forgotten.").format(count=count), "ok")

    def _open_report(self) -> None:
        title = self.tr("Open a report")
        path, _ = QFileDialog.getOpenFileName(self, title, "", self.tr("Drydock reports (*.zip);;All files (*)"))
        if not path:
            return
        try:
            machine = open_machine(path)
        except Trouble as trouble:
            self._say_trouble(trouble)
            return
        self._app.show_machine(machine)
        self._app.page_wanted.emit("home", None)


def _nearest(seconds: float) -> int:
    return min(range(len(INTERVALS)), key=lambda place: abs(INTERVALS[place] - seconds))
