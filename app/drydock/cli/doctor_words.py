"""A diagnosis as JSON and as text. Loaded only when there is one, so that ``doctor --help`` stays quick."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from drydock.core.findings import Change, Diagnosis, Finding, Past, State
from drydock.core.remedies import remedies_for
from drydock.data.knowledge import change_text, finding_article, past_text

if TYPE_CHECKING:
    from drydock.jobs.past import KeptDiagnosis

_WORDS = {"ok": "ok", "attention": "attention", "broken": "broken", "not_tested": "not tested"}
_COLOURS = {"ok": "green", "attention": "yellow", "broken": "red", "not_tested": "bright_black"}


def as_fields(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as one JSON object's fields, with the words of every finding."""
    root = diagnosis.root_cause
    return {
        "worst": diagnosis.worst,
        "root_cause": root.id if root else None,
        "past": _past_json(diagnosis.past),
        "changes": [_change_json(change) for change in (diagnosis.past.changes if diagnosis.past else ())],
        "findings": [_finding_json(finding, diagnosis) for finding in diagnosis.findings],
        "snapshot": msgspec.to_builtins(diagnosis.snapshot),
    }


def kept_fields(kept: Sequence[KeptDiagnosis]) -> dict[str, Any]:
    """Return the kept diagnoses as one JSON object's fields, newest first."""
    return {"diagnoses": [_kept_json(one) for one in kept]}


def _kept_json(one: KeptDiagnosis) -> dict[str, Any]:
    root = one.diagnosis.root_cause
    return {
        "id": one.id,
        "last": one.last,
        "depth": one.depth,
        "worst": one.diagnosis.worst,
        "root_cause": root.id if root else None,
        "summary": summary_line(one.diagnosis),
        "changes": [_change_json(change) for change in one.changes],
    }


def print_kept(kept: Sequence[KeptDiagnosis]) -> None:
    """Print a line for each kept diagnosis, and below it what changed since the one before."""
    if not kept:
        click.echo("Nothing is kept yet: 'drydock doctor' keeps what it finds.")
    for one in kept:
        root = one.diagnosis.root_cause
        until = f" to {one.last}" if one.last != one.id else ""
        click.echo(f"{mark('broken' if root else 'ok')}  {one.id}{until}  ({one.depth})")
        click.echo(wrapped(summary_line(one.diagnosis), indent=12))
        for change in one.changes[:_MOST_CHANGES]:
            click.echo(wrapped(f"- {change_text(change)}", indent=12, further=2))
        left = len(one.changes) - _MOST_CHANGES
        if left > 0:
            click.echo(f"{'':12}({left} more changes, see --json)")


def _past_json(past: Past | None) -> dict[str, Any] | None:
    if past is None:
        return None
    return {"finding": past.finding, "worked_at": past.worked_at, "text": past_text(past)}


def _change_json(change: Change) -> dict[str, Any]:
    return {**msgspec.to_builtins(change), "text": change_text(change)}


def _finding_json(finding: Finding, diagnosis: Diagnosis) -> dict[str, Any]:
    article = finding_article(finding)
    return {
        **msgspec.to_builtins(finding),
        "title": article.title,
        "text": article.text,
        "consequence": article.consequence,
        "remedy": article.remedy,
        "commands": list(article.commands),
        "links": list(article.links),
        "remedies": msgspec.to_builtins(remedies_for(finding, diagnosis.snapshot)),
    }


def mark(state: State) -> str:
    """Return a state's word, with its colour."""
    return click.style(f"{_WORDS[state]:>10}", fg=_COLOURS[state], bold=state == "broken")


def print_diagnosis(diagnosis: Diagnosis, *, verbose: bool) -> None:
    """Print the findings with their remedies; ``verbose`` also what was not tested, and all evidence."""
    for finding in diagnosis.findings:
        if finding.state == "not_tested" and not verbose:
            continue
        _print_finding(finding, diagnosis, verbose=verbose)
        if verbose:
            for piece in dict.fromkeys(finding.evidence):
                click.echo(f"{'':12}[{piece.source}] {piece.text}")
    click.echo(wrapped(summary_line(diagnosis)))
    if diagnosis.past:
        _print_past(diagnosis.past, most=None if verbose else _MOST_CHANGES)


