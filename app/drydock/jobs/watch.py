"""Watches the GPUs: samples them until the stop, or plays a recorded trace."""

import threading
import time
from collections.abc import Mapping, Sequence

import msgspec

from drydock.collect.sampling import Sampler
from drydock.core.facts import Known, MonitorSample
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.world import Stop
from drydock.world.nvml import Nvml, NvmlError

LEAST_INTERVAL = 0.1
MOST_INTERVAL = 3600.0
HIDDEN_INTERVAL = 5.0
CALL_LIMIT = 2.0
_OWNERS_SECONDS = 4.0
_FIRST_OWNERS_SECONDS = 0.5
"""How long the first sample waits for the engine, so that its processes have their containers' names."""


class WatchControl:
    """What may be changed while the watch goes on; set from any thread.

    Attributes:
        interval: seconds between samples, at least ``LEAST_INTERVAL``.
        hidden: nobody looks, so sampling slows down to ``HIDDEN_INTERVAL``.
        processes: whether the process lists are asked for.
    """

    def __init__(self, interval: float = 1.0, *, processes: bool = True) -> None:
        self.interval = interval
        self.hidden = False
        self.processes = processes
        self._woken = threading.Event()

    def show(self, *, hidden: bool) -> None:
        """Say whether somebody looks; takes effect at once."""
        self.hidden = hidden
        self._woken.set()

    def set_interval(self, seconds: float) -> None:
        """Change the pace; takes effect at once."""
        self.interval = max(LEAST_INTERVAL, seconds)
        self._woken.set()

    def pause(self, stop: Stop, since: float) -> None:
        """Sleep until the next sample is due, counted from ``since`` (monotonic seconds)."""
        forget = stop.on_request(self._woken.set)
        try:
            while not stop.requested:
                pace = HIDDEN_INTERVAL if self.hidden else min(MOST_INTERVAL, max(LEAST_INTERVAL, self.interval))
                left = since + pace - time.monotonic()
                if left <= 0 or not self._woken.wait(left):
                    return
                self._woken.clear()
        finally:
            forget()


class WatchJob(Job[int]):
    """Sample all GPUs, telling each :class:`MonitorSample`; returns how many were told.

    Args:
        count: samples to take; None goes on until the stop.
        library: path of another NVML library.
    """

    def __init__(
        self, context: Context, control: WatchControl, count: int | None = None, library: str | None = None
    ) -> None:
        self._context = context
        self._control = control
        self._count = count
        self._library = library

    def run(self, tell: Tell, stop: Stop) -> int:
        """Watch.

        Raises:
            Trouble: ``nvml-unavailable`` or ``nvml-no-gpu``, before the first sample; ``nvml-hangs`` later.
        """
        try:
            nvml = Nvml.open(self._library, limit=CALL_LIMIT)
        except NvmlError as error:
            raise Trouble("nvml-unavailable", reason=error.kind, text=str(error)) from error
        owners = _Owners(self._context, self._control)
        try:
            if nvml.device_count() == 0:
                raise Trouble("nvml-no-gpu")
            return self._sample(nvml, Sampler(nvml, self._context.world, owners.newest), tell, stop)
        except NvmlError as error:
            if nvml.hanging:
                raise Trouble("nvml-hangs", call=nvml.hanging) from error
            raise Trouble("nvml-unavailable", reason=error.kind, text=str(error)) from error
        finally:
            owners.close()
            nvml.close()

    def _sample(self, nvml: Nvml, sampler: Sampler, tell: Tell, stop: Stop) -> int:
        began = time.monotonic()
        told = 0
        while self._count is None or told < self._count:
            stop.check()
            started = time.monotonic()
            sample = sampler.sample(
                started - began, with_processes=self._control.processes and not self._control.hidden
            )
            if nvml.hanging:
                raise Trouble("nvml-hangs", call=nvml.hanging)
            tell(sample)
            told += 1
            if told != self._count:
                self._control.pause(stop, started)
        return told


class PlayTraceJob(Job[int]):
    """Play a recorded trace at its own pace, again and again, with time going on."""

    def __init__(self, trace: Sequence[MonitorSample], control: WatchControl, count: int | None = None) -> None:
        self._trace = trace
        self._control = control
        self._count = count

    def run(self, tell: Tell, stop: Stop) -> int:
        """Play.

        Raises:
            Trouble: ``trace-missing``.
        """
        if not self._trace:
            raise Trouble("trace-missing")
        pause = self._trace[1].t - self._trace[0].t if len(self._trace) > 1 else 1.0
        # a trace from elsewhere may hold any numbers
        length = max(LEAST_INTERVAL, self._trace[-1].t + pause)
        began = time.monotonic()
        told = place = 0
        processes = None
        while self._count is None or told < self._count:
            stop.check()
            started = time.monotonic()
            t = started - began
            # processes are told in some samples only, so those passed over must not be lost
            wanted = _place(self._trace, t % length)
            for passed in _between(place, wanted, len(self._trace)):
                processes = self._trace[passed].processes or processes
            place = wanted
            tell(msgspec.structs.replace(self._trace[wanted], t=t, processes=processes))
            told += 1
            if told != self._count:
                self._control.pause(stop, started)
        return told


def _place(trace: Sequence[MonitorSample], t: float) -> int:
    return max((index for index, sample in enumerate(trace) if sample.t <= t), default=0)


def _between(first: int, last: int, length: int) -> list[int]:
    return [(first + step) % length for step in range((last - first) % length + 1)]


class _Owners:
    """Asks the engine beside the sampler which process belongs to which container: it may answer slowly, or never."""

    def __init__(self, context: Context, control: WatchControl) -> None:
        self._context = context
        self._control = control
        self._owners: Mapping[int, str] | None = None
        self._asked = threading.Event()
        self._closed = threading.Event()
        self._elsewhere = False
        threading.Thread(target=self._ask, name="container owners", daemon=True).start()

    def newest(self) -> Mapping[int, str] | None:
        """Return what is known; None when no engine answered."""
        if not self._asked.is_set():
            self._asked.wait(_FIRST_OWNERS_SECONDS)
            self._asked.set()
        return self._owners

    def close(self) -> None:
        """Stop asking."""
        self._closed.set()

    def _ask(self) -> None:
        while not self._closed.is_set():
            if self._control.processes and not self._control.hidden:
                self._owners = self._found()
                if self._elsewhere:
                    break
            self._asked.set()
            self._closed.wait(_OWNERS_SECONDS)

    def _found(self) -> Mapping[int, str] | None:
        try:
            engine = self._context.open_engine()
        except Trouble:
            return None
        try:
            # its processes are not those of this computer, however often it is asked
            self._elsewhere = engine.remote
            found = engine.container_of_pids()
        except Trouble:
            return None
        finally:
            engine.close()
        return found.value if isinstance(found, Known) else None
