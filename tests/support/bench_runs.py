"""Records of a whole run of the benchmark, as a probe would write them; its numbers are made up."""

import json

_SHAPE = {
    "name": "gpt2-124m",
    "layers": 12,
    "width": 768,
    "heads": 12,
    "context": 1024,
    "vocabulary": 50304,
    "batch": 8,
}
_TORCH = {"version": "2.9.0+cu128", "cuda": "12.8", "arch_list": ["sm_80"], "cuda_available": True}
_DEVICE = {"index": 0, "name": "NVIDIA A100-SXM4-80GB", "cc": [8, 0], "sms": 108, "memory": 80 << 30}


def _metric(median, reach=0.003, count=30):
    ends = [median * (1 - reach), median * (1 + reach)]
    return {"median": median, "iqr": 0.0, "cv": reach, "ci": ends, "n": count, "converged": True}


def payload(**rates: float) -> bytes:
    """Return JSON Lines of a run whose rungs reached these tokens a second."""
    lines = [
        {"type": "hello", "probe": "bench", "torch": _TORCH, "devices": [_DEVICE], "device": "cuda:0", "mode": "quick"},
        {"type": "result", "slot": "gemm", "passed": True, "metrics": {"bf16": _metric(265.0)}},
        {"type": "plan", "slots": [], "shape": _SHAPE, "tokens_per_step": 8192, "flops_per_token": 854654976.0},
    ]
    for name, rate in rates.items():
        values = {"precision": "fp32" if name == "fp32" else "amp", "first_s": 1.5}
        metrics = {"tokens_per_s": _metric(rate), "step_ms": _metric(8192e3 / rate)}
        lines.append({"type": "result", "slot": name, "passed": True, "values": values, "metrics": metrics})
    lines.append({"type": "final", "ok": True, "wall_s": 29.0})
    heads = ({"v": 1, "seq": number, "t": float(number)} for number in range(len(lines)))
    return b"".join(json.dumps({**head, **line}).encode() + b"\n" for head, line in zip(heads, lines, strict=True))
