"""``drydock mend``: see what would help, apply it with consent, take it back, and read the log of it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

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
from drydock.cli.shell import Shell

if TYPE_CHECKING:
    from drydock.core.remedies.plan import Plan
    from drydock.jobs.context import Context
    from drydock.jobs.mend import Mended
    from drydock.jobs.mend_plan import Offer

_YES = click.option("--yes", "-y", is_flag=True, help="Agree to what is shown, without being asked.")
_DRY = click.option("--dry-run", is_flag=True, help="Show what would be done, and end.")


@click.group(invoke_without_command=True)
@engine_option
@json_option
@click.pass_context
def mend(context: click.Context, engine: str, as_json: bool) -> None:
    """Mend what is broken: look at a remedy, agree to it, apply it, and take it back."""
    shell = context.find_object(Shell)
    assert shell is not None
    shell.engine = engine or shell.engine
    if context.invoked_subcommand is None:
        context.invoke(list_offers, as_json=as_json)
    elif as_json:
        context.default_map = {name: {"as_json": True} for name in mend.commands}


@mend.command("list")
@engine_option
@json_option
def list_offers(engine: str = "", as_json: bool = False) -> None:
    """List the remedies for what is wrong here, and those that can be asked for at any time."""
    from drydock.jobs.mend_asked import TARGETS, ListOffersJob

    with open_context(engine) as context:
        found = run_job(ListOffersJob(context), _quiet, as_json=as_json)
    if as_json:
        print_json("remedies", {"remedies": [_offer_json(offer) for offer in found]})
        return
    for offer in found:
        by_hand = "" if offer.remedy.steps else "  (by hand)"
        name = " ".join(word for word in (offer.remedy.id, offer.remedy.target) if word)
        click.echo(f"{name:32} {offer.remedy.title}{by_hand}  [{offer.finding}]")
    if not found:
        note(
            "Nothing is to be mended that a remedy is known for. 'drydock doctor' says what was found, and what to do."
        )
    asked = ", ".join(["clean-disk", *(f"{name} ({words})" for name, words in TARGETS.items())])
    note(f"At any time: {asked}.")


@mend.command()
@click.argument("remedy")
@click.argument("target", default="")
@engine_option
@json_option
def show(remedy: str, target: str, engine: str, as_json: bool) -> None:
    """Show exactly what a remedy would do here; nothing is changed."""
    with open_context(engine) as context:
        offer, plan = _planned(context, remedy, target, as_json=as_json)
    _show(plan, as_json=as_json, finding=offer.finding)


@mend.command("apply")
@click.argument("remedy")
@click.argument("target", default="")
@_YES
@_DRY
@engine_option
@json_option
def apply_remedy(remedy: str, target: str, yes: bool, dry_run: bool, engine: str, as_json: bool) -> None:
    """Apply a remedy: it is shown, you agree, it is done, and the checks are asked again."""
    from drydock.jobs.mend import MendJob
    from drydock.world.changes import is_at_terminal

    with open_context(engine) as context:
        offer, plan = _planned(context, remedy, target, as_json=as_json)
        if dry_run:
            _show(plan, as_json=as_json, finding=offer.finding)
            return
        consent = _consent(plan, yes=yes, as_json=as_json)
        job = MendJob(context, plan, consent, finding=offer.finding, terminal=is_at_terminal())
        draw = _Steps()
        mended = run_job(job, draw, as_json=as_json, when_stopped=draw.when_stopped)
    _say(mended, as_json=as_json)


@mend.command()
@click.argument("entry")
@_YES
@_DRY
@engine_option
@json_option
def undo(entry: str, yes: bool, dry_run: bool, engine: str, as_json: bool) -> None:
    """Take back what an entry of the log did, and ask the checks again."""
    from drydock.jobs.mend import UndoJob
    from drydock.jobs.mend_plan import PlanUndoJob
    from drydock.world.changes import is_at_terminal

    with open_context(engine) as context:
        plan = run_job(PlanUndoJob(context, entry), _quiet, as_json=as_json)
        if dry_run:
            _show(plan, as_json=as_json)
            return
        consent = _consent(plan, yes=yes, as_json=as_json)
        draw = _Steps()
        job = UndoJob(context, entry, consent, terminal=is_at_terminal())
        mended = run_job(job, draw, as_json=as_json, when_stopped=draw.when_stopped)
    _say(mended, as_json=as_json)


@mend.command()
@click.argument("entry", default="")
@json_option
def log(entry: str, as_json: bool) -> None:
    """Show what Drydock changed on this computer, and as whom."""
    from drydock.cli.mend_words import entry_json, print_entries, print_entry
    from drydock.core.trouble import Trouble

    with open_context() as context:
        ledger = context.store.ledger
        entries = ledger.entries()
        for problem in ledger.problems:
            note(f"note: {problem}")
    if entry:
        found = [one for one in entries if one.id == entry]
        with troubles(as_json=as_json):
            if not found:
                known = ", ".join(one.id for one in entries[-5:]) or "none"
                raise Trouble("mend-entry-unknown", entry=entry, known=known)
        entries = tuple(found)
    if as_json:
        print_json("mend_log", {"path": str(ledger.path), "entries": [entry_json(one) for one in entries]})
    elif entry:
        print_entry(entries[0], ledger)
    else:
        print_entries(entries)
        note(f"All of it: {ledger.path}" if entries else "Nothing was changed by Drydock so far.")


def _planned(context: Context, remedy: str, target: str, *, as_json: bool) -> tuple[Offer, Plan]:
    from drydock.jobs.mend_asked import FindRemedyJob
    from drydock.jobs.mend_plan import PlanJob

    offer = run_job(FindRemedyJob(context, remedy, target), _quiet, as_json=as_json)
    plan = run_job(PlanJob(context, offer.remedy, finding=offer.finding), _quiet, as_json=as_json)
    return offer, plan


def _consent(plan: Plan, *, yes: bool, as_json: bool) -> str:
    """Show the plan, and return its fingerprint if the person agrees."""
    from drydock.core.remedies.plan import preview
    from drydock.core.trouble import Trouble
    from drydock.world.changes import is_at_terminal

    if not as_json:
        note(preview(plan))
    if yes:
        return plan.fingerprint
    with troubles(as_json=as_json):
        if as_json or not is_at_terminal():
            raise Trouble("mend-not-agreed", title=plan.title)
    if not click.confirm("\nDo it?", err=True):
        note("Nothing was changed.")
        sys.exit(BROKEN)
    return plan.fingerprint


def _show(plan: Plan, *, as_json: bool, finding: str = "") -> None:
    from drydock.cli.mend_words import plan_json
    from drydock.core.remedies.plan import preview

    if as_json:
        print_json("plan", {"finding": finding or None, **plan_json(plan)})
        return
    click.echo(preview(plan))
    if plan.commands:
        click.echo("\nThe same by hand:")
        for line in plan.commands:
            click.echo(f"   $ {line}")


def _say(mended: Mended, *, as_json: bool) -> None:
    from drydock.cli.mend_words import mended_json, print_mended

    if as_json:
        print_json("mended", mended_json(mended))
    else:
        print_mended(mended)
    broken = mended.helped is False and not mended.plan.undoes
    sys.exit(BROKEN if broken else 0)


def _offer_json(offer: Offer) -> dict[str, Any]:
    import msgspec

    return {"finding": offer.finding, **msgspec.to_builtins(offer.remedy)}


def _quiet(_step: object) -> None:
    """Take the steps of a look that lasts a moment."""


class _Steps:
    """Tells each step on standard error as it is done, and what its program says meanwhile."""

    def __init__(self) -> None:
        self._after = ""
        self._line = ProgressLine()
        self._number = 0

    def __call__(self, step: object) -> None:
        from drydock.cli.mend_words import without_controls
        from drydock.jobs.mend import Checking, StepDone, StepSaid, StepStarted, Stopping, TakenBack

        if isinstance(step, StepStarted):
            self._number = step.number
            note(f"{step.number}. {step.title}{' (as root)' if step.privileged else ''}…")
        elif isinstance(step, StepSaid):
            if step.number == self._number:
                self._line.show(f"   {without_controls(step.line)}")
        elif isinstance(step, Stopping):
            # from the signal's handler, which may have come in the middle of another line
            os.write(sys.stderr.fileno(), f"\n{_stopping_words(step.title)}\n".encode())
        elif isinstance(step, StepDone):
            self._number = 0
            self._line.end()
            if step.outcome == "left":
                note(f"   left as it is: {step.text}")
        elif isinstance(step, TakenBack):
            taken, left = "; ".join(step.taken_back), "; ".join(step.left)
            self._after = f"Taken back: {taken or 'nothing'}. Still there: {left or 'nothing'}."
        elif isinstance(step, Checking):
            note("Looking again…")

    def when_stopped(self) -> str:
        """Say what a stop leaves behind."""
        return self._after or "Nothing was changed."


def _stopping_words(title: str) -> str:
    return (
        f"Stopping: '{title}' is not broken off; when it has ended, all of it is taken back. "
        "Ctrl-C once more ends Drydock at once, and leaves the rest as 'drydock mend log' tells."
    )
