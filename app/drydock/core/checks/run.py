"""Asks the checks of a snapshot: each as soon as what it needs is there, answers in reading order."""

from collections.abc import Collection, Mapping

from drydock.core.checks.check import BLOCKED, SUBJECTS, Check, Subject
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.images.catalogue import Catalogue


def conclude(snapshot: Snapshot, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Ask every check of a whole snapshot; findings come in reading order."""
    known = ask_ready_checks(snapshot, catalogue, SUBJECTS, {})
    return in_reading_order(known)


def ask_ready_checks(
    snapshot: Snapshot, catalogue: Catalogue, collected: Collection[Subject], known: Mapping[str, Finding]
) -> dict[str, Finding]:
    """Ask the checks whose facts and needed findings are there and that were not asked yet.

    Args:
        snapshot: facts of subjects not in ``collected`` are placeholders and are not looked at.
        catalogue: the images that exist.
        collected: subjects that were looked at.
        known: findings reached so far, by check id.

    Returns:
        The new findings by check id, in the order in which they were reached.
    """
    reached: dict[str, Finding] = {}
    waiting = [check for check in CHECKS if check.id not in known]
    progress = True
    while progress:
        progress = False
        for check in list(waiting):
            have = {**known, **reached}
            if all(need in have for need in check.needs) and set(check.reads) <= set(collected):
                reached[check.id] = _finding(check, snapshot, catalogue, have)
                waiting.remove(check)
                progress = True
    return reached


def in_reading_order(findings: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Sort findings by the place of their check in the table."""
    return tuple(findings[check.id] for check in CHECKS if check.id in findings)


def _finding(check: Check, snapshot: Snapshot, catalogue: Catalogue, have: Mapping[str, Finding]) -> Finding:
    for need in check.needs:
        earlier = have[need]
        if earlier.state == "broken" or earlier.variant == BLOCKED:
            cause = str(earlier.values.get("by", need))
            return Finding(id=check.id, rung=check.rung, state="not_tested", variant=BLOCKED, values={"by": cause})
    answer = check.answer(snapshot, catalogue)
    return Finding(
        id=check.id,
        rung=check.rung,
        state=answer.state,
        variant=answer.variant,
        values=answer.values,
        evidence=answer.evidence,
    )
