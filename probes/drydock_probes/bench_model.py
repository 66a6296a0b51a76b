"""A small decoder shaped like GPT-2, and the training step that is measured. Needs torch."""

from __future__ import annotations

import contextlib
import math
from typing import Any, List, Tuple

import torch
from torch import nn
from torch.nn import functional

from drydock_probes.bench_plan import Rung, Shape
from drydock_probes.kernels import use_tf32


class Attention(nn.Module):  # pyright: ignore[reportUntypedBaseClass]
    """Causal self-attention, written out or by the fused operator."""

    def __init__(self, shape: Shape, fused: bool) -> None:
        super().__init__()
        self.heads = shape.heads
        self.fused = fused
        self.inward = nn.Linear(shape.width, 3 * shape.width)
        self.outward = nn.Linear(shape.width, shape.width)
        hidden = torch.ones(shape.context, shape.context, dtype=torch.bool).triu(1)
        self.register_buffer("hidden", hidden, persistent=False)

    def forward(self, tokens: Any) -> Any:
        """Return (batch, context, width) from the same."""
        batch, context, width = tokens.size()
        split = self.inward(tokens).view(batch, context, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            scores = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
            scores = scores.masked_fill(self.hidden[:context, :context], float("-inf"))
            mixed = scores.softmax(-1) @ value
        return self.outward(mixed.transpose(1, 2).reshape(batch, context, width))


class Block(nn.Module):  # pyright: ignore[reportUntypedBaseClass]
    """Attention and a four times wider feed-forward layer, each after a norm and added to its input."""

    def __init__(self, shape: Shape, fused: bool) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(shape.width)
        self.attention = Attention(shape, fused)
        self.before_feed = nn.LayerNorm(shape.width)
        self.widen = nn.Linear(shape.width, 4 * shape.width)
        self.narrow = nn.Linear(4 * shape.width, shape.width)

    def forward(self, tokens: Any) -> Any:
        """Return (batch, context, width) from the same."""
        tokens = tokens + self.attention(self.before_attention(tokens))
        wide = functional.gelu(self.widen(self.before_feed(tokens)), approximate="tanh")
        return tokens + self.narrow(wide)


class Decoder(nn.Module):  # pyright: ignore[reportUntypedBaseClass]
    """Token and position embeddings, blocks, a norm, and a head tied to the token embedding."""

    def __init__(self, shape: Shape, fused: bool) -> None:
        super().__init__()
        self.tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.ModuleList([Block(shape, fused) for _ in range(shape.layers)])
        self.last_norm = nn.LayerNorm(shape.width)
        for name, weights in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weights)
            elif weights.dim() > 1:
                scale = 0.02 / math.sqrt(2 * shape.layers) if "outward" in name or "narrow" in name else 0.02
                nn.init.normal_(weights, std=scale)

    def forward(self, tokens: Any, targets: Any) -> Any:
        """Return the mean cross entropy of the targets."""
        places = torch.arange(tokens.size(1), device=tokens.device)
        hidden = self.tokens(tokens) + self.positions(places)
        for block in self.blocks:
            hidden = block(hidden)
        logits = functional.linear(self.last_norm(hidden), self.tokens.weight)
        return functional.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def batches(shape: Shape, count: int, seed: int) -> List[Tuple[Any, Any]]:
    """Return seeded batches of tokens and next tokens on the CPU.

    Tokens come from a sixteenth of the vocabulary, so that a few steps already make the loss fall.
    """
    source = torch.Generator().manual_seed(seed)
    used = max(16, shape.vocabulary // 16)
    made: List[Tuple[Any, Any]] = []
    for _ in range(count):
        text = torch.randint(0, used, (shape.batch, shape.context + 1), generator=source)
        made.append((text[:, :-1].contiguous(), text[:, 1:].contiguous()))
    return made


def autocast_type(device: str) -> Any:
    """Return the half precision used under AMP: bfloat16 where the device computes in it, else float16."""
    if device == "cpu" or torch.cuda.get_device_capability(device) >= (8, 0):
        return torch.bfloat16
    return torch.float16


def _scaler(needed: bool) -> Any:
    if not needed:
        return None
    if hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda")
    return torch.cuda.amp.GradScaler()


class Trainer:
    """One model in one setting, ready to take steps."""

    def __init__(
        self,
        shape: Shape,
        rung: Rung,
        device: str,
        seed: int,
        data: List[Tuple[Any, Any]],
        learning_rate: float = 3e-4,  # without a warm-up, 1e-3 makes the loss jump after some ten steps
    ) -> None:
        use_tf32(torch, rung.precision != "fp32" and device != "cpu")
        torch.manual_seed(seed)
        self._kind = device.split(":", maxsplit=1)[0]
        self.model: Any = Decoder(shape, rung.attention == "sdpa").to(device)
        self._optimiser = torch.optim.AdamW(self.model.parameters(), lr=learning_rate, weight_decay=0.1)
        self._half = autocast_type(device) if rung.precision == "amp" else None
        self._scaler = _scaler(self._half == torch.float16 and self._kind == "cuda")
        self._data = [(tokens.to(device), targets.to(device)) for tokens, targets in data]
        self._steps = 0
        self._run: Any = self.model
        if rung.compiled:
            self._compile()

    @property
    def half(self) -> str:
        """Name of the half precision in use, or none."""
        return "none" if self._half is None else str(self._half).replace("torch.", "")

    def _compile(self) -> None:
        # From 2.5 on, a block's weights are inputs of its graph, so that one compilation serves all blocks; before,
        # each block would be compiled again.
        version = tuple(int(part) for part in torch.__version__.split("+", maxsplit=1)[0].split(".")[:2])
        if version >= (2, 5):
            for index, block in enumerate(self.model.blocks):
                self.model.blocks[index] = torch.compile(block, dynamic=False, fullgraph=True)
        else:
            self._run = torch.compile(self.model)

    def double(self) -> None:
        """Go on in double precision (for the reference)."""
        self.model.double()

    def step(self) -> Any:
        """Take one training step; returns its loss as a tensor on the device."""
        tokens, targets = self._data[self._steps % len(self._data)]
        self._steps += 1
        context: Any = contextlib.nullcontext()
        if self._half is not None:
            context = torch.autocast(self._kind, dtype=self._half)
        with context:
            loss = self._run(tokens, targets)
        if self._scaler is None:
            loss.backward()
            self._optimiser.step()
        else:
            self._scaler.scale(loss).backward()
            self._scaler.step(self._optimiser)
            self._scaler.update()
        self._optimiser.zero_grad(set_to_none=True)
        return loss.detach()
