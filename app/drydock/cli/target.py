"""The options that say where a probe or a benchmark runs, shared by both commands."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from drydock.cli.base import ProgressLine
from drydock.core.launch import parse_gpus
from drydock.engines import PullProgress
from drydock.jobs.targets import HostTarget, ImageTarget, SessionTarget, Target

Command = TypeVar("Command", bound=Callable[..., Any])


def target_options(command: Command) -> Command:
    """Add ``--host``, ``--image``, ``--session``, ``--gpus`` and ``--python``."""
    options = (
        click.option("--host", is_flag=True, help="This computer's own Python."),
        click.option("--python", default="python3", show_default=True, metavar="PATH", help="Which, with --host."),
        click.option("--image", default="", metavar="REF", help="A container of its own, removed afterwards."),
        click.option("--gpus", default="all", show_default=True, metavar="all|none|UUID,…", help="For --image."),
        click.option("--session", default="", metavar="NAME", help="A running session."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_target(host: bool, python: str, image: str, gpus: str, session: str) -> Target:
    """Return where to run.

    Raises:
        click.UsageError: not exactly one place was named.
        Trouble: ``launch-gpus-invalid``.
    """
    if sum((host, bool(image), bool(session))) != 1:
        raise click.UsageError("say where, with exactly one of --host, --image REF or --session NAME")
    if host:
        return HostTarget(python=python)
    return SessionTarget(name=session) if session else ImageTarget(image=image, gpus=parse_gpus(gpus))


def draw_pull(line: ProgressLine, step: object) -> bool:
    """Draw the step when it is a pull's progress; return whether it was."""
    if not isinstance(step, PullProgress):
        return False
    from drydock.cli.pull_words import progress_share, progress_text

    line.show(progress_text(step), progress_share(step))
    return True
