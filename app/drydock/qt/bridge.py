"""Runs jobs off the main thread and brings their steps and endings back to it as queued signals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from drydock.core.trouble import Stopped, Trouble

if TYPE_CHECKING:
    from drydock.jobs import Job

R = TypeVar("R")


class Running(QObject):
    """A job on its way. Lives in the main thread; its signals are queued from the job's thread.

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

    def __init__(self, job: Job[Any], parent: QObject) -> None:
        from drydock.world import Stop  # the first job starts after the first paint

        super().__init__(parent)
        self._job = job
        self._stop = Stop()
        self._abandoned = False
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

    def _work(self) -> None:
        try:
            result = self._job.run(self._tell, self._stop)
        except Stopped:
            self._say(self.stopped)
        except Trouble as trouble:
            self._say(self.failed, trouble)
        except Exception:  # noqa: BLE001 - a bug must reach the crash window, not vanish with the thread
            import traceback

            report = traceback.format_exc()
            self._say(self.crashed, report)
            self._say(self.failed, Trouble("internal-error", text=report.strip().splitlines()[-1]))
        else:
            self._say(self.succeeded, result)
        self._say(self.ended)

    def _tell(self, step: object) -> None:
        self._say(self.progressed, step)

    def _say(self, signal: Any, *values: object) -> None:
        if self._abandoned:
            return
        try:
            signal.emit(*values)
        except RuntimeError:
            # the window was destroyed between the question above and here
            self._abandoned = True


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
    ) -> Running:
        """Start a job; exactly one of ``done``, ``failed``, ``stopped`` is called later, in the main thread."""
        running = Running(job, self)
        queued = Qt.ConnectionType.QueuedConnection
        running.succeeded.connect(done, queued)
        running.failed.connect(failed, queued)
        if progress:
            running.progressed.connect(progress, queued)
        if stopped:
            running.stopped.connect(stopped, queued)
        running.crashed.connect(self.crashed, queued)
        running.ended.connect(self._forget, queued)
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
            running.deleteLater()
