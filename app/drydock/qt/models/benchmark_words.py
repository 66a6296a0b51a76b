"""The sentences about a benchmark: its plan, its verdicts, its warnings and what it all comes to."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from drydock.core.bench import BenchSummary
from drydock.core.bench.judgement import recommended_rung
from drydock.core.bench.outcome import NotRun, RungSummary
from drydock.core.bench.records import Warn

# the ladder; each rung keeps what the one before had
TITLES: dict[str, str] = {
    "fp32": "fp32 eager",
    "tf32": "+ TF32",
    "amp": "+ mixed precision",
    "sdpa": "+ fused attention",
    "compile": "+ torch.compile",
}
_FULL_NAMES: dict[str, str] = {
    "fp32": "plain fp32",
    "tf32": "TF32",
    "amp": "mixed precision (AMP)",
    "sdpa": "mixed precision with fused attention (SDPA)",
    "compile": "torch.compile on top of AMP and SDPA",
}
_VERDICTS: dict[str, str] = {
    "baseline": "the base",
    "win": "faster",
    "loss": "slower",
    "no-effect": "no effect",
    "cannot-tell": "cannot tell",
    "wrong-result": "wrong result",
}
_FLAGS: dict[str, str] = {
    "not-converged": "not converged",
    "cut": "cut by the time limit",
    "stopped": "stopped",
    "unfinished": "unfinished",
    "loss-not-finite": "the loss is not finite",
    "loss-not-falling": "the loss does not fall",
    "loss-frozen": "the loss does not change",
}
_NOT_RUN: dict[str, str] = {
    "timeout": "no time was left",
    "oom": "out of memory",
    "crash": "it crashed",
    "compiler-missing": "no C++ compiler",
    "unfinished": "not finished",
    "not-reached": "not reached",
    "cpu": "only on NVIDIA GPUs",
}
_INVALID: dict[str, str] = {
    "torch": "torch cannot be used",
    "not-prepared": "the preparation did not end",
    "nothing-measured": "no rung could be measured",
}

_MORE_THAN_POSSIBLE = 1.05  # of a plain product's speed, beyond what noise explains


class Note(msgspec.Struct, frozen=True):
    """A remark on a run. ``attention`` where it makes numbers doubtful."""

    text: str
    tone: Literal["plain", "attention", "broken"] = "plain"


def plan_words(summary: BenchSummary) -> str:
    """Say what is trained, and whether it was made smaller."""
    shape = summary.shape
    if shape is None:
        return ""
    words = (
        f"A GPT-2-shaped decoder: {shape.layers} layers, width {shape.width}, {shape.heads} heads, "
        f"context {shape.context}, batch {shape.batch}."
    )
    if not summary.scaled:
        return f"{words} This is GPT-2 with 124 million parameters, so its numbers compare with published ones."
    device = "GPU" if summary.gpu else "CPU"
    return (
        f"{words} It is scaled down from GPT-2 124M for this {device} and this time, so its numbers compare only with "
        "runs of the same shape."
    )


def shown_rate(rung: RungSummary) -> str:
    """Return the median with half the width of its interval."""
    rate = rung.tokens_per_second
    return f"{rate.median:,.0f} ± {(rate.high - rate.low) / 2:,.0f}"


def verdict_words(rung: RungSummary) -> str:
    """Return the verdict and what speaks against it."""
    words = _VERDICTS[rung.verdict]
    ratio = rung.against_baseline
    if ratio is not None and rung.verdict in ("win", "loss"):
        words = f"{words}, {ratio.value:.2f}× ({ratio.low:.2f} to {ratio.high:.2f})"
    flags = [_FLAGS.get(flag, flag) for flag in rung.flags]
    return "; ".join([words, *flags])


def not_run_words(item: NotRun) -> str:
    """Return in few words why a rung has no number."""
    first = item.text.strip().splitlines()[0] if item.text.strip() else ""
    return _NOT_RUN.get(item.code) or first or item.code


def conclusion(summary: BenchSummary, *, running: bool) -> str:
    """Return the one sentence a run comes to."""
    if running:
        return _so_far(summary)
    if summary.invalid_reasons:
        return f"These numbers are not valid: {'; '.join(_invalid_words(code) for code in summary.invalid_reasons)}."
    ended = {"stopped": "Stopped early. ", "crashed": "The run broke off. "}.get(summary.end, "")
    if not summary.rungs:
        return f"{ended}Nothing was measured."
    return ended + _best_words(summary)


def _so_far(summary: BenchSummary) -> str:
    if summary.torch is None:
        return "Starting Python and importing torch…"
    if not summary.rungs:
        return "Preparing: the speed of plain matrix products, and whether results are right."
    count = len(summary.rungs)
    return f"{count} rung{'s' if count > 1 else ''} measured so far."


def _best_words(summary: BenchSummary) -> str:
    base = next((rung for rung in summary.rungs if rung.verdict == "baseline"), None)
    best = recommended_rung(summary)
    if best is not None and best.against_baseline is not None:
        ratio = best.against_baseline
        words = (
            f"Use {_FULL_NAMES.get(best.id, best.id)}: it trains {ratio.value:.2f} times as fast as plain fp32 "
            f"({ratio.low:.2f} to {ratio.high:.2f}), {best.tokens_per_second.median:,.0f} tokens a second."
        )
        return f"{words} {_share_words(best)}".strip()
    if base is not None:
        rate = base.tokens_per_second.median
        first = f"Plain fp32 trains {rate:,.0f} tokens a second."
        others = {rung.verdict for rung in summary.rungs} - {"baseline"}
        if "cannot-tell" in others:
            return f"{first} Whether a tuning is faster cannot be told: the run was too short or too noisy."
        return f"{first} No tuning is faster here." if others else first
    only = summary.rungs[0]
    return f"{TITLES.get(only.id, only.id)} trains {only.tokens_per_second.median:,.0f} tokens a second."


def _share_words(rung: RungSummary) -> str:
    share = rung.utilisation
    if share.datasheet is not None:
        return f"That is {share.datasheet:.0%} of the datasheet's peak (MFU)."
    if share.measured is not None:
        return f"That is {share.measured:.0%} of what a plain matrix product reaches here."
    return ""


def _invalid_words(code: str) -> str:
    kind, _, slot = code.partition("/")
    if kind in ("wrong-result", "parity"):
        return f"{TITLES.get(slot, slot)} computes wrong results"
    return _INVALID.get(code, code)


def notes_of(summary: BenchSummary, warnings: Sequence[Warn], *, running: bool) -> tuple[Note, ...]:
    """Return the remarks: doubts first, then what was not run and why."""
    notes: list[Note] = []
    if summary.checker_proved is False:
        notes.append(
            Note("The check that must find planted errors did not find them: no result here is proven.", "broken")
        )
    for record in warnings:
        if record.code != "drifting":
            words = record.text or record.code
            notes.append(Note(f"{words[0].upper()}{words[1:]}", "attention"))
    if summary.drift is not None:
        notes.append(
            Note(
                f"The machine was not steady: the first rung, run again, was {summary.drift.value:.3f} times as fast. "
                "Smaller differences than that say nothing. Close other programs and run it again.",
                "attention",
            )
        )
    if running:
        return tuple(notes)
    if any((rung.utilisation.measured or 0.0) > _MORE_THAN_POSSIBLE for rung in summary.rungs):
        notes.append(
            Note(
                "The model ran faster than the plain matrix products measured before it. Something else used the "
                "machine at that time, so shares of them say little.",
                "attention",
            )
        )
    doubtful = [TITLES.get(rung.id, rung.id) for rung in summary.rungs if not rung.converged]
    if doubtful:
        notes.append(
            Note(f"Not converged: {', '.join(doubtful)}. The interval is still wide; a standard run narrows it.")
        )
    for item in summary.not_run:
        if item.id in TITLES:
            reason = item.text.strip().splitlines()[0] if item.text.strip() else not_run_words(item)
            notes.append(Note(f"{TITLES[item.id]} was not measured: {reason}."))
    return tuple(notes)
