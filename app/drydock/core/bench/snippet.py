"""The recommended setting of a run as PyTorch code to paste; it holds what was measured, and nothing else."""

from drydock.core.bench.judgement import recommended_rung
from drydock.core.bench.outcome import BenchSummary, RungSummary

_LADDER = ("fp32", "tf32", "amp", "sdpa", "compile")
_AMPERE = (8, 0)
"""Compute capability from which a GPU computes in TF32 and bfloat16."""


def snippet_of(summary: BenchSummary) -> str:
    """Return a training step in the recommended setting; empty where plain fp32 is as good, or the run is not valid.

    ``model`` and ``optimiser`` stand for the reader's own. AdamW is left as it is: no rung measures a fused one.
    """
    best = recommended_rung(summary) if summary.valid else None
    if best is None or best.id not in _LADDER:
        return ""
    reached = _LADDER[: _LADDER.index(best.id) + 1]
    modern = summary.gpu is not None and (summary.gpu.cc or (0, 0)) >= _AMPERE
    kind = "cpu" if summary.gpu is None else "cuda"
    half = "" if "amp" not in reached else "bfloat16" if modern or kind == "cpu" else "float16"
    lines = [_heading(best, summary), "import torch", ""]
    if modern:
        lines += ['torch.set_float32_matmul_precision("high")  # TF32 for what stays in single precision']
    if "sdpa" in reached:
        lines += [
            "# In attention, with torch.nn.functional as F:",
            "#     F.scaled_dot_product_attention(query, key, value, is_causal=True)",
        ]
    if "compile" in reached:
        lines += ["model = torch.compile(model)  # the first step takes longer"]
    if half == "float16":
        lines += [f"scaler = {_scaler(summary.torch or '')}  # float16 has too small a range for some gradients"]
    return "\n".join([*lines, "", "", *_step(kind, half)]) + "\n"


def _heading(best: RungSummary, summary: BenchSummary) -> str:
    ratio = best.against_baseline
    gain = f", {ratio.value:.2f} times as fast as plain fp32" if ratio else ""
    return f"# Measured with torch {summary.torch or '(unknown)'}{gain}."


def _scaler(version: str) -> str:
    """Return the call that exists in a version: the general one came with 2.3."""
    parts = version.partition("+")[0].split(".")[:2]
    old = len(parts) == 2 and all(part.isdecimal() for part in parts) and tuple(map(int, parts)) < (2, 3)
    return "torch.cuda.amp.GradScaler()" if old else 'torch.amp.GradScaler("cuda")'


def _step(kind: str, half: str) -> list[str]:
    lines = ["def training_step(inputs, targets):"]
    if half:
        lines += [
            f'    with torch.autocast("{kind}", dtype=torch.{half}):',
            "        loss = model(inputs, targets)",
        ]
    else:
        lines += ["    loss = model(inputs, targets)"]
    if half == "float16":
        lines += ["    scaler.scale(loss).backward()", "    scaler.step(optimiser)", "    scaler.update()"]
    else:
        lines += ["    loss.backward()", "    optimiser.step()"]
    return [*lines, "    optimiser.zero_grad(set_to_none=True)", "    return loss.detach()"]
