"""A benchmark's records as words, bars and rows: while they come, at the end, and from the history."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.bench import BenchSummary, decode_stream, summarise_run
from drydock.core.bench.judgement import recommended_rung
from drydock.core.bench.outcome import RungSummary
from drydock.core.bench.records import Hello, Plan, Record, SlotStart, Warn
from drydock.jobs.ceilings import ceilings_of, judgement_of
from drydock.qt.models.bench_verdict import VerdictView, verdict_of
from drydock.qt.models.benchmark_words import (
    TITLES,
    Note,
    conclusion,
    not_run_words,
    notes_of,
    plan_words,
    shown_rate,
    verdict_words,
)
from drydock.qt.widgets.bar_chart import Bar

GIB = 1 << 30
Phase: TypeAlias = Literal["running", "over", "stopped"]


class RungRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table, as text."""

    id: str
    title: str
    rate: str
    tflops: str
    share: str
    memory: str
    verdict: str
    wrong: bool = False


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown of a run.

    Attributes:
        device: what was measured, with which torch.
        share_title: what the share of a ceiling is of: ``MFU`` for the part's datasheet, else the product timed here.
    """

    conclusion: str
    device: str
    plan: str
    bars: tuple[Bar, ...] = ()
    rows: tuple[RungRow, ...] = ()
    share_title: str = ""
    notes: tuple[Note, ...] = ()
    verdict: VerdictView = VerdictView()


def runs_in(payload: bytes) -> tuple[tuple[Record, ...], ...]:
    """Return the runs in JSON Lines that hold one or several, each from its first record on."""
    runs: list[list[Record]] = []
    for record in decode_stream(payload.splitlines()).records:
        if isinstance(record, Hello) or not runs:
            runs.append([])
        runs[-1].append(record)
    return tuple(tuple(run) for run in runs)


def summary_of(records: Sequence[Record], phase: Phase) -> BenchSummary:
    """Summarise a run. One that was ended from here could not write its last record, and did not crash."""
    summary = summarise_run(records, ceilings_of(records))
    if phase == "stopped" and summary.end == "crashed":
        sound = bool(summary.rungs) and not summary.invalid_reasons
        return msgspec.structs.replace(summary, end="stopped", valid=sound)
    return summary


def view_of(records: Sequence[Record], phase: Phase) -> RunView:
    """Return what to show of a run from whatever of its records there is."""
    summary = summary_of(records, phase)
    by_datasheet = any(rung.utilisation.datasheet is not None for rung in summary.rungs)
    warnings = [record for record in records if isinstance(record, Warn)]
    return RunView(
        conclusion=conclusion(summary, running=phase == "running"),
        device=device_words(summary),
        plan=plan_words(summary),
        bars=_bars(records, summary, phase),
        rows=tuple(_row(rung, by_datasheet=by_datasheet) for rung in summary.rungs),
        share_title="MFU" if by_datasheet else "Of matmul",
        notes=notes_of(summary, warnings, running=phase == "running"),
        verdict=VerdictView() if phase == "running" else verdict_of(summary, judgement_of(summary)),
    )


def device_words(summary: BenchSummary) -> str:
    """Say what was measured: the GPU or processor, torch, and how thorough the run was."""
    on_gpu = bool(summary.device and summary.device.startswith("cuda"))
    name = (summary.gpu.name or "GPU") if summary.gpu else summary.cpu or "CPU"
    parts = [name if on_gpu else f"{name} (processor, no GPU)"]
    parts += [f"torch {summary.torch}"] if summary.torch else []
    parts += [f"{summary.mode} run"] if summary.mode else []
    parts += [f"{summary.wall_s:.0f} s"] if summary.wall_s is not None else []
    return "  ·  ".join(parts)


def _bars(records: Sequence[Record], summary: BenchSummary, phase: Phase) -> tuple[Bar, ...]:
    """Return a bar for each planned rung: measured, being measured, waiting, or why not."""
    measured = {rung.id: rung for rung in summary.rungs}
    plan = next((record for record in records if isinstance(record, Plan)), None)
    planned = [slot.id for slot in plan.slots if slot.id in TITLES] if plan else []
    order = [name for name in TITLES if name in planned or name in measured]
    now = next((record.slot for record in reversed(records) if isinstance(record, SlotStart)), "")
    best = recommended_rung(summary) if phase != "running" else None
    why = {item.id: not_run_words(item) for item in summary.not_run}
    bars: list[Bar] = []
    for name in order:
        rung = measured.get(name)
        if rung is not None:
            bars.append(_bar(rung, best=rung is best))
        elif phase == "running" and not _skipped(plan, name):
            bars.append(Bar(key=name, label=TITLES[name], note="measuring…" if name == now else "waiting"))
        else:
            bars.append(Bar(key=name, label=TITLES[name], note=why.get(name, "not measured")))
    return tuple(bars)


def _skipped(plan: Plan | None, name: str) -> bool:
    return any(slot.id == name and slot.skipped is not None for slot in plan.slots) if plan else False


def _bar(rung: RungSummary, *, best: bool) -> Bar:
    rate = rung.tokens_per_second
    telling = rung.against_baseline is not None and rung.verdict not in ("cannot-tell", "wrong-result")
    ratio = f"{rung.against_baseline.value:.2f}×" if rung.against_baseline and telling else ""
    if rung.verdict == "baseline":
        ratio = "1.00×"
    return Bar(
        key=rung.id,
        label=TITLES.get(rung.id, rung.id),
        value=rate.median,
        low=rate.low,
        high=rate.high,
        value_text=f"{rate.median:,.0f} tokens/s",
        ratio_text=ratio,
        best=best,
    )


def _row(rung: RungSummary, *, by_datasheet: bool) -> RungRow:
    share = rung.utilisation.datasheet if by_datasheet else rung.utilisation.measured
    memory = rung.peak_memory
    return RungRow(
        id=rung.id,
        title=TITLES.get(rung.id, rung.id),
        rate=shown_rate(rung),
        tflops=f"{rung.tflops:.3g}",
        share="—" if share is None else f"{share:.0%}",
        memory="—" if memory is None else f"{memory / GIB:.2f}\u202fGiB",
        verdict=verdict_words(rung),
        wrong=rung.verdict == "wrong-result",
    )
