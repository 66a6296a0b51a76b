"""``drydock gui``: open the window."""

import sys

import click

from drydock.cli.base import engine_before, engine_option, troubles
from drydock.cli.shell import Shell


@click.command()
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Open a recorded machine.")
@click.option("--page", default="", metavar="NAME", help="Page to open first.")
@click.option("--quit-after", type=float, default=None, metavar="SECONDS", help="Close by itself; for tests.")
@engine_option
@click.pass_context
def gui(
    context: click.Context, machine: str = "", page: str = "", quit_after: float | None = None, engine: str = ""
) -> None:
    """Open the window."""
    shell = context.find_object(Shell)
    assert shell is not None
    with troubles(as_json=False):
        code = shell.open_window(machine, page, quit_after, engine or engine_before())
    sys.exit(code)
