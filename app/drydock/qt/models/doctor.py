"""What the Doctor page lists, in order: the root cause, then rung by rung what is wrong, fine, or not tested."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.checks.check import BLOCKED
from drydock.core.checks.table import CHECKS
from drydock.core.findings import RUNGS, Diagnosis, Finding, Rung
from drydock.data.knowledge import check_articles, finding_article

Show: TypeAlias = Literal["all", "problems", "not_tested"]
Kind: TypeAlias = Literal["heading", "row", "past", "fine", "untested"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list.

    Attributes:
        key: its identity while the list changes: a check's id, or a name with its rung.
        rung: None for what stands above all rungs.
        findings: the one of a row, or all that a folded line stands for.
        open: of a folded line: whether its rows follow.
        member: of a row: whether it belongs to a folded line above it.
    """

    kind: Kind
    key: str
    rung: Rung | None = None
    findings: tuple[Finding, ...] = ()
    open: bool = False
    member: bool = False


def root_so_far(findings: Mapping[str, Finding]) -> Finding | None:
    """Return the root cause once it is certain: no check before it waits for its answer."""
    for check in CHECKS:
        finding = findings.get(check.id)
        if finding is None or finding.state == "broken":
            return finding
    return None


def ordered(findings: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Return findings in reading order."""
    return tuple(findings[check.id] for check in CHECKS if check.id in findings)


def items(
    findings: Sequence[Finding],
    root: Finding | None,
    *,
    past: bool = False,
    show: Show = "all",
    words: str = "",
    opened: Collection[str] = (),
) -> tuple[Item, ...]:
    """Return the lines of the list.

    Args:
        findings: in reading order.
        root: the one to mend first.
        past: whether something is known of the time when the root cause was whole.
        show: which states.
        words: what is looked for; every word must occur somewhere in a finding.
        opened: keys of the folded lines that were opened.
    """
    keep = _filter(show, words)
    lines: list[Item] = []
    if root and keep(root):
        lines.append(Item(kind="heading", key="heading-root"))
        lines.append(Item(kind="row", key=root.id, rung=root.rung, findings=(root,)))
        if past:
            lines.append(Item(kind="past", key="past"))
    folded = show == "all" and not words.strip()
    for rung in RUNGS:
        kept = [one for one in findings if one.rung == rung and one is not root and keep(one)]
        if kept:
            lines.append(Item(kind="heading", key=f"heading-{rung}", rung=rung))
            lines += _folded(rung, kept, opened) if folded else [_row(finding) for finding in kept]
    return tuple(lines)


def _folded(rung: Rung, findings: Sequence[Finding], opened: Collection[str]) -> list[Item]:
    lines = [_row(finding) for finding in findings if finding.state in ("broken", "attention")]
    kinds: tuple[tuple[Literal["fine", "untested"], str], ...] = (("fine", "ok"), ("untested", "not_tested"))
    for kind, state in kinds:
        together = tuple(finding for finding in findings if finding.state == state)
        if len(together) == 1:
            lines.append(_row(together[0]))
        elif together:
            key = f"{kind}-{rung}"
            lines.append(Item(kind=kind, key=key, rung=rung, findings=together, open=key in opened))
            if key in opened:
                lines += [_row(finding, member=True) for finding in together]
    return lines


def _row(finding: Finding, *, member: bool = False) -> Item:
    return Item(kind="row", key=finding.id, rung=finding.rung, findings=(finding,), member=member)


def _filter(show: Show, words: str) -> Callable[[Finding], bool]:
    states = {"all": (), "problems": ("broken", "attention"), "not_tested": ("not_tested",)}[show]
    wanted = words.casefold().split()

    def keep(finding: Finding) -> bool:
        if states and finding.state not in states:
            return False
        if not wanted:
            return True
        there = finding_text(finding).casefold()
        return all(word in there for word in wanted)

    return keep


def finding_text(finding: Finding, remedies: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """Return everything that a finding says, as text to send to somebody.

    Args:
        finding: what was found.
        remedies: title and commands of each.
    """
    article = finding_article(finding)
    parts = [f"{article.title} [{finding.state.replace('_', ' ')}]", article.text, article.consequence, article.remedy]
    parts += [f"  $ {line}" for line in article.commands]
    for title, commands in remedies:
        parts += [f"{title}:", *(f"  $ {line}" for line in commands)]
    evidence = evidence_text(finding)
    parts += [f"Evidence:\n{evidence}"] if evidence else []
    parts += [*article.links, f"Check: {finding.id} ({finding.variant})"]
    return "\n".join(part for part in parts if part)


def evidence_text(finding: Finding) -> str:
    """Return what was asked and what came back, raw; an answer of several lines stands below its question."""
    said: list[str] = []
    for piece in finding.evidence:
        text = piece.text.strip("\n") or "-"
        said.append(f"{piece.source}:\n{text}" if "\n" in text else f"{piece.source}: {text}")
    return "\n".join(said)


def waited_for(findings: Sequence[Finding]) -> str:
    """Return the title of the check that all these wait for; empty where they wait for none, or for several."""
    causes = {str(finding.values.get("by", "")) if finding.variant == BLOCKED else "" for finding in findings}
    if len(causes) != 1:
        return ""
    article = check_articles().get(causes.pop())
    return article.title if article else ""


def gpus_in_use(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return the names of the programs that computed on a GPU when it was looked at, each once."""
    from drydock.core.facts import known_or

    found = [
        known_or(process.name, str(process.pid)).rpartition("/")[2]
        for gpu in diagnosis.snapshot.gpus
        for process in known_or(gpu.processes, ())
        if process.kind == "compute"
    ]
    return tuple(dict.fromkeys(found))
