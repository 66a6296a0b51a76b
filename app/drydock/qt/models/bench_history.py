"""Earlier benchmarks as lines of a list."""

import re
from pathlib import Path

import msgspec

from drydock.core.bench import summarise_run
from drydock.core.bench.comparison import RunFacts
from drydock.core.bench.records import Record
from drydock.jobs.bench_runs import RunFile
from drydock.qt.models.benchmark import Phase, runs_in
from drydock.store import StoredRecord


class EarlierRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that can be looked at again: what it is called, what is said beside it, its records.

    Attributes:
        name: its number in the history, or the path of the file it is in; empty for a run of a recorded machine.
    """

    title: str
    detail: str
    records: tuple[Record, ...]
    phase: Phase
    name: str = ""
    facts: RunFacts = RunFacts()


def from_history(record: StoredRecord) -> EarlierRun | None:
    """Return a kept run; None where its records cannot be read any more."""
    runs = runs_in(record.payload)
    if not runs:
        return None
    values = record.summary
    when = _when(record.at)
    where = str(values.get("where") or values.get("image") or "")
    stopped = values.get("end") == "stopped"
    return EarlierRun(
        title=f"{when}  ·  {where}" if where else when,
        detail=_detail(runs[0]),
        records=runs[0],
        phase="stopped" if stopped else "over",
        name=str(record.id),
        facts=RunFacts(
            at=record.at,
            where=str(values.get("where") or ""),
            image=str(values.get("image") or ""),
            digest=str(values.get("digest") or ""),
        ),
    )


def from_file(run: RunFile) -> EarlierRun | None:
    """Return a run of a file, named so that nobody takes it for one of this computer; None where it holds none."""
    runs = runs_in(run.payload)
    if not runs:
        return None
    when = f"{_when(run.facts.at)}  ·  " if run.facts.at else ""
    return EarlierRun(
        title=f"From a file: {Path(run.name).name}",
        detail=f"{when}{_detail(runs[0])}",
        records=runs[0],
        phase="over",
        name=run.name,
        facts=run.facts,
    )


def file_name(run: EarlierRun) -> str:
    """Return a name for the file that a run is exported to."""
    day = run.facts.at.partition("T")[0]
    device = run.detail.partition("  ·")[0]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', f'drydock-bench-{device}-{day}').strip('-')}.jsonl"


def _when(at: str) -> str:
    return f"{at.replace('T', ' ').removesuffix('Z')} UTC"


def from_recording(payload: bytes) -> tuple[EarlierRun, ...]:
    """Return the runs of a recorded machine."""
    return tuple(
        EarlierRun(title=f"Run {number}", detail=_detail(run), records=run, phase="over")
        for number, run in enumerate(runs_in(payload), start=1)
    )


def _detail(records: tuple[Record, ...]) -> str:
    summary = summarise_run(records)
    device = (summary.gpu.name or "GPU").removeprefix("NVIDIA ") if summary.gpu else "CPU"
    parts = [device]
    parts += [f"torch {summary.torch}"] if summary.torch else []
    parts += [summary.mode] if summary.mode else []
    best = next((rung for rung in summary.rungs if rung.id == summary.best), None)
    parts += [f"{best.tokens_per_second.median:,.0f} tokens/s"] if best else ["nothing measured"]
    return "  ·  ".join(parts)
