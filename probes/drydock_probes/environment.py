"""Probe: what this Python, this torch and this container are, and whether the build covers every GPU.

``python -m drydock_probes.environment``
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import time

from drydock_probes import machine
from drydock_probes.channel import Channel


def main() -> int:
    """Run the probe; returns its exit status."""
    argparse.ArgumentParser(prog="environment", description=__doc__.splitlines()[0] if __doc__ else None).parse_args()
    start = time.monotonic()
    channel = Channel()
    torch, seconds = machine.require_torch(channel)
    described = machine.describe_torch(torch, seconds)
    devices = machine.describe_devices(torch)
    channel.emit("hello", probe="environment", **machine.around(), torch=described, devices=devices)
    broken = []
    for device in devices:
        # a build that does not tell what it has code for is not judged; kernels are
        passed = None if device["coverage"] == "unknown" else device["coverage"] in ("binary", "ptx")
        flags = [] if device["cc"] is not None else ["properties-unreadable"]
        slot = f"coverage/cuda:{device['index']}"
        values = {"cc": device["cc"], "coverage": device["coverage"], "arch_list": described["arch_list"]}
        channel.emit("result", slot=slot, passed=passed, values=values, metrics={}, flags=flags)
        if passed is False or flags:
            broken.append(slot)
    problem = described["cuda_problem"]
    # a CPU build of torch cannot use a GPU by design; a CUDA build that cannot is broken or sees none
    if problem is not None and described["cuda"] is not None:
        channel.emit("error", slot="cuda", kind=problem["kind"], text=problem["text"])
        if problem["kind"] not in ("no-device", "no-driver"):
            broken.append(problem["kind"])
    wall = round(time.monotonic() - start, 3)
    channel.emit("final", ok=not broken, stopped=False, invalid_reasons=broken, wall_s=wall)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
