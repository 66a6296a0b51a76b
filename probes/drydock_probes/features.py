"""Probe: does the framework do what training needs, beyond single kernels?

``python -m drydock_probes.features [--device all|cpu|cuda:N] [--only training,attention,…] [--plant wrong|crash|hang]``

Slots are ``feature/DEVICE/NAME``. A result whose ``passed`` is null tells of something that is not there, with the
reason; that is no defect. Every check has a process of its own and a time limit.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import time
from typing import Any, List

from drydock_probes.channel import Channel, Record
from drydock_probes.children import serve
from drydock_probes.device_jobs import DeviceJobs, greet
from drydock_probes.feature_checks import CHECKS

_HELLO_SECONDS = 90.0


def _work(channel: Channel, torch: Any, job: Record) -> int:
    if job["slot"] == "hello":
        return greet(channel, torch, "features", job["import_s"])
    if job["plant"] == "crash":
        os.abort()
    if job["plant"] == "hang":
        time.sleep(3600)
    check, _ = CHECKS[job["check"]]
    finding = check(torch, job["device"])
    if job["plant"] == "wrong":
        finding = {**finding, "passed": False, "flags": ["planted"]}
    channel.emit("result", slot=job["slot"], **finding)
    return 1 if finding["passed"] is False else 0


def _try_all(jobs: DeviceJobs, wanted: str, names: List[str], planted: str, limit: float) -> int:
    try:
        if jobs.job({"slot": "hello", "plant": "none"}, _HELLO_SECONDS) == 3:
            return 3
        for device in jobs.chosen(wanted, "feature"):
            for name in names:
                if not jobs.stopped:
                    slot = f"feature/{device}/{name}"
                    jobs.channel.emit("slot_start", slot=slot)
                    seconds = limit or CHECKS[name][1]
                    jobs.job({"slot": slot, "device": device, "check": name, "plant": planted}, seconds)
    finally:
        jobs.close()
    return 1 if jobs.broken else 0


def main() -> int:
    """Run the probe; returns its exit status."""
    parser = argparse.ArgumentParser(prog="features", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="all", help="all (every GPU, or the CPU where none is seen), cpu, cuda:N")
    parser.add_argument("--only", default=",".join(CHECKS), help="some of these checks")
    parser.add_argument("--plant", default="none", choices=("none", "wrong", "crash", "hang"), help="a fault to catch")
    parser.add_argument("--limit", type=float, default=0.0, help="seconds for each check; 0 takes its own limit")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(_work)
    names = [name for name in options.only.split(",") if name]
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        parser.error("no check is called {}; there are {}".format(", ".join(unknown), ", ".join(CHECKS)))
    start = time.monotonic()
    channel = Channel()
    jobs = DeviceJobs(channel, __file__)
    status = _try_all(jobs, options.device, names, options.plant, options.limit)
    jobs.finish(start)
    return status


if __name__ == "__main__":
    sys.exit(main())
