"""Work of a Transformer, counted from its shape (decoder or encoder with one vocabulary head)."""

from __future__ import annotations


def matmul_parameters(layers: int, width: int, vocabulary: int) -> int:
    """Return how many weights take part in matrix products: per layer 12 width², and the head once.

    Embedding tables, biases and norms do no such work and are left out.
    """
    return 12 * layers * width * width + width * vocabulary


def flops_per_token(layers: int, width: int, context: int, vocabulary: int, causal: bool = False) -> float:
    """Return floating point operations of a training step (forward and backward) per token.

    Six per matmul weight, and twelve times layers x positions x width for attention. ``causal`` counts only the
    half of the attention matrix that is kept; without it the figure compares with published ones.
    """
    positions = (context + 1) / 2 if causal else context
    return 6 * matmul_parameters(layers, width, vocabulary) + 12 * layers * positions * width
