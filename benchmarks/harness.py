"""Times whole processes in alternating order, and measures a process from inside."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


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
        values = f"{self.ours:.4g} against {self.theirs:.4g} {self.unit} ({self.anchor})"
        return f"{self.name}: {ratio:.{2 if ratio >= 0.1 else 4}f}x{verdict}  [{values}]" + self._note()

    def _note(self) -> str:
        return f"  {self.note}" if self.note else ""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a measured process: no display, and byte code as an installed app has it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", **changes}


def alternate(cases: dict[str, list[str]], rounds: int = 9, **changes: str) -> dict[str, float]:
    """Return the least wall time in milliseconds of each command: whatever else the machine does only adds to it.

    The first round warms the caches (and writes the byte code) and is dropped.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        order = list(cases) if number % 2 else list(reversed(cases))
        for name in order:
            started = time.perf_counter()
            subprocess.run(cases[name], env=environment(**changes), check=True, capture_output=True, timeout=120)
            if number:
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: min(values) for name, values in times.items()}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def drydock(*words: str) -> list[str]:
    """Return the command line of the installed program."""
    return [str(Path(sys.executable).with_name("drydock")), *words]


def told(command: list[str], **changes: str) -> list[float]:
    """Return the numbers on the last line of what a process prints."""
    done = subprocess.run(command, env=environment(**changes), check=True, capture_output=True, text=True, timeout=300)
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def own_memory_mib() -> float:
    """Return the resident memory of this process now (Linux)."""
    status = Path("/proc/self/status").read_text("ascii")
    return float(status.partition("VmRSS:")[2].split()[0]) / 1024
