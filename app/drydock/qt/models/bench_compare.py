"""Two runs of the benchmark side by side, as rows and sentences."""

import msgspec

from drydock.core.bench.comparison import Change, Comparison, Difference, RungChange, compare
from drydock.qt.models.bench_history import EarlierRun
from drydock.qt.models.benchmark import summary_of
from drydock.qt.models.benchmark_words import TITLES
from drydock.qt.theme import State

_CHANGES: dict[Change, tuple[State, str]] = {
    "faster": ("ok", "faster"),
    "slower": ("attention", "slower"),
    "same": ("ok", "no change"),
    "cannot-tell": ("not_tested", "cannot tell"),
    "only-before": ("not_tested", "only in the first"),
    "only-after": ("not_tested", "only in the second"),
    "wrong-result": ("broken", "wrong results"),
}
_WHY_NOT = {
    "shape": "they trained different models or batches",
    "not-valid-before": "the first run is not valid",
    "not-valid-after": "the second run is not valid",
}
_WHAT = {
    "gpu": "Device",
    "torch": "torch",
    "where": "Where",
    "image": "Image",
    "digest": "Image contents",
    "mode": "How thorough",
    "shape": "Model",
}


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rung in both runs, as text."""

    title: str
    before: str
    after: str
    ratio: str
    interval: str
    word: str
    state: State


class CompareView(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs, the earlier one first.

    Attributes:
        sentence: what it comes to, or why the runs cannot be compared.
        differences: what was not the same in both, as pairs of a name and both values.
    """

    before: str
    after: str
    sentence: str
    state: State
    rows: tuple[ChangeRow, ...]
    differences: tuple[tuple[str, str], ...]


def comparison_of(one: EarlierRun, other: EarlierRun) -> CompareView:
    """Compare two runs; where both tell when they were, the earlier one is the first."""
    before, after = (other, one) if one.facts.at and other.facts.at and one.facts.at > other.facts.at else (one, other)
    summaries = [summary_of(run.records, run.phase) for run in (before, after)]
    found = compare(summaries[0], summaries[1], (before.facts, after.facts))
    speeds = [{rung.id: rung.tokens_per_second.median for rung in summary.rungs} for summary in summaries]
    state, sentence = _conclusion(found)
    return CompareView(
        before=before.title,
        after=after.title,
        sentence=sentence,
        state=state,
        rows=tuple(_row(item, speeds[0].get(item.id), speeds[1].get(item.id)) for item in found.rungs),
        differences=tuple(_difference(item) for item in found.differences),
    )


def _row(item: RungChange, before: float | None, after: float | None) -> ChangeRow:
    state, word = _CHANGES[item.change]
    shown = ["—" if speed is None else f"{speed:,.0f}" for speed in (before, after)]
    return ChangeRow(
        title=TITLES.get(item.id, item.id),
        before=shown[0],
        after=shown[1],
        ratio=f"{item.ratio.value:.2f}×" if item.ratio else "—",
        interval=f"{item.ratio.low:.2f} to {item.ratio.high:.2f}" if item.ratio else "—",
        word=word,
        state=state,
    )


def _difference(item: Difference) -> tuple[str, str]:
    return _WHAT.get(item.what, item.what), f"{item.before or 'not known'} → {item.after or 'not known'}"


def _conclusion(found: Comparison) -> tuple[State, str]:
    if not found.comparable:
        reasons = ", and ".join(_WHY_NOT.get(code, code) for code in found.why_not)
        return "not_tested", f"Their speeds cannot be compared: {reasons}."
    slower, faster = (_names(found, change) for change in ("slower", "faster"))
    if slower or faster:
        told = [f"slower: {slower}"] if slower else []
        told += [f"faster: {faster}"] if faster else []
        return "attention" if slower else "ok", f"The second run is, beyond what repeats differ by, {'; '.join(told)}."
    if any(item.change == "same" for item in found.rungs):
        return "ok", "Nothing changed by more than repeats of a run differ."
    return "not_tested", "Whether something changed cannot be told: the runs were too short or too noisy."


def _names(found: Comparison, change: str) -> str:
    return ", ".join(TITLES.get(item.id, item.id).removeprefix("+ ") for item in found.rungs if item.change == change)
