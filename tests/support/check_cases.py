"""Asks one check of a made snapshot, and tells whether cases reach every answer that it can give."""

from collections.abc import Iterable

from drydock.core.checks.check import Answer
from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import KernelLine, KernelLog, Known, Snapshot
from drydock.core.findings import Diagnosis, Finding
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article


def ask(snapshot: Snapshot, check_id: str) -> Answer:
    """Ask a check, whatever the checks that it needs say; its text must be whole."""
    check = next(check for check in CHECKS if check.id == check_id)
    answer = check.answer(snapshot, load_catalogue())
    finding = Finding(
        id=check.id,
        rung=check.rung,
        state=answer.state,
        variant=answer.variant,
        values=answer.values,
        evidence=answer.evidence,
    )
    article = finding_article(finding)
    assert article.text != answer.variant
    if answer.state in ("attention", "broken"):
        assert article.consequence
        assert article.remedy
        assert answer.evidence
    for text in (article.text, article.consequence, article.remedy, *article.commands):
        for key in (
            "xid_meaning",
            "gpus",
            "ids",
            "kernel",
            "count",
            "address",
            "version",
            "path",
            "why",
            "line",
            "free",
        ):
            assert f"({key})" not in text, (check_id, answer.variant, text)
    return answer


def unreached(check_ids: Iterable[str], reached: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return (check, variant) of every answer that no case reaches."""
    wanted = {(check.id, variant) for check in CHECKS if check.id in set(check_ids) for variant in check.variants}
    return wanted - set(reached)


def diagnose(snapshot: Snapshot) -> Diagnosis:
    """Conclude with the catalogue that the app carries."""
    return Diagnosis(snapshot=snapshot, findings=conclude(snapshot, load_catalogue()))


def kernel_log(*lines: str, uptime: float = 86400.0) -> Known[KernelLog]:
    """A kernel's log with these lines, one a second."""
    found = tuple(KernelLine(seconds=float(place), text=line) for place, line in enumerate(lines, 10))
    return Known(KernelLog(source="dmesg", lines=found, uptime=Known(uptime)))
