"""``drydock launch --as``: a launch in the words of another tool."""

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from drydock.cli.base import BROKEN, docker_program, note, print_json, run_job
from drydock.core.facts import Snapshot
from drydock.core.launch import Choice, Problem, blockers
from drydock.core.launch.renderings import TargetName
from drydock.jobs.context import Context


def render_launch(
    context: Context, choice: Choice, target: TargetName, snapshot: Snapshot | None, output: str, *, as_json: bool
) -> None:
    """Print the rendering, or write it to a file; what is left to do goes to standard error.

    Ends the program with status 1 when something forbids the launch.
    """
    from drydock.jobs.rendering import RenderLaunchJob

    if output and Path(output).exists():
        raise click.UsageError(f"{output} exists already; remove it, or choose another name")
    answer = run_job(RenderLaunchJob(context, choice, target, snapshot), lambda _step: None, as_json=as_json)
    text = answer.rendering.text
    if target == "run":
        text = shlex.join(docker_program(context.engine)) + text.removeprefix("docker")
    if output:
        _write(output, text)
    if as_json:
        print_json(
            "launch-rendering",
            {
                "target": target,
                "filename": answer.rendering.filename,
                "text": text,
                "notes": list(answer.rendering.notes),
                "problems": problem_details(answer.problems),
                "without_engine": answer.without_engine,
            },
        )
    else:
        if not output:
            click.echo(text, nl=False)
        for line in answer.rendering.notes:
            note(line)
        if answer.without_engine:
            note("No container engine could be asked, so sizes and the name rest on usual values: drydock doctor")
        for problem in answer.problems:
            note(problem_words(problem))
    sys.exit(BROKEN if blockers(answer.problems) else 0)


def problem_words(problem: Problem) -> str:
    """Return a problem in one line."""
    from drydock.data.knowledge import trouble_article

    article = trouble_article(problem.trouble)
    return f"{problem.state}, {problem.field}: {article.text} {article.remedy}".rstrip()


def problem_details(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems with their articles, for JSON."""
    from drydock.data.knowledge import trouble_article

    texts = [(problem, trouble_article(problem.trouble)) for problem in problems]
    return [
        {**msgspec.to_builtins(problem), "title": article.title, "text": article.text, "remedy": article.remedy}
        for problem, article in texts
    ]


def _write(path: str, text: str) -> None:
    try:
        # never over a file that came between
        with Path(path).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}") from None
    note(f"Written to {path}")
