"""Everything a person wants to know before agreeing: the plan, and how its steps would become root."""

import msgspec

from drydock.core.facts import Fact
from drydock.core.remedies.plan import Plan
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.world import Stop
from drydock.world.changes import Way, way_to_root


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown before anything is done. ``way``: how steps become root; None where none needs to."""

    plan: Plan
    way: Fact[Way] | None = None


class PreviewJob(Job[Preview]):
    """Make a plan, and look how its steps would become root where nobody sits at a terminal.

    Args:
        context: the doors.
        planning: makes the plan (``PlanJob``, ``PlanUndoJob``).
    """

    def __init__(self, context: Context, planning: Job[Plan]) -> None:
        self._context = context
        self._planning = planning

    def run(self, tell: Tell, stop: Stop) -> Preview:
        """Look, and change nothing; raises what ``planning`` raises."""
        plan = self._planning.run(tell, stop)
        return Preview(plan=plan, way=way_to_root(self._context.world, terminal=False) if plan.privileged else None)
