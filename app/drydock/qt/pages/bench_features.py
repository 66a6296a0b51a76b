"""What the framework does at the chosen place: tried by the probes of features and of the loader, row by row."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.core.bench.records import ErrorRecord, Record, SlotStart
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import PullProgress
from drydock.jobs.history import ListRecordsJob
from drydock.jobs.probe import ProbeJob, ProbeResult, ProbeStep
from drydock.jobs.targets import Target
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.bench_features import (
    EarlierLook,
    FeaturesView,
    LoaderRow,
    features_view,
    newest_look,
    recorded_look,
    slot_words,
)
from drydock.qt.models.pull import pull_words
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.label_grid import LabelGrid, Mark
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.progress_panel import ProgressPanel
from drydock.store import StoredRecord


class FeaturesCard(Card):
    """Tries the features and shows what came of it, now or the last time.

    Args:
        target: tells where, when it is asked; None while no place is chosen.

    Signals:
        working: a look began (True) or ended (False).
    """

    working = Signal(bool)

    def __init__(self, app: App, target: Callable[[], Target | None], parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title(self.tr("What the framework does here"))
        self._app = app
        self._target = target
        self._running: Running | None = None
        self._records: list[Record] = []
        self._stopping = False
        self._busy_elsewhere = False
        self._on_show: tuple[FeaturesView, str] | None = None
        self.words = label("", "muted", selectable=True)
        self.sentence = label("", "body", selectable=True)
        self.progress = ProgressPanel()
        self.progress.cancel_wanted.connect(self.stop)
        self.failure = FailureCard()
        self.rows = LabelGrid(stretch=2)
        self.problem = label("", "body", selectable=True)
        self._loading = QWidget()
        self._boxes = QVBoxLayout(self._loading)
        self._boxes.setContentsMargins(0, tokens.S8, 0, 0)
        self._boxes.setSpacing(tokens.S8)
        self.codes: list[CommandBox] = []
        for widget in (
            self.words,
            self.progress,
            self.failure,
            self.sentence,
            self.rows,
            self.problem,
            self._loading,
        ):
            self.body.addWidget(widget)
        self.try_button = button(self.tr("Try the features"), "plain", "play")
        self.try_button.clicked.connect(self.start)
        self.add_action(self.try_button)
        self.progress.hide()
        self._show(FeaturesView(), "")

    @property
    def busy(self) -> bool:
        """Whether a look is on its way."""
        return self._running is not None

    def begin_anew(self) -> None:
        """Show what is known of the machine that is looked at now."""
        if self._running:
            self._running.stop()
            self._app.bridge.drop(self._running)
            self._end()
        self._records = []
        self.failure.hide()
        machine = self._app.machine
        if machine is None:
            self._show(FeaturesView(), self._invitation())
            self._app.bridge.start(ListRecordsJob(self._app.context, "probe"), done=self._recall, failed=_let_be)
        else:
            look = recorded_look(machine.records.get("probe", b""))
            if look:
                self._recalled(look)
            else:
                none = self.tr("This recording does not tell it, and on a recorded machine nothing can be tried.")
                self._show(FeaturesView(), none)
        self.enable()

    def set_busy_elsewhere(self, busy: bool) -> None:
        """While the benchmark measures, trying features would disturb it."""
        self._busy_elsewhere = busy
        self.enable()

    def enable(self) -> None:
        """Offer the look where it can be done now."""
        self.try_button.setVisible(not self._app.recorded and not self.busy)
        self.try_button.setEnabled(not self._busy_elsewhere and self._target() is not None)
        reason = self.tr("The benchmark measures now, and would be disturbed.") if self._busy_elsewhere else ""
        missing = self.tr("Choose above where to try them.") if self._target() is None else ""
        self.try_button.setToolTip(reason or missing)

    def start(self) -> None:
        """Try the features at the chosen place."""
        target = self._target()
        if target is None or self._running or self._app.recorded or self._busy_elsewhere:
            return
        self._records = []
        self._stopping = False
        self.failure.hide()
        self.progress.start(self.tr("Trying the features"))
        self.progress.set_detail(self.tr("Starting Python and importing torch…"))
        self.progress.show()
        self._show(FeaturesView(), "")
        self._running = self._app.bridge.start(
            ProbeJob(self._app.context, target, ("features", "loader")),
            done=self._done,
            failed=self._fail,
            progress=self._take,
            stopped=self._stopped,
        )
        self.enable()
        self.working.emit(True)

    def stop(self) -> None:
        """End it early; what was found is shown."""
        if self._running:
            self._stopping = True
            self._running.stop()

    def _take(self, step: object) -> None:
        if isinstance(step, PullProgress):
            words = pull_words(step)
            self.progress.set_progress(words.share, words.done, words.left)
            self.progress.set_detail(words.detail)
        elif isinstance(step, ProbeStep) and not (self._stopping and isinstance(step.record, ErrorRecord)):
            # what the stop itself ended did not fail
            self._records.append(step.record)
            self.progress.set_progress(None)
            if isinstance(step.record, SlotStart):
                self.progress.set_detail(slot_words(step.record.slot))
            self._show(features_view(self._records, whole=False), "")

    def _done(self, result: ProbeResult) -> None:
        self._end()
        view = features_view(result.records)
        words = view.device
        if result.torch is None:
            words = self.tr("There is no torch at {place}, so nothing could be tried.").format(place=result.place.name)
        elif not result.complete:
            words = self.tr("A probe did not come to its end; what it found until then is shown.")
        self._show(view, words)
        if not self.isVisible():
            self._app.noted.emit(self.tr("The features were tried."), "ok")

    def _stopped(self) -> None:
        self._end()
        view = features_view(self._records)
        words = self.tr("Stopped: what was found until then is shown, and not kept.")
        self._show(view, self.tr("Stopped before anything was found.") if view.empty else words)

    def _fail(self, trouble: Trouble) -> None:
        self._end()
        article = trouble_article(trouble)
        self._show(features_view(self._records), "")
        # the button below is the way to try again
        self.failure.show_failure(article.title, article.text, article.remedy, again=False)

    def _end(self) -> None:
        self._running = None
        self.progress.hide()
        self.enable()
        self.working.emit(False)

    def _recall(self, records: tuple[StoredRecord, ...]) -> None:
        look = newest_look(records)
        if look and not self._app.recorded and not self.busy and not self._records:
            self._recalled(look)

    def _recalled(self, look: EarlierLook) -> None:
        view = features_view(look.records)
        self._show(view, "  ·  ".join(part for part in (look.title, view.device) if part))

    def _invitation(self) -> str:
        return self.tr(
            "Not tried yet: a training step, attention, torch.compile, export and the DataLoader, each on every device "
            "of the place chosen above. It takes one to three minutes."
        )

    def _show(self, view: FeaturesView, words: str) -> None:
        if (view, words) == self._on_show:
            return
        self._on_show = (view, words)
        texts = ((self.words, words), (self.sentence, view.sentence), (self.problem, view.problem))
        for target, text in texts:
            target.setText(text)
            target.setVisible(bool(text))
        self.rows.fill((), [(row.title, Mark(row.state, row.word), row.text) for row in view.rows])
        self._show_loading(view.loading)

    def _show_loading(self, settings: tuple[LoaderRow, ...]) -> None:
        for made in self._loading.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            made.hide()
            made.deleteLater()
        self.codes = []
        self._loading.setVisible(bool(settings))
        if not settings:
            return
        self._boxes.addWidget(label(self.tr("DataLoader arguments that feed it best"), "strong"))
        for setting in settings:
            self._boxes.addWidget(label(f"{setting.title}: {setting.text}", "muted", selectable=True))
            box = CommandBox(setting.code, name=self.tr("DataLoader arguments for {data}").format(data=setting.title))
            self._boxes.addWidget(box)
            self.codes.append(box)


def _let_be(_trouble: Trouble) -> None:
    """What was found earlier is an offer; without it the card invites to try."""
