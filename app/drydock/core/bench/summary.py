"""What a run of the benchmark says, from its records: finished rungs, what each is worth, and why to doubt it.

Texts are not made here: flags, verdicts and ends are stable codes.
"""

from collections.abc import Sequence
from typing import Any, cast

from drydock.core.bench import statistics
from drydock.core.bench.formulas import model_flops_utilisation
from drydock.core.bench.outcome import (
    BenchSummary,
    CeilingFigures,
    End,
    NotRun,
    RungSummary,
    Utilisation,
    Verdict,
)
from drydock.core.bench.records import (
    Compare,
    DeviceFacts,
    ErrorRecord,
    Final,
    Hello,
    Metric,
    Plan,
    Record,
    Result,
    Sample,
    SlotStart,
    Warn,
)

BASELINE = "fp32"
REPEAT = "fp32-repeat"
_WIN = 1.01
_EARLIER = ("fp32", "tf32", "amp", "sdpa", "compile")


def summarise_run(records: Sequence[Record], ceilings: CeilingFigures | None = None) -> BenchSummary:
    """Summarise a run from whatever of its records there is.

    Args:
        records: as read, in order; may end anywhere.
        ceilings: figures for this GPU in half precision. The measured one is taken from the run where absent.
    """
    run = _Run(records)
    given = ceilings or CeilingFigures()
    rungs = run.rungs(given)
    final = run.final
    invalid = final.invalid_reasons if final else run.wrong_results()
    end: End = "crashed" if final is None else "stopped" if final.stopped else "finished"
    right = [rung for rung in rungs if rung.verdict != "wrong-result"]
    best = max(right, key=lambda rung: rung.tokens_per_second.median, default=None)
    return BenchSummary(
        end=end,
        valid=end != "crashed" and not invalid and bool(final and final.ok),
        device=run.hello.device if run.hello else None,
        gpu=run.gpu(),
        cpu=run.hello.cpu.name if run.hello else "",
        torch=run.hello.torch.version if run.hello and run.hello.torch else None,
        mode=run.hello.mode if run.hello else None,
        scaled=bool(run.plan and run.plan.scaled),
        shape=run.plan.shape if run.plan else None,
        gemm_tflops=run.gemm(),
        rungs=rungs,
        not_run=run.not_run(),
        best=best.id if best else None,
        drift=run.drift(),
        checker_proved=run.results["parity"].passed if "parity" in run.results else None,
        invalid_reasons=invalid,
        warnings=tuple(record.code for record in run.warnings),
        wall_s=final.wall_s if final else None,
    )


