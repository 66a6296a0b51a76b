"""Does one step of a plan, and says how it went."""

import contextlib
from collections.abc import Callable
from typing import Literal

import msgspec

from drydock.core.remedies.plan import Step, WriteStep
from drydock.core.remedies.steps import EngineStep, RunStep
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import Engine
from drydock.jobs.context import Context
from drydock.jobs.mend_plan import as_bytes, find_program
from drydock.world import Outcome
from drydock.world.changes import Way, replace_file, run_as_person, run_as_root, was_refused


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a step went. ``text``: what was said, or why it failed."""

    outcome: Literal["done", "failed", "refused", "changed", "unsafe"]
    text: str = ""


class Hands:
    """Changes this computer, one step at a time.

    Args:
        context: the doors.
        way: how steps become root; None where none needs to.
        root: directory whose programs come first.
    """

    def __init__(self, context: Context, way: Way | None, root: str = "") -> None:
        self._context = context
        self._way: Way | None = way
        self._root = root
        self._engine: Engine | None = None

    def __enter__(self) -> "Hands":
        """Begin; the engine is connected to when the first step asks for it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection to the engine."""
        self.let_engine_go()

    def let_engine_go(self) -> None:
        """Close the connection to the engine, which may be restarted."""
        if self._engine:
            with contextlib.suppress(Trouble, OSError):
                self._engine.close()
            self._engine = None

    def do(self, step: Step, said: Callable[[str], None] | None = None) -> Done:
        """Do a step; it is not ended in the middle. ``said`` takes what a program prints, line by line."""
        if isinstance(step, WriteStep):
            return self._write(step)
        if isinstance(step, RunStep):
            return self._run(step, said)
        try:
            return Done(outcome="done", text=self._ask_engine(step))
        except Trouble as trouble:
            article = trouble_article(trouble)
            return Done(outcome="failed", text=f"{article.title}. {article.text}")

    def by(self, step: Step) -> str:
        """Return how a step becomes root; empty where it does not."""
        return "" if isinstance(step, EngineStep) or not step.privileged else (self._way or "")

    def _write(self, step: WriteStep) -> Done:
        way = self._way if step.privileged else None
        before, after = as_bytes(step.before), as_bytes(step.after)
        outcome, text = replace_file(
            self._context.world, step.path, before=before, after=after, mode=step.mode, way=way
        )
        return Done(outcome=outcome, text=text if outcome != "done" else "")

    def _run(self, step: RunStep, said: Callable[[str], None] | None) -> Done:
        world = self._context.world
        if step.privileged and self._way:
            outcome = run_as_root(world, self._way, step.argv, limit=step.limit, root=self._root, said=said)
            if was_refused(outcome, self._way):
                return Done(outcome="refused", text=outcome.stderr.strip())
        else:
            program = find_program(self._context, step.argv[0], self._root)
            if program is None:
                return Done(outcome="failed", text=f"{step.argv[0]} is not among this computer's programs")
            argv = (program, *step.argv[1:])
            outcome = run_as_person(world, argv, limit=step.limit, said=said)
        return Done(outcome="done" if outcome.succeeded else "failed", text=_words(outcome, step.limit))

    def _ask_engine(self, step: EngineStep) -> str:
        if self._engine is None:
            self._engine = self._context.open_engine()
        engine = self._engine
        if step.act == "stop_container":
            engine.stop(step.target)
        elif step.act == "start_container":
            engine.start(step.target)
        elif step.act == "remove_container":
            # one that somebody started meanwhile is not removed
            engine.remove(step.target)
        elif step.act == "remove_image":
            engine.remove_image(step.target)
        else:
            return f"{engine.clear_build_cache() / 1e6:.1f} MB were freed"
        return ""


def _words(outcome: Outcome, limit: float) -> str:
    if outcome.problem == "timeout":
        return f"it did not end within {limit:.0f} seconds; it may still be running. {outcome.stderr.strip()}".strip()
    said = "\n".join(part for part in (outcome.stdout.strip(), outcome.stderr.strip()) if part)
    if outcome.succeeded:
        return said
    return said or (f"exit status {outcome.code}" if outcome.code is not None else outcome.problem)
