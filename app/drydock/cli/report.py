"""``drydock report``: a bundle that opens on another computer."""

import datetime
from pathlib import Path

import click
import msgspec

from drydock.cli.base import engine_option, human_bytes, json_option, note, open_context, print_json, run_job


@click.command()
@click.option(
    "-o", "--output", default="", metavar="FILE", help="Where to write it; else drydock-report-DATE.zip here."
)
@engine_option
@json_option
def report(output: str, engine: str, as_json: bool) -> None:
    """Write a bundle: what was found, versions, recent results; personal things taken out and listed.

    Open it on another computer with: drydock --machine FILE
    """
    from drydock.jobs.report import ReportJob

    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    path = Path(output or f"drydock-report-{stamp}.zip")
    with open_context(engine) as context:
        written = run_job(ReportJob(context, path), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("report", msgspec.to_builtins(written))
        return
    click.echo(f"{written.path} ({human_bytes(written.size)}): {', '.join(written.files)}")
    if written.removed:
        note("Taken out before writing (equal things have equal tokens):")
        for item in written.removed:
            note(f"  {item.kind}: {item.token}, {item.times} time{'s' if item.times != 1 else ''}")
    note(f"Open it on another computer with: drydock --machine {written.path}")
