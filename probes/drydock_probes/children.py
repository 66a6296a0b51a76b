"""Runs the parts of a probe in processes of their own and hands their records on as they come.

A *nursery* process imports torch once and forks for every job, which saves seconds a job and still gives each one a
fresh CUDA context, allocator and set of global switches. (It touches no GPU itself, so forking is as safe as it is
for a DataLoader.) Where there is no fork, the nursery does one job and a new one is started for the next.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any, Callable, NamedTuple, Optional, Sequence, cast

from drydock_probes import machine
from drydock_probes.channel import Channel, Record

_TAIL = 4000
_FORKS = hasattr(os, "fork")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ChildEnd(NamedTuple):
    """How a job ended.

    Attributes:
        status: exit status; negative: the signal that killed it; 3: torch cannot be imported.
        cut: it was ended because its time was over.
        stopped: it was ended because a stop was asked for.
        last_words: the end of its standard error.
    """

    status: int
    cut: bool
    stopped: bool
    last_words: str


def _decode(line: bytes) -> Optional[Record]:
    try:
        record: Any = json.loads(line)
    except ValueError:
        return None
    return cast("Record", record) if isinstance(record, dict) and "type" in record else None


class _Process:
    """One nursery process with its streams read by threads."""

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, *arguments]
        pipe = subprocess.PIPE
        self.popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.lines: queue.Queue[Optional[bytes]] = queue.Queue()
        self.tail = b""
        self._pumper = threading.Thread(target=self._pump, args=(cast("Any", self.popen.stdout),), daemon=True)
        self._pumper.start()
        self._drainer = threading.Thread(target=self._drain, args=(cast("Any", self.popen.stderr),), daemon=True)
        self._drainer.start()

    def _pump(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.lines.put(line)
        self.lines.put(None)

    def _drain(self, stream: Any) -> None:
        with stream:
            for chunk in iter(lambda: stream.read1(4096), b""):
                self.tail = (self.tail + chunk)[-_TAIL:]
                sys.stderr.write(chunk.decode("utf-8", "replace"))
                sys.stderr.flush()

    def send(self, job: Record) -> None:
        stdin = cast("IO[bytes]", self.popen.stdin)
        try:
            stdin.write(json.dumps(job).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; its last record or its exit status says why

    def last_words(self) -> str:
        self._drainer.join(0.2)
        return self.tail.decode("utf-8", "replace")

    def end(self) -> int:
        """Kill it and return its status."""
        self.popen.kill()
        return self.status()

    def status(self) -> int:
        """Return the status of a process that ends, and let go of its streams."""
        with contextlib.suppress(BrokenPipeError):
            cast("IO[bytes]", self.popen.stdin).close()
        self._drainer.join(1.0)
        self._pumper.join(1.0)
        try:
            return self.popen.wait(5.0)
        except subprocess.TimeoutExpired:
            return -9  # stuck in a driver call that cannot be interrupted; nothing more can be done


class Nursery:
    """Runs jobs of the probe whose arguments are given; they must lead it to :func:`serve`."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._process: Optional[_Process] = None
        self._pid: Optional[int] = None

    def run(
        self, job: Record, deadline: float, on_record: Callable[[Record], None], stop: Callable[[], bool]
    ) -> ChildEnd:
        """Run a job until it ends, the deadline (``time.monotonic``) passes or ``stop`` says so."""
        if self._process is None:
            self._process = _Process(self._arguments)
        process = self._process
        process.tail = b""
        process.send(job)
        cut = stopped = False
        while True:
            stopped, cut = stopped or stop(), cut or time.monotonic() >= deadline
            if stopped or cut:
                break
            try:
                line = process.lines.get(timeout=0.05)
            except queue.Empty:
                if process.popen.poll() is not None:
                    self._kill_job()  # it outlived the nursery and holds our streams open
                continue
            if line is None:
                self._process = None
                return ChildEnd(process.status(), False, False, process.last_words())
            status = self._take(_decode(line), on_record)
            if status is not None:
                return ChildEnd(status, False, False, process.last_words())
        return self._abandon(process, on_record, cut=cut, stopped=stopped)

    def _take(self, record: Optional[Record], on_record: Callable[[Record], None]) -> Optional[int]:
        if record is None:
            return None
        if record["type"] == "child_start":
            self._pid = int(record["pid"])
        elif record["type"] == "child_end":
            self._pid = None
            return int(record["status"])
        else:
            on_record(record)
        return None

    def _abandon(self, process: _Process, on_record: Callable[[Record], None], cut: bool, stopped: bool) -> ChildEnd:
        """Kill the job and take what it had already said."""
        if self._pid is None:
            self.close()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        limit = time.monotonic() + 1.0
        ended = False
        while not ended and time.monotonic() < limit:
            try:
                line = process.lines.get(timeout=0.1)
            except queue.Empty:
                continue
            ended = line is None or self._take(_decode(line), on_record) is not None
        if not ended or process.popen.poll() is not None:
            self.close()
        return ChildEnd(-9, cut, stopped, process.last_words())

    def _kill_job(self) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._pid = None

    def close(self) -> None:
        """End the nursery and a job that still runs."""
        self._kill_job()
        if self._process is not None:
            self._process.end()
            self._process = None


def _die_with_parent() -> None:
    """In a job: end at once when the driver is gone (its end of our standard input closes)."""

    def wait() -> None:
        # the raw descriptor: a thread that holds sys.stdin's lock would abort the interpreter's exit
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _line_from_parent() -> bytes:
    """Read one line without reading ahead, so that a forked job inherits no buffered bytes."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


def _warm_up(torch: Any) -> None:
    """Import once what every training job would import for itself: torch's first optimiser brings the tracer along.

    Only for a CPU build: a nursery that may serve GPUs imports torch and nothing else, so that it cannot have
    touched CUDA, which no forked job could then use.
    """
    if torch.version.cuda is None:
        with contextlib.suppress(Exception):
            importlib.import_module("torch._dynamo")


def serve(work: Callable[[Channel, Any, Record], int]) -> int:
    """Be a nursery: do jobs from standard input until it closes. ``work(channel, torch, job)`` returns a status."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # the driver decides: it kills us or closes our input
    channel = Channel()
    torch, seconds, failure = machine.import_torch()
    if failure is None and _FORKS:
        _warm_up(torch)
    while True:
        line = _line_from_parent()
        if not line:
            return 0
        job: Record = json.loads(line)
        if failure is not None:
            channel.emit("error", slot="torch", kind=failure.kind, text=failure.text)
            return 3
        job["import_s"] = seconds
        if not _FORKS:
            _die_with_parent()
            return _guarded(channel, torch, job, work)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _die_with_parent()
            channel.emit("child_start", pid=os.getpid())
            status = _guarded(channel, torch, job, work)
            sys.stderr.flush()
            os._exit(status)  # skips torch's teardown, which takes as long as a short job
        _, waited = os.waitpid(pid, 0)
        status = os.WEXITSTATUS(waited) if os.WIFEXITED(waited) else -os.WTERMSIG(waited)
        channel.emit("child_end", status=status)


def _guarded(channel: Channel, torch: Any, job: Record, work: Callable[[Channel, Any, Record], int]) -> int:
    from drydock_probes import failures

    try:
        return work(channel, torch, job)
    except BrokenPipeError:
        return 1
    except BaseException as error:
        failure = failures.of(error)
        channel.emit("error", slot=job["slot"], kind=failure.kind, text=failure.text, number=failure.number)
        return 1
