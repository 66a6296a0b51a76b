"""What every page is given: the bridge to the jobs, the machine that is shown, and the news that pages share."""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.qt.activities import Activities
from drydock.qt.bridge import Bridge, Running

if TYPE_CHECKING:
    from drydock.core.findings import Diagnosis
    from drydock.data.machine import RecordedMachine
    from drydock.jobs.diagnose import Depth
    from drydock.qt.mending import Mending


class App(QObject):
    """Shared by all pages.

    Attributes:
        context: the doors and the store, for making jobs.
        bridge: starts jobs.
        activities: pulls, imports, exports, builds and mending, which go on whatever page is shown.
        machine: a recorded machine shown instead of this computer, or None.
        diagnosis: the newest diagnosis of the machine that is shown, or None before the first.
        depth: how far the newest one goes or went.
        steps: those of the diagnosis on its way, for pages that are made meanwhile.
        began_at: when it began, on the monotonic clock.
        stopped_early: whether the newest one was stopped before its end.

    Signals:
        diagnosing: a diagnosis began.
        step_reached: a step of the diagnosis on its way.
        diagnosed: it ended; carries the :class:`Diagnosis`.
        diagnosis_failed: it could not be made; carries the :class:`Trouble`.
        machine_changed: another machine is shown (a diagnosis follows).
        sessions_changed: a session was started, stopped or removed.
        images_changed: an image was pulled or removed.
        page_wanted: show a page (its name), with an argument for it or None.
        noted: a short message for the person (text, kind ``ok``, ``attention`` or ``broken``).
    """

    diagnosing = Signal()
    step_reached = Signal(object)
    diagnosed = Signal(object)
    diagnosis_failed = Signal(object)
    machine_changed = Signal()
    sessions_changed = Signal()
    images_changed = Signal()
    page_wanted = Signal(str, object)
    noted = Signal(str, str)

    def __init__(
        self, context: Context, machine: "RecordedMachine | None" = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.context = context
        self.bridge = Bridge(self)
        self.activities = Activities(self)
        self.machine = machine
        self.diagnosis: Diagnosis | None = None
        self.depth: Depth = "quick"
        self.steps: list[object] = []
        self.began_at = 0.0
        self.stopped_early = False
        self._so_far: Diagnosis | None = None
        self._running: Running | None = None
        self._mending: Mending | None = None

    @property
    def mending(self) -> "Mending":
        """What carries remedies out; made when it is first asked for."""
        if self._mending is None:
            from drydock.qt.mending import Mending

            self._mending = Mending(self)
        return self._mending

    @property
    def recorded(self) -> bool:
        """Whether a recorded machine is shown, so that nothing may be done to it."""
        return self.machine is not None

    @property
    def busy(self) -> bool:
        """Whether a diagnosis is on its way."""
        return self._running is not None

    def diagnose(self, *, depth: "Depth" = "quick", image: str = "") -> None:
        """Diagnose the machine that is shown; a second wish while one is on its way changes nothing.

        Args:
            depth: how far to go; of a recorded machine there is only what was recorded.
            image: the image whose container is walked through; empty takes the recommended one.
        """
        if self._running:
            if self.depth != "quick":
                words = self.tr("A longer look is on its way; the Doctor page shows it, and can stop it.")
                self.noted.emit(words, "attention")
            return
        from drydock.jobs.diagnose import DiagnoseJob
        from drydock.jobs.recorded import DiagnoseRecordedJob

        self.depth = "quick" if self.machine else depth
        if self.machine:
            job = DiagnoseRecordedJob(self.machine.snapshot, self.machine.past)
        else:
            job = DiagnoseJob(self.context, depth=depth, image=image)
        self.steps, self.began_at, self.stopped_early, self._so_far = [], time.monotonic(), False, None
        self._running = self.bridge.start(
            job, done=self._keep, failed=self._give_up, progress=self._take, stopped=self._stopped
        )
        self.diagnosing.emit()

    def stop_diagnosis(self) -> None:
        """Ask the diagnosis on its way to stop; what it found inside this computer is kept."""
        if self._running:
            self._running.stop()

    def show_machine(self, machine: "RecordedMachine | None") -> None:
        """Show a recorded machine, or this computer again (None)."""
        if self._running:
            self.bridge.drop(self._running)
            self._running = None
        self.machine = machine
        self.diagnosis = None
        self.machine_changed.emit()
        self.diagnose()

    def close(self) -> None:
        """Stop every job."""
        self.bridge.close()
        self.context.store.close()

    def _keep(self, diagnosis: "Diagnosis") -> None:
        self._running = None
        self.diagnosis = diagnosis
        self.diagnosed.emit(diagnosis)

    def _give_up(self, trouble: Trouble) -> None:
        self._running = None
        self.diagnosis_failed.emit(trouble)

    def _take(self, step: object) -> None:
        from drydock.jobs.diagnose import DiagnosisSoFar

        if isinstance(step, DiagnosisSoFar):
            self._so_far = step.diagnosis
            return
        self.steps.append(step)
        self.step_reached.emit(step)

    def _stopped(self) -> None:
        self.stopped_early = True
        if self._so_far:
            self._keep(self._so_far)
        else:
            self._give_up(Trouble("diagnosis-stopped"))
