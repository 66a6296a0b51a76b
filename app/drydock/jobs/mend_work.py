"""Carries a plan out step by step: each is written down before and after, and taken back when a later one fails."""

import contextlib
from typing import Literal

import msgspec

from drydock.core.remedies.plan import Plan, Step, WriteStep, command_line, inverse_of
from drydock.core.remedies.steps import EngineStep, RunStep
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Tell
from drydock.jobs.mend_lines import NewestLine
from drydock.jobs.mend_plan import as_bytes
from drydock.jobs.mend_steps import Done, Hands
from drydock.store.ledger import (
    Begun,
    Ended,
    Event,
    Ledger,
    LedgerFull,
    LoggedStep,
    StepBegun,
    StepEnded,
    cut_output,
    digest_of,
)
from drydock.world import Stop


class StepStarted(msgspec.Struct, frozen=True, kw_only=True):
    """Step: a step of the plan begins. ``number`` counts from 1."""

    number: int
    title: str
    privileged: bool


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """Step: a step of the plan ended; ``left`` is one that may fail, and did."""

    number: int
    title: str
    outcome: Literal["done", "failed", "left"]
    text: str = ""


class StepSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Step: what a program of a step printed last; comes from another thread, several times a second at most."""

    number: int
    line: str


class Stopping(msgspec.Struct, frozen=True, kw_only=True):
    """Step: the stop was asked for. The step that runs (its ``title``) is not broken off; then all is taken back."""

    title: str


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Step: after a failure or a stop, what was done was taken back; ``left`` is what could not be."""

    taken_back: tuple[str, ...]
    left: tuple[str, ...]


