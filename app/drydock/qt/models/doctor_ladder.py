"""The ladder beside the list: what each rung comes to, and what it waits for."""

from collections import Counter
from collections.abc import Collection

import msgspec

from drydock.core.checks.check import BLOCKED, Subject
from drydock.core.checks.table import CHECKS
from drydock.core.findings import RUNGS, Finding, Rung, State

_RUNG_OF_STEP: dict[str, Rung] = {
    "container": "container",
    "inside": "container",
    "inside_network": "container",
    "torch": "torch",
    "kernels": "torch",
    "load": "load",
}
_RUNG_OF = {check.id: check.rung for check in CHECKS}
_TOTALS = Counter(check.rung for check in CHECKS)
_READS: dict[Rung, frozenset[Subject]] = {
    rung: frozenset(subject for check in CHECKS if check.rung == rung for subject in check.reads) for rung in RUNGS
}


class RungLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rung.

    Attributes:
        state: the gravest of its checks; ``not_tested`` only where none was tested.
        broken: how many checks; likewise ``attention``, ``fine`` and ``untested``.
        first_broken: the ladder ends here; what is above may only be a consequence.
        waits_for: the rung of what must be mended before anything here can be tested.
        looking: it is being looked at now; ``answered`` of its ``total`` checks are.
        reached: whether anything is known of it.
    """

    rung: Rung
    state: State
    broken: int = 0
    attention: int = 0
    fine: int = 0
    untested: int = 0
    first_broken: bool = False
    waits_for: Rung | None = None
    looking: bool = False
    answered: int = 0
    total: int = 0
    reached: bool = True


def ladder(
    findings: Collection[Finding], root: Finding | None, fresh: Collection[str] | None = None, step: str = ""
) -> tuple[RungLine, ...]:
    """Return the rungs in reading order.

    Args:
        findings: what is known.
        root: the first broken one.
        fresh: ids of the checks answered by the look on its way; None while there is none.
        step: the step inside the container that it is at; empty while it looks at the computer.
    """
    by_rung: dict[Rung, list[Finding]] = {rung: [] for rung in RUNGS}
    for finding in findings:
        by_rung[finding.rung].append(finding)
    answered = Counter(_RUNG_OF[name] for name in fresh or () if name in _RUNG_OF)
    return tuple(
        _line(rung, by_rung[rung], root, looking=fresh is not None and _looked_at(rung, answered[rung], step),
              answered=answered[rung])
        for rung in RUNGS
    )  # fmt: skip


def _looked_at(rung: Rung, answered: int, step: str) -> bool:
    if step:
        return _RUNG_OF_STEP.get(step) == rung
    return answered < _TOTALS[rung] and not _READS[rung] & set(_RUNG_OF_STEP)


def _line(rung: Rung, findings: list[Finding], root: Finding | None, *, looking: bool, answered: int) -> RungLine:
    counts: Counter[State] = Counter(finding.state for finding in findings)
    order: tuple[State, ...] = ("broken", "attention", "ok", "not_tested")
    states: list[State] = [one for one in order if counts[one]]
    return RungLine(
        rung=rung,
        state=states[0] if states else "not_tested",
        broken=counts["broken"],
        attention=counts["attention"],
        fine=counts["ok"],
        untested=counts["not_tested"],
        first_broken=root is not None and root.rung == rung,
        waits_for=_waits_for(rung, findings),
        looking=looking,
        answered=answered,
        total=_TOTALS[rung],
        reached=bool(findings),
    )


def _waits_for(rung: Rung, findings: list[Finding]) -> Rung | None:
    """Return the rung of the first thing that blocks this one as a whole."""
    if not findings or any(finding.state != "not_tested" for finding in findings):
        return None
    causes = [str(finding.values.get("by", "")) for finding in findings if finding.variant == BLOCKED]
    rungs = [_RUNG_OF[cause] for cause in causes if cause in _RUNG_OF]
    return next((other for other in RUNGS if other in rungs and other != rung), None)
