"""Runs collectors side by side; one that hangs or crashes becomes a result and delays nobody."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from drydock.core.facts import CollectorRun, Missing
from drydock.world import Stop


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """One subject to look at.

    Attributes:
        limit: seconds after which its answer is no longer waited for.
        collect: looks; is run in a thread of its own.
    """

    name: str
    limit: float
    collect: Callable[[], object]


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What a collector brought: ``piece`` is Missing when it crashed or was too late."""

    run: CollectorRun
    piece: object


def run_side_by_side(collectors: Sequence[Collector], stop: Stop) -> Iterator[Collected]:
    """Start all collectors, and yield what they bring as it comes.

    A thread that does not come back is left behind: it is a daemon, so it does not hold up the end of the app.

    Raises:
        Stopped: the stop was asked for.
    """
    results: queue.SimpleQueue[Collected | None] = queue.SimpleQueue()
    started = time.monotonic()
    waiting = {collector.name: collector for collector in collectors}
    for collector in collectors:
        threading.Thread(
            target=_collect, args=(collector, results), name=f"collect-{collector.name}", daemon=True
        ).start()
    forget = stop.on_request(lambda: results.put(None))
    try:
        while waiting:
            stop.check()
            late = [collector for collector in waiting.values() if time.monotonic() - started >= collector.limit]
            for collector in late:
                del waiting[collector.name]
                yield _too_late(collector, time.monotonic() - started)
            if not waiting or late:
                continue
            next_limit = min(collector.limit for collector in waiting.values())
            try:
                collected = results.get(timeout=max(0.0, next_limit - (time.monotonic() - started)))
            except queue.Empty:
                continue
            if collected and waiting.pop(collected.run.name, None):
                yield collected
    finally:
        forget()


def _collect(collector: Collector, results: "queue.SimpleQueue[Collected | None]") -> None:
    started = time.monotonic()
    try:
        piece = collector.collect()
        run = CollectorRun(name=collector.name, seconds=time.monotonic() - started, outcome="done")
    except Exception as error:  # noqa: BLE001 - a bug in one collector must not take the others' results along
        text = f"{type(error).__name__}: {error}"
        piece = Missing("failed", f"the collector crashed: {text}")
        run = CollectorRun(name=collector.name, seconds=time.monotonic() - started, outcome="crashed", text=text[:500])
    results.put(Collected(run=run, piece=piece))


def _too_late(collector: Collector, seconds: float) -> Collected:
    text = f"no answer within {collector.limit:g} s"
    run = CollectorRun(name=collector.name, seconds=seconds, outcome="timeout", text=text)
    return Collected(run=run, piece=Missing("timeout", text))
