"""What could be mended here, and exactly how: looks, and changes nothing."""

from collections.abc import Collection

import msgspec

from drydock.core.checks.check import INNER_SUBJECTS
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, Missing, missing_text
from drydock.core.findings import Diagnosis
from drydock.core.launch.labels import SESSION
from drydock.core.remedies import Remedy, remedies_for
from drydock.core.remedies.plan import Ground, Plan, Step, WriteStep, backwards, inverse_of, place_of, plan_of, unified
from drydock.core.remedies.steps import EditStep, EngineStep, RunStep, TakeOutput
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.session import opened
from drydock.store.ledger import Entry, Ledger, LoggedStep, digest_of
from drydock.world import Stop
from drydock.world.changes import Person, person, read_bytes, system_program

TAKE_BACK = "Take back: "
"""How the title begins of a plan that takes something back."""

_LOOK_LIMIT = 15.0
_OUTPUT_LIMIT = 120.0
"""Seconds for a program whose output becomes a file; one fetches it from the network."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A remedy that fits what was found here. ``finding``: id of the check that it is for."""

    finding: str
    remedy: Remedy


def offers(diagnosis: Diagnosis) -> tuple[Offer, ...]:
    """Return the remedies for a diagnosis, those for its root cause first; each only once."""
    root = diagnosis.root_cause
    found: dict[tuple[str, str], Offer] = {}
    for finding in (*((root,) if root else ()), *diagnosis.findings):
        if finding.state in ("broken", "attention"):
            for remedy in remedies_for(finding, diagnosis.snapshot):
                found.setdefault((remedy.id, remedy.target), Offer(finding=finding.id, remedy=remedy))
    return tuple(found.values())


def checks_after(finding: str, named: Collection[str]) -> tuple[str, ...]:
    """Return the checks to ask when something was mended: those named, the finding, and all that waited for it.

    The finding comes first. Checks inside a container are left out; they take a walk of their own.
    """
    waiting = {finding} if finding else set[str]()
    for check in CHECKS:
        # in reading order, what a check needs stands before it
        if waiting.intersection(check.needs):
            waiting.add(check.id)
    wanted = [*([finding] if finding else []), *named, *(check.id for check in CHECKS if check.id in waiting)]
    quick = {check.id for check in CHECKS if not set(check.reads) & set(INNER_SUBJECTS)}
    return tuple(check for check in dict.fromkeys(wanted) if check in quick)


