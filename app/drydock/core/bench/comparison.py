"""Two runs of the benchmark side by side: is one faster, rung by rung, and what differed between them?"""

from typing import Literal

import msgspec

from drydock.core.bench.outcome import BenchSummary, RungSummary
from drydock.core.bench.statistics import LEAST_FOR_INTERVAL, Ratio, ratio

REPEATS_WITHIN = 0.01
"""Two runs of the same machine differ by so much without a cause; an interval within a run does not know of it."""

Change = Literal["faster", "slower", "same", "cannot-tell", "only-before", "only-after", "wrong-result"]


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run besides its numbers.

    Attributes:
        at: when it ended, ISO 8601, UTC; empty where that is not known.
        where: image, session or Python that it ran in.
    """

    at: str = ""
    where: str = ""
    image: str = ""
    digest: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was not the same in both runs (``gpu``, ``torch``, ``image``, ``digest``, ``mode`` …)."""

    what: str
    before: str
    after: str


class RungChange(msgspec.Struct, frozen=True, kw_only=True):
    """A rung in both runs; ``ratio`` is how many times faster the later one was."""

    id: str
    ratio: Ratio | None
    change: Change


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs compared.

    Attributes:
        comparable: both trained the same model with the same batch, and both runs are valid.
        why_not: ``shape``, ``not-valid-before``, ``not-valid-after``.
    """

    comparable: bool
    why_not: tuple[str, ...]
    differences: tuple[Difference, ...]
    rungs: tuple[RungChange, ...]


def compare(before: BenchSummary, after: BenchSummary, facts: tuple[RunFacts, RunFacts] | None = None) -> Comparison:
    """Compare two runs; without the same model and batch no rung has a ratio."""
    why_not = [
        *(["shape"] if before.shape is None or before.shape != after.shape else []),
        *(["not-valid-before"] if not before.valid else []),
        *(["not-valid-after"] if not after.valid else []),
    ]
    first = {rung.id: rung for rung in before.rungs}
    second = {rung.id: rung for rung in after.rungs}
    names = [*first, *(name for name in second if name not in first)]
    return Comparison(
        comparable=not why_not,
        why_not=tuple(why_not),
        differences=_differences(before, after, facts or (RunFacts(), RunFacts())),
        rungs=tuple(_change(name, first.get(name), second.get(name), told=not why_not) for name in names),
    )


def _change(name: str, before: RungSummary | None, after: RungSummary | None, *, told: bool) -> RungChange:
    if before is None or after is None:
        return RungChange(id=name, ratio=None, change="only-after" if before is None else "only-before")
    if "wrong-result" in (before.verdict, after.verdict):
        return RungChange(id=name, ratio=None, change="wrong-result")
    if not told:
        return RungChange(id=name, ratio=None, change="cannot-tell")
    try:
        measured = ratio(after.tokens_per_second, before.tokens_per_second)
    except (ValueError, OverflowError):
        return RungChange(id=name, ratio=None, change="cannot-tell")
    few = min(before.tokens_per_second.count, after.tokens_per_second.count) < LEAST_FOR_INTERVAL
    return RungChange(id=name, ratio=measured, change="cannot-tell" if few else _judged(measured))


def _judged(measured: Ratio) -> Change:
    if measured.low > 1 + REPEATS_WITHIN:
        return "faster"
    if measured.high < 1 - REPEATS_WITHIN:
        return "slower"
    # an interval as narrow as what repeats differ by leaves no room for a change that matters
    narrow = measured.low > 1 - 2 * REPEATS_WITHIN and measured.high < 1 + 2 * REPEATS_WITHIN
    return "same" if narrow else "cannot-tell"


def _differences(before: BenchSummary, after: BenchSummary, facts: tuple[RunFacts, RunFacts]) -> tuple[Difference, ...]:
    pairs = (
        ("gpu", _device(before), _device(after)),
        ("torch", before.torch or "", after.torch or ""),
        ("where", facts[0].where, facts[1].where),
        ("image", facts[0].image, facts[1].image),
        ("digest", facts[0].digest, facts[1].digest),
        ("mode", before.mode or "", after.mode or ""),
        ("shape", _shape(before), _shape(after)),
    )
    return tuple(Difference(what=what, before=one, after=other) for what, one, other in pairs if one != other)


def _device(summary: BenchSummary) -> str:
    return (summary.gpu.name or "GPU") if summary.gpu else summary.cpu


def _shape(summary: BenchSummary) -> str:
    shape = summary.shape
    return f"{shape.name}, batch {shape.batch}, context {shape.context}" if shape else ""
