"""``drydock starter``: a small Transformer project to begin with."""

from pathlib import Path

import click
import msgspec

from drydock.cli.base import json_option, note, print_json, run_job


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def starter(directory: Path, as_json: bool) -> None:
    """Write a small Transformer project into DIR, to begin with; files that are there stay as they are.

    It trains a language model or a text classifier, offline, on one GPU, on many or on a CPU.
    """
    from drydock.jobs.starter import StarterJob

    made = run_job(StarterJob(directory), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("starter", msgspec.to_builtins(made))
        return
    click.echo(f"{made.path}: {', '.join(made.written) or 'nothing was missing'}")
    if made.kept:
        note(f"Left as they were, as you changed them or they are yours: {', '.join(made.kept)}")
    note(f"Start it with: drydock launch --workspace {directory} --jupyter")
    note("and then, in a terminal there: python train.py")
