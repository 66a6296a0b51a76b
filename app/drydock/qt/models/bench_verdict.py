"""What a benchmark says about the machine: does it what it should, which promises hold, and which setting to use."""

import msgspec

from drydock.core.bench import BenchSummary
from drydock.core.bench.judgement import Claim, Grade, Held, Judgement
from drydock.core.bench.judgement_words import claim_cells, judgement_sentence, judgement_sources
from drydock.core.bench.snippet import snippet_of
from drydock.qt.theme import State

_GRADES: dict[Grade, tuple[State, str]] = {
    "near": ("ok", "Does what it should"),
    "above": ("ok", "More than expected"),
    "below": ("attention", "Falls short"),
    "no-reference": ("not_tested", "No reference"),
    "not-valid": ("broken", "Not valid"),
}
_HELD: dict[Held, State] = {
    "holds": "ok",
    "more": "ok",
    "less": "attention",
    "hurts": "attention",
    "cannot-tell": "not_tested",
}


class ClaimRow(msgspec.Struct, frozen=True, kw_only=True):
    """A promise about tuning: what is promised, what was measured, and whether it holds."""

    promise: str
    measured: str
    word: str
    state: State


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown of a judgement.

    Attributes:
        sentence: empty where nothing can be said of the machine; then ``state`` and ``word`` are not shown either.
        sources: where the expected ranges are published.
        snippet: the recommended setting as code; empty where plain fp32 is it.
    """

    state: State = "not_tested"
    word: str = ""
    sentence: str = ""
    sources: tuple[str, ...] = ()
    claims: tuple[ClaimRow, ...] = ()
    snippet: str = ""


def verdict_of(summary: BenchSummary, judgement: Judgement) -> VerdictView:
    """Return what to show of a run that is over."""
    state, word = _GRADES[judgement.grade]
    return VerdictView(
        state=state,
        word=word,
        sentence=judgement_sentence(judgement),
        sources=judgement_sources(judgement),
        claims=tuple(_row(claim) for claim in judgement.claims if _worth_telling(claim, summary)),
        snippet=snippet_of(summary),
    )


def _worth_telling(claim: Claim, summary: BenchSummary) -> bool:
    """Whether a promise belongs to this device at all: where there is no TF32, nothing can be said against it."""
    if not summary.valid or not summary.rungs:
        return False
    return claim.ratio is not None or claim.id != "amp-tf32"


def _row(claim: Claim) -> ClaimRow:
    promise, measured, word = claim_cells(claim)
    return ClaimRow(promise=promise, measured=measured, word=word, state=_HELD[claim.held])
