"""Records of a made-up benchmark, for tests of what is concluded and shown."""

import msgspec

A100 = {"index": 0, "name": "NVIDIA A100-SXM4-80GB", "cc": [8, 0], "sms": 108, "memory": 80 << 30, "coverage": "binary"}
SHAPE = {"name": "gpt2-124m", "layers": 12, "width": 768, "heads": 12, "context": 1024, "vocabulary": 50304, "batch": 8}
PER_TOKEN = 854654976.0
FINAL = {"type": "final", "ok": True, "stopped": False, "wall_s": 29.0}


def metric(median, reach=0.004, n=30, converged=True):
    ci = [median * (1 - reach), median * (1 + reach)]
    return {"median": median, "iqr": median * reach, "cv": reach, "ci": ci, "n": n, "unit": "", "converged": converged}


def hello(device="cuda:0"):
    torch = {"version": "2.9.0+cu128", "cuda": "12.8", "cuda_available": True}
    devices = [A100] if device.startswith("cuda") else []
    cpu = {"name": "AMD EPYC", "threads": 2}
    common = {"probe": "bench", "torch": torch, "devices": devices, "device": device, "cpu": cpu}
    return {"type": "hello", "mode": "quick", "budget_s": 30.0, **common}


def plan(*slots, scaled=False, skipped=None):
    listed = [{"id": slot, "est_s": 4} for slot in slots]
    listed += [{"id": slot, "est_s": 0, "skipped": why} for slot, why in (skipped or {}).items()]
    flops = {"flops_per_token": PER_TOKEN, "flops_per_token_causal": PER_TOKEN * 0.934}
    return {"type": "plan", "slots": listed, "scaled": scaled, "shape": SHAPE, "tokens_per_step": 8192, **flops}


def gemm(**speeds):
    metrics = {name: metric(speed) for name, speed in speeds.items()}
    return {"type": "result", "slot": "gemm", "passed": True, "metrics": metrics}


def rung(slot, rate, *, passed=True, flags=(), reach=0.004, n=30, converged=True, precision="amp"):
    values = {"precision": precision, "memory": {"peak_allocated": 3 << 30}, "first_s": 1.5}
    metrics = {"tokens_per_s": metric(rate, reach, n, converged), "step_ms": metric(8192e3 / rate, reach, n)}
    return {"type": "result", "slot": slot, "passed": passed, "values": values, "metrics": metrics, "flags": flags}


def payload(*records):
    """Return the records as JSON Lines."""
    lines = [msgspec.json.encode({"v": 1, "seq": i, "t": i * 1.0, **record}) for i, record in enumerate(records)]
    return b"".join(line + b"\n" for line in lines)


WHOLE = (
    hello(),
    gemm(bf16=260.0, fp32=18.0),
    {"type": "result", "slot": "parity", "passed": True},
    plan("fp32", "amp", "sdpa"),
    rung("fp32", 16e3, precision="fp32"),
    rung("amp", 54.5e3),
    rung("sdpa", 60e3),
    FINAL,
)