class Work:
    """Carries a plan out, and keeps the log of it.

    Attributes:
        entry: its id in the log.
    """

    def __init__(self, context: Context, plan: Plan, hands: Hands, tell: Tell) -> None:
        self._now = context.world.now
        self._ledger: Ledger = context.store.ledger
        self._plan = plan
        self._hands = hands
        self._tell = tell
        self._done: dict[int, Step] = {}
        self._taken_back: tuple[str, ...] = ()
        self._left: tuple[str, ...] = ()
        self._running = ""
        self.entry = self._ledger.new_id(self._now())

    def carry_out(self, stop: Stop) -> tuple[str, ...]:
        """Do all steps, or take back what was done; return the titles of those that may fail, and did.

        Raises:
            Trouble: ``mend-not-logged``, ``mend-refused``, ``mend-place-unsafe``, ``mend-step-failed``.
            Stopped: the stop was asked for.
        """
        self._begin()
        forget = stop.on_request(self._say_stopping)
        try:
            left = self._carry_out(stop)
        finally:
            forget()
        self._note(Ended(entry=self.entry, at=self._now(), outcome="applied"))
        return left

    def _carry_out(self, stop: Stop) -> tuple[str, ...]:
        left: list[str] = []
        for number, step in enumerate(self._plan.steps, 1):
            if stop.requested:
                self._give_up(None, "stopped", "")
                raise Stopped
            self._running = step.title
            try:
                done = self._do(number, step)
            except LedgerFull as full:
                self._give_up(None, "failed", str(full))
                raise self._trouble("mend-not-logged", step, str(full)) from full
            except Exception as error:
                # a bug of ours must not leave half of it behind either
                self._give_up(None, "failed", f"{type(error).__name__}: {error}")
                raise
            if done.outcome == "done":
                continue
            if _may_fail(step):
                left.append(step.title)
                continue
            if stop.requested and done.outcome == "refused":
                # Ctrl-C instead of a password
                self._give_up(step, "stopped", "")
                raise Stopped
            self._give_up(step, "failed", done.text)
            names = {"refused": "mend-refused", "unsafe": "mend-place-unsafe"}
            raise self._trouble(names.get(done.outcome, "mend-step-failed"), step, done.text)
        return tuple(left)

    def _say_stopping(self) -> None:
        if self._running:
            self._tell(Stopping(title=self._running))

    def _begin(self) -> None:
        """Write down what will be done, with copies of the files; nothing is changed when that fails."""
        kept: list[str] = []
        try:
            steps: list[LoggedStep] = []
            for number, step in enumerate(self._plan.steps, 1):
                logged = self._logged(number, step)
                kept += [logged.before] if logged.before else []
                steps.append(logged)
            plan = self._plan
            self._ledger.append(
                Begun(
                    entry=self.entry,
                    at=self._now(),
                    remedy=plan.remedy,
                    target=plan.target,
                    title=plan.title,
                    recheck=plan.recheck,
                    undoes=plan.undoes,
                    steps=tuple(steps),
                )
            )
        except LedgerFull as full:
            for name in kept:
                with contextlib.suppress(OSError):
                    self._ledger.copy_path(name).unlink()
            raise Trouble(
                "mend-not-logged", path=str(self._ledger.path), text=str(full), taken_back="nothing", left="nothing"
            ) from full

    def _logged(self, number: int, step: Step) -> LoggedStep:
        by = self._hands.by(step)
        if isinstance(step, WriteStep):
            before = as_bytes(step.before)
            return LoggedStep(
                number=number,
                kind="write",
                title=step.title,
                what=step.path,
                by=by,
                before="" if before is None else self._ledger.keep(self.entry, number, before),
                after=digest_of(as_bytes(step.after)),
                mode=step.mode,
            )
        raw = msgspec.Raw(msgspec.json.encode(step))
        if isinstance(step, RunStep):
            return LoggedStep(number=number, kind="run", title=step.title, what=command_line(step), step=raw, by=by)
        what = f"{step.act} {step.target}".strip()
        return LoggedStep(number=number, kind="engine", title=step.title, what=what, step=raw)

    def _do(self, number: int, step: Step) -> Done:
        self._ledger.append(StepBegun(entry=self.entry, at=self._now(), number=number))
        self._tell(StepStarted(number=number, title=step.title, privileged=bool(self._hands.by(step))))
        if isinstance(step, RunStep):
            self._hands.let_engine_go()
        lines = NewestLine(lambda line: self._tell(StepSaid(number=number, line=line)))
        try:
            done = self._hands.do(step, lines.said)
        finally:
            lines.end()
        worked = done.outcome == "done"
        if worked:
            self._done[number] = step
        outcome = "done" if worked else "left" if _may_fail(step) else "failed"
        text = cut_output(done.text)
        self._tell(StepDone(number=number, title=step.title, outcome=outcome, text=text))
        self._ledger.append(StepEnded(entry=self.entry, at=self._now(), number=number, outcome=outcome, text=text))
        return done

    def _give_up(self, failed: Step | None, outcome: Literal["failed", "stopped"], text: str) -> None:
        """Take back what was done, last step first, as far as that can be; then let settings count again."""
        taken: list[str] = []
        left: list[str] = []
        settling: list[RunStep] = []
        steps = list(self._done.items())
        if isinstance(failed, RunStep) and failed.settles:
            settling.append(failed)
        for number, step in reversed(steps):
            if isinstance(step, RunStep) and step.settles:
                settling.append(step)
                continue
            inverse = inverse_of(step)
            if inverse is not None and self._hands.do(inverse).outcome == "done":
                taken.append(step.title)
                self._note(StepEnded(entry=self.entry, at=self._now(), number=number, outcome="taken_back"))
            else:
                left.append(step.title)
        if taken:
            for step in dict.fromkeys(settling):
                self._hands.do(inverse_of(step) or step)
        self._taken_back, self._left = tuple(taken), tuple(left)
        self._tell(TakenBack(taken_back=self._taken_back, left=self._left))
        self._note(Ended(entry=self.entry, at=self._now(), outcome=outcome, text=cut_output(text)))

    def _note(self, event: Event) -> None:
        # a log that cannot be written must not keep anything from being taken back
        with contextlib.suppress(LedgerFull):
            self._ledger.append(event)

    def _trouble(self, name: str, step: Step, text: str) -> Trouble:
        return Trouble(
            name,
            step=step.title,
            text=text[-2000:] or "(nothing)",
            taken_back="; ".join(self._taken_back) or "nothing",
            left="; ".join(self._left) or "nothing",
            entry=self.entry,
            path=str(self._ledger.path),
        )


def _may_fail(step: Step) -> bool:
    return isinstance(step, EngineStep) and step.may_fail
