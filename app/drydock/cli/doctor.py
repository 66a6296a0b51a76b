"""``drydock doctor``: what is wrong, in words, with evidence and a remedy."""

import sys
from typing import Any

import click
import msgspec

from drydock.cli.base import (
    BROKEN,
    UNKNOWN,
    engine_option,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.core.findings import Diagnosis, Finding
from drydock.data.knowledge import finding_article

_WORDS = {"ok": "ok", "attention": "attention", "broken": "broken", "not_tested": "not tested"}
_COLOURS = {"ok": "green", "attention": "yellow", "broken": "red", "not_tested": "bright_black"}


@click.command()
@click.option("--depth", type=click.Choice(["quick"]), default="quick", help="quick: the host only, no container.")
@click.option("--only", default="", metavar="ID,…", help="Only these checks.")
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Diagnose a recorded machine.")
@click.option("--verbose", "-v", is_flag=True, help="Also show what was not tested, and all evidence.")
@engine_option
@json_option
def doctor(depth: str, only: str, machine: str, verbose: bool, engine: str, as_json: bool) -> None:
    """Say what is wrong with this machine, and what to do."""
    wanted = tuple(part.strip() for part in only.split(",") if part.strip())
    _refuse_unknown(wanted)
    diagnosis = _diagnose(machine, engine, as_json)
    findings = tuple(finding for finding in diagnosis.findings if not wanted or finding.id in wanted)
    diagnosis = msgspec.structs.replace(diagnosis, findings=findings)
    if as_json:
        print_json("diagnosis", {"depth": depth, **_as_json(diagnosis)})
    else:
        _print(diagnosis, verbose=verbose)
    sys.exit(_exit_code(diagnosis))


def _refuse_unknown(wanted: tuple[str, ...]) -> None:
    from drydock.core.checks.table import CHECKS

    known = [check.id for check in CHECKS]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.UsageError(f"no check is called {', '.join(unknown)}. Checks: {', '.join(known)}")


def _diagnose(machine: str, engine: str, as_json: bool) -> Diagnosis:
    from drydock.jobs.diagnose import DiagnoseJob, diagnose_snapshot

    if machine:
        from drydock.data.machine import open_machine

        with troubles(as_json=as_json):
            recorded = open_machine(machine)
        note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
        return diagnose_snapshot(recorded.snapshot)
    with open_context(engine) as context:
        return run_job(DiagnoseJob(context), lambda _step: None, as_json=as_json)


def _exit_code(diagnosis: Diagnosis) -> int:
    if any(finding.state == "broken" for finding in diagnosis.findings):
        return BROKEN
    if diagnosis.findings and all(finding.state == "not_tested" for finding in diagnosis.findings):
        return UNKNOWN
    return 0


def _as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    root = diagnosis.root_cause
    return {
        "worst": diagnosis.worst,
        "root_cause": root.id if root else None,
        "findings": [_finding_json(finding, diagnosis) for finding in diagnosis.findings],
        "snapshot": msgspec.to_builtins(diagnosis.snapshot),
    }


def _finding_json(finding: Finding, diagnosis: Diagnosis) -> dict[str, Any]:
    from drydock.core.remedies import remedies_for

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


def _print(diagnosis: Diagnosis, *, verbose: bool) -> None:
    from drydock.core.remedies import remedies_for

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
