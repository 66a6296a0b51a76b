"""Benchmark: how fast a Transformer trains here, what each tuning is worth, and how earlier runs went."""

from functools import partial

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from drydock.core.bench.records import Hello, Record, SlotStart
from drydock.core.findings import Diagnosis
from drydock.core.images import Wish
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import PullProgress
from drydock.jobs.bench import BenchJob, BenchRun, BenchStep
from drydock.jobs.history import ListRecordsJob
from drydock.jobs.recommend import recommend_for
from drydock.jobs.sessions import ListSessionsJob, Session
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.bench_history import EarlierRun, from_history, from_recording
from drydock.qt.models.benchmark import Phase, view_of
from drydock.qt.models.benchmark_words import TITLES
from drydock.qt.models.pull import duration_text, pull_words
from drydock.qt.pages.bench_earlier import EarlierRuns
from drydock.qt.pages.bench_features import FeaturesCard
from drydock.qt.pages.bench_result import ResultCard
from drydock.qt.pages.bench_where import WhereCard
from drydock.qt.theme import tokens
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.progress_panel import ProgressPanel
from drydock.store import StoredRecord

_REDRAW_MS = 400


class BenchmarkPage(Page):
    """One run at a time; its results stream in and are kept."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._running: Running | None = None
        self._records: list[Record] = []
        self._budget: float | None = None
        self._since_hello = QElapsedTimer()
        self._redraw = QTimer(self, interval=_REDRAW_MS)
        self._redraw.timeout.connect(self._show_live)
        self.header = PageHeader(self.tr("Benchmark"), action=self.tr("Run"), icon="play")
        self.header.chosen.connect(self.start)
        self.where = WhereCard()
        self.where.changed.connect(self._enable)
        self.progress = ProgressPanel()
        self.progress.cancel_wanted.connect(self.stop)
        self.result = ResultCard()
        self.empty = EmptyState("benchmark", "")
        self.earlier = EarlierRuns(app)
        self.earlier.wanted.connect(self._show_earlier)
        self.earlier.appeared.connect(self._bring_up)
        self.earlier.result_wanted.connect(partial(self._bring_up, self.result))
        self.features = FeaturesCard(app, self.where.target)
        self.features.working.connect(self._enable)
        for widget in (
            self.header,
            self.where,
            self.progress,
            self.empty,
            self.result,
            self.earlier,
            self.earlier.failure,
            self.earlier.comparison,
            self.features,
        ):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        app.diagnosed.connect(self._offer)
        app.machine_changed.connect(self._begin_anew)
        app.sessions_changed.connect(self._ask_sessions)
        self._begin_anew()

    def show_argument(self, argument: object) -> None:
        """Preselect a session by its name."""
        if isinstance(argument, str) and argument and self._running is None:
            self.where.choose("session", argument)

    def work_on_its_way(self) -> str:
        """Say what closing the window would stop."""
        if self._running:
            return self.tr("The benchmark is not done; what is measured is kept.")
        return self.tr("The features are still being tried.") if self.features.busy else ""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_sessions()

    # running

    def start(self) -> None:
        """Run the benchmark where the fields say."""
        target = self.where.target()
        if target is None or self._running or self._app.recorded or self.features.busy:
            return
        self._records = []
        self._budget = None
        job = BenchJob(self._app.context, target, self.where.chosen_mode())
        self.progress.start(self.tr("Measuring"))
        self._show_working(working=True)
        self._running = self._app.bridge.start(
            job, done=self._done, failed=self._fail, progress=self._take, stopped=self._stopped
        )
        self._redraw.start()
        self._show_live()

    def stop(self) -> None:
        """End the run early; what is measured is kept."""
        if self._running:
            self._running.stop()

    def _take(self, step: object) -> None:
        if isinstance(step, PullProgress):
            words = pull_words(step)
            self.progress.set_progress(words.share, words.done, words.left)
            self.progress.set_detail(words.detail)
        elif isinstance(step, BenchStep):
            self._records.append(step.record)
            self._follow(step.record)

    def _follow(self, record: Record) -> None:
        if isinstance(record, Hello):
            self._budget = record.budget_s
            self._since_hello.start()
        elif isinstance(record, SlotStart):
            self.progress.set_detail(self._slot_words(record.slot))

    def _slot_words(self, slot: str) -> str:
        if slot in TITLES:
            return self.tr("Measuring {rung}").format(rung=TITLES[slot])
        other = {
            "gemm": self.tr("Measuring plain matrix products"),
            "parity": self.tr("Checking that results are right"),
            "fp32-repeat": self.tr("Measuring the first rung again, to see whether the machine is steady"),
        }
        return other.get(slot, slot)

    def _show_live(self) -> None:
        if self._budget:
            gone = self._since_hello.elapsed() / 1000
            left = max(0.0, self._budget - gone)
            words = self.tr("about {time} left").format(time=duration_text(left)) if left >= 1 else self.tr("ending…")
            self.progress.set_progress(min(0.99, gone / self._budget), "", words)
        self._show_run(self._records, "running", self.tr("Now"))

    def _done(self, run: BenchRun) -> None:
        self._end("over")
        if not self.isVisible():
            self._app.noted.emit(self.tr("The benchmark is done."), "ok")

    def _stopped(self) -> None:
        self._end("stopped")

    def _end(self, phase: Phase) -> None:
        self._forget_run()
        self._show_run(self._records, phase, self.tr("This run"))
        self._ask_history()

    def _fail(self, trouble: Trouble) -> None:
        self._forget_run()
        article = trouble_article(trouble)
        self.result.hide()
        self.empty.say("broken", article.title, f"{article.text} {article.remedy}".strip())
        self.empty.show()

    def _forget_run(self) -> None:
        self._running = None
        self._redraw.stop()
        self._show_working(working=False)

    # what it shows

    def _show_working(self, *, working: bool) -> None:
        self.progress.setVisible(working)
        self.where.setVisible(not working and not self._app.recorded)
        self.header.main_button.setVisible(not working)
        self.earlier.setEnabled(not working)
        self.features.set_busy_elsewhere(working)

    def _show_run(self, records: list[Record] | tuple[Record, ...], phase: Phase, title: str) -> None:
        self.result.show_view(view_of(records, phase), title)
        self.result.show()
        self.empty.hide()

    def _enable(self) -> None:
        free = not self._app.recorded and not self.features.busy
        self.header.main_button.setEnabled(free and self.where.target() is not None)
        disturbed = self.tr("Features are being tried, which would disturb the measurement.")
        self.header.main_button.setToolTip(disturbed if self.features.busy else "")
        # the place is part of what is tried
        self.where.setEnabled(not self.features.busy)
        self.features.enable()

    def _begin_anew(self) -> None:
        if self._running:
            # another machine is looked at meanwhile; the run is of this computer and would confuse
            self._running.stop()
            self._app.bridge.drop(self._running)
            self._forget_run()
        self._records = []
        machine = self._app.machine
        words = self.tr("How fast a GPT-2-shaped Transformer trains here, and what each tuning is worth.")
        if machine:
            words = self.tr("This is a recorded machine: its results can be looked at, and nothing can be measured.")
        self.header.say(self.tr("Benchmark"), words)
        self._show_working(working=False)
        self._enable()
        self.result.hide()
        title = self.tr("This recording holds no benchmark") if machine else self.tr("Nothing was measured yet")
        sentence = "" if machine else self.tr("A quick run takes half a minute, and leaves nothing behind.")
        self.empty.say("benchmark", title, sentence)
        self.empty.show()
        self.earlier.forget_files()
        self._list_runs(from_recording(machine.records.get("bench", b"")) if machine else ())
        self.features.begin_anew()
        if not machine:
            self._ask_history()
            self._offer(self._app.diagnosis)

    def _offer(self, diagnosis: Diagnosis | None) -> None:
        if self._app.recorded or diagnosis is None:
            return
        answer = recommend_for(diagnosis.snapshot, Wish(), self._app.context.catalogue())
        self.where.offer(diagnosis.snapshot, answer)
        self._ask_sessions()

    # sessions and history

    def _ask_sessions(self) -> None:
        diagnosis = self._app.diagnosis
        if self._app.recorded or diagnosis is None or diagnosis.snapshot.engine.reach.kind != "ready":
            return
        self._app.bridge.start(ListSessionsJob(self._app.context), done=self._keep_sessions, failed=_let_be)

    def _keep_sessions(self, sessions: tuple[Session, ...]) -> None:
        self.where.offer_sessions(tuple(session.name for session in sessions if session.running))

    def _ask_history(self) -> None:
        self._app.bridge.start(ListRecordsJob(self._app.context, "bench"), done=self._keep_history, failed=_let_be)

    def _keep_history(self, records: tuple[StoredRecord, ...]) -> None:
        if not self._app.recorded:
            self._list_runs(tuple(run for record in records if (run := from_history(record))))

    def _list_runs(self, runs: tuple[EarlierRun, ...]) -> None:
        self.earlier.show_runs(runs, choose=not self._records and self._running is None)

    def _show_earlier(self, run: EarlierRun) -> None:
        if self._running is None:
            self._show_run(run.records, run.phase, run.title)

    def _bring_up(self, widget: QWidget) -> None:
        # its place is known once the layout was done
        QTimer.singleShot(0, self, partial(self._scroll_to, widget))

    def _scroll_to(self, widget: QWidget) -> None:
        self.verticalScrollBar().setValue(widget.y() - tokens.S16)


def _let_be(_trouble: Trouble) -> None:
    """Sessions and history are offers; why there are none is said where it matters."""
