"""``drydock gui``: open the window."""

import sys

import click

from drydock.cli.base import engine_before, engine_option, troubles


@click.command()
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Open a recorded machine.")
@click.option("--page", default="", metavar="NAME", help="Page to open first.")
@click.option(
    "--quit-after", type=float, default=None, metavar="SECONDS", help="Close by itself (used by package tests)."
)
@engine_option
def gui(machine: str = "", page: str = "", quit_after: float | None = None, engine: str = "") -> None:
    """Open the window."""
    from drydock.qt.application import run
    from drydock.qt.window import PAGES

    names = [name for name, *_ in PAGES]
    if page and page not in names:
        raise click.UsageError(f"there is no page {page!r}; there are {', '.join(names)}")
    with troubles(as_json=False):
        code = run(machine=machine, page=page, quit_after=quit_after, engine=engine or engine_before())
    sys.exit(code)
