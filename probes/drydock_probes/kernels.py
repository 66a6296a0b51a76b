"""Probe: real kernels on every GPU, compared with a double precision reference computed on the CPU.

``python -m drydock_probes.kernels [--device all|cpu|cuda:N] [--plant nan|swap]``

Every device is tried in a process of its own, because after some CUDA errors a process can use no GPU at all, and
because a kernel may hang or end the process.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import time
from typing import Any, Dict, List, Tuple

from drydock_probes.channel import Channel, Record
from drydock_probes.children import serve
from drydock_probes.device_jobs import DeviceJobs, greet

_SIZE = 512
# Largest allowed error of a result relative to the largest value of the reference. A product of 512 terms rounded
# once at the end stays under 2 units of the format's last place; the sums in single precision add far less.
TOLERANCES = {"float32": 1e-5, "tf32": 2e-3, "float16": 2e-3, "bfloat16": 1.6e-2}
_SECONDS_A_DEVICE = 90.0  # the first kernel may be compiled from PTX, which takes a minute with a large build


def _types(device: str, capability: Tuple[int, int]) -> List[str]:
    if device == "cpu":
        return ["float32", "bfloat16"]
    names = ["float32"]
    if capability >= (5, 3):
        names.append("float16")
    if capability >= (8, 0):
        names += ["tf32", "bfloat16"]
    return names


def use_tf32(torch: Any, wanted: bool) -> None:
    """Let float32 products on the GPU use TF32, or forbid it.

    By the one switch that sets the old and the new state alike (torch 1.12 on): after
    ``backends.cuda.matmul.fp32_precision`` alone, torch.compile of 2.9 and later fails, because it reads the old one.
    """
    torch.set_float32_matmul_precision("high" if wanted else "highest")


def _operations(torch: Any, left: Any, right: Any, scale: Any) -> Dict[str, Any]:
    """Return one result a kernel family: a library product, an elementwise kernel, a reduction."""
    return {
        "matmul": left @ right,
        "elementwise": torch.tanh(left) * scale + right,
        "reduction": (left * left).sum(dim=1),
    }


def _plant(results: Dict[str, Any], planted: str) -> None:
    target = results["matmul"]
    if planted == "nan":
        target[3, 5] = float("nan")
    elif planted == "swap":
        target[[0, 1]] = target[[1, 0]]


def _check_type(torch: Any, device: str, name: str, planted: str) -> Record:
    use_tf32(torch, name == "tf32")
    kind = torch.float32 if name == "tf32" else getattr(torch, name)
    source = torch.Generator().manual_seed(20_260)
    left, right = (torch.randn(_SIZE, _SIZE, generator=source).to(kind) for _ in range(2))
    scale = torch.randn(_SIZE, generator=source).to(kind)
    expected = _operations(torch, left.double(), right.double(), scale.double())
    start = time.perf_counter()
    results = _operations(torch, left.to(device), right.to(device), scale.to(device))
    _plant(results, planted)
    found = {key: value.cpu().double() for key, value in results.items()}
    seconds = time.perf_counter() - start
    errors = {key: relative_error(found[key], expected[key]) for key in expected}
    tolerance = TOLERANCES[name]
    passed = all(error is not None and error <= tolerance for error in errors.values())
    flags = [] if passed else ["not-finite" if None in errors.values() else "wrong-result"]
    values = {"dtype": name, "errors": errors, "tolerance": tolerance, "seconds": round(seconds, 4), "size": _SIZE}
    return {"slot": f"kernel/{device}/{name}", "passed": passed, "values": values, "metrics": {}, "flags": flags}


def relative_error(found: Any, expected: Any) -> Any:
    """Return the largest difference relative to the largest expected value; None where something is not finite."""
    if not bool(found.isfinite().all()):
        return None
    return float((found - expected).abs().max() / expected.abs().max())


def _work(channel: Channel, torch: Any, job: Record) -> int:
    device: str = job["device"]
    if job["slot"] == "hello":
        return greet(channel, torch, "kernels", job["import_s"])
    capability = (0, 0) if device == "cpu" else tuple(torch.cuda.get_device_capability(device))
    broken = False
    for name in _types(device, capability):
        result = _check_type(torch, device, name, job["plant"])
        channel.emit("result", **result)
        broken = broken or not result["passed"]
    return 1 if broken else 0


def _prove(jobs: DeviceJobs, wanted: str, planted: str) -> int:
    """Prove the wanted devices; returns the exit status."""
    try:
        if jobs.job({"slot": "hello", "device": "cpu", "plant": planted}, _SECONDS_A_DEVICE) == 3:
            return 3
        for device in jobs.chosen(wanted, "kernel"):
            if not jobs.stopped:
                slot = f"kernel/{device}"
                jobs.channel.emit("slot_start", slot=slot)
                jobs.job({"slot": slot, "device": device, "plant": planted}, _SECONDS_A_DEVICE)
    finally:
        jobs.close()
    return 1 if jobs.broken else 0


def main() -> int:
    """Run the probe; returns its exit status."""
    parser = argparse.ArgumentParser(prog="kernels", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="all", help="all (every GPU, or the CPU where none is seen), cpu, cuda:N")
    parser.add_argument("--plant", default="none", choices=("none", "nan", "swap"), help="a fault that must be caught")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(_work)
    start = time.monotonic()
    channel = Channel()
    jobs = DeviceJobs(channel, __file__)
    status = _prove(jobs, options.device, options.plant)
    jobs.finish(start)
    return status


if __name__ == "__main__":
    sys.exit(main())
