"""Calls into a driver that may hang, each under a time limit and timed."""

import queue
import statistics
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from drydock.world.nvml_errors import TIMEOUT, UNINITIALIZED, NvmlError

_KEPT_TIMES = 64
"""Durations kept of each call: about a minute of samples, so that a median follows what the driver does now."""


class _Call:
    """One call on its way through the worker."""

    def __init__(self, name: str, function: Callable[[], Any]) -> None:
        self.name = name
        self.function = function
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


class LimitedCalls:
    """A thread of its own that makes calls one after another, and that callers need not wait for.

    A call into C cannot be broken off. When one exceeds the limit its caller gets an error at once; the thread is left
    to itself, and every later call fails at once. As a daemon it does not keep the process from ending.
    """

    def __init__(self, limit: float) -> None:
        """Start the thread; ``limit`` is in seconds, for each call."""
        self._limit = limit
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running: str = ""
        self._hanging: str = ""
        self._closed = False
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT_TIMES))
        self._worker = threading.Thread(target=self._work, name="nvml", daemon=True)
        self._worker.start()

    @property
    def hanging(self) -> str:
        """Name of the call that exceeded its limit; empty when all is well."""
        return self._hanging

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        """Make the call in the worker and return what it returns.

        A call that is made by a function that already runs in the worker (see :meth:`together`) is made at once.

        Raises:
            NvmlError: with kind ``timeout``, when it took longer than the limit or an earlier one did.
        """
        if self._closed:
            raise NvmlError(UNINITIALIZED, "NVML_ERROR_UNINITIALIZED", "the NVML session is closed")
        if self._hanging:
            raise self._still_hanging()
        if threading.current_thread() is self._worker:
            return self._timed(name, function)
        return self._hand_over(name, function)

    def together(self, function: Callable[[], Any]) -> Any:
        """Make many calls in one go: handing each to the worker costs more than the call itself.

        The limit holds for all of them together.

        Raises:
            NvmlError: as :meth:`call`.
        """
        if self._closed:
            raise NvmlError(UNINITIALIZED, "NVML_ERROR_UNINITIALIZED", "the NVML session is closed")
        if self._hanging:
            raise self._still_hanging()
        return self._hand_over("", function)

    def _hand_over(self, name: str, function: Callable[[], Any]) -> Any:
        call = _Call(name, function)
        self._calls.put(call)
        if not call.done.wait(self._limit):
            raise self._abandon(name)
        if call.error is not None:
            raise call.error
        return call.value

    def close(self) -> None:
        """Let the thread end when it has nothing left to do."""
        self._closed = True
        self._calls.put(None)

    def times(self) -> dict[str, float]:
        """Return the median duration of each call, in seconds, over its last calls."""
        with self._lock:
            return {name: statistics.median(times) for name, times in self._times.items()}

    def _abandon(self, name: str) -> NvmlError:
        with self._lock:
            if self._hanging:
                return self._still_hanging()
            self._hanging = self._running or name
        if name and self._hanging != name:
            return self._still_hanging()
        return _timeout(f"{self._hanging} did not answer within {self._limit:g} s; the NVIDIA driver may be stuck")

    def _still_hanging(self) -> NvmlError:
        return _timeout(f"a previous NVML call is still hanging: {self._hanging}")

    def _work(self) -> None:
        while (call := self._calls.get()) is not None and not self._hanging:
            try:
                call.value = self._timed(call.name, call.function) if call.name else call.function()
            except BaseException as error:  # noqa: BLE001  whatever it is belongs to the caller, not to this thread
                call.error = error
            call.done.set()

    def _timed(self, name: str, function: Callable[[], Any]) -> Any:
        self._running = name
        started = time.perf_counter()
        try:
            return function()
        finally:
            with self._lock:
                self._times[name].append(time.perf_counter() - started)


def _timeout(text: str) -> NvmlError:
    return NvmlError(TIMEOUT, "NVML_ERROR_TIMEOUT", text)
