"""``drydock probe``: real kernels on every GPU, where the work will run."""

import sys
from typing import Any

import click
import msgspec

from drydock.cli.base import (
    BROKEN,
    UNKNOWN,
    ProgressLine,
    engine_option,
    json_option,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.cli.target import draw_pull, read_target, target_options
from drydock.core.bench.records import Result
from drydock.jobs.probe import PROBES, USUAL, GpuProof, ProbeJob, ProbeName, ProbeResult, ProbeStep

_CPU = {
    True: "kernels on the CPU gave right results",
    False: "kernels on the CPU gave wrong results",
    None: "no kernels were run",
}


_FEATURE = {"works": ("works", "green"), "fails": ("fails", "red"), "absent": ("not there", "yellow")}


@click.command()
@target_options
@click.option("--only", default="", metavar="ID,…", help=f"Some of {', '.join(PROBES)}; else {' and '.join(USUAL)}.")
@engine_option
@json_option
def probe(host: bool, python: str, image: str, gpus: str, session: str, only: str, engine: str, as_json: bool) -> None:
    """Prove with real kernels that the GPU works, and say what torch is there.

    With --only features: a training step, attention back ends, torch.compile, export, libraries, DataLoader, packages.
    With --only loader: which DataLoader setting feeds this machine best.
    """
    wanted = tuple(name.strip() for name in only.split(",") if name.strip())
    unknown = [name for name in wanted if name not in PROBES]
    if unknown:
        raise click.UsageError(f"no probe is called {', '.join(unknown)}; there are {', '.join(PROBES)}")
    with troubles(as_json=as_json):
        target = read_target(host, python, image, gpus, session)
    line = ProgressLine()

    def draw(step: object) -> None:
        if not draw_pull(line, step) and isinstance(step, ProbeStep) and isinstance(step.record, Result):
            line.show(f"{step.probe}: {step.record.slot}")

    chosen: tuple[ProbeName, ...] = tuple(name for name in PROBES if name in wanted) or USUAL
    with open_context(engine) as context:
        result = run_job(ProbeJob(context, target, chosen), draw, as_json=as_json, line=line)
    if as_json:
        print_json("probe", _as_json(result))
    else:
        _print(result)
    sys.exit(BROKEN if result.broken else 0 if result.gpu_works or not result.gpus else UNKNOWN)


def _as_json(result: ProbeResult) -> dict[str, Any]:
    fields = msgspec.to_builtins(result)
    return {**fields, "gpu_works": result.gpu_works, "broken": result.broken}


def _verdict(proof: GpuProof, *, tried: bool) -> str:
    if proof.works:
        return f"{click.style('works', fg='green')} ({', '.join(proof.types)})"
    if not tried and not proof.failures:
        return "not tested (no kernels were run)"
    return f"{click.style('does not work', fg='red', bold=True)} ({', '.join(proof.types) or 'nothing ran right'})"


def _print(result: ProbeResult) -> None:
    where = result.place.name + (f" ({result.place.image})" if result.place.kind == "session" else "")
    click.echo(f"Where: {where}")
    if result.torch:
        cuda = f", CUDA {result.torch.cuda}" if result.torch.cuda else ", built without CUDA"
        click.echo(f"torch {result.torch.version}{cuda}")
    for proof in result.gpus:
        click.echo(f"GPU {proof.device.index} {proof.device.name}: {_verdict(proof, tried=result.tried_kernels)}")
        for failure in proof.failures:
            click.echo(f"    {failure}")
    if result.torch is None:
        click.echo("There is no torch to be seen here, so nothing was proved.")
    elif not result.gpus:
        tried = (
            f"; {_CPU[result.cpu_works]}"
            if result.cpu_works is not None or not (result.features or result.loading)
            else ""
        )
        click.echo(f"torch sees no GPU here{tried}.")
    for feature in result.features:
        word = click.style(_FEATURE[feature.state][0], fg=_FEATURE[feature.state][1])
        click.echo(f"{feature.title} ({feature.device}): {word}" + (f"; {feature.text}" if feature.text else ""))
    for setting in result.loading:
        click.echo(f"Loading {setting.kind} ({setting.device}): {setting.text}")
    for problem in result.problems:
        click.echo(f"Problem: {problem}")
    if result.torch is None and result.place.kind == "host":
        click.echo("Name the Python that has torch with --python PATH, or prove a container with --image or --session.")
    if not result.complete:
        click.echo("A probe did not come to its end; what it wrote until then is shown.")
