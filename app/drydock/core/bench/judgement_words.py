"""A judgement in sentences, the same in the window and on the command line."""

from drydock.core.bench.judgement import Claim, Factor, Judgement

_FACTORS = {
    "gemm": "matrix products reach {value:.0%} of the data sheet's peak",
    "work": "training reaches {value:.0%} of what matrix products reach here",
}
_SHORT = {
    "gemm": "Look at clocks, temperature, power limit and other programs on the GPU: drydock doctor --depth deep.",
    "work": "The GPU waits between its products: a larger batch, fused attention and torch.compile shorten that.",
}
_CLAIMS = {
    "compile": ("torch.compile", "fused attention without it", "15 to 30 % faster"),
    "amp-tf32": ("mixed precision", "TF32", "1.8 times as fast"),
    "amp-fp32": ("mixed precision", "plain fp32", "1.8 times as fast"),
}
_HELD = {
    "holds": "The promise of {promise} holds here.",
    "more": "That is more than the promised {promise}.",
    "less": "That is less than the promised {promise}.",
    "hurts": "It makes training slower here, against the promise of {promise}.",
    "cannot-tell": "Whether the promise of {promise} holds cannot be told from this run.",
}


def judgement_sentence(judgement: Judgement) -> str:
    """Say whether the machine does what it should, and why; empty where nothing was measured."""
    if judgement.grade == "not-valid" or not judgement.factors:
        return ""
    told = "; ".join(_factor_words(factor) for factor in judgement.factors)
    if judgement.share is None:
        return f"There is no reference for this device: {told}."
    head = {
        "below": f"This GPU reaches {judgement.share:.0%} of what it should: ",
        "above": f"This GPU is faster than what others published ({judgement.share:.0%} of it): ",
    }.get(judgement.grade, "This GPU does what it should: ")
    short = next((factor for factor in judgement.factors if factor.short), None)
    return f"{head}{told}." + (f" {_SHORT[short.id]}" if short else "")


def judgement_sources(judgement: Judgement) -> tuple[str, ...]:
    """Return where the expected ranges are published."""
    return tuple(dict.fromkeys(factor.expected.source for factor in judgement.factors if factor.expected))


def _factor_words(factor: Factor) -> str:
    words = _FACTORS[factor.id].format(value=factor.value)
    if factor.expected is None:
        return words
    return f"{words} ({factor.expected.low:.0%} to {factor.expected.high:.0%} is usual)"


_HELD_SHORT = {
    "holds": "holds",
    "more": "more",
    "less": "less",
    "hurts": "slower",
    "cannot-tell": "cannot tell",
}


def claim_cells(claim: Claim) -> tuple[str, str, str]:
    """Return a promise, what was measured and whether it holds, each in few words for a table."""
    tuned, base, promise = _CLAIMS[claim.id]
    promised = f"{tuned}: {promise} than {base}".replace("times as fast than", "times as fast as")
    if claim.ratio is None:
        return promised, "not measured", _HELD_SHORT["cannot-tell"]
    measured = f"{claim.ratio.value:.2f}× ({claim.ratio.low:.2f} to {claim.ratio.high:.2f})"
    repaid = f", repaid after {claim.repaid_after:,} steps" if claim.repaid_after else ""
    return promised, measured + repaid, _HELD_SHORT[claim.held]


def claim_sentence(claim: Claim) -> str:
    """Say what was measured and whether a promise holds; empty where it was not measured."""
    if claim.ratio is None:
        return ""
    tuned, base, promise = _CLAIMS[claim.id]
    measured = (
        f"{tuned[0].upper()}{tuned[1:]} trains {claim.ratio.value:.2f} times as fast as {base} "
        f"({claim.ratio.low:.2f} to {claim.ratio.high:.2f})."
    )
    if tuned == "torch.compile":
        measured = measured.replace("Torch.compile", "torch.compile", 1)
    repaid = f" Its first step is repaid after {claim.repaid_after:,} steps." if claim.repaid_after else ""
    return f"{measured} {_HELD[claim.held].format(promise=promise)}{repaid}"
