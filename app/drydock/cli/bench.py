"""``drydock bench``: how fast a Transformer trains, and what each tuning brings."""

import re
import sys
from pathlib import Path

import click
import msgspec

from drydock.cli.base import (
    BROKEN,
    ProgressLine,
    engine_option,
    human_memory,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.cli.target import draw_pull, read_target, target_options
from drydock.core.bench import BenchSummary
from drydock.core.bench.judgement import Judgement
from drydock.core.bench.judgement_words import claim_sentence, judgement_sentence, judgement_sources
from drydock.core.bench.outcome import Utilisation
from drydock.core.bench.records import Progress, Warn
from drydock.jobs.bench import BenchJob, BenchMode, BenchStep

_VERDICTS = {
    "baseline": "baseline",
    "win": "faster",
    "loss": "slower",
    "no-effect": "no effect",
    "cannot-tell": "cannot tell",
    "wrong-result": "wrong result",
}
_FLAGS = {
    "not-converged": "not converged",
    "cut": "cut by the time limit",
    "loss-not-finite": "the loss is not finite",
    "loss-not-falling": "the loss does not fall",
    "loss-frozen": "the loss does not change",
}
_INVALID = {
    "torch": "torch cannot be used",
    "not-prepared": "the preparation did not end",
    "nothing-measured": "no rung could be measured",
}


@click.command()
@click.option("--quick", "mode", flag_value="quick", default=True, help="About 30 seconds (the default).")
@click.option("--standard", "mode", flag_value="standard", help="About 3 minutes.")
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda:N")
@click.option("--history", is_flag=True, help="List earlier runs instead.")
@click.option("--run", "number", default="", metavar="N|FILE", help="Show an earlier run instead.")
@click.option("--compare", nargs=2, default=None, metavar="N|FILE N|FILE", help="Compare two runs instead.")
@click.option("--export", type=click.Path(path_type=Path), metavar="FILE", help="With --run: to .jsonl, .json or .csv.")
@target_options
@engine_option
@json_option
def bench(
    mode: BenchMode,
    device: str,
    history: bool,
    number: str,
    compare: tuple[str, str] | None,
    export: Path | None,
    host: bool,
    python: str,
    image: str,
    gpus: str,
    session: str,
    engine: str,
    as_json: bool,
) -> None:
    """Measure training of a GPT-2-shaped Transformer, rung by rung: fp32, TF32, AMP, SDPA, torch.compile."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", device):
        raise click.BadParameter(f"{device!r}: write auto, cpu, cuda or cuda:N", param_hint="--device")
    if history or number or compare or export:
        if sum(map(bool, (history, number, compare))) != 1 or (export and not number):
            raise click.UsageError("choose one of --history, --run and --compare; --export goes with --run")
        from drydock.cli.bench_runs import look_up

        return look_up(number, compare, export, as_json=as_json)
    with troubles(as_json=as_json):
        target = read_target(host, python, image, gpus, session)
    line = ProgressLine()

    def draw(step: object) -> None:
        if draw_pull(line, step) or not isinstance(step, BenchStep):
            return
        record = step.record
        if isinstance(record, Progress):
            line.show(f"{record.slot}: {record.done * 100:.0f} %, {record.est_left_s:.0f} s left", record.done)
        elif isinstance(record, Warn):
            line.end()
            note(f"note: {record.text}")

    with open_context(engine) as context:
        run = run_job(BenchJob(context, target, mode, device=device), draw, as_json=as_json, line=line)
    if as_json:
        print_json("bench", msgspec.to_builtins(run))
    else:
        print_summary(run.summary)
        print_judgement(run.judgement)
    sys.exit(0 if run.summary.rungs and not run.summary.invalid_reasons and run.summary.end != "crashed" else BROKEN)


def _share(utilisation: Utilisation) -> str:
    """Return the share of the datasheet's peak, or where the part is not known, of the matrix product timed here."""
    share = utilisation.datasheet if utilisation.datasheet is not None else utilisation.measured
    return "-" if share is None else f"{share:.1%}"


def print_judgement(judgement: Judgement) -> None:
    """Print what the run says about the machine, and whether promises about tuning hold on it."""
    for words in (judgement_sentence(judgement), *map(claim_sentence, judgement.claims)):
        if words:
            click.echo(words)
    if judgement.recommended:
        click.echo(f"Recommended: {judgement.recommended}, the simplest setting within 2 % of the fastest.")
    for source in judgement_sources(judgement):
        note(f"Expected ranges: {source}")


def print_summary(summary: BenchSummary) -> None:
    """Print a run as a table and a few sentences."""
    where = summary.gpu.name if summary.gpu else summary.cpu if summary.device == "cpu" else ""
    torch = f"torch {summary.torch}" if summary.torch else ""
    if where or torch:
        click.echo(", ".join(filter(None, (where, torch))))
    if summary.shape:
        shape = summary.shape
        scaled = "; scaled down from GPT-2 124M to fit this device and the time" if summary.scaled else ""
        click.echo(
            f"Decoder {shape.name}: {shape.layers} layers, width {shape.width}, {shape.heads} heads, "
            f"context {shape.context}, vocabulary {shape.vocabulary}, batch {shape.batch}{scaled}"
        )
    if summary.rungs:
        known = any(rung.utilisation.datasheet is not None for rung in summary.rungs)
        share = "MFU" if known else "of GEMM"
        click.echo(f"{'rung':10} {'tokens/s':>12} {'95% interval':>24} {'TFLOP/s':>9} {share:>8} {'ratio':>7}  verdict")
    else:
        click.echo("Nothing was measured.")
    for rung in summary.rungs:
        rate = rung.tokens_per_second
        interval = f"{rate.low:,.0f} to {rate.high:,.0f}"
        # a ratio that the measurement cannot stand for would only mislead
        against = rung.against_baseline if rung.verdict != "cannot-tell" else None
        ratio = f"{against.value:.2f}x" if against else "-"
        marks = "".join(f", {_FLAGS.get(flag, flag)}" for flag in rung.flags)
        of_peak = _share(rung.utilisation)
        memory = f", peak {human_memory(rung.peak_memory)}" if rung.peak_memory else ""
        click.echo(
            f"{rung.id:10} {rate.median:12,.0f} {interval:>24} {rung.tflops:9.3f} {of_peak:>8} {ratio:>7}  "
            f"{_VERDICTS.get(rung.verdict, rung.verdict)}{marks}{memory}"
        )
    for slot in summary.not_run:
        click.echo(f"{slot.id:10} not run: {slot.text or slot.code}")
    for reason in summary.invalid_reasons:
        click.echo(f"This run is not valid: {_INVALID.get(reason, reason)}.")
    if summary.end != "finished":
        click.echo(f"The run {'was stopped' if summary.end == 'stopped' else 'broke off'}; what was finished is shown.")
