"""``drydock images``: recommend, list, inspect, pull, remove."""

import re
import sys
from functools import partial
from typing import Any

import click

from drydock.cli.base import (
    BROKEN,
    ProgressLine,
    engine_option,
    human_bytes,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.core.images import Choice, Gpu, GpuPlan, Machine, Reason, Recommendation, Refusal, Wish
from drydock.data.reasons import text
from drydock.engines import PullProgress


@click.group()
def images() -> None:
    """Recommend, list, inspect, pull and remove images."""


@images.command()
@click.option("--torch", default=None, metavar="SPEC", help="Such as 2.9, ==2.9.*, >=2.6.")
@click.option("--cuda", default=None, metavar="X.Y", help="CUDA inside the image.")
@click.option("--flavour", type=click.Choice(["runtime", "devel"]), default=None)
@click.option("--task", type=click.Choice(["run", "compile", "extensions"]), default="run", show_default=True)
@click.option("--gpu", "gpus", multiple=True, metavar="NAME:CC", help="Describe a machine instead: 'RTX 4090:8.9'.")
@click.option("--driver", default=None, metavar="V", help="Driver version of the described machine.")
@click.option("--os", "system", type=click.Choice(["linux", "wsl2", "windows", "jetson"]), default=None)
@click.option("--arch", type=click.Choice(["amd64", "arm64"]), default=None)
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Ask for a recorded machine.")
@click.option("--all", "show_all", is_flag=True, help="Show every rejected image with why.")
@json_option
def recommend(
    torch: str | None,
    cuda: str | None,
    flavour: Any,
    task: Any,
    gpus: tuple[str, ...],
    driver: str | None,
    system: Any,
    arch: Any,
    machine: str,
    show_all: bool,
    as_json: bool,
) -> None:
    """Choose the PyTorch image for this machine.

    With --gpu (or --driver, --os, --arch) the answer is for the machine described instead of this one.
    """
    wish = Wish(torch=torch, cuda=cuda, flavour=flavour, task=task)
    described = bool(gpus or driver or system or arch)
    if described and machine:
        raise click.UsageError("--machine and a described machine (--gpu, --driver, --os, --arch) exclude each other")
    from drydock.jobs.recommend import RecommendJob

    asked = None
    if described:
        asked = Machine(
            gpus=tuple(_gpu(word) for word in gpus), driver=driver, os=system or "linux", arch=arch or "amd64"
        )
    elif machine:
        from drydock.data.machine import open_machine

        with troubles(as_json=as_json):
            recorded = open_machine(machine)
        note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
        asked = recorded.snapshot
    with open_context() as context:
        answer = run_job(RecommendJob(context, wish, asked), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("recommendation", recommendation_json(answer))
    else:
        _print(answer, show_all=show_all)
    sys.exit(0 if answer.choice else BROKEN)


def _gpu(word: str) -> Gpu:
    name, _, capability = word.rpartition(":")
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,2})", capability.strip())
    if not name.strip() or not match:
        raise click.BadParameter(
            f"{word!r}: write a name, a colon and the compute capability, such as 'RTX 4090:8.9'", param_hint="--gpu"
        )
    return Gpu(name=name.strip(), compute_capability=(int(match[1]), int(match[2])))


def recommendation_json(answer: Recommendation) -> dict[str, Any]:
    """Return the command's JSON body (without schema and kind)."""
    return {
        "choice": _choice_json(answer.choice),
        "refusal": _refusal_json(answer.refusal),
        "alternatives": list(answer.alternatives),
        "notes": [_reason(note_) for note_ in answer.notes],
        "per_gpu": [_plan_json(plan) for plan in answer.per_gpu],
        "rejected": [
            {"reference": item.reference, "why": [_reason(why) for why in item.why]} for item in answer.rejected
        ],
    }


def _reason(reason: Reason) -> dict[str, str]:
    return {"code": reason.code, "text": text(reason.code, reason.values)}


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
        "why": [_reason(why) for why in choice.why],
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


