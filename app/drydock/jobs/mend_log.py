"""Reads the log of what was changed here, with what became of each change and whether it can be taken back."""

import contextlib

import msgspec

from drydock.core.facts import Known
from drydock.core.remedies.plan import unified
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.mend_plan import undo_plan
from drydock.store.ledger import Entry, Ledger, LoggedStep, digest_of
from drydock.world import Stop
from drydock.world.changes import read_bytes

_MOST = 200
"""Entries that are shown; the file has all."""


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did to a file.

    Attributes:
        diff: as a unified diff; empty where what was written then is not known any more.
        copy: where the file as it was before lies; empty where there was none.
    """

    diff: str
    copy: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry.

    Attributes:
        changes: what was done to files, by number of the step.
        why_not: why it cannot be taken back; None where it can.
    """

    entry: Entry
    changes: dict[int, FileChange]
    why_not: Trouble | None = None


class MendHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The log.

    Attributes:
        lines: its entries, newest first.
        path: the file.
        problems: what of the file could not be read.
        more: how many older entries are left out.
    """

    lines: tuple[Line, ...]
    path: str
    problems: tuple[str, ...] = ()
    more: int = 0


class ReadMendLogJob(Job[MendHistory]):
    """Read the log; changes nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> MendHistory:
        """Read it, and look at the files that it names."""
        ledger = self._context.store.ledger
        entries = ledger.entries()[::-1]
        shown = entries[:_MOST]
        contents = _Contents(ledger, shown)
        lines: list[Line] = []
        for entry in shown:
            stop.check()
            lines.append(Line(entry=entry, changes=contents.changes(entry), why_not=_why_not(ledger, entry)))
        return MendHistory(
            lines=tuple(lines),
            path=str(ledger.path),
            problems=tuple(ledger.problems),
            more=len(entries) - len(shown),
        )


def _why_not(ledger: Ledger, entry: Entry) -> Trouble | None:
    if entry.undone_by:
        return Trouble("mend-already-undone", entry=entry.id, by=entry.undone_by, title=entry.begun.title)
    try:
        undo_plan(ledger, entry)
    except Trouble as trouble:
        return trouble
    return None


class _Contents:
    """Finds what was written then: it is still there, or was copied before something else replaced it."""

    def __init__(self, ledger: Ledger, entries: tuple[Entry, ...]) -> None:
        self._ledger = ledger
        self._known: dict[str, bytes | None] = {"absent": None}
        steps = [step for entry in entries for step in entry.begun.steps if step.kind == "write"]
        for step in steps:
            if step.before:
                with contextlib.suppress(OSError):
                    self._keep(ledger.read_copy(step))
        for path in {step.what for step in steps}:
            present = read_bytes(path)
            if isinstance(present, Known):
                self._keep(present.value)

    def changes(self, entry: Entry) -> dict[int, FileChange]:
        return {step.number: self._change(step) for step in entry.begun.steps if step.kind == "write"}

    def _keep(self, content: bytes | None) -> None:
        self._known[digest_of(content)] = content

    def _change(self, step: LoggedStep) -> FileChange:
        copy = str(self._ledger.copy_path(step.before)) if step.before else ""
        try:
            before = self._ledger.read_copy(step)
        except OSError:
            return FileChange(diff="", copy="")
        if step.after not in self._known:
            return FileChange(diff="", copy=copy)
        after = self._known[step.after]
        return FileChange(diff=unified(step.what, _text(before), _text(after)), copy=copy)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "surrogateescape")
