"""Peak speed of a GPU from what it says about itself, without a table of names.

peak = multiprocessors x fused multiply-adds per clock and multiprocessor x 2 x clock. The rates are those of dense
half precision products with single precision accumulation (NVIDIA's architecture white papers).
"""

from typing import Literal

GpuClass = Literal["geforce", "datacentre"]
Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp8"]

# fused multiply-adds per clock and multiprocessor by compute capability: (consumer parts, workstation and data centre)
_HALF_RATE: dict[tuple[int, int], tuple[int, int]] = {
    (7, 0): (512, 512),
    (7, 5): (256, 512),
    (8, 0): (1024, 1024),
    (8, 6): (256, 512),
    (8, 9): (256, 512),
    (9, 0): (2048, 2048),
    (10, 0): (4096, 4096),
    (10, 3): (4096, 4096),
    (12, 0): (256, 512),
}
# single precision without tensor cores
_SINGLE_RATE: dict[tuple[int, int], int] = {
    (5, 0): 128, (5, 2): 128, (6, 0): 64, (6, 1): 128, (7, 0): 64, (7, 5): 64,
    (8, 0): 64, (8, 6): 128, (8, 9): 128, (9, 0): 128, (10, 0): 128, (10, 3): 128, (12, 0): 128,
}  # fmt: skip
_CONSUMER_WORDS = ("geforce", "titan x", "titan rtx")
_AT_FULL_RATE = ("titan rtx",)


def gpu_class(name: str) -> GpuClass:
    """Tell from the marketing name whether a part has the halved tensor rate of the GeForce line."""
    lowered = name.lower()
    if any(word in lowered for word in _AT_FULL_RATE):
        return "datacentre"
    return "geforce" if any(word in lowered for word in _CONSUMER_WORDS) else "datacentre"


def multiply_adds_per_clock(capability: tuple[int, int], kind: GpuClass, precision: Precision) -> int | None:
    """Return fused multiply-adds per clock and multiprocessor; None where the part has no such mode or is unknown."""
    if precision == "fp32":
        return _SINGLE_RATE.get(capability)
    rates = _HALF_RATE.get(capability)
    if rates is None:
        return None
    rate = rates[0] if kind == "geforce" else rates[1]
    if precision == "fp16":
        return rate
    if capability < (8, 0):
        return None
    if precision == "bf16":
        return rate
    if precision == "tf32":
        return rate // 2
    return rate * 2 if capability >= (8, 9) else None


def peak_flops(
    *, capability: tuple[int, int], multiprocessors: int, clock_mhz: float, kind: GpuClass, precision: Precision
) -> float | None:
    """Return the dense peak in FLOP/s; None where the part is unknown or has no such mode."""
    rate = multiply_adds_per_clock(capability, kind, precision)
    if rate is None or multiprocessors <= 0 or clock_mhz <= 0:
        return None
    return multiprocessors * rate * 2 * clock_mhz * 1e6
