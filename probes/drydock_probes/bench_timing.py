"""Times a repeated call on a device without disturbing it: events on a GPU, the clock on a CPU, blocks of calls."""

from __future__ import annotations

import math
import time
from typing import Any, Callable, List, NamedTuple

from drydock_probes.bench_statistics import relative_width

DISCARDED = 3  # first calls: they allocate, choose kernels, compile
_BLOCK_SECONDS = 0.2
_LEAST = 12
_LEAST_SECONDS = 1.5
_NOISY = 30  # from here on, no better interval over three checks means that waiting longer does not help
_WIDTH = 0.01
_WARM_SHARE = 0.1  # of the slot: a GPU's clock falls within the first seconds of load


class Measured(NamedTuple):
    """Times of the calls.

    Attributes:
        milliseconds: of every call that counts.
        first_s: seconds of the very first call (with compilation, where there is one).
        converged: the interval of the median is narrower than 1 %.
    """

    milliseconds: List[float]
    first_s: float
    converged: bool


class CpuClock:
    """Times calls that have finished when they return."""

    def block(self, call: Callable[[], Any], count: int) -> List[float]:
        """Call count times; returns milliseconds of each."""
        times: List[float] = []
        for _ in range(count):
            start = time.perf_counter()
            call()
            times.append((time.perf_counter() - start) * 1000)
        return times


class CudaClock:
    """Times calls by events on the current stream, with one synchronisation a block."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch

    def block(self, call: Callable[[], Any], count: int) -> List[float]:
        """Call count times; returns milliseconds of each."""
        events = [self._torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        events[0].record()
        for event in events[1:]:
            call()
            event.record()
        self._torch.cuda.synchronize()
        return [before.elapsed_time(after) for before, after in zip(events, events[1:])]


def clock_for(torch: Any, device: str) -> Any:
    """Return the clock of a device."""
    return CpuClock() if device == "cpu" else CudaClock(torch)


def measure(
    clock: Any, call: Callable[[], Any], until: float, report: Callable[[List[float]], None], most: int = 100_000
) -> Measured:
    """Call until the median is known well enough or ``until`` (``time.monotonic``) has come.

    At least one call is timed however late it is, and no more than ``most``.
    ``report`` gets every block's times, the discarded ones not.
    """
    began = time.monotonic()
    first = time.perf_counter()
    clock.block(call, 1)
    first_s = time.perf_counter() - first
    warm = clock.block(call, DISCARDED - 1)
    last = warm[-1] / 1000
    warm_until = began + first_s + _WARM_SHARE * max(0.0, until - began - first_s)
    while time.monotonic() < warm_until and most > _LEAST:
        last = clock.block(call, _block_size(last, warm_until))[-1] / 1000
    times: List[float] = []
    widths: List[float] = []
    started = time.monotonic()
    while not times or (len(times) < most and time.monotonic() + last < until):
        block = clock.block(call, min(most - len(times), _block_size(last, until)))
        report(block)
        times += block
        last = block[-1] / 1000
        widths.append(relative_width(times))
        if len(times) >= _LEAST and time.monotonic() - started >= _LEAST_SECONDS:
            if widths[-1] < _WIDTH:
                return Measured(times, first_s, True)
            if len(times) >= _NOISY and len(widths) > 3 and widths[-1] >= 0.98 * widths[-4]:
                break
    return Measured(times, first_s, len(times) >= _LEAST and widths[-1] < _WIDTH)


def _block_size(seconds: float, until: float) -> int:
    """Return how many calls fill a block, and no more than the time left allows."""
    left = max(0.0, until - time.monotonic())
    return max(1, min(math.ceil(_BLOCK_SECONDS / max(seconds, 1e-6)), int(left / max(seconds, 1e-6)), 1000))