class _Run:
    """The records of a run by what they are."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.hello = next((r for r in records if isinstance(r, Hello)), None)
        self.plan = next((r for r in records if isinstance(r, Plan)), None)
        self.final = next((r for r in reversed(records) if isinstance(r, Final)), None)
        self.results = {r.slot: r for r in records if isinstance(r, Result)}
        self.compares = {r.a: r for r in records if isinstance(r, Compare) and r.b == BASELINE}
        self.errors = [r for r in records if isinstance(r, ErrorRecord)]
        self.warnings = [r for r in records if isinstance(r, Warn)]
        self.started = [r.slot for r in records if isinstance(r, SlotStart)]
        self.samples: dict[str, list[float]] = {}
        for record in records:
            if isinstance(record, Sample):
                self.samples.setdefault(record.slot, []).extend(ms for ms in record.step_ms if ms > 0)

    def wrong_results(self) -> tuple[str, ...]:
        return tuple(f"wrong-result/{result.slot}" for result in self.results.values() if result.passed is False)

    def gpu(self) -> DeviceFacts | None:
        if self.hello is None or not self.hello.device or not self.hello.device.startswith("cuda"):
            return None
        index = self.hello.device.partition(":")[2] or "0"
        return next((device for device in self.hello.devices if str(device.index) == index), None)

    def gemm(self) -> dict[str, float]:
        metrics = self.results["gemm"].metrics if "gemm" in self.results else {}
        return {name: metric.median for name, metric in metrics.items()}

    def _measured(self, precision: str) -> float | None:
        """The product timed in the precision of a rung, FLOP/s: half precision counts for AMP where it was timed."""
        speeds = self.gemm()
        half = speeds.get("bf16", speeds.get("fp16"))
        found = speeds.get("fp32") if precision == "fp32" else half if precision == "amp" else None
        return None if found is None else found * 1e12

    def rungs(self, given: CeilingFigures) -> tuple[RungSummary, ...]:
        found: list[RungSummary] = []
        rates = {name: rate for name in _EARLIER if (rate := self._rate(name)) is not None}
        previous: str | None = None
        for name, rate in rates.items():
            baseline = rates.get(BASELINE) if name != BASELINE else None
            found.append(self._rung(name, rate, baseline, rates[previous] if previous else None, given))
            previous = name
        return tuple(found)

    def _rate(self, name: str) -> statistics.Spread | None:
        """Tokens per second of a rung; of an unfinished one from the blocks that were reported."""
        result = self.results.get(name)
        if result is not None:
            metric = result.metrics.get("tokens_per_s")
            return _spread(metric) if metric is not None and metric.median > 0 else None
        times = self.samples.get(name)
        if times and self.plan and self.plan.tokens_per_step > 0:
            return statistics.summarise([self.plan.tokens_per_step * 1000 / ms for ms in times])
        return None

    def _rung(
        self,
        name: str,
        rate: statistics.Spread,
        baseline: statistics.Spread | None,
        previous: statistics.Spread | None,
        given: CeilingFigures,
    ) -> RungSummary:
        result = self.results.get(name)
        values: dict[str, Any] = result.values if result else {}
        precision = str(values.get("precision", "fp32" if name == "fp32" else "tf32" if name == "tf32" else "amp"))
        per_token = self.plan.flops_per_token if self.plan else 0.0
        causal = self.plan.flops_per_token_causal if self.plan else 0.0
        step = result.metrics.get("step_ms") if result else None
        half = precision == "amp"
        first = values.get("first_s")
        return RungSummary(
            id=name,
            precision=precision,
            tokens_per_second=rate,
            step_ms=_spread(step) if step else None,
            tflops=rate.median * per_token / 1e12,
            tflops_causal=rate.median * causal / 1e12,
            utilisation=Utilisation(
                datasheet=_share(rate, per_token, given.datasheet if half else None),
                clock_adjusted=_share(rate, per_token, given.clock_adjusted if half else None),
                measured=_share(rate, per_token, (given.measured if half else None) or self._measured(precision)),
            ),
            against_baseline=_ratio(rate, baseline),
            against_previous=_ratio(rate, previous),
            verdict=self._verdict(name, rate, baseline),
            parity=self.compares[name].parity if name in self.compares else _parity(values),
            converged=bool(result and result.metrics["tokens_per_s"].converged),
            peak_memory=_peak_memory(values),
            first_s=float(first) if isinstance(first, int | float) else None,
            flags=result.flags if result else ("unfinished",),
        )

    def _verdict(self, name: str, rate: statistics.Spread, baseline: statistics.Spread | None) -> Verdict:
        result, compared = self.results.get(name), self.compares.get(name)
        if (result and result.passed is False) or (compared and compared.parity is False):
            return "wrong-result"
        if name == BASELINE:
            return "baseline"
        ratio = _ratio(rate, baseline)
        if ratio is None or baseline is None or min(rate.count, baseline.count) < statistics.LEAST_FOR_INTERVAL:
            return "cannot-tell"
        # what the baseline itself changed by in the meantime is no merit of a rung
        drift = self.drift()
        moved = max(drift.value, 1 / drift.value) if drift else 1.0
        if ratio.low / moved > _WIN:
            return "win"
        if ratio.high * moved < 2 - _WIN:
            return "loss"
        spans = ratio.high * moved > _WIN and ratio.low / moved < 2 - _WIN
        return "cannot-tell" if spans else "no-effect"

    def not_run(self) -> tuple[NotRun, ...]:
        found: dict[str, NotRun] = {}
        for slot in self.plan.slots if self.plan else ():
            if slot.skipped is not None:
                found[slot.id] = NotRun(id=slot.id, code=slot.skipped.code, text=slot.skipped.text)
            elif self._rate(slot.id) is None:
                why = "unfinished" if slot.id in self.started else "not-reached"
                found[slot.id] = NotRun(id=slot.id, code=why)
        for error in self.errors:
            if error.slot not in self.results:
                found[error.slot] = NotRun(id=error.slot, code=error.kind, text=error.text)
        return tuple(found.values())

    def drift(self) -> statistics.Ratio | None:
        first, again = self._rate(BASELINE), self._rate(REPEAT)
        return _ratio(again, first) if again and any(w.code == "drifting" for w in self.warnings) else None


def _spread(metric: Metric) -> statistics.Spread:
    p95 = metric.median if metric.p95 is None else metric.p95
    low, high = metric.ci
    return statistics.Spread(
        median=metric.median, iqr=metric.iqr, cv=metric.cv, p95=p95, low=low, high=high, count=metric.n
    )


def _ratio(above: statistics.Spread, below: statistics.Spread | None) -> statistics.Ratio | None:
    if below is None:
        return None
    try:
        return statistics.ratio(above, below)
    except (ValueError, OverflowError):
        # numbers of a record that no clock has measured
        return None


def _share(rate: statistics.Spread, per_token: float, ceiling: float | None) -> float | None:
    if ceiling is None or ceiling <= 0 or per_token <= 0:
        return None
    return model_flops_utilisation(rate.median, per_token, ceiling)


def _parity(values: dict[str, Any]) -> bool | None:
    judged = values.get("parity")
    holds = cast("dict[str, Any]", judged).get("holds") if isinstance(judged, dict) else None
    return holds if isinstance(holds, bool) else None


def _peak_memory(values: dict[str, Any]) -> int | None:
    memory = values.get("memory")
    if not isinstance(memory, dict):
        return None
    table = cast("dict[str, Any]", memory)
    found = table.get("peak_allocated", table.get("peak_resident"))
    return found if isinstance(found, int) else None
