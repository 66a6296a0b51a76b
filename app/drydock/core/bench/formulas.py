"""Work of a Transformer, counted from its shape, and what share of a ceiling a rate is."""


def matmul_parameters(layers: int, width: int, vocabulary: int) -> int:
    """Return how many weights take part in matrix products: per layer 12 width², and the (tied) head once."""
    return 12 * layers * width * width + width * vocabulary


def forward_flops_per_token(*, layers: int, width: int, context: int, vocabulary: int, causal: bool = False) -> float:
    """Return floating point operations of a forward pass per token.

    Two per matmul weight, and four times layers x positions x width for the two products of attention.

    ``causal`` counts only the half of the attention matrix a decoder keeps. The published figures (nanoGPT, PaLM,
    MosaicML) count the whole, so that is the headline.
    """
    positions = (context + 1) / 2 if causal else context
    return 2 * matmul_parameters(layers, width, vocabulary) + 4 * layers * positions * width


def training_flops_per_token(*, layers: int, width: int, context: int, vocabulary: int, causal: bool = False) -> float:
    """Return floating point operations of a training step per token: the backward pass costs two forward ones."""
    return 3 * forward_flops_per_token(
        layers=layers, width=width, context=context, vocabulary=vocabulary, causal=causal
    )


def model_flops_utilisation(tokens_per_second: float, flops_per_token: float, ceiling_flops: float) -> float:
    """Return achieved model FLOP/s as a share of a ceiling in FLOP/s.

    Raises:
        ValueError: the ceiling is not positive.
    """
    if ceiling_flops <= 0:
        raise ValueError("a ceiling must be positive")
    return tokens_per_second * flops_per_token / ceiling_flops
