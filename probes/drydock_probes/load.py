"""Probe: a GPU under load. Products for a while, patterns through its memory, copies; or the speed of a disk.

``python -m drydock_probes.load --device cuda:N|cpu [--parts soak,memory,copy] [--seconds S] [--memory-bytes N]``
``python -m drydock_probes.load --disk DIR [--disk-bytes N]``

Nothing of the card is changed. A GPU near the temperature at which it slows itself down is left alone until it has
cooled; one that does not cool ends the test. SIGTERM or SIGINT ends it early and keeps what is done.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import shutil
import signal
import time
from statistics import median
from typing import Any, Callable, Dict, List, Optional

from drydock_probes import failures, machine
from drydock_probes.channel import Channel, Record
from drydock_probes.thermometer import Thermometer

_PART_SECONDS = 0.5
_SIZES = {"cuda": 8192, "cpu": 384}
_ROWS = 8
# of a product of 8192 terms against double precision, relative to the largest value; see the probe kernels
_TOLERANCES = {"float32": 1e-4, "float16": 4e-3, "bfloat16": 3e-2}
_COOLER = 8.0
"""Degrees below the limit at which work goes on."""
_LONGEST_PAUSE = 90.0
_CHUNK = 256 << 20
_KEPT_FREE = 0.12
"""Share of the free memory that the test leaves alone."""
_PATTERNS = (0x55555555, -0x55555556, 0x00FF00FF, -0x00FF0100)
_COPY_BYTES = 256 << 20
_COPY_REPEATS = 8
_DISK_BLOCK = 4 << 20
_DISK_ROOM = 4


class Load:
    """The test of one device."""

    def __init__(self, channel: Channel, torch: Any, device: str, options: argparse.Namespace) -> None:
        self.channel = channel
        self.torch = torch
        self.device = device
        self.options = options
        self.stopped = False
        self.on_gpu = device.startswith("cuda")
        self.meter = Thermometer(_uuid(torch, device) if self.on_gpu else "")

    def stop(self, *_: Any) -> None:
        """Ask for an early end (a signal handler)."""
        self.stopped = True

    def synchronise(self) -> None:
        """Wait until the device has done what it was told."""
        if self.on_gpu:
            self.torch.cuda.synchronize(self.device)

    def soak(self) -> Record:
        """Multiply again and again; every part must give what the first gave."""
        torch = self.torch
        name = "float32"
        if self.on_gpu:
            name = "bfloat16" if torch.cuda.get_device_capability(self.device) >= (8, 0) else "float16"
        size = self._size(name)
        source = torch.Generator().manual_seed(4096)
        left, right = (torch.randn(size, size, generator=source).to(getattr(torch, name)) for _ in range(2))
        expected = left[:_ROWS].double() @ right.double()
        one, other = left.to(self.device), right.to(self.device)
        first = one @ other
        self.synchronise()
        error = float((first[:_ROWS].cpu().double() - expected).abs().max() / expected.abs().max())
        answer: Record = {"format": name, "size": size, "kind": "", "text": ""}
        if not error <= _TOLERANCES[name]:
            text = "the first product differs from the reference by {:.2g}".format(error)
            return {**answer, "seconds": 0.0, "parts": 0, "wrong": 1, "kind": "wrong-result", "text": text}
        return {**answer, **self._repeat(one, other, first, 2.0 * size**3)}

    def _size(self, name: str) -> int:
        size: int = _SIZES["cuda" if self.on_gpu else "cpu"]
        if self.on_gpu:
            free = int(self.torch.cuda.mem_get_info(self.device)[0])
            while size > 1024 and 6 * size * size * (4 if name == "float32" else 2) > free:
                size //= 2
        return size

    def _repeat(self, one: Any, other: Any, first: Any, flops: float) -> Record:
        torch, rates, wrong, paused = self.torch, [], 0, 0.0
        result = torch.empty_like(first)
        begun = now = time.monotonic()
        end = begun + self.options.seconds
        repeats, kind, text = 1, "", ""
        while now < end and not self.stopped:
            waited = self._cool_down(end)
            if waited < 0:
                kind, text = (
                    "too-hot",
                    "it stayed at {} degrees C for {:.0f} s without load".format(
                        self.meter.temperature(), _LONGEST_PAUSE
                    ),
                )
                break
            paused += waited
            start = time.monotonic()
            for _ in range(repeats):
                torch.matmul(one, other, out=result)
            self.synchronise()
            now = time.monotonic()
            took = max(now - start, 1e-6)
            rates.append(repeats * flops / took / 1e12)
            wrong += not bool(torch.equal(result, first))
            repeats = max(1, min(10_000, int(repeats * _PART_SECONDS / took)))
        tenth = max(1, len(rates) // 10)
        if wrong and not kind:
            kind, text = "wrong-result", "{} of {} parts gave another result than the first".format(wrong, len(rates))
        return {
            "seconds": round(now - begun, 1),
            "parts": len(rates),
            "teraflops": round(median(rates), 3) if rates else 0.0,
            "first": round(median(rates[:tenth]), 3) if rates else 0.0,
            "last": round(median(rates[-tenth:]), 3) if rates else 0.0,
            "wrong": wrong,
            "paused": round(paused, 1),
            "kind": kind,
            "text": text,
        }

    def _cool_down(self, end: float) -> float:
        """Wait while the GPU is hot. Returns the seconds waited, or -1 where it does not cool down."""
        limit, now = self.meter.limit, self.meter.temperature()
        if limit is None or now is None or now < limit:
            return 0.0
        begun = time.monotonic()
        while now is not None and now > limit - _COOLER and not self.stopped:
            waited = time.monotonic() - begun
            if waited > _LONGEST_PAUSE:
                return -1.0
            if time.monotonic() > end:
                break
            time.sleep(0.5)
            now = self.meter.temperature()
        return time.monotonic() - begun

    def memory(self) -> Record:
        """Write patterns through the free memory and read them back."""
        torch, chunks = self.torch, []
        wanted: int = self.options.memory_bytes
        if self.on_gpu:
            torch.cuda.empty_cache()
            free = int(torch.cuda.mem_get_info(self.device)[0] * (1 - _KEPT_FREE))
            wanted = min(wanted, free) if wanted else free
        words = min(_CHUNK, max(wanted, 4)) // 4
        wrong = done = 0
        try:
            for _ in range(max(1, wanted // (4 * words))):
                chunks.append(torch.empty(words, dtype=torch.int32, device=self.device))
        except RuntimeError:  # what is free may be in pieces
            if not chunks:
                raise
        for pattern in _PATTERNS:
            if self.stopped:
                break
            # every chunk has a value of its own, so that one that lies over another shows
            for number, chunk in enumerate(chunks):
                chunk.fill_(pattern ^ number)
            self.synchronise()
            wrong += sum(int((chunk != (pattern ^ number)).sum()) for number, chunk in enumerate(chunks))
            done += 1
        tested = 4 * words * len(chunks)
        text = "{} words differ".format(wrong) if wrong else ""
        kind = "wrong-result" if wrong else ("stopped" if done < len(_PATTERNS) else "")
        return {"tested": tested, "patterns": done, "wrong": wrong, "kind": kind, "text": text}

    def copy(self) -> Record:
        """Measure copies to the device, from it and within it."""
        torch = self.torch
        size = _COPY_BYTES if self.on_gpu else _COPY_BYTES >> 4
        if self.on_gpu:
            size = min(size, int(torch.cuda.mem_get_info(self.device)[0]) // 4)
        here = torch.zeros(size, dtype=torch.uint8, pin_memory=self.on_gpu)
        there, beside = (torch.zeros(size, dtype=torch.uint8, device=self.device) for _ in range(2))
        return {
            "to_gpu": self._speed(lambda: there.copy_(here, non_blocking=True), size),
            "from_gpu": self._speed(lambda: here.copy_(there, non_blocking=True), size),
            # every byte is read and written
            "within": 2 * self._speed(lambda: beside.copy_(there), size),
            "kind": "",
            "text": "",
        }

    def _speed(self, act: Callable[[], Any], size: int) -> float:
        best = float("inf")
        for _ in range(_COPY_REPEATS + 1):
            start = time.perf_counter()
            act()
            self.synchronise()
            best = min(best, time.perf_counter() - start)
        return round(size / best)


def _uuid(torch: Any, device: str) -> str:
    found = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return "GPU-{}".format(found) if found is not None else ""


def disk(directory: str, size: int) -> Record:
    """Write a file, let the page cache forget it, and read it back. Bytes a second."""
    size = min(size, shutil.disk_usage(directory).free // _DISK_ROOM) // _DISK_BLOCK * _DISK_BLOCK
    if size < _DISK_BLOCK:
        raise OSError(28, "too little room for a test", directory)
    path, block = os.path.join(directory, "drydock-disk-test"), os.urandom(_DISK_BLOCK)
    try:
        start = time.perf_counter()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            for _ in range(size // _DISK_BLOCK):
                os.write(handle, block)
            os.fsync(handle)
        finally:
            os.close(handle)
        written = time.perf_counter() - start
        handle = os.open(path, os.O_RDONLY)
        try:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            start = time.perf_counter()
            while os.read(handle, _DISK_BLOCK):
                pass
            took = time.perf_counter() - start
        finally:
            os.close(handle)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return {"path": directory, "size": size, "write": round(size / written), "read": round(size / took)}


def _guarded(channel: Channel, slot: str, act: Callable[[], Record], extra: Optional[Dict[str, Any]] = None) -> bool:
    """Do a part and write what it gave; returns whether it was all right."""
    channel.emit("slot_start", slot=slot)
    try:
        values = act()
    except Exception as error:
        failure = failures.of(error)
        channel.emit("error", slot=slot, kind=failure.kind, text=failure.text, number=failure.number)
        return False
    passed = not values.get("kind")
    channel.emit("result", slot=slot, passed=passed, values={**values, **(extra or {})}, metrics={}, flags=[])
    return passed


def main() -> int:
    """Run the probe; returns its exit status."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cuda:0", help="cuda:N or cpu")
    parser.add_argument("--parts", default="soak,memory,copy")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the products")
    parser.add_argument("--memory-bytes", type=int, default=0, help="of memory to test; 0 takes what is free")
    parser.add_argument("--disk", default="", help="measure the disk under this directory instead")
    parser.add_argument("--disk-bytes", type=int, default=1 << 30)
    options = parser.parse_args()
    start = time.monotonic()
    channel = Channel()
    bad: List[str] = []
    stopped = False
    if options.disk:
        channel.emit("hello", probe="load", **machine.around(), torch=None, devices=[])
        if not _guarded(channel, "load/disk", lambda: disk(options.disk, options.disk_bytes)):
            bad.append("load/disk")
    else:
        torch, seconds = machine.require_torch(channel)
        described = machine.describe_torch(torch, seconds)
        channel.emit(
            "hello", probe="load", **machine.around(), torch=described, devices=machine.describe_devices(torch)
        )
        load = Load(channel, torch, options.device, options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, load.stop)
        acts: Dict[str, Callable[[], Record]] = {"soak": load.soak, "memory": load.memory, "copy": load.copy}
        for name in options.parts.split(","):
            slot = "load/{}/{}".format(options.device, name)
            if not load.stopped and not _guarded(channel, slot, acts[name]):
                bad.append(slot)
        stopped = load.stopped
    wall = round(time.monotonic() - start, 3)
    channel.emit("final", ok=not bad, stopped=stopped, invalid_reasons=bad, wall_s=wall)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
