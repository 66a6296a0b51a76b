"""Earlier runs of the benchmark: one to look at, two to compare, a file to write or to open."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QListWidget, QListWidgetItem, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.bench_runs import ExportRunJob, ReadRunJob, RunFile
from drydock.qt.app import App
from drydock.qt.models.bench_compare import comparison_of
from drydock.qt.models.bench_history import EarlierRun, file_name, from_file
from drydock.qt.pages.bench_compare import CompareCard
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.labels import button, label

_MOST_ROWS = 6
_TWO = 2


class EarlierRuns(Card):
    """The list and its acts. ``comparison`` and ``failure`` are cards of their own, to be placed beside it.

    Signals:
        wanted: an :class:`EarlierRun` shall be shown.
        appeared: a widget that has news, ``comparison`` or ``failure``.
        result_wanted: the person wants to see the run that is shown.
    """

    wanted = Signal(object)
    appeared = Signal(object)
    result_wanted = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title(self.tr("Earlier runs"))
        self._app = app
        self._runs: tuple[EarlierRun, ...] = ()
        self._opened: tuple[EarlierRun, ...] = ()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Earlier runs"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.currentRowChanged.connect(self._show_one)
        self.list.activated.connect(self.result_wanted)
        self.list.itemSelectionChanged.connect(self._enable)
        self.hint = label("", "muted")
        self.show_button = button(self.tr("Show"), "plain")
        self.show_button.clicked.connect(self.result_wanted)
        self.compare_button = button(self.tr("Compare"), "plain")
        self.compare_button.clicked.connect(self.compare)
        self.export_button = button(self.tr("Export…"), "plain", "upload")
        self.export_button.clicked.connect(self.choose_export)
        self.open_button = button(self.tr("Open a file…"), "plain", "folder")
        self.open_button.clicked.connect(self.choose_file)
        self.comparison = CompareCard()
        self.failure = FailureCard()
        self.body.addWidget(self.list)
        self.body.addWidget(self.hint)
        for made in (self.show_button, self.compare_button, self.export_button, self.open_button):
            self.add_action(made)
        self.show_runs(())

    @property
    def runs(self) -> tuple[EarlierRun, ...]:
        """All that are listed, those of opened files first."""
        return (*self._opened, *self._runs)

    def show_runs(self, runs: tuple[EarlierRun, ...], *, choose: bool = False) -> None:
        """List the runs of this computer or of a recorded one; ``choose`` the newest of them."""
        self._runs = runs
        self._fill(len(self._opened) if choose and runs else -1)

    def forget_files(self) -> None:
        """Another machine is looked at: what was opened or compared beside the one before is put away."""
        self._opened = ()
        self.comparison.hide()
        self.failure.hide()

    def compare(self) -> None:
        """Compare the two that are chosen."""
        chosen = self._chosen()
        if len(chosen) == _TWO:
            # the list has the newest first
            self.comparison.show_view(comparison_of(chosen[1], chosen[0]))
            self.appeared.emit(self.comparison)

    def choose_file(self) -> None:
        """Let the person choose a file of another computer, and open it."""
        kinds = self.tr("Runs of the benchmark (*.jsonl);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self.window(), self.tr("Open a run of another computer"), "", kinds)
        if path:
            self.open_file(path)

    def open_file(self, path: str) -> None:
        """Put the run of a file into the list, and show it."""
        self.failure.hide()
        job = ReadRunJob(self._app.context, str(Path(path).absolute()))
        self._app.bridge.start(job, done=self._take_file, failed=self._fail)

    def choose_export(self) -> None:
        """Let the person choose where the run is written to, and write it."""
        chosen = self._chosen()
        if len(chosen) != 1:
            return
        kinds = self.tr("For another Drydock (*.jsonl);;JSON (*.json);;Table (*.csv)")
        title = self.tr("Export a run")
        path, kind = QFileDialog.getSaveFileName(self.window(), title, file_name(chosen[0]), kinds)
        if path:
            # some desktops leave the ending of the chosen kind to the program
            ending = kind.rpartition("*")[2].rstrip(")")
            self.export_file(path if Path(path).suffix else f"{path}{ending}")

    def export_file(self, path: str) -> None:
        """Write the run that is chosen."""
        chosen = self._chosen()
        if len(chosen) == 1 and chosen[0].name:
            self.failure.hide()
            job = ExportRunJob(self._app.context, chosen[0].name, Path(path))
            self._app.bridge.start(job, done=self._tell_written, failed=self._fail)

    def _take_file(self, found: RunFile) -> None:
        run = from_file(found)
        if run is not None:
            self._opened = (run, *(other for other in self._opened if other.name != run.name))
            self._fill(0)
            self.list.setFocus()
            self.result_wanted.emit()

    def _tell_written(self, path: str) -> None:
        self._app.noted.emit(self.tr("The run was written to {file}.").format(file=path), "ok")

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.failure.show_failure(article.title, article.text, article.remedy, again=False)
        self.appeared.emit(self.failure)

    def _chosen(self) -> list[EarlierRun]:
        places = sorted(self.list.row(item) for item in self.list.selectedItems())
        return [self.runs[place] for place in places if place < len(self.runs)]

    def _fill(self, current: int) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for run in self.runs:
            self.list.addItem(QListWidgetItem(f"{run.title}\n{run.detail}"))
        self.list.setCurrentRow(-1)
        self.list.blockSignals(False)
        self.list.setVisible(bool(self.runs))
        if self.runs:
            rows = min(len(self.runs), _MOST_ROWS)
            self.list.setFixedHeight(self.list.sizeHintForRow(0) * rows + 2 * self.list.frameWidth())
        if current >= 0:
            self.list.setCurrentRow(current)
        self._enable()

    def _show_one(self, place: int) -> None:
        if 0 <= place < len(self.runs):
            self.wanted.emit(self.runs[place])

    def _enable(self) -> None:
        chosen = self._chosen()
        self.show_button.setEnabled(len(chosen) == 1)
        self.compare_button.setEnabled(len(chosen) == _TWO)
        self.export_button.setEnabled(len(chosen) == 1 and bool(chosen[0].name))
        self.hint.setText(self._hint(chosen))

    def _hint(self, chosen: list[EarlierRun]) -> str:
        if not self.runs and self._app.recorded:
            return self.tr("This recording holds none. A run that was exported can be opened here.")
        if not self.runs:
            return self.tr("None is kept yet. A run that was exported on another computer can be opened here.")
        if len(chosen) > _TWO:
            return self.tr("Choose two of them to compare.")
        if len(chosen) == _TWO:
            return self.tr("The earlier of the two is taken as the first.")
        if len(chosen) == 1 and not chosen[0].name:
            return self.tr("A run of a recorded machine cannot be exported: it is in the recording.")
        if len(self.runs) == 1:
            return self.tr("With a second run, or one of another computer, it can be compared.")
        return self.tr("To compare two, choose the second one with Ctrl and a click, or with Shift and an arrow key.")
