"""``drydock doctor``: what is wrong, in words, with evidence and a remedy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

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

if TYPE_CHECKING:
    from drydock.core.findings import Diagnosis


@click.command()
@click.option("--depth", type=click.Choice(["quick"]), default="quick", help="quick: the host only, no container.")
@click.option("--only", default="", metavar="ID,…", help="Only these checks.")
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Diagnose a recorded machine.")
@click.option("--verbose", "-v", is_flag=True, help="Also show what was not tested, and all evidence.")
@engine_option
@json_option
def doctor(depth: str, only: str, machine: str, verbose: bool, engine: str, as_json: bool) -> None:
    """Say what is wrong with this machine, and what to do."""
    import msgspec

    from drydock.cli.doctor_words import as_fields, print_diagnosis

    wanted = tuple(part.strip() for part in only.split(",") if part.strip())
    _refuse_unknown(wanted)
    diagnosis = _diagnose(machine, engine, as_json)
    findings = tuple(finding for finding in diagnosis.findings if not wanted or finding.id in wanted)
    past = diagnosis.past
    if past and not any(finding.id == past.finding and finding.state == "broken" for finding in findings):
        past = None
    diagnosis = msgspec.structs.replace(diagnosis, findings=findings, past=past)
    if as_json:
        print_json("diagnosis", {"depth": depth, **as_fields(diagnosis)})
    else:
        print_diagnosis(diagnosis, verbose=verbose)
    sys.exit(_exit_code(diagnosis))


def _refuse_unknown(wanted: tuple[str, ...]) -> None:
    from drydock.core.checks.table import CHECKS

    known = [check.id for check in CHECKS]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.UsageError(f"no check is called {', '.join(unknown)}. Checks: {', '.join(known)}")


def _diagnose(machine: str, engine: str, as_json: bool) -> Diagnosis:
    import msgspec

    from drydock.jobs.diagnose import DiagnoseJob, diagnose_snapshot

    if machine:
        from drydock.data.machine import open_machine

        with troubles(as_json=as_json):
            recorded = open_machine(machine)
        note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
        return msgspec.structs.replace(diagnose_snapshot(recorded.snapshot), past=recorded.past)
    with open_context(engine) as context:
        return run_job(DiagnoseJob(context), lambda _step: None, as_json=as_json)


def _exit_code(diagnosis: Diagnosis) -> int:
    if any(finding.state == "broken" for finding in diagnosis.findings):
        return BROKEN
    if diagnosis.findings and all(finding.state == "not_tested" for finding in diagnosis.findings):
        return UNKNOWN
    return 0
