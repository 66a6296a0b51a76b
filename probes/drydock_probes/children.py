"""Runs a part of a probe as its own process and hands its records on as they come."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from typing import IO, Any, Callable, List, NamedTuple, Optional, Sequence, cast

from drydock_probes.channel import Record

_TAIL = 4000


class ChildEnd(NamedTuple):
    """How a child ended.

    Attributes:
        status: exit status; negative: the signal that killed it.
        cut: it was ended because its time was over.
        stopped: it was ended because a stop was asked for.
        last_words: the end of its standard error.
    """

    status: int
    cut: bool
    stopped: bool
    last_words: str


class _Tail:
    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._stream = stream
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def _drain(self) -> None:
        for chunk in iter(lambda: self._stream.read1(4096), b""):  # type: ignore[attr-defined]
            self._kept = (self._kept + cast("bytes", chunk))[-_TAIL:]
            sys.stderr.buffer.write(cast("bytes", chunk))
            sys.stderr.flush()

    def text(self) -> str:
        self.thread.join(1.0)
        return self._kept.decode("utf-8", "replace")


def _pump(stream: IO[bytes], lines: queue.Queue[Optional[bytes]]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _decode(line: bytes) -> Optional[Record]:
    try:
        record: Any = json.loads(line)
    except ValueError:
        return None
    return cast("Record", record) if isinstance(record, dict) and "type" in record else None


def run_child(
    arguments: Sequence[str],
    deadline: float,
    on_record: Callable[[Record], None],
    stop: Callable[[], bool],
) -> ChildEnd:
    """Run this Python with the arguments until it ends, the deadline (``time.monotonic``) passes or a stop is asked.

    The child's standard input stays open as long as we live: :func:`die_with_parent` ends it when we are gone.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    stdout, stderr = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)
    lines: queue.Queue[Optional[bytes]] = queue.Queue()
    threading.Thread(target=_pump, args=(stdout, lines), daemon=True).start()
    tail = _Tail(stderr)
    cut = stopped = False
    try:
        while True:
            stopped, cut = stop(), time.monotonic() >= deadline
            if stopped or cut:
                break
            try:
                line = lines.get(timeout=0.05)
            except queue.Empty:
                continue
            if line is None:
                break
            record = _decode(line)
            if record is not None:
                on_record(record)
    finally:
        status = _end(process, kill=cut or stopped or sys.exc_info()[0] is not None)
        leftovers = _drained(lines)
    for record in leftovers:
        on_record(record)
    return ChildEnd(status, cut, stopped, tail.text())


def _drained(lines: queue.Queue[Optional[bytes]]) -> List[Record]:
    records: List[Record] = []
    while True:
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            return records
        if line is None:
            return records
        record = _decode(line)
        if record is not None:
            records.append(record)


def _end(process: subprocess.Popen[bytes], kill: bool) -> int:
    if kill:
        process.kill()
    try:
        return process.wait(5.0)
    except subprocess.TimeoutExpired:
        process.kill()
    try:
        return process.wait(5.0)
    except subprocess.TimeoutExpired:
        return -9  # a process in an uninterruptible driver call; nothing more can be done


def die_with_parent() -> None:
    """In a child: end at once when the parent is gone (its end of our standard input closes)."""

    def wait() -> None:
        # the raw descriptor: a thread that blocks in sys.stdin's lock would abort the interpreter's exit
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
