"""The answer of ``drydock images recommend`` as JSON and in words."""

from typing import Any

import click

from drydock.core.images import Choice, GpuPlan, Reason, Recommendation, Refusal
from drydock.core.images.result import Note
from drydock.data.reasons import explained, text, way

_SHOWN = 3
"""Alternatives that are named unless all are wanted."""


def recommendation_json(answer: Recommendation) -> dict[str, Any]:
    """Return the command's JSON body (without schema and kind)."""
    return {
        "choice": _choice_json(answer.choice),
        "refusal": _refusal_json(answer.refusal),
        "alternatives": list(answer.alternatives),
        "notes": [reason_json(note_) for note_ in answer.notes],
        "per_gpu": [_plan_json(plan) for plan in answer.per_gpu],
        "rejected": [
            {"reference": item.reference, "why": [reason_json(why) for why in item.why]} for item in answer.rejected
        ],
    }


def reason_json(reason: Reason) -> dict[str, str]:
    """Return a reason's code, its text and, where there is one, what would make it possible."""
    found = {"code": reason.code, "text": text(reason.code, reason.values)}
    remedy = way(reason.code, reason.values)
    return found | {"way": remedy} if remedy else found


def _choice_json(choice: Choice | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    return {
        "reference": choice.reference,
        "torch": choice.torch,
        "cuda": choice.cuda,
        "cudnn": choice.cudnn,
        "python": choice.python,
        "flavour": choice.flavour,
        "compiler": choice.compiler,
        "native": choice.native,
        "confidence": choice.confidence,
        "environment": dict(choice.environment),
        "cubins": [
            {"gpu": item.gpu.name, "cubin": f"sm_{''.join(map(str, item.cubin))}" if item.cubin else None}
            for item in choice.coverage
        ],
        "why": [reason_json(why) for why in choice.why],
        "supported_until": choice.support.until,
        "support": [reason_json(note) for note in choice.support.notes],
    }


def _refusal_json(refusal: Refusal | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    return {
        "code": refusal.code,
        "text": text(refusal.code, refusal.values),
        "nearest": _choice_json(refusal.nearest),
        "others": [other.reference for other in refusal.others],
    }


def _plan_json(plan: GpuPlan) -> dict[str, Any]:
    return {
        "gpus": [{"name": gpu.name, "uuid": gpu.uuid} for gpu in plan.gpus],
        "choice": _choice_json(plan.choice),
        "refusal": _refusal_json(plan.refusal),
        "device_request": plan.device_request,
        "environment": dict(plan.environment),
    }


def print_recommendation(answer: Recommendation, *, show_all: bool) -> None:
    """Print the answer for a person."""
    if answer.choice:
        click.echo(click.style(answer.choice.reference, bold=True))
        for why in _in_order(answer.choice, answer.notes):
            click.echo(f"  {text(why.code, why.values)}")
    if answer.refusal:
        click.echo(click.style("No image: ", bold=True) + text(answer.refusal.code, answer.refusal.values))
        if answer.refusal.nearest:
            click.echo(f"  Nearest that works here: {answer.refusal.nearest.reference}")
        for other in answer.refusal.others:
            click.echo(f"  Another way out: {other.reference}")
    for plan in answer.per_gpu:
        names = ", ".join(gpu.name for gpu in plan.gpus)
        if plan.choice:
            click.echo(f"  {names}: {plan.choice.reference}")
        elif plan.refusal:
            click.echo(f"  {names}: {text(plan.refusal.code, plan.refusal.values)}")
    _print_others(answer, show_all=show_all)


def _print_others(answer: Recommendation, *, show_all: bool) -> None:
    if answer.alternatives:
        count = len(answer.alternatives)
        more = f" and {count - _SHOWN} more (--all shows them)" if count > _SHOWN else ""
        click.echo(f"  These would work too: {', '.join(answer.alternatives[:_SHOWN])}{more}")
    if show_all:
        for item in answer.rejected:
            click.echo(item.reference)
            for why in item.why:
                click.echo(f"    {explained(why.code, why.values)}")
    elif unfit := len(answer.rejected) - len(answer.alternatives):
        what = "others do not fit" if answer.choice else "images were looked at"
        click.echo(f"  {unfit} {what}; --all says why not.")


def _in_order(choice: Choice, notes: tuple[Note, ...]) -> list[Note]:
    """Put first why it is this image and what to mind here, then until when, and last how sure it is."""
    last = [note for note in choice.why if note.code == "NOT_CONFIRMED"]
    first = [note for note in choice.why if note not in last]
    return [*first, *notes, *choice.support.notes, *last]
