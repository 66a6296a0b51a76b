"""``drydock explain``: what the lines of a log mean, root cause first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from drydock.cli.base import (
    BROKEN,
    ProgressLine,
    engine_option,
    human_bytes,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
)

if TYPE_CHECKING:
    from drydock.core.symptoms import Symptom
    from drydock.data.symptoms import SymptomArticle
    from drydock.jobs.explain import Explained

_WITHOUT_PROGRESS = 20_000_000  # bytes that are read in an instant
_SHORT = 200


@click.command()
@click.argument("file", default="", metavar="[FILE|-]")
@click.option("--session", default="", metavar="NAME", help="The log of a session.")
@click.option("--all", "show_all", is_flag=True, help="Also tell of consequences, at full length.")
@engine_option
@json_option
def explain(file: str, session: str, show_all: bool, engine: str, as_json: bool) -> None:
    """Say what the lines of a log mean, root cause first.

    FILE may be the log of a container, a program, the engine or the kernel, or a bundle; '-' reads from a pipe.
    """
    explained = _explain(file, session, engine, as_json)
    if as_json:
        print_json("explanation", _as_fields(explained))
    else:
        _print(explained, show_all=show_all)
    ended_badly = explained.ending is not None and not explained.ending.expected
    if ended_badly or any(one.rank != "note" for one in explained.explanation.symptoms):
        sys.exit(BROKEN)


def _explain(file: str, session: str, engine: str, as_json: bool) -> Explained:
    from drydock.jobs.explain import ExplainFileJob, ExplainSessionJob

    if file and session:
        raise click.UsageError("give either a file or --session")
    if session:
        with open_context(engine) as context:
            return run_job(ExplainSessionJob(context, session), lambda _step: None, as_json=as_json)
    stream = sys.stdin.buffer if file in ("", "-") else None
    if not file and sys.stdin.isatty():
        raise click.UsageError("name a file or a session, or let a log come through a pipe: dmesg | drydock explain -")
    line = ProgressLine()

    def draw(step: Any) -> None:
        if step.size >= _WITHOUT_PROGRESS:
            line.show(f"Read {human_bytes(step.size)}…")

    return run_job(ExplainFileJob(file, stream), draw, as_json=as_json, line=line)


def _as_fields(explained: Explained) -> dict[str, object]:
    ending = explained.ending
    fields: dict[str, object] = {
        "lines": explained.explanation.line_count,
        "matches": [_match(symptom, article) for symptom, article in explained.told()],
    }
    if ending is not None:
        fields["ending"] = {"kind": ending.kind, "code": ending.code, "signal": ending.signal}
    return fields


def _match(symptom: Symptom, article: SymptomArticle) -> dict[str, object]:
    return {
        "id": symptom.id,
        "line": symptom.lines[0],
        "confidence": symptom.confidence,
        "under": symptom.under,
        "lines": symptom.lines,
        "count": symptom.count,
        "evidence": symptom.evidence,
        "values": dict(symptom.values),
        "title": article.title,
        "text": article.text,
        "consequence": article.consequence,
        "remedy": article.remedy,
        "commands": article.commands,
        "links": article.links,
        "checks": article.checks,
    }


def _print(explained: Explained, *, show_all: bool) -> None:
    if explained.ending is not None:
        from drydock.data.knowledge import ending_article

        words = ending_article(explained.ending.kind, explained.ending.code, explained.ending.signal)
        click.echo(click.style(f"The session: {words.title}", bold=True))
        click.echo(f"  {words.text}\n")
    told = dict(explained.articles)
    roots = [one for one in explained.explanation.symptoms if not one.under]
    for place, root in enumerate(roots):
        _print_one(root, told[root.id], label="Most likely the cause" if not place else "Also")
        folded = explained.explanation.under(root.id)
        for one in folded if show_all else ():
            _print_one(one, told[one.id], label="Follows from it", indent="    ")
        if folded and not show_all:
            names = ", ".join(f"{told[one.id].title} (line {one.lines[0]})" for one in folded)
            click.echo(f"  follows from it: {names}\n")
    count = explained.explanation.line_count
    if not roots:
        lines = f"{count:,} line{'s' if count != 1 else ''}"
        note(f"Nothing known was found in {lines}. This does not mean that all is well.")
        note("Look at the machine itself with: drydock doctor")


def _print_one(symptom: Symptom, article: SymptomArticle, *, label: str, indent: str = "") -> None:
    times = f", and {symptom.count - 1:,} more" if symptom.count > 1 else ""
    colour = "yellow" if symptom.rank == "note" or symptom.under else "red"
    click.echo(indent + click.style(f"{label}: {article.title}", bold=True, fg=colour) + f"  [{symptom.id}]")
    evidence = symptom.evidence if len(symptom.evidence) <= _SHORT else symptom.evidence[:_SHORT] + " …"
    click.echo(f"{indent}  line {symptom.lines[0]:,}{times}: {evidence}")
    click.echo(f"{indent}  {article.text}")
    if article.consequence:
        click.echo(f"{indent}  {article.consequence}")
    if article.remedy:
        click.echo(f"{indent}  to do: {article.remedy}")
    for command in article.commands:
        click.echo(f"{indent}    {command}")
    if article.checks:
        click.echo(f"{indent}  the doctor looks at this here: drydock doctor --only {','.join(article.checks)}")
    for link in article.links:
        click.echo(f"{indent}  see: {link}")
    click.echo("")