def _print(answer: Recommendation, *, show_all: bool) -> None:
    if answer.choice:
        click.echo(click.style(answer.choice.reference, bold=True))
        for why in (*answer.choice.why, *answer.notes):
            click.echo(f"  {text(why.code, why.values)}")
    if answer.refusal:
        click.echo(click.style("No image: ", bold=True) + text(answer.refusal.code, answer.refusal.values))
        if answer.refusal.nearest:
            click.echo(f"  Nearest that works here: {answer.refusal.nearest.reference}")
    for plan in answer.per_gpu:
        names = ", ".join(gpu.name for gpu in plan.gpus)
        if plan.choice:
            click.echo(f"  {names}: {plan.choice.reference}")
        elif plan.refusal:
            click.echo(f"  {names}: {text(plan.refusal.code, plan.refusal.values)}")
    if answer.alternatives:
        click.echo(f"  These would work too: {', '.join(answer.alternatives[:3])} (all with --all)")
    if show_all:
        for item in answer.rejected:
            click.echo(item.reference)
            for why in item.why:
                click.echo(f"    {text(why.code, why.values)}")
    elif answer.rejected:
        click.echo(f"  {len(answer.rejected)} others were looked at; --all says why not.")


@images.command("list")
@engine_option
@json_option
def list_images(engine: str, as_json: bool) -> None:
    """List the images that the engine has."""
    from drydock.jobs.images import ListImagesJob

    with open_context(engine) as context:
        found = run_job(ListImagesJob(context), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("images", {"images": found})
        return
    for image in found:
        name = ", ".join(image.references) or image.id.removeprefix("sha256:")[:12]
        click.echo(f"{human_bytes(image.size):>10}  {image.created[:10]}  {name}")
    if not found:
        note("The engine has no images yet.")


@images.command()
@click.argument("reference")
@engine_option
@json_option
def inspect(reference: str, engine: str, as_json: bool) -> None:
    """Show what a local image says of itself."""
    from drydock.jobs.images import InspectImageJob

    with open_context(engine) as context:
        found = run_job(InspectImageJob(context, reference), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("image", found)
        return
    click.echo(f"{', '.join(found.image.references) or reference}  {human_bytes(found.image.size)} unpacked")
    click.echo(f"  id {found.image.id}")
    for digest in found.image.digests:
        click.echo(f"  digest {digest}")
    for name in sorted(found.environment):
        click.echo(f"  {name}={found.environment[name]}")


@images.command()
@click.argument("reference")
@engine_option
@json_option
def pull(reference: str, engine: str, as_json: bool) -> None:
    """Pull an image ('auto': the recommended one)."""
    from drydock.jobs.pull import PullJob
    from drydock.jobs.recommend import RecommendJob, chosen_reference

    line = ProgressLine()
    with open_context(engine) as context:
        if reference == "auto":
            answer = run_job(RecommendJob(context, Wish()), lambda _step: None, as_json=as_json)
            with troubles(as_json=as_json):
                reference = chosen_reference(answer)
        pulled = run_job(PullJob(context, reference), partial(_draw, line), as_json=as_json, line=line)
    if as_json:
        print_json("pulled", pulled)
    else:
        click.echo(f"{pulled.reference} is here ({pulled.digest})")


@images.command()
@click.argument("reference")
@engine_option
@json_option
def remove(reference: str, engine: str, as_json: bool) -> None:
    """Remove a local image."""
    from drydock.jobs.images import RemoveImageJob

    with open_context(engine) as context:
        run_job(RemoveImageJob(context, reference), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("removed", {"reference": reference})
    else:
        click.echo(f"{reference} was removed")


def _draw(line: ProgressLine, step: PullProgress) -> None:
    line.show(progress_text(step), progress_share(step))


def progress_share(step: PullProgress) -> float | None:
    """Return the share of a pull that is done, while its size is known."""
    return min(1.0, step.done / step.total) if step.total else None


def progress_text(step: PullProgress) -> str:
    """Return one line for a moment of a pull."""
    if step.phase == "asking":
        return step.detail or "Asking the registry…"
    total = f" of {human_bytes(step.total)}" if step.total else ""
    parts = [f"{step.phase}: {human_bytes(step.done)}{total}"]
    if step.speed:
        parts.append(f"{human_bytes(step.speed)}/s")
    if step.seconds_left is not None:
        parts.append(f"{step.seconds_left:.0f} s left")
    parts.append(f"layers {step.layers_done}/{step.layers}")
    if step.layers_present:
        parts.append(f"{step.layers_present} here already")
    return ", ".join([*parts, *([step.detail] if step.detail else [])])
