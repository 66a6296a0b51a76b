"""The log of what was changed on this computer, with copies of what was there before. Only ever appended to.

Each line of ``mended.jsonl`` is one event, written before a step begins and after it ended, so that even a power cut
leaves a line that tells what was going on. Copies of files lie in ``mended/``, named after the entry.
"""

import contextlib
import hashlib
import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

SCHEMA = 1
FILE, COPIES, LOCK = "mended.jsonl", "mended", "mended.lock"
_SIZE_LIMIT = 32 << 20
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OUTPUT_KEPT = 4000
"""Characters kept of what a program printed."""

Outcome: TypeAlias = Literal["applied", "failed", "stopped", "open"]


class LoggedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an entry.

    Attributes:
        kind: ``run``, ``write`` or ``engine``.
        what: the command line, the file, or what was asked of the engine.
        step: the step itself, as JSON; a write without its contents.
        by: how it became root; empty where it did not.
        before: name of the copy of the file as it was; empty where there was none.
        after: SHA-256 of the file as it was written; ``absent`` where it was removed.
        mode: permission bits of a file that was not there.
    """

    number: int
    kind: Literal["run", "write", "engine"]
    title: str
    what: str
    step: msgspec.Raw = msgspec.Raw(b"null")
    by: str = ""
    before: str = ""
    after: str = ""
    mode: int = 0o644


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun", tag_field="event"):
    """Something was agreed to and begins."""

    schema: int = SCHEMA
    entry: str
    at: str
    remedy: str
    target: str = ""
    title: str
    recheck: tuple[str, ...] = ()
    undoes: str = ""
    steps: tuple[LoggedStep, ...] = ()


class StepBegun(msgspec.Struct, frozen=True, kw_only=True, tag="step_begun", tag_field="event"):
    """A step begins."""

    entry: str
    at: str
    number: int


class StepEnded(msgspec.Struct, frozen=True, kw_only=True, tag="step_ended", tag_field="event"):
    """A step ended, or was taken back after a later one failed."""

    entry: str
    at: str
    number: int
    outcome: Literal["done", "failed", "left", "taken_back"]
    text: str = ""


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended", tag_field="event"):
    """All of it ended."""

    entry: str
    at: str
    outcome: Outcome
    text: str = ""


Event: TypeAlias = Begun | StepBegun | StepEnded | Ended


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of one entry come to.

    Attributes:
        outcome: ``open`` where nothing tells its end: it goes on, or Drydock was ended in the middle.
        started: numbers of the steps that were begun.
        done: numbers of the steps that were done and not taken back.
        endings: how each step ended, by number; one that was started and is not here was interrupted.
        outputs: what steps said, by number.
        undone_by: id of the entry that took this one back; empty where none did.
    """

    begun: Begun
    outcome: Outcome = "open"
    text: str = ""
    started: tuple[int, ...] = ()
    done: tuple[int, ...] = ()
    endings: dict[int, str] = {}
    outputs: dict[int, str] = {}
    undone_by: str = ""

    @property
    def id(self) -> str:
        """Its name in the log."""
        return self.begun.entry

    @property
    def kept_steps(self) -> tuple[LoggedStep, ...]:
        """The steps whose changes are still there."""
        return tuple(step for step in self.begun.steps if step.number in self.done)

    @property
    def interrupted(self) -> tuple[LoggedStep, ...]:
        """The steps that were begun and of whose end nothing is known."""
        return tuple(
            step for step in self.begun.steps if step.number in self.started and step.number not in self.endings
        )


class LedgerBusy(Exception):  # noqa: N818 - it is no error of anybody
    """Another Drydock changes something just now."""


class LedgerFull(Exception):  # noqa: N818 - the disk is, mostly
    """The log cannot be written, so nothing may be changed."""


