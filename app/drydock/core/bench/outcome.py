"""What a run of the benchmark came to. Texts are not made here: flags, verdicts and ends are stable codes."""

from typing import Literal

import msgspec

from drydock.core.bench import statistics
from drydock.core.bench.records import DeviceFacts, ModelShape

End = Literal["finished", "stopped", "crashed"]
Verdict = Literal["baseline", "win", "no-effect", "loss", "wrong-result", "cannot-tell"]


class CeilingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Speeds a rung is compared with, FLOP/s, where they are known.

    Attributes:
        datasheet: computed from the part and its rated clock.
        clock_adjusted: the same at the clock seen during the run.
        measured: the matrix product timed in this run.
    """

    datasheet: float | None = None
    clock_adjusted: float | None = None
    measured: float | None = None


class Utilisation(msgspec.Struct, frozen=True, kw_only=True):
    """Model FLOP/s as shares of the ceilings (0 to 1; above 1 where the clock exceeds the rated one)."""

    datasheet: float | None = None
    clock_adjusted: float | None = None
    measured: float | None = None


class RungSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One rung that has a number.

    Attributes:
        tokens_per_second: with spread; ``step_ms`` likewise.
        tflops: model TFLOP/s by the non-causal count; ``tflops_causal`` by the causal one.
        against_baseline: how many times faster than fp32; ``against_previous`` than the rung before.
        peak_memory: bytes (of the GPU's allocator, or of the process on a CPU).
        first_s: seconds of the first step, with compilation.
        flags: ``not-converged``, ``cut``, ``stopped``, ``loss-not-finite``, ``loss-not-falling``, ``loss-frozen``,
            ``unfinished`` (the run died in it; the number is of the blocks it had reported).
    """

    id: str
    precision: str
    tokens_per_second: statistics.Spread
    step_ms: statistics.Spread | None = None
    tflops: float
    tflops_causal: float
    utilisation: Utilisation
    against_baseline: statistics.Ratio | None = None
    against_previous: statistics.Ratio | None = None
    verdict: Verdict
    parity: bool | None = None
    converged: bool = False
    peak_memory: int | None = None
    first_s: float | None = None
    flags: tuple[str, ...] = ()


class NotRun(msgspec.Struct, frozen=True, kw_only=True):
    """A rung without a number: its reason's code (``timeout``, ``oom``, ``compiler-missing`` …) and text."""

    id: str
    code: str
    text: str = ""


class BenchSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A run.

    Attributes:
        end: ``finished``, ``stopped`` by a person, or ``crashed`` (no final record).
        valid: the run came to an end, by itself or by a stop, and nothing it proves is broken.
        scaled: the model was smaller than GPT-2 124M.
        best: id of the fastest rung whose result is right.
        drift: the repeated baseline against the first, where it moved by more than it should.
        invalid_reasons: codes of what makes the numbers worthless.
    """

    schema: int = 1
    end: End
    valid: bool
    device: str | None = None
    gpu: DeviceFacts | None = None
    cpu: str = ""
    torch: str | None = None
    mode: str | None = None
    scaled: bool = False
    shape: ModelShape | None = None
    gemm_tflops: dict[str, float] = {}
    rungs: tuple[RungSummary, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    best: str | None = None
    drift: statistics.Ratio | None = None
    checker_proved: bool | None = None
    invalid_reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    wall_s: float | None = None
