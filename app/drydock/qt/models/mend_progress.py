"""How far a plan is carried out: each moment is another frozen struct, made from the steps that the job tells."""

from typing import Literal, TypeAlias

import msgspec

from drydock.core.remedies.plan import Plan
from drydock.core.trouble import Trouble
from drydock.jobs.mend import Checking, Mended, StepDone, StepSaid, StepStarted, Stopping, TakenBack

StepState: TypeAlias = Literal["waiting", "running", "done", "failed", "left", "taken_back"]
Phase: TypeAlias = Literal["steps", "checking", "done", "failed", "stopped"]


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the plan.

    Attributes:
        text: what it said, once it ended.
        said: the last line of it while it runs.
    """

    title: str
    state: StepState = "waiting"
    text: str = ""
    said: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One moment.

    Attributes:
        finding: id of the check that the plan is for; may be empty.
        lines: one for each step of the plan.
        stopping: the person asked for the end.
        awaited: title of the step that the end waits for; empty until the job told.
        taken_back: what was taken back after a failure or a stop; None where nothing had to be.
        mended: what came of it, when it is done.
        trouble: why it failed.
    """

    plan: Plan
    finding: str = ""
    lines: tuple[StepLine, ...]
    phase: Phase = "steps"
    stopping: bool = False
    awaited: str = ""
    taken_back: TakenBack | None = None
    mended: Mended | None = None
    trouble: Trouble | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.phase in ("steps", "checking")

    @property
    def number(self) -> int:
        """The number of the step that runs, or ran last; from 1."""
        begun = sum(line.state != "waiting" for line in self.lines)
        return max(1, begun)

    @property
    def taking_back(self) -> bool:
        """Whether what was done is being taken back, or was, after a failure or a stop."""
        states = {line.state for line in self.lines}
        if self.taken_back is not None or "failed" in states:
            return True
        # after the last step there is nothing left that a stop could keep from being done
        stopped = self.stopping and self.touched and "running" not in states and "waiting" in states
        return stopped and self.phase == "steps"

    @property
    def touched(self) -> bool:
        """Whether a step was begun."""
        return any(line.state != "waiting" for line in self.lines)

    @property
    def entry(self) -> str:
        """Its id in the log, as far as it is known; empty otherwise."""
        if self.mended:
            return self.mended.entry
        return str(self.trouble.values.get("entry", "")) if self.trouble else ""

    @property
    def still_there(self) -> tuple[str, ...]:
        """Titles of the steps that could not be taken back."""
        return self.taken_back.left if self.taken_back else ()


def begun(plan: Plan, finding: str = "") -> Progress:
    """Return the first moment of a plan."""
    return Progress(plan=plan, finding=finding, lines=tuple(StepLine(title=step.title) for step in plan.steps))


def after(progress: Progress, step: object) -> Progress:
    """Return the moment after a step of the job."""
    if isinstance(step, StepStarted):
        return _changed(progress, step.number, state="running")
    if isinstance(step, StepDone):
        return _changed(progress, step.number, state=step.outcome, text=step.text, said="")
    if isinstance(step, StepSaid):
        # comes from another thread: perhaps after the end of its step
        running = progress.lines[step.number - 1].state == "running"
        return _changed(progress, step.number, said=step.line.strip()) if running else progress
    if isinstance(step, Stopping):
        return msgspec.structs.replace(progress, stopping=True, awaited=step.title)
    if isinstance(step, TakenBack):
        lines = tuple(_taken_back(line, step) for line in progress.lines)
        return msgspec.structs.replace(progress, lines=lines, taken_back=step)
    if isinstance(step, Checking):
        return msgspec.structs.replace(progress, phase="checking")
    return progress


def ended(progress: Progress, how: Mended | Trouble | None) -> Progress:
    """Return the last moment: done, failed, or (None) stopped."""
    if isinstance(how, Mended):
        return msgspec.structs.replace(progress, phase="done", mended=how)
    if isinstance(how, Trouble):
        return msgspec.structs.replace(progress, phase="failed", trouble=how)
    return msgspec.structs.replace(progress, phase="stopped")


def _taken_back(line: StepLine, step: TakenBack) -> StepLine:
    back = line.state == "done" and line.title in step.taken_back
    return msgspec.structs.replace(line, state="taken_back") if back else line


def _changed(progress: Progress, number: int, **changes: object) -> Progress:
    lines = list(progress.lines)
    lines[number - 1] = msgspec.structs.replace(lines[number - 1], **changes)
    return msgspec.structs.replace(progress, lines=tuple(lines))