def _print_finding(finding: Finding, diagnosis: Diagnosis, *, verbose: bool) -> None:
    article = finding_article(finding)
    # the state stands before it
    text = wrapped(f"{article.title}: {article.text.removeprefix('Not tested: ')}", indent=12)
    click.echo(f"{mark(finding.state)}  {text.removeprefix(' ' * 12)}")
    if finding.state not in {"broken", "attention"}:
        return
    for line in (article.consequence, article.remedy):
        if line:
            click.echo(wrapped(line, indent=12))
    for command in article.commands:
        click.echo(f"{'':14}$ {command}")
    for remedy in remedies_for(finding, diagnosis.snapshot):
        # what to know stands before what would be copied, unless it has just been said
        known = remedy.note.removeprefix("This ") in article.remedy
        click.echo(wrapped(f"{remedy.title}:" if known else f"{remedy.title}: {remedy.note}", indent=12))
        for command in remedy.commands:
            click.echo(f"{'':14}$ {command}")
    for link in article.links[: None if verbose else _MOST_LINKS]:
        click.echo(f"{'':12}{link}")


def can_be_mended(diagnosis: Diagnosis) -> bool:
    """Return whether Drydock itself has a remedy for something that was found."""
    wrong = [finding for finding in diagnosis.findings if finding.state in {"broken", "attention"}]
    return any(remedy.steps for finding in wrong for remedy in remedies_for(finding, diagnosis.snapshot))


def wrapped(text: str, indent: int = 0, further: int = 0) -> str:
    """Return a text indented, and no wider than the terminal; elsewhere it stays one whole line for grep.

    Args:
        text: what an engine or a program said may stand in it, over several lines.
        indent: columns before each line.
        further: columns more before the second line and those after it.
    """
    import shutil
    import sys

    text, before = " ".join(text.split()), " " * indent
    if not sys.stdout.isatty():
        return before + text
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    if width < indent + _NARROWEST:
        return before + text
    # no word is cut: a path or an address must stay one that can be copied
    return textwrap.fill(
        text,
        width,
        initial_indent=before,
        subsequent_indent=before + " " * further,
        break_long_words=False,
        break_on_hyphens=False,
    )


_LONGEST_CAUSE = 240
"""Characters of a cause in the summary."""

_WIDEST = 110
_NARROWEST = 24
"""Columns: of a line that the eye still follows, and of one that is worth to be wrapped."""

_MOST_LINKS = 3
"""To read more of one finding."""

_MOST_CHANGES = 6
"""The likeliest causes; somebody who pulled thirty images wants no list of them."""


def _print_past(past: Past, *, most: int | None) -> None:
    click.echo(wrapped(past_text(past)))
    for change in past.changes[:most]:
        click.echo(wrapped(f"- {change_text(change)}", indent=2, further=2))
    left = len(past.changes[most:]) if most else 0
    if left:
        click.echo(f"  ({left} more, see --verbose)")


def summary_line(diagnosis: Diagnosis) -> str:
    """Return the diagnosis in one sentence."""
    root = diagnosis.root_cause
    if root:
        said = finding_article(root).text
        # an engine's whole message stands above, at the finding
        return f"Mend this first: {textwrap.shorten(said, _LONGEST_CAUSE, placeholder='…')}"
    counts = {
        state: sum(finding.state == state for finding in diagnosis.findings) for state in ("attention", "not_tested")
    }
    tail = [f"{counts['attention']} to look at"] if counts["attention"] else []
    tail += [f"{counts['not_tested']} not tested, see --verbose"] if counts["not_tested"] else []
    return "Nothing is broken" + (f" ({', '.join(tail)})." if tail else ".")
