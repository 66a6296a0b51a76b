"""The ceiling a device really reaches: a large matrix product, on normally distributed data."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from drydock_probes.bench_statistics import summarise
from drydock_probes.bench_timing import clock_for, measure
from drydock_probes.kernels import use_tf32

_CPU_SIZE = 1024
_HALF_SIZE = 8192
_SINGLE_SIZE = 4096
_MEMORY_SHARE = 0.5


def _fitting(size: int, memory: int, item: int) -> int:
    while size > 512 and 3 * size * size * item > memory * _MEMORY_SHARE:
        size //= 2
    return size


def products(device: str, memory: int, half: str) -> List[Tuple[str, str, int]]:
    """Return (metric, data type, size) of the products to time: half precision, where it is fast, and single."""
    if device == "cpu":
        return [("fp32", "float32", _CPU_SIZE)]
    return [
        (half.replace("float", "fp").replace("bfp", "bf"), half, _fitting(_HALF_SIZE, memory, 2)),
        ("fp32", "float32", _fitting(_SINGLE_SIZE, memory, 4)),
    ]


def tflops(
    torch: Any, device: str, kind: str, size: int, until: float, report: Callable[[List[float]], None]
) -> Dict[str, Any]:
    """Time size x size x size products; returns the metric in TFLOP/s. Single precision is IEEE, not TF32."""
    use_tf32(torch, False)
    source = torch.Generator(device).manual_seed(8192)
    left, right = (
        torch.randn(size, size, generator=source, device=device, dtype=getattr(torch, kind)) for _ in range(2)
    )
    out = torch.empty_like(left)
    timed = measure(clock_for(torch, device), lambda: torch.mm(left, right, out=out), until, report)
    if not bool(out.isfinite().all()):
        raise ArithmeticError(f"a {kind} product of finite numbers is not finite")
    work = 2.0 * size**3
    metric = summarise([work / (milliseconds * 1e9) for milliseconds in timed.milliseconds])
    return {**metric, "unit": "TFLOP/s", "converged": timed.converged}
