"""Does this GPU do what it should, and do the usual promises about tuning hold on it?

Two exact factors, model FLOP/s = datasheet x (GEMM / datasheet) x (model / GEMM), are each compared with what others
published. Promises are ratios with an interval; one that was not measured is not judged.
"""

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.bench.outcome import BenchSummary, RungSummary
from drydock.core.bench.statistics import Ratio, ratio

WIDENED = 0.10
"""Ranges of others are widened by this share at both ends: few runs stand behind each."""

NEAR = 1.10
"""Up to this share of the middle of what is expected nothing is called faster than it should be."""

Grade = Literal["near", "below", "above", "no-reference", "not-valid"]
Held = Literal["holds", "more", "less", "hurts", "cannot-tell"]


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share that others reached, from ``low`` to ``high``, and where that is published."""

    low: float
    high: float
    source: str

    @property
    def middle(self) -> float:
        """What a healthy part reaches."""
        return (self.low + self.high) / 2


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """One factor of the speed: ``gemm`` (products against the datasheet) or ``work`` (training against products)."""

    id: Literal["gemm", "work"]
    value: float
    expected: Expected | None = None

    @property
    def short(self) -> bool:
        """Whether it is below all that is expected, the range widened."""
        return self.expected is not None and self.value < self.expected.low * (1 - WIDENED)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A promise about tuning, and what was measured.

    Attributes:
        id: ``compile``, ``amp-tf32`` or ``amp-fp32``.
        low: least that is promised, as a ratio; ``high`` the most.
        ratio: what was measured; None where it was not.
        repaid_after: steps after which compiling has saved what it cost; None where it does not, or is not known.
    """

    id: Literal["compile", "amp-tf32", "amp-fp32"]
    low: float
    high: float
    ratio: Ratio | None
    held: Held
    repaid_after: int | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a run says about the machine.

    Attributes:
        share: speed as a share of what is expected; None without a reference.
        factors: those that were measured, the one that falls short most first.
        recommended: id of the first rung within 2 % of the fastest whose results are right; empty where fp32 is.
    """

    grade: Grade
    share: float | None
    factors: tuple[Factor, ...]
    claims: tuple[Claim, ...]
    recommended: str


_CLAIMS: tuple[tuple[Literal["compile", "amp-tf32", "amp-fp32"], str, str, float, float], ...] = (
    # torch.compile brings 15 to 30 % on GPT-style models
    ("compile", "compile", "sdpa", 1.15, 1.30),
    # mixed precision brings 1.8x; against which base is left open, so both are told
    ("amp-tf32", "amp", "tf32", 1.62, 1.98),
    ("amp-fp32", "amp", "fp32", 1.62, 1.98),
)
_CLOSE = 0.98


def judge(
    summary: BenchSummary,
    datasheet: float | None = None,
    gemm: Expected | None = None,
    work: Mapping[str, Expected] | None = None,
) -> Judgement:
    """Judge a run.

    Args:
        summary: of the run.
        datasheet: dense half precision peak of the part, FLOP/s.
        gemm: what share of it a large product reaches.
        work: what share of the product training of GPT-2 124M reaches, by rung.
    """
    best = recommended_rung(summary)
    factors = _factors(summary, datasheet, gemm, work or {})
    known = [factor for factor in factors if factor.expected is not None]
    share = math.prod(factor.value / factor.expected.middle for factor in known if factor.expected) if known else None
    return Judgement(
        grade=_grade(summary, known, share),
        share=share,
        factors=tuple(sorted(factors, key=_reached)),
        claims=tuple(_claim(summary, *claim) for claim in _CLAIMS),
        recommended=best.id if best else "",
    )


def _grade(summary: BenchSummary, known: list[Factor], share: float | None) -> Grade:
    if not summary.valid:
        return "not-valid"
    if share is None:
        return "no-reference"
    if any(factor.short for factor in known):
        return "below"
    return "above" if share > NEAR else "near"


def _factors(
    summary: BenchSummary, datasheet: float | None, gemm: Expected | None, work: Mapping[str, Expected]
) -> list[Factor]:
    found: list[Factor] = []
    half = summary.gemm_tflops.get("bf16", summary.gemm_tflops.get("fp16"))
    if half and datasheet:
        found.append(Factor(id="gemm", value=half * 1e12 / datasheet, expected=gemm))
    best = next((rung for rung in summary.rungs if rung.id == summary.best), None)
    if best and best.utilisation.measured is not None:
        # published figures are of the whole model; a smaller one spends its time otherwise
        expected = None if summary.scaled or summary.gpu is None else work.get(best.id)
        found.append(Factor(id="work", value=best.utilisation.measured, expected=expected))
    return found


def _reached(factor: Factor) -> float:
    return factor.value / factor.expected.middle if factor.expected else math.inf


def recommended_rung(summary: BenchSummary) -> RungSummary | None:
    """Return the first rung within 2 % of the fastest that is certainly faster than plain fp32; None where none is.

    A later rung asks more of the code, and of patience.
    """
    wins = [rung for rung in summary.rungs if rung.verdict == "win"]
    fastest = max((rung.tokens_per_second.median for rung in wins), default=0.0)
    return next((rung for rung in wins if rung.tokens_per_second.median >= _CLOSE * fastest), None)


def _claim(
    summary: BenchSummary,
    claim: Literal["compile", "amp-tf32", "amp-fp32"],
    tuned: str,
    base: str,
    low: float,
    high: float,
) -> Claim:
    rungs = {rung.id: rung for rung in summary.rungs if rung.verdict != "wrong-result"}
    # TF32 is a rung only where there are Tensor Cores for it; without it the base says nothing
    if not summary.valid or tuned not in rungs or base not in rungs:
        return Claim(id=claim, low=low, high=high, ratio=None, held="cannot-tell")
    try:
        measured = ratio(rungs[tuned].tokens_per_second, rungs[base].tokens_per_second)
    except (ValueError, OverflowError):
        return Claim(id=claim, low=low, high=high, ratio=None, held="cannot-tell")
    sure = min(rungs[name].tokens_per_second.count for name in (tuned, base)) >= _LEAST
    held = _held(measured, low, high) if sure else "cannot-tell"
    repaid = _repaid_after(rungs[tuned], rungs[base], measured) if claim == "compile" else None
    return Claim(id=claim, low=low, high=high, ratio=measured, held=held, repaid_after=repaid)


_LEAST = 6  # with fewer values there is no interval of 95 %


def _held(measured: Ratio, low: float, high: float) -> Held:
    if measured.high < 1:
        return "hurts"
    if measured.high < low:
        return "less"
    if measured.low > high:
        return "more"
    return "holds" if measured.low >= low and measured.high <= high else "cannot-tell"


def _repaid_after(tuned: RungSummary, base: RungSummary, measured: Ratio) -> int | None:
    if not measured.low > 1 or tuned.first_s is None or tuned.step_ms is None or base.step_ms is None:
        return None
    saved = (base.step_ms.median - tuned.step_ms.median) / 1000
    return math.ceil(tuned.first_s / saved) if saved > 0 else None