class PlanJob(Job[Plan]):
    """Work out what a remedy would do here, for a person to agree to.

    Args:
        context: the doors.
        remedy: what was offered.
        finding: id of the check that it is for; that and those that wait for it are asked afterwards.
        root: directory that all paths lie below, and whose programs come first; empty is this computer.
    """

    def __init__(self, context: Context, remedy: Remedy, *, finding: str = "", root: str = "") -> None:
        self._context = context
        self._remedy = remedy
        self._finding = finding
        self._root = root.rstrip("/")

    def run(self, tell: Tell, stop: Stop) -> Plan:
        """Look at the files, and make what will be written.

        Raises:
            Trouble: ``mend-…``: why it cannot be done here, or not by Drydock.
            Stopped: the stop was asked for.
        """
        plan = plan_of(self._remedy, self._ground(stop))
        return msgspec.structs.replace(plan, recheck=checks_after(self._finding, plan.recheck))

    def _ground(self, stop: Stop) -> Ground:
        who = person()
        me = who.value if isinstance(who, Known) else Person(name="", uid=0, gid=0, home="")
        ground = Ground(user=me.name, uid=me.uid, gid=me.gid, home=me.home, root=self._root)
        contents: dict[str, str | None] = {}
        outputs: dict[tuple[str, ...], str] = {}
        satisfied: set[tuple[str, ...]] = set()
        for step in self._remedy.steps:
            stop.check()
            if isinstance(step, EditStep):
                path = place_of(step.path, ground)
                contents[path] = present_content(path)
                if isinstance(step.edit, TakeOutput):
                    argv, text = self._output(step.edit)
                    outputs[argv] = text
            elif isinstance(step, RunStep) and step.unless and self._succeeds(step.unless):
                satisfied.add(step.unless)
        return msgspec.structs.replace(
            ground, contents=contents, outputs=outputs, satisfied=frozenset(satisfied), sizes=self._sizes()
        )

    def _output(self, edit: TakeOutput) -> tuple[tuple[str, ...], str]:
        for argv in edit.programs:
            program = find_program(self._context, argv[0], self._root)
            if program is None:
                continue
            outcome = self._context.world.run((program, *argv[1:]), limit=_OUTPUT_LIMIT)
            if not outcome.succeeded or not outcome.stdout.strip():
                said = outcome.stderr.strip() or outcome.problem or "it printed nothing"
                raise Trouble("mend-source-failed", program=" ".join(argv), text=said[-1000:])
            return argv, outcome.stdout
        names = " or ".join(argv[0] for argv in edit.programs)
        raise Trouble("mend-program-missing", program=names)

    def _succeeds(self, argv: tuple[str, ...]) -> bool:
        program = find_program(self._context, argv[0], self._root)
        return program is not None and self._context.world.run((program, *argv[1:]), limit=_LOOK_LIMIT).succeeded

    def _sizes(self) -> dict[str, int]:
        if not any(isinstance(step, EngineStep) and step.act == "remove_container" for step in self._remedy.steps):
            return {}
        with opened(self._context) as engine:
            sizes = engine.container_sizes(SESSION)
        return dict(sizes.value) if isinstance(sizes, Known) else {}


def find_program(context: Context, name: str, root: str) -> str | None:
    """Return where a program is that runs as this person: below ``root``, on PATH, or among the system's own."""
    if root:
        inside = system_program(name, root)
        if isinstance(inside, Known) and inside.value.startswith(root):
            return inside.value
    for found in (context.world.find_program(name), system_program(name)):
        if isinstance(found, Known):
            return found.value
    return None


def present_content(path: str) -> str | None:
    """Return a file's content, bytes that are no UTF-8 as surrogates; None where there is no file.

    Raises:
        Trouble: ``mend-file-unreadable``.
    """
    content = read_bytes(path)
    if isinstance(content, Missing):
        if content.why == "absent":
            return None
        raise Trouble("mend-file-unreadable", path=path, text=content.detail or missing_text(content))
    return content.value.decode("utf-8", "surrogateescape")


def as_bytes(content: str | None) -> bytes | None:
    """Return a content as it stands on the disk."""
    return None if content is None else content.encode("utf-8", "surrogateescape")


class PlanUndoJob(Job[Plan]):
    """Work out how an entry of the log would be taken back, for a person to agree to."""

    def __init__(self, context: Context, entry: str) -> None:
        self._context = context
        self._entry = entry

    def run(self, tell: Tell, stop: Stop) -> Plan:
        """Look at the log and at the files.

        Raises:
            Trouble: ``mend-entry-unknown``, ``mend-already-undone``, ``mend-nothing-to-undo``, ``mend-undo-changed``
                (with the difference), ``mend-undo-later``, ``mend-copy-gone``, ``mend-file-unreadable``.
        """
        ledger = self._context.store.ledger
        entry = ledger.entry(self._entry)
        if entry is None:
            known = ", ".join(one.id for one in ledger.entries()[-5:]) or "none"
            raise Trouble("mend-entry-unknown", entry=self._entry, known=known)
        if entry.undone_by:
            raise Trouble("mend-already-undone", entry=entry.id, by=entry.undone_by, title=entry.begun.title)
        return undo_plan(ledger, entry)


