"""Times whole processes in alternating order, and compares medians."""

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """One comparison. ``goal`` is the largest ratio aimed at, None for information only."""

    name: str
    anchor: str
    ours: float
    theirs: float
    unit: str
    goal: float | None
    note: str = ""

    def line(self) -> str:
        if not self.theirs:
            return f"{self.name}: not measured. {self.note}"
        ratio = self.ours / self.theirs
        verdict = "" if self.goal is None else f"  goal {self.goal:g}x {'met' if ratio <= self.goal else 'MISSED'}"
        values = f"{self.ours:.1f} against {self.theirs:.1f} {self.unit} ({self.anchor})"
        return f"{self.name}: {ratio:.2f}x{verdict}  [{values}]{'  ' + self.note if self.note else ''}"


def environment(**changes: str) -> dict[str, str]:
    # an installed app finds its byte code, so the first round may write it
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", **changes}


def alternate(cases: dict[str, list[str]], rounds: int = 7, **changes: str) -> dict[str, float]:
    """Return the median wall time in milliseconds of each command; the first round warms the caches and is dropped."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        order = list(cases) if number % 2 else list(reversed(cases))
        for name in order:
            started = time.perf_counter()
            subprocess.run(cases[name], env=environment(**changes), check=True, capture_output=True, timeout=120)
            if number:
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def peak_memory(command: list[str], **changes: str) -> float:
    """Return the resident set in MiB that a process reports of itself on its last line, as ``RSS <KiB>``."""
    done = subprocess.run(command, env=environment(**changes), check=True, capture_output=True, text=True, timeout=120)
    return next(float(line.split()[1]) for line in reversed(done.stdout.splitlines()) if line.startswith("RSS ")) / 1024


def own_rss_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
