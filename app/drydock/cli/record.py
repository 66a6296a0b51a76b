"""``drydock record``: this machine as a directory that can be replayed."""

from pathlib import Path

import click
import msgspec

from drydock.cli.base import engine_option, json_option, note, open_context, print_json, run_job


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write into a directory that is not empty.")
@engine_option
@json_option
def record(directory: Path, force: bool, engine: str, as_json: bool) -> None:
    """Record this machine in DIR: what was read, with raw evidence; personal things taken out and listed.

    Replay it anywhere with: drydock doctor --machine DIR
    """
    from drydock.jobs.record import RecordJob

    with open_context(engine) as context:
        written = run_job(RecordJob(context, directory, force=force), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("recording", msgspec.to_builtins(written))
        return
    click.echo(f"{written.path}: {', '.join(written.files)}")
    if written.removed:
        note("Taken out before writing (equal things have equal tokens):")
        for item in written.removed:
            note(f"  {item.kind}: {item.token}, {item.times} time{'s' if item.times != 1 else ''}")
    note(f"Replay it with: drydock doctor --machine {written.path}")