class Ledger:
    """The log of one person on one computer. Safe to use from several threads and processes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self.path = directory / FILE
        self.problems: list[str] = []

    def append(self, event: Event) -> None:
        """Add an event, and see to it that it is on the disk.

        Raises:
            LedgerFull: it cannot be written.
        """
        line = msgspec.json.encode(event) + b"\n"
        try:
            self._make(self._directory)
            with self._lock:
                self._write(line)
        except OSError as error:
            raise LedgerFull(str(error)) from error

    def _write(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size == 0:
                self._begin(descriptor)
            else:
                file.seek(size - 1)
                # a line that was cut off must not swallow this one
                line = line if file.read(1) == b"\n" else b"\n" + line
            if file.write(line) != len(line):
                file.truncate(size)
                raise OSError(f"{self.path}: no room for another line")
            os.fsync(descriptor)
        if size == 0:
            _keep_names(self._directory)

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._give(folder)
            _keep_names(folder.parent)

    def _begin(self, descriptor: int) -> None:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        self._give(descriptor)

    def _give(self, what: Path | int) -> None:
        """Let a log that root writes in a person's directory belong to that person, who must be able to read it."""
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            owner = self._directory.parent.stat() if what == self._directory else self._directory.stat()
            os.chown(what, owner.st_uid, owner.st_gid)

    @contextmanager
    def alone(self) -> Generator[None]:
        """See to it that no other Drydock of this person changes anything meanwhile; the lock ends with the process.

        Raises:
            LedgerBusy: another does just now.
            LedgerFull: there is no room for the lock.
        """
        try:
            self._make(self._directory)
            descriptor = os.open(self._directory / LOCK, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        except OSError as error:
            raise LedgerFull(str(error)) from error
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            self._give(descriptor)
            _lock(file.fileno())
            yield

    def keep(self, entry: str, number: int, content: bytes) -> str:
        """Keep a copy of a file as it was; return its name.

        Raises:
            LedgerFull: it cannot be written.
        """
        folder = self._directory / COPIES
        name = f"{entry}.{number}"
        try:
            self._make(self._directory)
            self._make(folder)
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                self._give(descriptor)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            _keep_names(folder)
        except FileExistsError as error:
            # of another entry, which keeps it
            raise LedgerFull(str(error)) from error
        except OSError as error:
            with contextlib.suppress(OSError):
                (folder / name).unlink()
            raise LedgerFull(str(error)) from error
        return name

    def copy_path(self, name: str) -> Path:
        """Return where a copy lies."""
        return self._directory / COPIES / name

    def read_copy(self, step: LoggedStep) -> bytes | None:
        """Return the file of a step as it was before; None where there was none.

        Raises:
            OSError: the copy is gone.
        """
        return self.copy_path(step.before).read_bytes() if step.before else None

    def new_id(self, now: str) -> str:
        """Return a name for another entry: the time, and a number where there are several of one second."""
        stamp = now.replace("-", "").replace(":", "").replace("T", "-").removesuffix("Z")
        content = b"\n".join(self._lines())
        names = (_numbered(stamp, number) for number in range(1, 10_000))
        # lines that cannot be read, and copies without a line, have their names too
        return next(name for name in names if f'"{name}"'.encode() not in content and not self._has_copy(name))

    def _has_copy(self, name: str) -> bool:
        return any((self._directory / COPIES).glob(f"{name}.*"))

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, oldest first; lines that make no sense are left out, and told in ``problems``."""
        found: dict[str, Entry] = {}
        bad = 0
        newer: set[str] = set()
        for line in self._lines():
            try:
                event = msgspec.json.decode(line, type=Event)
                if isinstance(event, Begun) and event.schema > SCHEMA:
                    newer.add(event.entry)
                elif event.entry not in newer:
                    _take(found, event)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError):
                bad += 1
        if newer:
            self._say(
                f"{self.path}: {len(newer)} entries are of a newer Drydock, which can show them and take them back"
            )
        if bad:
            self._say(f"{self.path}: {bad} lines of the log make no sense and are not shown")
        # newest first: what took something back may itself have been taken back
        for name in reversed(found):
            entry = found[name]
            undone = entry.begun.undoes
            if undone in found and entry.outcome == "applied" and not entry.undone_by:
                found[undone] = msgspec.structs.replace(found[undone], undone_by=entry.id)
        return tuple(found.values())

    def entry(self, name: str) -> Entry | None:
        """Return an entry by its id; None where there is none."""
        return next((entry for entry in self.entries() if entry.id == name), None)

    def _lines(self) -> Sequence[bytes]:
        try:
            if self.path.stat().st_size > _SIZE_LIMIT:
                self._say(f"{self.path} is larger than any log of changes; it is not read")
                return ()
            return [line for line in self.path.read_bytes().split(b"\n") if line.strip()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            self._say(f"the log of changes cannot be read: {error}")
            return ()

    def _say(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _keep_names(folder: Path) -> None:
    """Make new names in a directory outlive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            raise LedgerBusy from error
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LedgerBusy from error
    except OSError:
        # a file system of another computer that has no locks: each file is still compared before it is written
        return


def _numbered(stamp: str, number: int) -> str:
    return stamp if number == 1 else f"{stamp}-{number}"


def _take(found: dict[str, Entry], event: Any) -> None:
    if isinstance(event, Begun):
        # a name that is there already keeps what it stands for
        found.setdefault(event.entry, Entry(begun=event))
        return
    entry = found[event.entry]
    if isinstance(event, StepBegun):
        entry = msgspec.structs.replace(entry, started=(*entry.started, event.number))
    elif isinstance(event, StepEnded):
        done = [number for number in entry.done if number != event.number]
        done += [event.number] if event.outcome == "done" else []
        outputs = {**entry.outputs, event.number: event.text} if event.text else entry.outputs
        endings: dict[int, str] = {**entry.endings, event.number: event.outcome}
        entry = msgspec.structs.replace(entry, done=tuple(done), outputs=outputs, endings=endings)
    elif isinstance(event, Ended):
        entry = msgspec.structs.replace(entry, outcome=event.outcome, text=event.text)
    found[event.entry] = entry


def cut_output(text: str) -> str:
    """Return the end of what a program said, as much as is kept."""
    return text if len(text) <= _OUTPUT_KEPT else f"…{text[-_OUTPUT_KEPT:]}"


def digest_of(content: bytes | None) -> str:
    """Return what a file is known by in the log."""
    return "absent" if content is None else hashlib.sha256(content).hexdigest()
