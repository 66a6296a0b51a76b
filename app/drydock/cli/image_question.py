"""``drydock images inspect|pull``: an image in its registry, by its own words, and for this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from drydock.cli.base import (
    BROKEN,
    ProgressLine,
    engine_option,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.cli.pull_words import progress_share, progress_text
from drydock.engines import PullProgress

if TYPE_CHECKING:
    from drydock.jobs.pull import PullJob

_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/v?[0-9]+)?", re.IGNORECASE)
Command = TypeVar("Command", bound=Callable[..., Any])


def _platform_option(command: Command) -> Command:
    text = "Such as linux/arm64; else the engine's."
    return click.option("--platform", default="", metavar="OS/ARCH", callback=_checked_platform, help=text)(command)


def _checked_platform(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not _PLATFORM.fullmatch(value):
        raise click.BadParameter(f"{value!r}: write a system and a processor, such as linux/amd64 or linux/arm64")
    return value


@click.command()
@click.argument("reference")
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Judge it for a recorded machine.")
@_platform_option
@click.option("--local", is_flag=True, help="Look at the copy that is here; ask no registry.")
@engine_option
@json_option
def inspect(reference: str, machine: str, platform: str, local: bool, engine: str, as_json: bool) -> None:
    """Say what an image is, whether it runs on this machine, and what pulling it would move.

    Any image can be asked about, also one of your own: it is judged by what it says of itself.
    """
    from drydock.cli.image_words import confirmed_json, print_confirmed
    from drydock.jobs.confirm import ConfirmJob
    from drydock.jobs.recommend import LookJob

    with open_context(engine) as context:
        if machine:
            from drydock.data.machine import open_machine

            with troubles(as_json=as_json):
                recorded = open_machine(machine)
            note(f"Recorded machine: {recorded.card.title}. It is judged for that one, not for this computer.")
            snapshot = recorded.snapshot
        else:
            snapshot = run_job(LookJob(context), lambda _step: None, as_json=as_json)
        job = ConfirmJob(context, reference, snapshot, platform=platform, ask_registry=not local)
        found = run_job(job, lambda step: note(step.text), as_json=as_json)
    if as_json:
        print_json("image", confirmed_json(found))
    else:
        print_confirmed(found)
    sys.exit(BROKEN if found.judgement and found.judgement.verdict == "cannot_run" else 0)


@click.command()
@click.argument("reference")
@_platform_option
@engine_option
@json_option
def pull(reference: str, platform: str, engine: str, as_json: bool) -> None:
    """Pull an image ('auto': the recommended one)."""
    from drydock.core.images import Wish
    from drydock.jobs.pull import PullJob
    from drydock.jobs.recommend import RecommendJob, chosen_reference

    line = ProgressLine()
    with open_context(engine) as context:
        if reference == "auto":
            answer = run_job(RecommendJob(context, Wish()), lambda _step: None, as_json=as_json)
            with troubles(as_json=as_json):
                reference = chosen_reference(answer)
        job = PullJob(context, reference, platform=platform)
        pulled = run_job(job, partial(_draw, line), as_json=as_json, line=line, when_stopped=lambda: _kept(job))
    if as_json:
        print_json("pulled", pulled)
    else:
        click.echo(f"{pulled.reference} is here ({pulled.digest})")


def _kept(job: PullJob) -> str:
    """Say what a pull that was stopped leaves behind."""
    if job.keeps_layers is None:
        return ""
    if job.keeps_layers:
        return "Layers that were complete are kept: the next pull goes on from there."
    return "This engine keeps no layers of a pull that was stopped: the next one begins anew."


def _draw(line: ProgressLine, step: PullProgress) -> None:
    line.show(progress_text(step), progress_share(step))