def undo_plan(ledger: Ledger, entry: Entry) -> Plan:
    """Return what takes an entry back; raises what :class:`PlanUndoJob` raises."""
    done: list[Step] = []
    lies_back = False
    for logged in entry.begun.steps:
        interrupted = logged in entry.interrupted
        if logged.number not in entry.done and not (interrupted and _was_written(logged)):
            continue
        if logged.kind == "write" and _is_back(ledger, logged):
            # taking it back was begun before, and ended in the middle
            lies_back = True
        else:
            done.append(_done_step(ledger, entry, logged))
    steps = backwards(tuple(done))
    if not steps or (not lies_back and all(isinstance(step, RunStep) and step.settles for step in steps)):
        raise Trouble("mend-nothing-to-undo", entry=entry.id, title=entry.begun.title)
    return Plan(
        remedy=entry.begun.remedy,
        target=entry.begun.target,
        title=_undo_title(entry),
        note=_undo_note(entry, done),
        steps=steps,
        recheck=entry.begun.recheck,
        undoes=entry.id,
    )


def _undo_note(entry: Entry, done: Collection[Step]) -> str:
    lasting = [step.title for step in done if inverse_of(step) is None]
    unknown = [step.title for step in entry.interrupted if not _was_written(step)]
    notes = [f"This stays as it is: {'; '.join(lasting)}."] if lasting else []
    if unknown:
        notes.append(f"Drydock was ended in the middle of this, so look whether it was done: {'; '.join(unknown)}.")
    return " ".join(notes)


def _undo_title(entry: Entry) -> str:
    title = entry.begun.title
    # what takes back a taking back is the thing itself once more
    return title.removeprefix(TAKE_BACK) if entry.begun.undoes else f"{TAKE_BACK}{title}"


def _was_written(logged: LoggedStep) -> bool:
    return logged.kind == "write" and digest_of(as_bytes(present_content(logged.what))) == logged.after


def _is_back(ledger: Ledger, logged: LoggedStep) -> bool:
    return as_bytes(present_content(logged.what)) == _copy(ledger, logged)


def _copy(ledger: Ledger, logged: LoggedStep) -> bytes | None:
    try:
        return ledger.read_copy(logged)
    except OSError as error:
        raise Trouble("mend-copy-gone", path=logged.what, text=str(error)) from error


def _done_step(ledger: Ledger, entry: Entry, logged: LoggedStep) -> Step:
    if logged.kind == "run":
        return msgspec.json.decode(logged.step, type=RunStep)
    if logged.kind == "engine":
        return msgspec.json.decode(logged.step, type=EngineStep)
    present = present_content(logged.what)
    copy = _copy(ledger, logged)
    before = None if copy is None else copy.decode("utf-8", "surrogateescape")
    if digest_of(as_bytes(present)) != logged.after:
        _check_later(ledger, entry, logged, present)
        copy_path = str(ledger.copy_path(logged.before)) if logged.before else "(there was no file)"
        diff = unified(logged.what, present, before)
        raise Trouble("mend-undo-changed", path=logged.what, diff=diff, copy=copy_path)
    return WriteStep(
        title=logged.title,
        path=logged.what,
        before=before,
        after=present,
        mode=logged.mode,
        privileged=bool(logged.by),
    )


def _check_later(ledger: Ledger, entry: Entry, logged: LoggedStep, present: str | None) -> None:
    """Raise when nobody but later entries changed the file: taken back first, they make way."""
    entries = ledger.entries()
    names = [one.id for one in entries]
    undone = {one.id: one.undone_by for one in entries}
    digest = digest_of(as_bytes(present))
    newest: Entry | None = None
    for later in reversed(entries[names.index(entry.id) + 1 :]):
        if later.undone_by or undone.get(later.begun.undoes) == later.id:
            # the two of them come to nothing
            continue
        for step in later.kept_steps:
            if step.kind == "write" and step.what == logged.what and step.after == digest:
                newest = newest or later
                digest = digest_of(_copy(ledger, step))
    if newest and digest == logged.after:
        raise Trouble("mend-undo-later", path=logged.what, entry=entry.id, later=newest.id, title=newest.begun.title)
