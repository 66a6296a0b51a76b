"""Monitor: every GPU live, and the processes on it with the containers they belong to."""

from functools import partial

import msgspec
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from drydock.core.facts import Gpu, GpuProcesses, MonitorSample
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs import Job
from drydock.jobs.sessions import ListSessionsJob, Session
from drydock.jobs.watch import PlayTraceJob, WatchControl, WatchJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.monitor import INTERVALS, GpuWords, facts_of, gpu_words, pace_words, slow_words
from drydock.qt.pages.gpu_panel import CompactPanel, GpuPanel, LargePanel
from drydock.qt.pages.process_table import ProcessTable
from drydock.qt.pages.samples import SamplesCard
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader

_MOST_LARGE = 2  # more GPUs than this get compact panels
_RETRIED = ("nvml-unavailable", "nvml-no-gpu", "trace-missing")


class MonitorPage(Page):
    """One watch goes on as long as the page lives; it slows down while nobody looks."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(wide=True, parent=parent)
        self._app = app
        self.control = WatchControl(app.context.store.settings.monitor_interval)
        self._watch: Running | None = None
        self._failed = ""
        self._minimised = False
        self._turn = 0
        self._context = app.context
        self._sentence = ""
        self._panels: dict[str, GpuPanel] = {}
        self._grid: QWidget | None = None
        self._sessions: frozenset[str] = frozenset()
        self._processes: tuple[GpuProcesses, ...] | None = None
        self._titles: dict[str, tuple[int, str]] = {}
        self.header = PageHeader(self.tr("Monitor"))
        self.pace = self._make_pace()
        self.header.add_beside(self.pace)
        self.empty = EmptyState("monitor", self.tr("Waiting for the first reading…"))
        self.empty.chosen.connect(self._go_on)
        self.samples = SamplesCard(
            app, self.tr("See the live display of other machines. Nothing there is this computer.")
        )
        self.processes = ProcessTable()
        self._process_card = Card(self.tr("Processes"))
        self._process_card.body.addWidget(self.processes)
        for widget in (self.header, self.empty, self.samples, self._process_card):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        app.machine_changed.connect(self._begin_anew)
        app.diagnosed.connect(self._learn)
        app.sessions_changed.connect(self._ask_sessions)
        self._show_waiting()

    # the watch

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_pace(self._app.context.store.settings.monitor_interval)
        self._tell_visible()
        if self._watch is None and not self._failed:
            self._start()
        self._ask_sessions()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_visible()

    def set_minimised(self, minimised: bool) -> None:
        """Slow down while the window is minimised."""
        self._minimised = minimised
        self._tell_visible()

    def _tell_visible(self) -> None:
        self.control.show(hidden=self._minimised or not self.isVisible())

    def _start(self) -> None:
        machine = self._app.machine
        self._context = self._app.context
        job: Job[int] = (
            PlayTraceJob(machine.trace, self.control) if machine else WatchJob(self._app.context, self.control)
        )
        self._failed = ""
        self._turn += 1
        self._watch = self._app.bridge.start(
            job, done=self._ended, failed=self._fail, progress=partial(self._take_of, self._turn)
        )

    def _take_of(self, turn: int, sample: MonitorSample) -> None:
        # a sample of the watch before may still be on its way when another machine is shown
        if turn == self._turn and self._watch is not None:
            self._take(sample)

    def _begin_anew(self) -> None:
        if self._watch:
            self._app.bridge.drop(self._watch)
            self._watch = None
        self._failed = ""
        self._sessions = frozenset()
        self._clear()
        self._show_waiting()
        if self.isVisible():
            self._start()
            self._ask_sessions()

    def _ended(self, _told: int) -> None:
        self._watch = None

    def _fail(self, trouble: Trouble) -> None:
        self._watch = None
        self._failed = trouble.id
        self._clear()
        article = trouble_article(trouble)
        self._sentence = ""
        self.header.say(self.tr("Monitor"))
        action = self.tr("Try again") if trouble.id == "nvml-hangs" else self.tr("Ask the Doctor")
        self.empty.say("gpu", article.title, f"{article.text} {article.remedy}".strip(), action)
        self.empty.show()
        self.pace.hide()
        self.samples.setVisible(not self._app.recorded)

    def _go_on(self) -> None:
        if self._failed == "nvml-hangs":
            self._begin_anew()
        else:
            self._app.page_wanted.emit("doctor", None)

    # what it shows

    def _take(self, sample: MonitorSample) -> None:
        gpus = self._gpus()
        words = [gpu_words(gpu, facts_of(gpu, gpus)) for gpu in sample.gpus]
        if [item.key for item in words] != list(self._panels):
            self._clear()
            self._make_panels(words)
        self._titles = {item.key: (item.index, item.title) for item in words}
        for item in words:
            panel = self._panels[item.key]
            panel.take(sample.t, item)
            panel.rename(item)
        if sample.processes is not None and sample.processes != self._processes:
            self._processes = sample.processes
            self._show_processes()
        self._say(slow_words(sample))

    def _make_panels(self, words: list[GpuWords]) -> None:
        compact = len(words) > _MOST_LARGE
        kind = CompactPanel if compact else LargePanel
        self._panels = {item.key: kind(item) for item in words}
        self._grid = QWidget()
        flow = FlowLayout(self._grid, least=224 if compact else 440, most=4 if compact else 2)
        for panel in self._panels.values():
            flow.addWidget(panel)
            panel.set_most_paints(1 / min(1.0, self.control.interval))
        self.body.insertWidget(1, self._grid)
        self.empty.hide()
        self.samples.hide()
        self.pace.show()
        self._process_card.show()

    def _clear(self) -> None:
        self._panels = {}
        self._processes = None
        self.processes.forget()
        self._process_card.hide()
        if self._grid is not None:
            self.body.removeWidget(self._grid)
            self._grid.hide()
            self._grid.deleteLater()
            self._grid = None

    def _show_waiting(self) -> None:
        self._sentence = ""
        self.header.say(self.tr("Monitor"))
        self._process_card.hide()
        self.samples.hide()
        self.empty.say("monitor", self.tr("Waiting for the first reading…"))
        self.empty.show()

    def _say(self, slow: str) -> None:
        count = len(self._panels)
        gpus = self.tr("1 GPU") if count == 1 else self.tr("{count} GPUs").format(count=count)
        sentence = self.tr("{gpus}, asked {pace}.").format(gpus=gpus, pace=pace_words(self.control.interval))
        sentence = f"{sentence} {slow}".strip()
        if self._sentence != sentence:
            self._sentence = sentence
            self.header.say(self.tr("Monitor"), sentence)

    def _show_processes(self) -> None:
        if self._processes is not None:
            self.processes.show_processes(self._processes, self._titles, self._sessions)

    def _gpus(self) -> tuple[Gpu, ...]:
        if self._app.machine:
            return self._app.machine.snapshot.gpus
        return self._app.diagnosis.snapshot.gpus if self._app.diagnosis else ()

    def _learn(self, _diagnosis: object) -> None:
        """Try again: what kept the watch from starting may be mended. Names and limits come with the next sample."""
        if self._watch and self._context is not self._app.context:
            self._begin_anew()  # another engine was chosen, which knows other containers
            return
        if self._failed in _RETRIED and not self._app.recorded:
            self._failed = ""
            if self.isVisible():
                self._start()

    # sessions and pace

    def _ask_sessions(self) -> None:
        diagnosis = self._app.diagnosis
        if self._app.recorded or not self.isVisible() or self._failed:
            return
        if diagnosis is None or diagnosis.snapshot.engine.reach.kind != "ready":
            return
        self._app.bridge.start(ListSessionsJob(self._app.context), done=self._keep_sessions, failed=_let_be)

    def _keep_sessions(self, sessions: tuple[Session, ...]) -> None:
        self._sessions = frozenset(session.name for session in sessions)
        self._show_processes()

    def _make_pace(self) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(self.tr("How often the GPUs are asked"))
        for seconds in INTERVALS:
            made.addItem(pace_words(seconds).capitalize(), seconds)
        made.activated.connect(partial(self._choose_pace, made))
        return made

    def _choose_pace(self, box: QComboBox, place: int) -> None:
        seconds = float(box.itemData(place))
        store = self._app.context.store
        store.save_settings(msgspec.structs.replace(store.settings, monitor_interval=seconds))
        self._show_pace(seconds)

    def _show_pace(self, seconds: float) -> None:
        self.control.set_interval(seconds)
        nearest = min(range(len(INTERVALS)), key=lambda place: abs(INTERVALS[place] - seconds))
        self.pace.setCurrentIndex(nearest)
        for panel in self._panels.values():
            panel.set_most_paints(1 / min(1.0, seconds))


def _let_be(_trouble: Trouble) -> None:
    """Sessions only add a highlight; why the engine does not answer is said where it matters."""
