"""A Transformer in two forms: a decoder that predicts the next token, and an encoder that names the class of a text."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass
class Shape:
    """Size of a model.

    Attributes:
        tokens: number of different tokens; 257 are the 256 bytes and the padding.
        context: most tokens in one sequence.
        width: numbers per token inside the model; a multiple of ``heads``.
        heads: attention heads in each layer.
        layers: Transformer blocks.
        dropout: share of activations zeroed in training.
    """

    tokens: int = 257
    context: int = 128
    width: int = 128
    heads: int = 4
    layers: int = 4
    dropout: float = 0.0


SIZES = {
    "tiny": Shape(context=64, width=64, heads=4, layers=2),
    "small": Shape(),
    "medium": Shape(context=512, width=512, heads=8, layers=8, dropout=0.1),
    # the size of GPT-2 124M (with bytes as tokens the embedding is smaller)
    "base": Shape(context=1024, width=768, heads=12, layers=12, dropout=0.1),
}


class Attention(nn.Module):
    """Multi-head self-attention by PyTorch's fused operator, which picks the fastest back end of the GPU."""

    def __init__(self, shape: Shape, causal: bool) -> None:
        super().__init__()
        self.heads = shape.heads
        self.dropout = shape.dropout
        self.causal = causal
        self.inward = nn.Linear(shape.width, 3 * shape.width)
        self.outward = nn.Linear(shape.width, shape.width)

    def forward(self, x: torch.Tensor, visible: torch.Tensor | None = None) -> torch.Tensor:
        """Return (batch, length, width) from the same; ``visible`` (batch, 1, 1, length) is true where to look."""
        batch, length, width = x.size()
        parts = self.inward(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=visible,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=self.causal,
        )
        return self.outward(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """Attention and a feed-forward layer four times as wide, each after a norm and added to its input."""

    def __init__(self, shape: Shape, causal: bool) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape, causal)
        self.feed_norm = nn.LayerNorm(shape.width)
        self.feed = nn.Sequential(
            nn.Linear(shape.width, 4 * shape.width),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * shape.width, shape.width),
            nn.Dropout(shape.dropout),
        )

    def forward(self, x: torch.Tensor, visible: torch.Tensor | None = None) -> torch.Tensor:
        """Return (batch, length, width) from the same."""
        x = x + self.attention(self.attention_norm(x), visible)
        return x + self.feed(self.feed_norm(x))


class Trunk(nn.Module):
    """Embeddings and blocks, shared by both models."""

    def __init__(self, shape: Shape, causal: bool) -> None:
        super().__init__()
        self.token = nn.Embedding(shape.tokens, shape.width)
        self.place = nn.Embedding(shape.context, shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        self.blocks = nn.ModuleList([Block(shape, causal) for _ in range(shape.layers)])
        self.norm = nn.LayerNorm(shape.width)
        self.apply(_start)
        # each layer adds to the stream twice; scaled so, its size does not grow with depth
        for name, weights in self.named_parameters():
            if name.endswith(("outward.weight", "feed.2.weight")):
                nn.init.normal_(weights, std=0.02 / (2 * shape.layers) ** 0.5)

    def forward(self, tokens: torch.Tensor, visible: torch.Tensor | None = None) -> torch.Tensor:
        """Return (batch, length, width) from token numbers (batch, length)."""
        places = torch.arange(tokens.size(1), device=tokens.device)
        x = self.dropout(self.token(tokens) + self.place(places))
        for block in self.blocks:
            x = block(x, visible)
        return self.norm(x)


class LanguageModel(nn.Module):
    """GPT-style decoder: the next token, from those before it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.trunk = Trunk(shape, causal=True)
        self.head = nn.Linear(shape.width, shape.tokens, bias=False)
        # the same table reads tokens and writes them
        self.head.weight = self.trunk.token.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return scores (batch, length, tokens) from token numbers (batch, length)."""
        return self.head(self.trunk(tokens))


class TextClassifier(nn.Module):
    """BERT-style encoder: every token sees every other; the mean over the text gives the class."""

    def __init__(self, shape: Shape, classes: int) -> None:
        super().__init__()
        self.shape = shape
        self.classes = classes
        self.padding = shape.tokens - 1
        self.trunk = Trunk(shape, causal=False)
        self.head = nn.Linear(shape.width, classes)
        _start(self.head)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return scores (batch, classes) from token numbers (batch, length), padded with the last token number."""
        there = tokens != self.padding
        x = self.trunk(tokens, there[:, None, None, :])
        weight = there.unsqueeze(-1).to(x.dtype)
        return self.head((x * weight).sum(1) / weight.sum(1).clamp(min=1.0))


def _start(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
