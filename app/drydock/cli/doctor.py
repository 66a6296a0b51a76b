"""``drydock doctor``: what is wrong, in words, with evidence and a remedy."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from drydock.cli.base import (
    BROKEN,
    UNKNOWN,
    ProgressLine,
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
    from drydock.jobs.diagnose import Depth
    from drydock.jobs.past import KeptDiagnosis

_STEPS = {
    "container": "Starting a container…",
    "inside": "Asking the driver inside it…",
    "inside_network": "Calling out from inside…",
    "torch": "Importing torch…",
    "kernels": "Running real kernels…",
    "load": "Putting a load on the GPUs (about ten minutes)…",
}

_LATE = 2.0
"""Seconds after which a look at the host is late."""


@click.command()
@click.option(
    "--depth",
    type=click.Choice(["quick", "standard", "deep"]),
    default="quick",
    help="quick: the host only. standard: also inside a container, about a minute. "
    "deep: also the GPUs under load, about ten minutes.",
)
@click.option(
    "--image", default="", metavar="REF", help="The image to walk through; must be here. Else the one that fits."
)
@click.option("--workspace", default="", metavar="DIR", help="Where writing and the disk are tested; else your home.")
@click.option("--only", default="", metavar="ID,…", help="Only these checks.")
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Diagnose a recorded machine.")
@click.option("--history", is_flag=True, help="List the diagnoses that are kept of this computer, newest first.")
@click.option("--at", default="", metavar="ID", help="Show the kept diagnosis with this id (see --history).")
@click.option("--verbose", "-v", is_flag=True, help="Also show what was not tested, and all evidence.")
@engine_option
@json_option
def doctor(
    depth: Depth,
    image: str,
    workspace: str,
    only: str,
    machine: str,
    history: bool,
    at: str,
    verbose: bool,
    engine: str,
    as_json: bool,
) -> None:
    """Say what is wrong with this machine, and what to do."""
    import msgspec

    from drydock.cli.doctor_words import as_fields, can_be_mended, print_diagnosis

    wanted = tuple(part.strip() for part in only.split(",") if part.strip())
    _refuse_unknown(wanted)
    if depth == "quick" and (image or workspace):
        raise click.UsageError("--image and --workspace need --depth standard or deep")
    # the test of writing would silently go to another place
    if workspace and not (os.path.isdir(workspace) and os.access(workspace, os.W_OK | os.X_OK)):  # noqa: PTH112
        raise click.UsageError(f"--workspace: {workspace} is not a directory that you may write to")
    if depth != "quick" and machine:
        raise click.UsageError("a recorded machine can only be read; --depth looks at this computer")
    if (history or at) and (machine or depth != "quick" or (history and at)):
        raise click.UsageError("--history or --at show what is kept of this computer, without --machine or --depth")
    if history:
        _list_kept(engine, as_json)
        return
    if at:
        depth, diagnosis = _kept(at, engine, as_json)
    else:
        diagnosis = _recorded(machine, as_json) if machine else _diagnose(depth, image, workspace, engine, as_json)
    findings = tuple(finding for finding in diagnosis.findings if not wanted or finding.id in wanted)
    past = diagnosis.past
    if past and not any(finding.id == past.finding and finding.state == "broken" for finding in findings):
        past = None
    diagnosis = msgspec.structs.replace(diagnosis, findings=findings, past=past)
    if as_json:
        print_json("diagnosis", {"depth": depth, **as_fields(diagnosis)})
    else:
        print_diagnosis(diagnosis, verbose=verbose)
        if depth != "quick" and not verbose and not at:
            _say_why_no_container(diagnosis)
        if not machine and not at and can_be_mended(diagnosis):
            note("'drydock mend' lists what Drydock can do about it itself, and takes it back if you like.")
    sys.exit(_exit_code(diagnosis, inside=depth != "quick"))


def _say_why_no_container(diagnosis: Diagnosis) -> None:
    """Tell a person who asked for a container why none was started."""
    from drydock.data.knowledge import finding_article

    finding = next((finding for finding in diagnosis.findings if finding.id == "container-image"), None)
    if finding and finding.state == "not_tested":
        article = finding_article(finding)
        note(f"{article.text} {article.remedy}".strip())
        for command in article.commands:
            note(f"  $ {command}")


def _refuse_unknown(wanted: tuple[str, ...]) -> None:
    from drydock.core.checks.table import CHECKS

    known = [check.id for check in CHECKS]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.UsageError(f"no check is called {', '.join(unknown)}. Checks: {', '.join(known)}")


def _recorded(machine: str, as_json: bool) -> Diagnosis:
    import msgspec

    from drydock.data.machine import open_machine
    from drydock.jobs.diagnose import diagnose_snapshot

    with troubles(as_json=as_json):
        recorded = open_machine(machine)
    note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
    return msgspec.structs.replace(diagnose_snapshot(recorded.snapshot), past=recorded.past)


def _all_kept(engine: str, as_json: bool) -> tuple[KeptDiagnosis, ...]:
    from drydock.jobs.past import ListDiagnosesJob

    with open_context(engine) as context:
        return run_job(ListDiagnosesJob(context), lambda _step: None, as_json=as_json)


def _list_kept(engine: str, as_json: bool) -> None:
    from drydock.cli.doctor_words import kept_fields, print_kept

    kept = _all_kept(engine, as_json)
    if as_json:
        print_json("diagnosis-history", kept_fields(kept))
    else:
        print_kept(kept)


def _kept(at: str, engine: str, as_json: bool) -> tuple[Depth, Diagnosis]:
    from drydock.jobs.past import kept_diagnosis

    kept = _all_kept(engine, as_json)
    with troubles(as_json=as_json):
        found = kept_diagnosis(kept, at)
    note(f"How it was from {found.id} to {found.last}; nothing shown is how this computer is now.")
    return found.depth, found.diagnosis


def _diagnose(depth: Depth, image: str, workspace: str, engine: str, as_json: bool) -> Diagnosis:
    from pathlib import Path

    from drydock.jobs.diagnose import DiagnoseJob

    folder = str(Path(workspace).absolute()) if workspace else ""
    waiting = _Waiting()
    with open_context(engine) as context:
        job = DiagnoseJob(context, depth=depth, image=image, workspace=folder)
        try:
            return run_job(job, waiting.draw, as_json=as_json, line=waiting.line)
        finally:
            waiting.end()


class _Waiting:
    """Says what is waited for, where there is a wait: the host is looked at in a moment unless something hangs."""

    def __init__(self) -> None:
        import threading

        self.line = ProgressLine()
        self._asked: set[str] = set()
        self._late = threading.Timer(_LATE, self._say)
        self._late.daemon = True

    def draw(self, step: object) -> None:
        from drydock.jobs.diagnose import CollectorEnded, CollectorStarted

        if isinstance(step, CollectorStarted):
            if step.name in _STEPS:
                self._end_timer()
                self.line.show(_STEPS[step.name], stage=True)
            elif not self._asked:
                self._late.start()
            self._asked.add(step.name)
        elif isinstance(step, CollectorEnded):
            self._asked.discard(step.run.name)
            if not self._asked:
                self._end_timer()

    def end(self) -> None:
        self._end_timer()
        self.line.end()

    def _end_timer(self) -> None:
        self._late.cancel()
        if self._late.is_alive():
            self._late.join()

    def _say(self) -> None:
        if names := sorted(name.replace("_", " ") for name in tuple(self._asked)):
            self.line.show(f"Still no answer: {', '.join(names)}…", stage=True)


def _exit_code(diagnosis: Diagnosis, *, inside: bool) -> int:
    if any(finding.state == "broken" for finding in diagnosis.findings):
        return BROKEN
    if diagnosis.findings and all(finding.state == "not_tested" for finding in diagnosis.findings):
        return UNKNOWN
    # whoever asked for the container, and got none, must not read that all is well
    walked = next((finding for finding in diagnosis.findings if finding.id == "container-image"), None)
    return UNKNOWN if inside and walked and walked.state == "not_tested" else 0
