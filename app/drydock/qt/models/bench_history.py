"""Earlier benchmarks as lines of a list."""

import msgspec

from drydock.core.bench import summarise_run
from drydock.core.bench.records import Record
from drydock.qt.models.benchmark import Phase, runs_in
from drydock.store import StoredRecord


class EarlierRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that can be looked at again: what it is called, what is said beside it, its records."""

    title: str
    detail: str
    records: tuple[Record, ...]
    phase: Phase


def from_history(record: StoredRecord) -> EarlierRun | None:
    """Return a kept run; None where its records cannot be read any more."""
    runs = runs_in(record.payload)
    if not runs:
        return None
    values = record.summary
    when = record.at.replace("T", " ").removesuffix("Z")
    where = str(values.get("where") or values.get("image") or "")
    stopped = values.get("end") == "stopped"
    return EarlierRun(
        title=f"{when} UTC  ·  {where}" if where else f"{when} UTC",
        detail=_detail(runs[0]),
        records=runs[0],
        phase="stopped" if stopped else "over",
    )


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
