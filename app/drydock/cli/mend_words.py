"""Plans, outcomes and the log of changes as JSON and as text."""

from typing import Any

import click
import msgspec

from drydock.cli.doctor_words import mark
from drydock.core.remedies.plan import Plan, Step, WriteStep, command_line, preview
from drydock.core.remedies.steps import RunStep
from drydock.data.knowledge import finding_article
from drydock.jobs.mend import Mended
from drydock.store.ledger import Entry, Ledger, LoggedStep


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON: what will be run and written, never the whole of a file."""
    return {
        "remedy": plan.remedy,
        "target": plan.target,
        "title": plan.title,
        "note": plan.note,
        "undoes": plan.undoes or None,
        "privileged": plan.privileged,
        "frees": plan.frees,
        "steps": [_step_json(step) for step in plan.steps],
        "lasting": [step.title for step in plan.lasting],
        "recheck": list(plan.recheck),
        "commands": list(plan.commands),
        "consent": plan.fingerprint,
        "preview": preview(plan),
    }


def _step_json(step: Step) -> dict[str, Any]:
    if isinstance(step, WriteStep):
        return {
            "kind": "write",
            "title": step.title,
            "path": step.path,
            "privileged": step.privileged,
            "creates": step.before is None,
            "removes": step.after is None,
            "diff": step.diff,
        }
    if isinstance(step, RunStep):
        return {
            "kind": "run",
            "title": step.title,
            "argv": list(step.argv),
            "command": command_line(step),
            "privileged": step.privileged,
            "undo": list(step.undo),
        }
    return {"kind": "engine", "title": step.title, "act": step.act, "target": step.target, "size": step.size}


def mended_json(mended: Mended) -> dict[str, Any]:
    """Return what came of a plan as JSON, with the words of every finding."""
    findings = mended.diagnosis.findings if mended.diagnosis else ()
    return {
        "entry": mended.entry,
        "remedy": mended.plan.remedy,
        "target": mended.plan.target,
        "undoes": mended.plan.undoes or None,
        "helped": mended.helped,
        "left": list(mended.left),
        "findings": [
            {**msgspec.to_builtins(finding), "title": article.title, "text": article.text}
            for finding in findings
            for article in (finding_article(finding),)
        ],
    }


def print_mended(mended: Mended) -> None:
    """Print what came of a plan: the checks that were asked again, and how to take it back."""
    findings = mended.diagnosis.findings if mended.diagnosis else ()
    wanted = mended.plan.recheck[:1]
    for finding in findings:
        if finding.id in wanted or finding.state in ("broken", "attention"):
            article = finding_article(finding)
            click.echo(f"{mark(finding.state)}  {article.title}: {article.text}")
    for title in mended.left:
        click.echo(f"Left as it is: {title}.")
    if mended.plan.undoes:
        click.echo(f"Taken back. To have it again: drydock mend undo {mended.entry}")
        return
    words = {True: "It helped.", False: "It was done, and the finding is still there.", None: "It was done."}
    click.echo(words[mended.helped])
    if len(mended.plan.lasting) < len(mended.plan.steps):
        click.echo(f"To take it back: drydock mend undo {mended.entry}")


_ENDINGS = {
    "done": "done",
    "failed": "failed",
    "left": "could not be done, and was left",
    "taken_back": "done, and taken back",
}
_OUTCOMES = {"applied": "done", "failed": "failed", "stopped": "stopped", "open": "not ended"}


def _outcome(entry: Entry) -> str:
    return f"taken back by {entry.undone_by}" if entry.undone_by else _OUTCOMES[entry.outcome]


def _ending(entry: Entry, step: LoggedStep) -> str:
    """Return how a step ended, as a word of the log; ``unknown`` where Drydock was ended in the middle of it."""
    started = "unknown" if step.number in entry.started else "not_begun"
    return entry.endings.get(step.number, started)


def without_controls(line: str) -> str:
    """Return what a program printed without what would move the terminal's cursor or change its colours."""
    return "".join(letter for letter in line if letter.isprintable() or letter == "\t")


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return an entry of the log as JSON."""
    begun = entry.begun
    return {
        "entry": entry.id,
        "at": begun.at,
        "remedy": begun.remedy,
        "target": begun.target,
        "title": begun.title,
        "outcome": entry.outcome,
        "text": entry.text,
        "undoes": begun.undoes or None,
        "undone_by": entry.undone_by or None,
        "steps": [
            {
                "number": step.number,
                "kind": step.kind,
                "title": step.title,
                "what": step.what,
                "as_root": step.by or None,
                "ending": _ending(entry, step),
                "in_force": step.number in entry.done,
                "output": entry.outputs.get(step.number, ""),
                "copy": step.before or None,
            }
            for step in begun.steps
        ],
    }


def print_entries(entries: tuple[Entry, ...]) -> None:
    """Print the log, newest last."""
    for entry in entries:
        root = "  as root" if any(step.by for step in entry.begun.steps) else ""
        click.echo(f"{entry.id:18} {entry.begun.title}: {_outcome(entry)}{root}")


def print_entry(entry: Entry, ledger: Ledger) -> None:
    """Print one entry with all its steps."""
    click.echo(f"{entry.begun.title}\n{entry.begun.at}, {_outcome(entry)}")
    if entry.text:
        click.echo(entry.text)
    for step in entry.begun.steps:
        words = {**_ENDINGS, "unknown": "begun, and its end is not known", "not_begun": "not begun"}
        state = words[_ending(entry, step)]
        click.echo(f"{step.number}. {step.title}: {state}{f' (as root, by {step.by})' if step.by else ''}")
        click.echo(f"   {step.what}")
        if step.before:
            click.echo(f"   as it was before: {ledger.copy_path(step.before)}")
        for line in entry.outputs.get(step.number, "").splitlines():
            click.echo(f"   | {without_controls(line)}")
    if entry.outcome == "open" and not entry.undone_by:
        click.echo(
            "It goes on, or Drydock was ended in the middle of it. What it did can be taken back: "
            f"drydock mend undo {entry.id}"
        )
