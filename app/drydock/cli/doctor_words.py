"""A diagnosis as JSON and as text. Loaded only when there is one, so that ``doctor --help`` stays quick."""

from typing import Any

import click
import msgspec

from drydock.core.findings import Diagnosis, Finding
from drydock.core.remedies import remedies_for
from drydock.data.knowledge import finding_article

_WORDS = {"ok": "ok", "attention": "attention", "broken": "broken", "not_tested": "not tested"}
_COLOURS = {"ok": "green", "attention": "yellow", "broken": "red", "not_tested": "bright_black"}


def as_fields(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as one JSON object's fields, with the words of every finding."""
    root = diagnosis.root_cause
    return {
        "worst": diagnosis.worst,
        "root_cause": root.id if root else None,
        "findings": [_finding_json(finding, diagnosis) for finding in diagnosis.findings],
        "snapshot": msgspec.to_builtins(diagnosis.snapshot),
    }


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


def print_diagnosis(diagnosis: Diagnosis, *, verbose: bool) -> None:
    """Print the findings with their remedies; ``verbose`` also what was not tested, and all evidence."""
    for finding in diagnosis.findings:
        if finding.state == "not_tested" and not verbose:
            continue
        article = finding_article(finding)
        mark = click.style(f"{_WORDS[finding.state]:>10}", fg=_COLOURS[finding.state], bold=finding.state == "broken")
        click.echo(f"{mark}  {article.title}: {article.text}")
        if finding.state in {"broken", "attention"}:
            for line in (article.consequence, article.remedy):
                if line:
                    click.echo(f"{'':12}{line}")
            for command in article.commands:
                click.echo(f"{'':14}$ {command}")
            for remedy in remedies_for(finding, diagnosis.snapshot):
                click.echo(f"{'':12}{remedy.title}:")
                for command in remedy.commands:
                    click.echo(f"{'':14}$ {command}")
        if verbose:
            for piece in finding.evidence:
                click.echo(f"{'':12}[{piece.source}] {piece.text}")
    click.echo(summary_line(diagnosis))


def summary_line(diagnosis: Diagnosis) -> str:
    """Return the diagnosis in one sentence."""
    root = diagnosis.root_cause
    if root:
        return f"Mend this first: {finding_article(root).text}"
    counts = {
        state: sum(finding.state == state for finding in diagnosis.findings) for state in ("attention", "not_tested")
    }
    tail = [f"{counts['attention']} to look at"] if counts["attention"] else []
    tail += [f"{counts['not_tested']} not tested, see --verbose"] if counts["not_tested"] else []
    return "Nothing is broken" + (f" ({', '.join(tail)})." if tail else ".")
