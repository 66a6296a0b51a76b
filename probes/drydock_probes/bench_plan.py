"""Decides what is measured: the model's shape for this device, the rungs, and how long each may take."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from drydock_probes.bench_formulas import matmul_parameters

BUDGETS = {"quick": 30.0, "standard": 180.0}


class Shape(NamedTuple):
    """A decoder and its batch. ``context`` is tokens per sequence."""

    name: str
    layers: int
    width: int
    heads: int
    context: int
    vocabulary: int
    batch: int

    @property
    def tokens(self) -> int:
        """Tokens of one training step."""
        return self.batch * self.context


class Rung(NamedTuple):
    """One step of the ladder: what is switched on, each rung keeping what the one before had."""

    id: str
    precision: str  # fp32, tf32, amp
    attention: str  # math, sdpa
    compiled: bool
    share: float  # of the time, relative to the others


FULL = "gpt2-124m"
# padded vocabulary: a multiple of 128 suits the tensor cores
_SHAPES: Tuple[Tuple[str, int, int, int, int, int, Tuple[int, ...]], ...] = (
    (FULL, 12, 768, 12, 1024, 50304, (64, 32, 16, 8, 4, 2, 1)),
    ("gpt2-124m-short", 12, 768, 12, 256, 50304, (4, 2, 1)),
    ("gpt-30m", 6, 512, 8, 256, 16384, (4, 2, 1)),
    ("gpt-5m", 4, 256, 4, 256, 8192, (4, 2, 1)),
    ("gpt-1m", 2, 128, 2, 128, 2048, (4, 2, 1)),
)
SHAPE_NAMES = tuple(shape[0] for shape in _SHAPES)
_STEPS_WANTED = 16  # of the slowest rung within its slot: three are discarded, twelve are the least that is judged
_WORKLOAD_SHARE = 0.5  # of the product's speed, what an unfused fp32 training step reaches
_MEMORY_SHARE = 0.7
RUNGS = (
    Rung("fp32", "fp32", "math", False, 1.0),
    Rung("tf32", "tf32", "math", False, 0.7),
    Rung("amp", "amp", "math", False, 0.8),
    Rung("sdpa", "amp", "sdpa", False, 0.8),
    Rung("compile", "amp", "sdpa", True, 2.2),
)
REPEAT = "fp32-repeat"
_REPEAT_SHARE = 0.7


def training_memory(shape: Shape) -> int:
    """Estimate bytes of a training step in single precision with unfused attention.

    Weights, gradients and two Adam moments; per token three copies of the logits and per layer about 34 widths of
    activations and three rows of attention weights.
    """
    weights = matmul_parameters(shape.layers, shape.width, shape.vocabulary) + shape.context * shape.width
    per_layer = 34 * shape.width + 3 * shape.heads * shape.context
    return 16 * weights + shape.tokens * 4 * (3 * shape.vocabulary + shape.layers * per_layer)


def choose_shape(memory: int, fp32_flops: float, slot_seconds: float, flops: Any, name: Optional[str] = None) -> Shape:
    """Return the largest shape that fits the memory (bytes) and gives enough steps in the slot.

    Args:
        memory: free bytes of the device.
        fp32_flops: measured speed of a float32 product, per second.
        slot_seconds: time of the slowest rung.
        flops: function from a shape to operations per token.
        name: only the batch is chosen, for this model.
    """
    affordable = fp32_flops * _WORKLOAD_SHARE * slot_seconds / _STEPS_WANTED
    shape = None
    for known, layers, width, heads, context, vocabulary, batches in _SHAPES:
        if name is not None and known != name:
            continue
        for batch in batches:
            shape = Shape(known, layers, width, heads, context, vocabulary, batch)
            if shape.tokens * flops(shape) <= affordable and training_memory(shape) <= memory * _MEMORY_SHARE:
                return shape
    assert shape is not None
    return shape  # the smallest: slow devices are measured with fewer steps, and that shows in the interval


def skip_reason(rung: Rung, facts: Dict[str, Any]) -> Optional[Tuple[str, str]]:
    """Say why a rung cannot be run here, as a code and a text; None when it can.

    ``facts`` come from the prepare slot: ``cc`` (or None on CPU), ``sdpa``, ``compile_refusal``.
    """
    capability = facts.get("cc")
    if rung.precision == "tf32" and capability is None:
        return "cpu", "TF32 is a mode of NVIDIA GPUs"
    if rung.precision == "tf32" and tuple(capability or ()) < (8, 0):
        return "gpu-without-tf32", f"TF32 needs compute capability 8.0; this GPU has {_dotted(capability)}"
    if rung.attention == "sdpa" and not facts.get("sdpa"):
        return "torch-too-old", "scaled_dot_product_attention needs torch 2.0"
    refusal = facts.get("compile_refusal")
    if rung.compiled and refusal is not None:
        return refusal[0], refusal[1]
    return None


def _dotted(capability: Any) -> str:
    return ".".join(str(part) for part in capability)


def shares(rungs: List[str]) -> Dict[str, float]:
    """Return the relative time of the named slots still to run."""
    known = {rung.id: rung.share for rung in RUNGS}
    known[REPEAT] = _REPEAT_SHARE
    return {name: known[name] for name in rungs}


def rung_by_id(name: str) -> Rung:
    """Return a rung; the repeated baseline is the first rung again.

    Raises:
        KeyError: no rung has that name.
    """
    if name == REPEAT:
        return RUNGS[0]._replace(id=REPEAT)
    return {rung.id: rung for rung in RUNGS}[name]
