"""Apply a remedy that a person agreed to, look whether it helped, and take it back again."""

import time

import msgspec

from drydock.core.facts import Known, Missing
from drydock.core.findings import Diagnosis
from drydock.core.remedies.plan import Plan, WriteStep, command_line, unified
from drydock.core.remedies.steps import RunStep
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.job import Job, Tell
from drydock.jobs.mend_plan import PlanUndoJob, find_program, present_content
from drydock.jobs.mend_steps import Hands
from drydock.jobs.mend_work import StepDone, StepSaid, StepStarted, Stopping, TakenBack, Work
from drydock.store.ledger import LedgerBusy, LedgerFull
from drydock.world import Stop
from drydock.world.changes import Way, system_program, way_to_root, writer_as_root

__all__ = [
    "Checking",
    "MendJob",
    "Mended",
    "StepDone",
    "StepSaid",
    "StepStarted",
    "Stopping",
    "TakenBack",
    "UndoJob",
]

_ENGINE_LIMIT = 40.0
"""Seconds for the engine to answer again after a restart."""


class Checking(msgspec.Struct, frozen=True, kw_only=True):
    """Step: the plan was carried out, and these checks are asked now."""

    checks: tuple[str, ...]


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan.

    Attributes:
        entry: its id in the log, by which it can be taken back.
        left: titles of steps that failed and may.
        diagnosis: the answers of the checks that were asked afterwards.
        helped: whether the finding is gone; None where the plan was for none, or it was not answered.
    """

    entry: str
    plan: Plan
    left: tuple[str, ...] = ()
    diagnosis: Diagnosis | None = None
    helped: bool | None = None


class MendJob(Job[Mended]):
    """Carry out a plan.

    Args:
        context: the doors.
        plan: of ``PlanJob`` or ``PlanUndoJob``, as the person saw it.
        consent: the plan's fingerprint, as a sign that the person agreed to exactly this.
        finding: id of the check that it is for.
        terminal: whether a person sits at this process's terminal and can type a password there.
        root: as for ``PlanJob``.
    """

    def __init__(
        self,
        context: Context,
        plan: Plan,
        consent: str,
        *,
        finding: str = "",
        terminal: bool = False,
        root: str = "",
    ) -> None:
        self._context = context
        self._plan = plan
        self._consent = consent
        self._finding = finding
        self._terminal = terminal
        self._root = root.rstrip("/")

    def run(self, tell: Tell, stop: Stop) -> Mended:
        """Do it: all steps, or none where one fails.

        A stop is obeyed between steps, and what was done is taken back then. A step is never broken off: half an
        installation is worse than a whole one.

        Raises:
            Trouble: ``mend-not-agreed``, ``mend-busy``, ``mend-no-root``, ``mend-program-missing``,
                ``mend-file-changed``, ``mend-already-undone`` and ``mend-not-logged`` before anything is done;
                ``mend-refused``, ``mend-place-unsafe`` and ``mend-step-failed`` after what was done was taken back
                as far as that can be.
            Stopped: the stop was asked for.
        """
        plan = self._plan
        if self._consent != plan.fingerprint:
            raise Trouble("mend-not-agreed", title=plan.title)
        way = self._way()
        ledger = self._context.store.ledger
        try:
            with ledger.alone():
                # looked at while nobody else can act on the same log
                self._check_undo()
                self._check_program(way)
                self._check_files()
                stop.check()
                with Hands(self._context, way, self._root) as hands:
                    work = Work(self._context, plan, hands, tell)
                    left = work.carry_out(stop)
        except LedgerBusy as busy:
            raise Trouble("mend-busy", title=plan.title) from busy
        except LedgerFull as full:
            path = str(ledger.path)
            raise Trouble("mend-not-logged", path=path, text=str(full), taken_back="nothing", left="nothing") from full
        diagnosis = self._look_again(tell, stop)
        return Mended(
            entry=work.entry, plan=plan, left=left, diagnosis=diagnosis, helped=_helped(diagnosis, self._finding)
        )

    def _way(self) -> Way | None:
        if not self._plan.privileged:
            return None
        way = way_to_root(self._context.world, terminal=self._terminal)
        if isinstance(way, Missing):
            raise Trouble("mend-no-root", text=way.detail, commands="\n".join(_by_hand(self._plan)))
        return way.value

    def _check_undo(self) -> None:
        entry = self._context.store.ledger.entry(self._plan.undoes) if self._plan.undoes else None
        if entry and entry.undone_by:
            raise Trouble("mend-already-undone", entry=entry.id, by=entry.undone_by, title=entry.begun.title)

    def _check_program(self, way: Way | None) -> None:
        """Find the first program beforehand; later ones may come with what an earlier step installs."""
        if way not in (None, "root") and isinstance(writer_as_root(), Missing):
            for step in self._plan.steps:
                if isinstance(step, WriteStep) and step.privileged:
                    raise Trouble("mend-program-missing", program="python3")
        step = next((step for step in self._plan.steps if isinstance(step, RunStep)), None)
        if step is None:
            return
        name = step.argv[0]
        if step.privileged:
            there = isinstance(system_program(name, self._root), Known)
        else:
            there = find_program(self._context, name, self._root) is not None
        if not there:
            raise Trouble("mend-program-missing", program=name)

    def _check_files(self) -> None:
        for step in self._plan.steps:
            if isinstance(step, WriteStep):
                present = present_content(step.path)
                if present != step.before:
                    diff = unified(step.path, step.before, present)
                    raise Trouble("mend-file-changed", path=step.path, diff=diff)

    def _look_again(self, tell: Tell, stop: Stop) -> Diagnosis | None:
        checks = self._plan.recheck
        if not checks:
            return None
        tell(Checking(checks=checks))
        try:
            if any(isinstance(step, RunStep) and _starts_engine(step) for step in self._plan.steps):
                self._await_engine(stop)
            return DiagnoseJob(self._context, only=checks).run(lambda _step: None, stop)
        except Stopped:
            # all of it is done, and the person must learn how to take it back
            return None

    def _await_engine(self, stop: Stop) -> None:
        """Wait until the engine answers; when it does not, the checks say so."""
        until = time.monotonic() + _ENGINE_LIMIT
        while time.monotonic() < until:
            stop.check()
            try:
                self._context.open_engine().close()
            except Trouble:
                stop.wait(0.5)
            else:
                return


def _starts_engine(step: RunStep) -> bool:
    return "docker" in step.argv and bool({"start", "restart", "reload-or-restart"} & set(step.argv))


def _by_hand(plan: Plan) -> tuple[str, ...]:
    return plan.commands or tuple(command_line(step) for step in plan.steps if isinstance(step, RunStep))


def _helped(diagnosis: Diagnosis | None, finding: str) -> bool | None:
    answers = diagnosis.findings if diagnosis else ()
    answer = next((item for item in answers if item.id == finding), None)
    if answer is None or answer.state == "not_tested":
        return None
    return answer.state == "ok"


class UndoJob(Job[Mended]):
    """Take back what an entry of the log did.

    Args:
        context: the doors.
        entry: its id.
        consent: fingerprint of the plan of ``PlanUndoJob`` that the person agreed to.
        terminal: as for ``MendJob``.
        root: as for ``MendJob``.
    """

    def __init__(self, context: Context, entry: str, consent: str, *, terminal: bool = False, root: str = "") -> None:
        self._context = context
        self._entry = entry
        self._consent = consent
        self._terminal = terminal
        self._root = root

    def run(self, tell: Tell, stop: Stop) -> Mended:
        """Take it back, and look again; raises what ``PlanUndoJob`` and ``MendJob`` raise."""
        plan = PlanUndoJob(self._context, self._entry).run(tell, stop)
        job = MendJob(self._context, plan, self._consent, terminal=self._terminal, root=self._root)
        return job.run(tell, stop)
