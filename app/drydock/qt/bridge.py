"""Runs jobs off the main thread and brings their steps and endings back to it, so that no job can flood the window."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from drydock.core.trouble import Stopped, Trouble

if TYPE_CHECKING:
    from drydock.jobs import Job

R = TypeVar("R")

NEWEST_INTERVAL = 0.05
"""Seconds between two steps of a job of which only the newest step counts: 20 a second look smooth."""

_BATCH = 0.008  # seconds of the main thread that waiting steps may take before events have their turn


class Running(QObject):
    """A job on its way. Lives in the main thread, where its signals are emitted.

    Steps wait in a queue of their own; the event loop is only woken when it is not awake already.

    Args:
        newest: only the newest step counts: those before it are left out, and at most twenty a second are told.

    Signals:
        progressed: a step of the job's own kind.
        succeeded: the job's result.
        failed: a :class:`Trouble`.
        stopped: the person's wish was obeyed.
        crashed: the text of a bug; ``failed`` follows.
        ended: after all others.
    """

    progressed = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    stopped = Signal()
    crashed = Signal(str)
    ended = Signal()
    _woken = Signal()

    def __init__(self, job: Job[Any], parent: QObject, *, newest: bool = False) -> None:
        from drydock.world import Stop  # the first job starts after the first paint

        super().__init__(parent)
        self._job = job
        self._stop = Stop()
        self._abandoned = False
        self._steps: deque[object] = deque(maxlen=1 if newest else None)
        self._awake = False
        self._not_before = 0.0
        self._interval = NEWEST_INTERVAL if newest else 0.0
        self._ending: list[tuple[Any, tuple[object, ...]]] = []
        self._over = False
        self._woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self.thread_of_job = threading.Thread(target=self._work, name=type(job).__name__, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the stop was asked for."""
        return self._stop.requested

    def stop(self) -> None:
        """Ask the job to stop; its actions may take a moment, so they run beside the main thread."""
        if not self._stop.requested:
            threading.Thread(target=self._stop.request, name="stop", daemon=True).start()

    def abandon(self) -> None:
        """Forget the job: whatever it still says reaches nobody (used when the window closes)."""
        self._abandoned = True

    # in the job's thread

    def _work(self) -> None:
        try:
            result = self._job.run(self._tell, self._stop)
        except Stopped:
            self._ending.append((self.stopped, ()))
        except Trouble as trouble:
            self._ending.append((self.failed, (trouble,)))
        except Exception:  # noqa: BLE001 - a bug must reach the crash window, not vanish with the thread
            import traceback

            report = traceback.format_exc()
            self._ending.append((self.crashed, (report,)))
            trouble = Trouble("internal-error", text=report.strip().splitlines()[-1])
            self._ending.append((self.failed, (trouble,)))
        else:
            self._ending.append((self.succeeded, (result,)))
        self._ending.append((self.ended, ()))
        self._over = True
        self._wake()

    def _tell(self, step: object) -> None:
        self._steps.append(step)
        if not self._awake:
            self._awake = True
            self._wake()

    def _wake(self) -> None:
        if self._abandoned:
            return
        try:
            self._woken.emit()
        except RuntimeError:
            # the window was destroyed between the question above and here
            self._abandoned = True

    # in the main thread

    def _deliver(self) -> None:
        """Tell the steps that wait, then the ending."""
        now = time.monotonic()
        if not self._over and now < self._not_before:
            QTimer.singleShot(max(1, round((self._not_before - now) * 1000)), self, self._deliver)
            return
        over = self._over  # read before the steps: what was told before the end is then among them
        self._awake = False  # from here on a new step wakes again: once too often at worst
        self._not_before = now + self._interval
        while self._steps and not self._abandoned:
            self.progressed.emit(self._steps.popleft())
            if self._interval and not over:
                break
            if time.monotonic() - now > _BATCH and self._steps:
                self._awake = True
                QTimer.singleShot(0, self, self._deliver)
                return
        if over:
            self._end()

    def _end(self) -> None:
        endings, self._ending = self._ending, []
        for signal, values in endings:
            if not self._abandoned:
                signal.emit(*values)


class Bridge(QObject):
    """Starts jobs. The only way from the window to the machine.

    Signals:
        crashed: the text of a bug in a job.
    """

    crashed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: set[Running] = set()

    def start(
        self,
        job: Job[R],
        *,
        done: Callable[[R], None],
        failed: Callable[[Trouble], None],
        progress: Callable[[Any], None] | None = None,
        stopped: Callable[[], None] | None = None,
        newest: bool = False,
    ) -> Running:
        """Start a job; exactly one of ``done``, ``failed``, ``stopped`` is called later, in the main thread.

        Args:
            job: what is to be done.
            done: takes the result.
            failed: takes the reason.
            progress: takes the steps.
            stopped: is told that a stop was obeyed.
            newest: only the newest step counts (see :class:`Running`); otherwise every step is told, in order.
        """
        running = Running(job, self, newest=newest)
        running.succeeded.connect(done)
        running.failed.connect(failed)
        if progress:
            running.progressed.connect(progress)
        if stopped:
            running.stopped.connect(stopped)
        running.crashed.connect(self.crashed)
        running.ended.connect(self._forget)
        self._running.add(running)
        running.thread_of_job.start()
        return running

    @property
    def busy(self) -> bool:
        """Whether any job is on its way."""
        return bool(self._running)

    def drop(self, running: Running) -> None:
        """Ask a job to stop and hear nothing more of it."""
        running.abandon()
        running.stop()
        self._running.discard(running)

    def close(self, patience: float = 0.4) -> None:
        """Ask every job to stop, and wait for at most ``patience`` seconds in all."""
        for running in self._running:
            running.abandon()
            running.stop()
        deadline = time.monotonic() + patience
        for running in self._running:
            running.thread_of_job.join(max(0.0, deadline - time.monotonic()))
        self._running.clear()

    def _forget(self) -> None:
        running = self.sender()
        if isinstance(running, Running):
            self._running.discard(running)
            # the thread may still be in its last signal, which must not lose its sender; it ends within microseconds
            running.thread_of_job.join()
            running.deleteLater()
