"""Earlier runs of the benchmark on the command line: the list, one of them, two compared, a file."""

from pathlib import Path

import click
import msgspec

from drydock.cli.base import note, open_context, print_json, run_job
from drydock.core.bench.comparison import Comparison, RungChange
from drydock.jobs.bench_runs import Compared, CompareRunsJob, ExportRunJob, KeptRun, OpenRunJob
from drydock.jobs.history import ListRecordsJob
from drydock.store import StoredRecord

_CHANGES = {
    "faster": "faster",
    "slower": "slower",
    "same": "no change",
    "cannot-tell": "cannot tell",
    "only-before": "only in the first run",
    "only-after": "only in the second run",
    "wrong-result": "wrong results",
}
_WHY_NOT = {
    "shape": "they trained different models or batches",
    "not-valid-before": "the first run is not valid",
    "not-valid-after": "the second run is not valid",
}
_LISTED = 200


def look_up(number: str, compare: tuple[str, str] | None, export: Path | None, *, as_json: bool) -> None:
    """Show what was asked for: a run, two compared, or the list."""
    with open_context() as context:
        if export:
            path = run_job(ExportRunJob(context, number, export), _nothing, as_json=as_json)
            if as_json:
                print_json("bench-export", {"path": path})
            else:
                click.echo(path)
        elif number:
            _show_run(run_job(OpenRunJob(context, number), _nothing, as_json=as_json), as_json=as_json)
        elif compare:
            _show_compared(run_job(CompareRunsJob(context, *compare), _nothing, as_json=as_json), as_json=as_json)
        else:
            _show_list(run_job(ListRecordsJob(context, "bench", _LISTED), _nothing, as_json=as_json), as_json=as_json)


def _nothing(_step: object) -> None:
    """These jobs tell no steps."""


def _show_list(records: tuple[StoredRecord, ...], *, as_json: bool) -> None:
    if as_json:
        print_json("bench-history", {"runs": [{"id": item.id, "at": item.at, **item.summary} for item in records]})
        return
    if not records:
        note("No run is kept yet. Measure one with: drydock bench --quick")
    for item in records:
        said = item.summary
        rate = said.get("tokens_per_second")
        speed = f"{rate:,.0f} tokens/s ({said.get('best')})" if isinstance(rate, int | float) else "nothing measured"
        device = said.get("gpu") or "CPU"
        end = "" if said.get("end") == "finished" else f", {said.get('end')}"
        click.echo(f"{item.id:5}  {item.at}  {speed:28}  {device}, torch {said.get('torch')}, {said.get('mode')}{end}")


def _show_run(kept: KeptRun, *, as_json: bool) -> None:
    if as_json:
        print_json("bench-run", msgspec.to_builtins(kept))
        return
    from drydock.cli.bench import print_judgement, print_summary

    facts = kept.facts
    click.echo(f"Run {kept.name}" + (f", {facts.at}" if facts.at else "") + (f", {facts.where}" if facts.where else ""))
    print_summary(kept.summary)
    print_judgement(kept.judgement)


def _show_compared(compared: Compared, *, as_json: bool) -> None:
    if as_json:
        print_json("bench-comparison", msgspec.to_builtins(compared))
        return
    comparison = compared.comparison
    for difference in comparison.differences:
        click.echo(f"{difference.what}: {difference.before or '-'} -> {difference.after or '-'}")
    if not comparison.comparable:
        reasons = ", ".join(_WHY_NOT.get(code, code) for code in comparison.why_not)
        click.echo(f"Their speeds cannot be compared: {reasons}.")
    before = {rung.id: rung.tokens_per_second.median for rung in compared.before.summary.rungs}
    after = {rung.id: rung.tokens_per_second.median for rung in compared.after.summary.rungs}
    click.echo(f"{'rung':10} {'before':>12} {'after':>12} {'ratio':>7} {'95% interval':>14}  tokens/s")
    for change in comparison.rungs:
        click.echo(_line(change, before.get(change.id), after.get(change.id)))
    click.echo(_sentence(comparison))


def _line(change: RungChange, before: float | None, after: float | None) -> str:
    speeds = [f"{speed:,.0f}" if speed is not None else "-" for speed in (before, after)]
    ratio = change.ratio
    shown = (f"{ratio.value:.2f}x", f"{ratio.low:.2f} to {ratio.high:.2f}") if ratio else ("-", "-")
    return f"{change.id:10} {speeds[0]:>12} {speeds[1]:>12} {shown[0]:>7} {shown[1]:>14}  {_CHANGES[change.change]}"


def _sentence(comparison: Comparison) -> str:
    named = {kind: [item.id for item in comparison.rungs if item.change == kind] for kind in ("faster", "slower")}
    told = [f"{kind}: {', '.join(names)}" for kind, names in named.items() if names]
    if told:
        return f"Changed by more than repeats of a run differ: {'; '.join(told)}."
    if any(item.change == "same" for item in comparison.rungs):
        return "Nothing changed by more than repeats of a run differ."
    return "Whether something changed cannot be told from these runs."
