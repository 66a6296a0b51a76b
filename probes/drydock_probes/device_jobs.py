"""The outer process of a probe that tries devices: one job after the other, each in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, List

from drydock_probes import machine
from drydock_probes.channel import Channel, Record
from drydock_probes.children import Nursery


def greet(channel: Channel, torch: Any, probe: str, import_seconds: float) -> int:
    """In a job: write the first record, which tells what this process sees. Returns the job's status."""
    described = machine.describe_torch(torch, import_seconds)
    channel.emit("hello", probe=probe, **machine.around(), torch=described, devices=machine.describe_devices(torch))
    return 0


class DeviceJobs:
    """Hands the records of the jobs on, and reports how one failed that did not do so itself.

    Attributes:
        devices: GPUs that torch sees; known after the job ``hello``.
        broken: slots that failed.
        stopped: SIGTERM or SIGINT came.
    """

    def __init__(self, channel: Channel, script: str) -> None:
        self.channel = channel
        self.devices: List[Record] = []
        self.broken: List[str] = []
        self.stopped = False
        self._nursery = Nursery([os.path.abspath(script), "--serve"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_: Any) -> None:
        self.stopped = True

    def take(self, record: Record) -> None:
        """Hand a record on, and learn from it."""
        kind = record["type"]
        self.channel.forward(record)
        if kind == "hello":
            self.devices = record["devices"]
        elif kind == "error" or (kind == "result" and record["passed"] is False):
            self.broken.append(record["slot"])

    def job(self, job: Record, seconds: float) -> int:
        """Do one job (``slot`` names it) within a time. Returns its status; 3: torch cannot be imported."""
        known = len(self.broken)
        end = self._nursery.run(job, time.monotonic() + seconds, self.take, lambda: self.stopped)
        if end.stopped or (end.status == 0 and not end.cut) or len(self.broken) > known:
            return end.status
        kind = "timeout" if end.cut else "crash"
        text = f"no answer within {seconds:.0f} s" if end.cut else f"ended with status {end.status}"
        self.channel.emit("error", slot=job["slot"], kind=kind, text=f"{text}\n{end.last_words}".strip())
        self.broken.append(job["slot"])
        return end.status

    def chosen(self, wanted: str, slot: str) -> List[str]:
        """Return the devices to try: the one that is wanted; for ``all`` every GPU, or the CPU where none is seen."""
        if wanted != "all":
            return [wanted]
        if not self.devices and not self.stopped:
            text = "torch sees no GPU; only the CPU is tried"
            self.channel.emit("warn", slot=f"{slot}/cpu", code="no-gpu-seen", text=text)
        return [f"cuda:{device['index']}" for device in self.devices] or ["cpu"]

    def finish(self, started: float) -> None:
        """Write the last record; ``started`` is when the probe began (``time.monotonic``)."""
        wall = round(time.monotonic() - started, 3)
        bad = self.broken
        self.channel.emit("final", ok=not bad, stopped=self.stopped, invalid_reasons=bad, wall_s=wall)

    def close(self) -> None:
        """End what still runs."""
        self._nursery.close()
