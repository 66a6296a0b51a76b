"""Probe: which DataLoader setting feeds this machine best? Workers, pinned memory and non-blocking copies, tried out.

``python -m drydock_probes.loader [--device all|cpu|cuda:N] [--kinds images,tokens] [--seconds S]``

Slots are ``loader/DEVICE/KIND/SETTING``; ``loader/DEVICE/KIND`` at the end names the smallest setting within 5 % of the
fastest. Settings are tried in the order A B … B A, so that a machine that warms up or slows down favours none.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import time
from statistics import median
from typing import Any, Dict, List, NamedTuple, Tuple

from drydock_probes import machine
from drydock_probes.channel import Channel, Record
from drydock_probes.children import serve
from drydock_probes.device_jobs import DeviceJobs, greet

KINDS = ("images", "tokens")
_HELLO_SECONDS = 90.0
_START_SECONDS = 60.0
"""For a job to import what it needs and start its workers, besides the seconds that are measured."""
_WORKERS = (0, 1, 2, 4, 8)
_CLOSE = 0.95


class Setting(NamedTuple):
    """One way to load. ``overlapped``: batches are copied while the device computes, which needs pinned memory."""

    workers: int
    pinned: bool = False
    overlapped: bool = False

    @property
    def name(self) -> str:
        """Short name, such as ``w4-pinned-overlapped``."""
        parts = [f"w{self.workers}", *(["pinned"] if self.pinned else []), *(["overlapped"] if self.overlapped else [])]
        return "-".join(parts)


def settings_for(device: str, threads: int) -> Tuple[Setting, ...]:
    """Return the settings to try, from the smallest on: no more workers than threads, pinned memory for GPUs alone."""
    counts = [count for count in _WORKERS if count <= max(1, threads)]
    plain = [Setting(count) for count in counts]
    if device == "cpu":
        return tuple(plain)
    pinned = [Setting(count, pinned=True, overlapped=overlapped) for count in counts for overlapped in (False, True)]
    return tuple(sorted([*plain, *pinned]))


def smallest_good(speeds: Dict[str, float], order: List[str]) -> str:
    """Return the first name whose speed is within 5 % of the highest.

    Raises:
        ValueError: there are no speeds.
    """
    best = max(speeds.values())
    return next(name for name in order if name in speeds and speeds[name] >= _CLOSE * best)


class _Images:
    """Pictures cut at random, resized to 224 x 224, mirrored, normalised: the work of a usual transform."""

    batch = 32

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._raw = torch.randint(0, 256, (64, 3, 384, 384), dtype=torch.uint8)

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, index: int) -> Any:
        side = 256 + index * 37 % 128
        left, top = index * 7 % (385 - side), index * 13 % (385 - side)
        cut = self._raw[index % 64, :, top : top + side, left : left + side].float()
        resize = self._torch.nn.functional.interpolate
        picture = resize(cut[None], (224, 224), mode="bilinear", align_corners=False)[0]
        if index % 2:
            picture = picture.flip(-1)
        return picture.sub_(117.0).div_(58.0)


class _Tokens:
    """Rows of 1024 token numbers, cut out of a long text."""

    batch = 64

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._text = torch.randint(0, 50_000, (1 << 20,), dtype=torch.int32)

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, index: int) -> Any:
        begin = index * 8191 % ((1 << 20) - 1025)
        return self._text[begin : begin + 1024].long()


_DATA: Dict[str, Any] = {"images": _Images, "tokens": _Tokens}


def _measure(torch: Any, device: str, kind: str, setting: Setting, seconds: float) -> Record:
    """Load for some seconds; samples a second, after the first batches, which start the workers."""
    torch.manual_seed(7)
    data = _DATA[kind](torch)
    more = {"persistent_workers": True, "prefetch_factor": 4} if setting.workers else {}
    loading = torch.utils.data.DataLoader(
        data, batch_size=data.batch, num_workers=setting.workers, pin_memory=setting.pinned, **more
    )
    batches = iter(loading)
    size = 0
    for _ in range(2):
        size = next(batches).to(device).numel()
    start = now = time.perf_counter()
    count = 0
    while now - start < seconds:
        arrived = next(batches).to(device, non_blocking=setting.overlapped)
        # something that uses it, as a network would
        arrived.sum()
        count += 1
        now = time.perf_counter()
    if device != "cpu":
        torch.cuda.synchronize(device)
        now = time.perf_counter()
    speed = count * data.batch / (now - start)
    return {"samples_per_s": round(speed, 1), "batches": count, "numbers_a_batch": size, **setting._asdict()}


def _work(channel: Channel, torch: Any, job: Record) -> int:
    if job["slot"] == "hello":
        return greet(channel, torch, "loader", job["import_s"])
    torch.set_num_threads(1)
    values = _measure(torch, job["device"], job["kind"], Setting(*job["setting"]), job["seconds"])
    channel.emit("result", slot=job["slot"], passed=True, values=values, metrics={}, flags=[])
    return 0


class _Sweep(DeviceJobs):
    """Remembers the speeds of what was tried."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel, __file__)
        self.speeds: Dict[str, List[float]] = {}

    def take(self, record: Record) -> None:
        super().take(record)
        if record["type"] == "result":
            self.speeds.setdefault(record["slot"], []).append(float(record["values"]["samples_per_s"]))

    def kind(self, device: str, kind: str, seconds: float) -> None:
        """Try all settings for a kind of data, and name the best."""
        base = f"loader/{device}/{kind}"
        settings = settings_for(device, machine.usable_threads())
        self.channel.emit("slot_start", slot=base)
        for setting in (*settings, *reversed(settings)):
            if not self.stopped:
                job = {"slot": f"{base}/{setting.name}", "device": device, "kind": kind}
                self.job({**job, "setting": list(setting), "seconds": seconds}, seconds + _START_SECONDS)
        speeds = {
            setting.name: median(self.speeds[f"{base}/{setting.name}"])
            for setting in settings
            if f"{base}/{setting.name}" in self.speeds
        }
        if not speeds or self.stopped:
            return
        chosen = smallest_good(speeds, [setting.name for setting in settings])
        setting = next(item for item in settings if item.name == chosen)
        values: Dict[str, Any] = {"samples_per_s": speeds[chosen], "speeds": speeds, **setting._asdict()}
        if "w0" in speeds:
            values["against_w0"] = round(speeds[chosen] / speeds["w0"], 3)
        self.channel.emit("result", slot=base, passed=True, values=values, metrics={}, flags=[])


def main() -> int:
    """Run the probe; returns its exit status."""
    parser = argparse.ArgumentParser(prog="loader", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="all", help="all (every GPU, or the CPU where none is seen), cpu, cuda:N")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of data")
    parser.add_argument("--seconds", type=float, default=1.5, help="measured for each setting, twice")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(_work)
    kinds = [kind for kind in options.kinds.split(",") if kind]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        parser.error("no kind of data is called {}; there are {}".format(", ".join(unknown), ", ".join(KINDS)))
    start = time.monotonic()
    channel = Channel()
    sweep = _Sweep(channel)
    status = 1
    try:
        status = sweep.job({"slot": "hello"}, _HELLO_SECONDS)
        if status != 3:
            for device in sweep.chosen(options.device, "loader"):
                for kind in kinds:
                    if not sweep.stopped:
                        sweep.kind(device, kind, options.seconds)
            status = 1 if sweep.broken else 0
    finally:
        sweep.close()
    sweep.finish(start)
    return status


if __name__ == "__main__":
    sys.exit(main())
