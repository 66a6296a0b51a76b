"""Runs a probe with a Python of this computer."""

import threading
from collections.abc import Callable, Sequence

from drydock.core.bench.records import Record
from drydock.core.trouble import Trouble
from drydock.probing.carry import Probe, probes_directory
from drydock.probing.end import ProbeEnd, Reader
from drydock.world import Stop, World

_END_LIMIT = 15.0
"""Seconds for the end of a process that has closed its output."""


def run_probe_on_host(
    world: World,
    python: str,
    probe: Probe,
    arguments: Sequence[str],
    tell: Callable[[Record], None],
    stop: Stop,
    limit: float,
) -> ProbeEnd:
    """Run a probe with ``python``, telling each record as it comes. Nothing is installed or written.

    Args:
        world: the doors.
        python: path or name of the interpreter.
        probe: which one.
        arguments: its command line.
        tell: takes the records.
        stop: ends the probe.
        limit: seconds.

    Raises:
        Trouble: ``probe-timeout``, ``probe-silent`` or ``program-not-started``.
        Stopped: the stop was asked for.
    """
    stop.check()
    ending = Stop()  # thrown by the person's stop or by the end of the time
    forget = stop.on_request(ending.request)
    timer = threading.Timer(limit, ending.request)
    timer.daemon = True
    reader = Reader(tell)
    try:
        process = world.start((python, "-B", str(probes_directory() / f"{probe}.py"), *arguments), stop=ending)
        timer.start()
        try:
            for line in process.lines():
                reader.take(line)
        except BaseException:
            process.stop()
            raise
        outcome = process.wait(_END_LIMIT)
    finally:
        timer.cancel()
        forget()
    stop.check()
    if ending.requested or outcome.code is None:
        raise Trouble("probe-timeout", probe=probe, where=python, limit=round(limit))
    return reader.end(probe, python, outcome.code, outcome.stderr)
