"""Measures how fast a Transformer trains in an image, a session or on this computer."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.bench import BenchSummary, summarise_run
from drydock.core.bench.judgement import Judgement
from drydock.core.bench.records import Compare, ErrorRecord, Final, Hello, Record, Result, encode_line
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs.ceilings import ceilings_of, judgement_of
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.targets import HostTarget, ImageTarget, Place, SessionTarget, Target, entered
from drydock.world import Stop

__all__ = ["BenchJob", "BenchRun", "BenchStep", "HostTarget", "ImageTarget", "SessionTarget", "Target"]

BenchMode: TypeAlias = Literal["quick", "standard"]

_LIMITS: dict[BenchMode, float] = {"quick": 180.0, "standard": 600.0}
"""Seconds. The probe keeps to a budget of 30 and 180 by itself; importing torch and compiling come on top."""


class BenchStep(msgspec.Struct, frozen=True, kw_only=True):
    """A record that the benchmark wrote just now, and the summary of all until now where it changed."""

    record: Record
    summary: BenchSummary | None = None


class BenchRun(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark that came to an end.

    Attributes:
        at: when it ended, ISO 8601, UTC.
        judgement: what it says about the machine and about promises of tuning.
        record_id: its number in the history; None where it could not be kept.
    """

    place: Place
    at: str
    summary: BenchSummary
    judgement: Judgement
    record_id: int | None


class BenchJob(Job[BenchRun]):
    """Run the benchmark and keep it in the history. Tells ``PullProgress`` and :class:`BenchStep`.

    Args:
        target: where.
        mode: quick takes half a minute, standard three minutes.
        device: ``auto`` (the first GPU, else the CPU), ``cpu`` or ``cuda:N``.
    """

    def __init__(
        self,
        context: Context,
        target: Target,
        mode: BenchMode = "quick",
        *,
        device: str = "auto",
    ) -> None:
        self._context = context
        self._target = target
        self._mode: BenchMode = mode
        self._device = device

    def run(self, tell: Tell, stop: Stop) -> BenchRun:
        """Measure.

        Raises:
            Trouble: ``bench-no-torch``, or the place cannot be had, or the benchmark could not be run there.
            Stopped: the stop was asked for; what was measured until then is in the history.
        """
        records: list[Record] = []

        def take(record: Record) -> None:
            records.append(record)
            news = isinstance(record, Result | Compare | Final)
            tell(BenchStep(record=record, summary=summarise_run(records, ceilings_of(records)) if news else None))

        arguments = (f"--{self._mode}", "--device", self._device)
        with entered(self._context, self._target, tell, stop) as (place, run):
            try:
                end = run("bench", arguments, take, _LIMITS[self._mode])
            except Stopped:
                self._keep_stopped(records, place)
                raise
        _need_torch(end.stream.records, place)
        summary = summarise_run(end.stream.records, ceilings_of(records))
        record_id = self._context.store.add_record("bench", end.payload, _summary(place, summary))
        return BenchRun(
            place=place,
            at=self._context.world.now(),
            summary=summary,
            judgement=judgement_of(summary),
            record_id=record_id,
        )

    def _keep_stopped(self, records: Sequence[Record], place: Place) -> None:
        """Keep what was measured before the stop in the history."""
        summary = msgspec.structs.replace(summarise_run(records, ceilings_of(records)), end="stopped")
        if summary.rungs:
            payload = b"".join(encode_line(record) for record in records)
            self._context.store.add_record("bench", payload, _summary(place, summary))


def _need_torch(records: tuple[Record, ...], place: Place) -> None:
    """Tell a missing torch as a trouble: there is nothing to measure then."""
    hello = next((record for record in records if isinstance(record, Hello)), None)
    error = next((record for record in records if isinstance(record, ErrorRecord) and record.slot == "torch"), None)
    if error is not None and (hello is None or hello.torch is None):
        raise Trouble("bench-no-torch", where=place.name, text=error.text)


def _summary(place: Place, summary: BenchSummary) -> dict[str, str | int | float | bool | None]:
    best = next((rung for rung in summary.rungs if rung.id == summary.best), None)
    return {
        "where": place.name,
        "kind": place.kind,
        "image": place.image,
        "digest": place.digest,
        "mode": summary.mode,
        "device": summary.device,
        "gpu": summary.gpu.name if summary.gpu else None,
        "torch": summary.torch,
        "scaled": summary.scaled,
        "valid": summary.valid,
        "end": summary.end,
        "best": summary.best,
        "tokens_per_second": best.tokens_per_second.median if best else None,
    }
