"""Child processes with limits: on time, on the size of what they say, and on what they leave behind."""

import atexit
import collections
import contextlib
import os
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Literal, TypeAlias

from drydock.core.trouble import Trouble
from drydock.world.interface import Outcome
from drydock.world.stop import Stop

OUTPUT_LIMIT = 4 << 20
"""Bytes kept of each output stream; the rest is read and thrown away, so that the child is never held up."""

_LINE_LIMIT = 1 << 20
_TAIL_LIMIT = 64 << 10
_GRACE = 3.0
"""Seconds between asking a process to end and killing it."""

Group: TypeAlias = Literal["session", "own", "shared"]
"""A child has a session of its own, without a terminal; or only a group of its own, which the terminal's Ctrl-C does
not reach; or is in this process's group, and can ask on the terminal."""

_LEFT_OPEN = 0.5
"""Seconds to wait for the end of output after the process ended: a grandchild may hold the pipe open."""


def run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    stdin: str,
    *,
    group: Group = "session",
    said: Callable[[str], None] | None = None,
    keep_end: bool = False,
) -> Outcome:
    """Run a program to its end; after ``limit`` seconds its whole process group is killed.

    Args:
        argv: the program and its arguments.
        environment: all of its variables.
        limit: seconds.
        stdin: what it reads.
        group: whom it belongs to; one that shares this process's group is killed alone.
        said: takes each line that it prints, while it runs and in another thread.
        keep_end: of standard output that is too long, keep the end.
    """
    started = time.monotonic()
    try:
        process = _open(argv, environment, with_stdin=bool(stdin), group=group)
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    out = _Sink(process.stdout, OUTPUT_LIMIT, keep_end=keep_end, said=said)
    err = _Sink(process.stderr, OUTPUT_LIMIT, said=said)
    feeder = _feed(process, stdin)
    timed_out = not _ended_within(process, limit)
    if timed_out:
        if group != "shared":
            kill_group(process)
        else:
            # one that became root may not be killed by its person
            with contextlib.suppress(OSError):
                process.kill()
        _ended_within(process, _GRACE)
    for reader in (out, err, feeder):
        if reader:
            reader.join(_LEFT_OPEN)
    return Outcome(
        argv=tuple(argv),
        code=None if timed_out else process.returncode,
        problem="timeout" if timed_out else "",
        stdout=out.text(),
        stderr=err.text(),
        seconds=time.monotonic() - started,
    )


def _open(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    with_stdin: bool = False,
    directory: str = "",
    group: Group = "session",
) -> "subprocess.Popen[bytes]":
    flags = 0
    if os.name == "nt":
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(
        list(argv),
        env=dict(environment),
        stdin=subprocess.PIPE if with_stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=directory or None,
        creationflags=flags,
        # a session of its own: a group to kill, and no terminal to ask for passwords on
        start_new_session=group == "session" and os.name != "nt",
        process_group=0 if group == "own" and os.name != "nt" else None,
    )


def _not_started(argv: Sequence[str], error: Exception) -> Outcome:
    if isinstance(error, FileNotFoundError):
        return Outcome(argv=tuple(argv), code=None, problem="not_found", stderr=str(error))
    if isinstance(error, PermissionError):
        return Outcome(argv=tuple(argv), code=None, problem="no_permission", stderr=str(error))
    return Outcome(argv=tuple(argv), code=None, problem="failed", stderr=str(error))


