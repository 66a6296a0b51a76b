"""A launch in the words of another tool, also where no engine can be asked."""

import msgspec

from drydock.collect.engine import engine_not_collected
from drydock.core.facts import Known, Missing, Snapshot
from drydock.core.launch import Choice, Ground, LaunchPlan, Problem, judge
from drydock.core.launch.renderings import TARGETS, Rendering, TargetName, render
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.launch import make_plan
from drydock.jobs.launch_ground import look_around, read_places
from drydock.jobs.pin import pin_problems
from drydock.jobs.session import opened
from drydock.world import Stop

# an engine that was named wrongly is said, not passed over
_MISTAKES = ("engine-address-invalid", "engine-context-unknown")


class RenderedLaunch(msgspec.Struct, frozen=True, kw_only=True):
    """A rendering, and what speaks against the launch that it stands for.

    Attributes:
        problems: of this machine for a target that runs here, else of the choice alone.
        without_engine: id of the trouble with the engine, without which the plan rests on usual values; empty where
            it was asked.
    """

    target: TargetName
    rendering: Rendering
    problems: tuple[Problem, ...]
    without_engine: str


class RenderLaunchJob(Job[RenderedLaunch]):
    """Write a launch in the words of a target, without doing anything.

    Args:
        context: as of a launch.
        choice: what the person wants.
        target: a key of ``TARGETS``.
        snapshot: as of a launch; its GPUs are what "all" means on a cluster.
    """

    def __init__(self, context: Context, choice: Choice, target: TargetName, snapshot: Snapshot | None = None) -> None:
        self._context = context
        self._choice = choice
        self._target: TargetName = target
        self._snapshot = snapshot

    def run(self, tell: Tell, stop: Stop) -> RenderedLaunch:
        """Ask the engine if there is one, plan, and write.

        Raises:
            Trouble: ``launch-render-impossible``.
        """
        silence = ""
        try:
            plan, problems = self._asked(stop)
        except Trouble as trouble:
            if not trouble.id.startswith("engine-") or trouble.id in _MISTAKES:
                raise
            silence = trouble.id
            plan, problems = self._unasked()
        stop.check()
        if not TARGETS[self._target].here:
            problems = judge(self._choice, self._elsewhere())
        rendering = render(plan, self._target, gpu_count=self._gpu_count())
        return RenderedLaunch(target=self._target, rendering=rendering, problems=problems, without_engine=silence)

    def _asked(self, stop: Stop) -> tuple[LaunchPlan, tuple[Problem, ...]]:
        choice, context = self._choice, self._context
        with opened(context) as engine:
            ground = look_around(engine, context.world, choice, self._snapshot)
            local = engine.find_image(choice.pinned_image) if choice.image else None
            problems = (*judge(choice, ground), *pin_problems(context, engine, choice, stop))
            return make_plan(choice, ground, local), problems

    def _unasked(self) -> tuple[LaunchPlan, tuple[Problem, ...]]:
        world = self._context.world
        home = world.environment().get("HOME", "")
        here = msgspec.structs.replace(self._elsewhere(), places=read_places(world, self._choice), home=home)
        return make_plan(self._choice, here, None), judge(self._choice, here)

    def _elsewhere(self) -> Ground:
        """Return the ground of a machine of which nothing is known."""
        return Ground(engine=engine_not_collected(Missing("not_asked"), self._context.engine))

    def _gpu_count(self) -> int:
        gpus = self._snapshot.gpus if self._snapshot else ()
        return sum(isinstance(gpu.uuid, Known) for gpu in gpus) or 1
