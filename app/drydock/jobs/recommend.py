"""The image that fits: from a machine's snapshot and a wish, through the pure choice."""

import msgspec

from drydock.core.checks.image import machine_of
from drydock.core.checks.situation import has_gpu
from drydock.core.facts import Snapshot
from drydock.core.images import Catalogue, Machine, Reason, Recommendation, Wish, recommend
from drydock.core.images.described import Described
from drydock.core.images.judged import Judgement, judge
from drydock.core.trouble import Trouble
from drydock.data.reasons import text
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.job import Job, Tell
from drydock.world import Stop

_UNREAD = {"cause": "unread"}


def recommend_for(snapshot: Snapshot, wish: Wish, catalogue: Catalogue) -> Recommendation:
    """Return the choice for a machine that was looked at; takes milliseconds."""
    answer = recommend(machine_of(snapshot), wish, catalogue)
    if answer.refusal is None or not _is_unread(answer.refusal.code, snapshot):
        return answer
    unread = msgspec.structs.replace(answer.refusal, values={**answer.refusal.values, **_UNREAD})
    return msgspec.structs.replace(answer, refusal=unread)


def judge_for(snapshot: Snapshot, described: Described, catalogue: Catalogue) -> Judgement:
    """Return whether an image runs on a machine that was looked at."""
    judgement = judge(described, machine_of(snapshot), catalogue)
    against = tuple(
        Reason(reason.code, {**reason.values, **_UNREAD}) if _is_unread(reason.code, snapshot) else reason
        for reason in judgement.against
    )
    return msgspec.structs.replace(judgement, against=against)


def _is_unread(code: str, snapshot: Snapshot) -> bool:
    """Whether it was said that there is no GPU where none could be read, which is another thing."""
    return code == "NO_NVIDIA_GPU" and has_gpu(snapshot) is not False


def chosen_reference(answer: Recommendation) -> str:
    """Return the chosen image's reference.

    Raises:
        Trouble: ``no-image-fits`` with the refusal's text.
    """
    if answer.choice:
        return answer.choice.reference
    refusal = answer.refusal
    why = text(refusal.code, refusal.values) if refusal else ""
    raise Trouble("no-image-fits", text=why, code=refusal.code if refusal else "")


class LookJob(Job[Snapshot]):
    """Look at what decides which image runs here: driver and GPUs, no more."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> Snapshot:
        """Look."""
        checks = ("gpu-present", "image-driver", "image-gpu")
        return DiagnoseJob(self._context, only=checks).run(tell, stop).snapshot


class RecommendJob(Job[Recommendation]):
    """Look at this machine (or take the one that is given) and choose.

    Args:
        machine: one that is described, or was recorded, instead of this computer.
    """

    def __init__(self, context: Context, wish: Wish, machine: Machine | Snapshot | None = None) -> None:
        self._context = context
        self._wish = wish
        self._machine = machine

    def run(self, tell: Tell, stop: Stop) -> Recommendation:
        """Choose."""
        machine = self._machine
        if isinstance(machine, Machine):
            return recommend(machine, self._wish, self._context.catalogue())
        return recommend_for(machine or LookJob(self._context).run(tell, stop), self._wish, self._context.catalogue())