def _ended_within(process: "subprocess.Popen[bytes]", limit: float) -> bool:
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        return False
    return True


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its children."""
    _signal_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(OSError):
        if os.name == "nt":
            process.kill()
        else:
            # the group has the process's number, and lives on while any member does
            os.killpg(process.pid, number)


def _feed(process: "subprocess.Popen[bytes]", text: str) -> threading.Thread | None:
    pipe = process.stdin
    if pipe is None:
        return None

    def write() -> None:
        # the child may end without reading
        with contextlib.suppress(OSError), pipe:
            pipe.write(text.encode("utf-8", "replace"))

    thread = threading.Thread(target=write, name="child-input", daemon=True)
    thread.start()
    return thread


class _Sink(threading.Thread):
    """Reads a pipe to its end; keeps the beginning, or the end, up to a limit."""

    def __init__(
        self,
        pipe: IO[bytes] | None,
        limit: int,
        *,
        keep_end: bool = False,
        said: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name="child-output", daemon=True)
        self._said = said
        self._line = b""
        self._pipe = pipe
        self._limit = limit
        self._keep_end = keep_end
        self._pieces: collections.deque[bytes] = collections.deque()
        self._size = 0
        self.start()

    def run(self) -> None:
        """Read until the pipe closes."""
        pipe = self._pipe
        if pipe is None:
            return
        with contextlib.suppress(OSError, ValueError), pipe:
            while piece := os.read(pipe.fileno(), 1 << 16):
                self._keep(piece)
                if self._said:
                    self._say(piece, self._said)

    def _say(self, piece: bytes, said: Callable[[str], None]) -> None:
        """Pass on the last whole line of a piece; a program that redraws its line ends it with a carriage return."""
        *whole, self._line = (self._line + piece).replace(b"\r", b"\n").split(b"\n")
        self._line = self._line[-_TAIL_LIMIT:]
        line = next((line for line in reversed(whole) if line.strip()), b"")
        if line:
            # whoever listens must not hold up the child
            with contextlib.suppress(Exception):
                said(line.decode("utf-8", "replace").strip())

    def _keep(self, piece: bytes) -> None:
        if not self._keep_end:
            piece = piece[: max(0, self._limit - self._size)]
        if piece:
            self._pieces.append(piece)
            self._size += len(piece)
        while self._keep_end and self._size - len(self._pieces[0]) >= self._limit:
            self._size -= len(self._pieces.popleft())

    def text(self) -> str:
        """Return what was kept."""
        content = b"".join(tuple(self._pieces))
        content = content[-self._limit :] if self._keep_end else content
        return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


_FOLLOWED: "weakref.WeakSet[subprocess.Popen[bytes]]" = weakref.WeakSet()


def _end_followed() -> None:
    """Leave nothing running when the app ends: nobody reads what it says, and nobody could stop it any more."""
    for process in tuple(_FOLLOWED):
        # one that was waited for has given its number back
        if process.returncode is None:
            kill_group(process)


atexit.register(_end_followed)


class FollowedProcess:
    """A child whose standard output is read line by line while it runs."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], stop: Stop, directory: str) -> None:
        self._argv = tuple(argv)
        self._started = time.monotonic()
        try:
            self._process = _open(argv, environment, directory=directory)
        except (OSError, ValueError) as error:
            raise Trouble("program-not-started", program=argv[0] if argv else "", text=_reason(error)) from error
        _FOLLOWED.add(self._process)
        self._errors = _Sink(self._process.stderr, _TAIL_LIMIT, keep_end=True)
        self._killer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._forget = stop.on_request(self.stop)

    def lines(self) -> Iterator[str]:
        """Yield lines of standard output until the process closes it. A line is cut at one mebibyte."""
        pipe = self._process.stdout
        if pipe is None:
            return
        with contextlib.suppress(ValueError, OSError):
            while line := pipe.readline(_LINE_LIMIT):
                yield line.decode("utf-8", "replace").rstrip("\r\n")

    def stop(self) -> None:
        """Ask the process group to end, and see to it that it is killed when it does not; returns at once."""
        with self._lock:
            if self._killer or self._process.poll() is not None:
                return
            self._killer = threading.Timer(_GRACE, kill_group, args=(self._process,))
            self._killer.daemon = True
            self._killer.start()
        _signal_group(self._process, signal.SIGTERM)

    def wait(self, limit: float) -> Outcome:
        """Wait for the end, throwing away output that was not read; after ``limit`` seconds it is killed."""
        rest = _Sink(self._process.stdout, 0)
        timed_out = not _ended_within(self._process, limit)
        if timed_out:
            kill_group(self._process)
            _ended_within(self._process, _GRACE)
        self._settle()
        for reader in (rest, self._errors):
            reader.join(_LEFT_OPEN)
        return Outcome(
            argv=self._argv,
            code=None if timed_out else self._process.returncode,
            problem="timeout" if timed_out else "",
            stderr=self._errors.text(),
            seconds=time.monotonic() - self._started,
        )

    def _settle(self) -> None:
        self._forget()
        with self._lock:
            if self._killer:
                self._killer.cancel()
