"""What all commands share: the context, running a job, printing, exit codes.

Exit codes: 0 nothing broken, 1 something is broken or the act failed, 2 wrong usage, 3 could not be found out,
130 stopped. ``--json`` prints one object on standard output; progress and messages go to standard error.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from drydock.cli.shell import Shell
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs import Job
from drydock.jobs.context import Context
from drydock.world import Stop

BROKEN, USAGE, UNKNOWN, STOPPED = 1, 2, 3, 130
SCHEMA = 1

R = TypeVar("R")
Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add ``--json`` to a command, as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def engine_option(command: Command) -> Command:
    """Add ``--engine`` to a command; it may also stand before the command."""
    text = "Container engine; else DOCKER_HOST or the current context."
    return click.option("--engine", default="", metavar="ADDRESS|CONTEXT", help=text)(command)


def engine_before() -> str:
    """Return the ``--engine`` that stood before the command."""
    current = click.get_current_context(silent=True)
    shell = current.find_object(Shell) if current else None
    return shell.engine if shell else ""


@contextmanager
def open_context(engine: str = "") -> Generator[Context]:
    """Open the doors and the store for one command."""
    from drydock.store import Store
    from drydock.world.live import LiveWorld

    store = Store()
    try:
        yield Context(world=LiveWorld(), store=store, engine=engine or engine_before() or store.settings.engine)
        for problem in store.problems:
            note(f"note: {problem}")
    finally:
        store.close()


def run_job(job: Job[R], draw: Callable[[Any], None], *, as_json: bool, stop: Stop | None = None) -> R:
    """Run a job in this thread; Ctrl-C (and a polite kill) asks it to stop, a second one ends the program."""
    stop = stop or Stop()

    def interrupted(number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            os._exit(128 + number)
        stop.request()

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return job.run(draw, stop)
    except Trouble as trouble:
        fail(trouble, as_json=as_json)
    except Stopped:
        note("Stopped.")
        sys.exit(STOPPED)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def fail(trouble: Trouble, *, as_json: bool) -> NoReturn:
    """Show the trouble's article and end with its exit code."""
    from drydock.data.knowledge import trouble_article

    article = trouble_article(trouble)
    if as_json:
        body = {"id": trouble.id, "title": article.title, "text": article.text, "remedy": article.remedy}
        print_json("trouble", {**body, "values": trouble.values})
    note(click.style(article.title, bold=True))
    note(article.text)
    if article.remedy:
        note(article.remedy)
    sys.exit(article.exit_code)


@contextmanager
def troubles(*, as_json: bool) -> Generator[None]:
    """Show a trouble raised inside, and end with its exit code."""
    try:
        yield
    except Trouble as trouble:
        fail(trouble, as_json=as_json)


def print_json(kind: str, body: object) -> None:
    """Print one object with ``schema`` and ``kind`` first."""
    fields = msgspec.to_builtins(body, str_keys=True)
    click.echo(msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "kind": kind, **fields})).decode())


def note(text: str) -> None:
    """Print a line for the person on standard error."""
    click.echo(text, err=True)


class ProgressLine:
    """One line on standard error that is written over; on something that is no terminal, a line now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""
        self._count = 0

    def show(self, text: str) -> None:
        """Show a text in place of the last one."""
        if self._terminal:
            width = max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
            click.echo("\r" + text[:width].ljust(min(width, len(self._last))), nl=False, err=True)
            self._last = text
        elif self._count % 20 == 0:
            click.echo(text, err=True)
        self._count += 1

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self._last:
            click.echo("", err=True)
        self._last = ""


def human_memory(count: float) -> str:
    """Return a size in binary units, as memory is counted (``17.3 GiB``)."""
    if abs(count) >= 1 << 30:
        return f"{count / (1 << 30):.1f} GiB"
    return f"{count / (1 << 20):.0f} MiB"


def human_bytes(count: float) -> str:
    """Return a size in decimal units, as registries and disk makers count (``3.2 GB``)."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
