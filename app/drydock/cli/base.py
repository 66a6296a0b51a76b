"""What all commands share: the context, running a job, printing, exit codes.

Exit codes: 0 nothing broken, 1 something is broken or the act failed, 2 wrong usage, 3 could not be found out,
130 stopped. ``--json`` prints one object on standard output; progress and messages go to standard error.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from drydock.cli.shell import Shell
from drydock.core.trouble import Stopped, Trouble

if TYPE_CHECKING:
    # loaded when a command runs, so that --help and --version stay quick
    from rich.progress import Progress

    from drydock.jobs import Job
    from drydock.jobs.context import Context

BROKEN, USAGE, UNKNOWN, STOPPED = 1, 2, 3, 130
SCHEMA = 1
_LINE_WIDTH = 160
_LINE_INTERVAL = 5.0
"""Seconds between lines of progress where nobody watches a bar."""

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


def docker_program(engine: str) -> tuple[str, ...]:
    """Return how a docker command begins that is to reach the engine of a context's wish."""
    if not engine:
        return ("docker",)
    if "://" in engine:
        return ("docker", "-H", engine)
    return ("docker", "-H", f"unix://{engine}") if engine.startswith("/") else ("docker", "--context", engine)


@contextmanager
def open_context(engine: str = "") -> Generator[Context]:
    """Open the doors and the store for one command."""
    from drydock.jobs.context import Context
    from drydock.store import Store
    from drydock.world.live import LiveWorld

    store = Store()
    try:
        yield Context(world=LiveWorld(), store=store, engine=engine or engine_before() or store.settings.engine)
        for problem in store.problems:
            note(f"note: {problem}")
    finally:
        store.close()


def run_job(
    job: Job[R],
    draw: Callable[[Any], None],
    *,
    as_json: bool,
    line: ProgressLine | None = None,
    show_trouble: bool = True,
    when_stopped: Callable[[], str] = str,
) -> R:
    """Run a job in this thread; Ctrl-C (and a polite kill) asks it to stop, a second one ends the program.

    ``line`` is taken away when the job ends, before anything else is printed. A trouble is shown and ends the program,
    or with ``show_trouble`` off is raised, for what can go on without the job. ``when_stopped`` tells what a stop
    leaves behind.
    """
    import signal

    from drydock.world import Stop

    stop = Stop()

    def interrupted(number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            os._exit(128 + number)
        stop.request()

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return job.run(draw, stop)
    except Trouble as trouble:
        if line:
            line.end()
        if not show_trouble:
            raise
        fail(trouble, as_json=as_json)
    except Stopped:
        if line:
            line.end()
        if as_json:
            print_json("stopped", {})
        note(f"Stopped. {when_stopped()}".rstrip())
        sys.exit(STOPPED)
    finally:
        if line:
            line.end()
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
        # a text that ends in lines of a log needs a gap behind it
        note(f"\n{article.remedy}" if "\n" in article.text else article.remedy)
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
    import msgspec

    fields = msgspec.to_builtins(body, str_keys=True)
    click.echo(msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "kind": kind, **fields})).decode())


def note(text: str) -> None:
    """Print a line for the person on standard error."""
    click.echo(text, err=True)


class ProgressLine:
    """A bar with a text on a terminal; elsewhere, a line for each stage and now and then. All on standard error."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._said = ""
        self._said_at = 0.0

    def show(self, text: str, share: float | None = None, *, stage: bool = False) -> None:
        """Show a text in place of the last one.

        Args:
            text: one line.
            share: how much is done (0 to 1; None while that is not known).
            stage: what is done is another thing than before, which is also told where nobody watches.
        """
        if sys.stderr.isatty():
            bar = self._started()
            total = None if share is None else 1.0
            bar.update(bar.task_ids[0], description=text, completed=share or 0.0, total=total)
            return
        now = time.monotonic()
        # of what counts up, a log wants to see only that it moves; "extracting: 3 MB" after "downloading: 9 MB" is news
        news = stage or not self._said or (share is not None and _phase(text) != _phase(self._said))
        if text != self._said and (news or now - self._said_at >= _LINE_INTERVAL):
            self._said, self._said_at = text, now
            click.echo(text if len(text) <= _LINE_WIDTH else f"{text[: _LINE_WIDTH - 1]}…", err=True)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _started(self) -> Progress:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("", total=None)
            self._bar.start()
        return self._bar


def _phase(text: str) -> str:
    return text.partition(": ")[0] if ": " in text else ""


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
