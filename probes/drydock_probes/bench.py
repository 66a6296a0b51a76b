"""Probe: how fast a GPT-2-shaped decoder trains here, and what each tuning is worth.

``python -m drydock_probes.bench [--quick|--standard] [--device auto|cpu|cuda:N] [--only RUNG,…]
[--shape NAME] [--budget SECONDS] [--steps N]``

The ladder: float32, TF32, automatic mixed precision, fused attention, torch.compile; each rung keeps what the one
before had and runs in a process of its own, all on the same batch. On a CPU or a small GPU the model is scaled down,
and the plan says so. The whole run keeps to its budget: a rung that overruns is cut. SIGTERM or SIGINT ends it early
and keeps what is done.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import signal
import time
from typing import Any, Dict, List, Optional

from drydock_probes import bench_plan
from drydock_probes.bench_formulas import flops_per_token, matmul_parameters
from drydock_probes.bench_plan import REPEAT, RUNGS, Shape
from drydock_probes.bench_statistics import LEAST_FOR_INTERVAL, ratio_interval, summarise
from drydock_probes.channel import Channel, Record
from drydock_probes.children import ChildEnd, Nursery, serve

_SEED = 1337
_GEMM_SECONDS = {"quick": 2.5, "standard": 10.0}
_PREPARE_SHARE = 0.6  # of the budget: preparing may not take longer
_MARGIN = 0.6  # seconds a job needs to write its result after its last step
_LEAST_SECONDS = 1.0  # a slot with less is not started
_LOSS_LIMIT = 0.01  # of the full-size model, against the first rung
_DRIFT = 0.015
_WIN = 1.01


def _telling(result: Record) -> bool:
    """Whether the interval means anything: with fewer than six steps none of 95 % exists."""
    return result["metrics"]["tokens_per_s"]["n"] >= LEAST_FOR_INTERVAL


class Driver:
    """Runs the slots, keeps the time, compares."""

    def __init__(self, channel: Channel, options: argparse.Namespace) -> None:
        self.channel = channel
        self.options = options
        self.mode: str = options.mode
        self.budget: float = options.budget or bench_plan.BUDGETS[self.mode]
        self.begun = time.monotonic()
        self.end = self.begun + self.budget
        self.stopped = False
        self.facts: Dict[str, Any] = {}
        self.reference: List[float] = []
        self.results: Dict[str, Record] = {}
        self.invalid: List[str] = []
        self._samples: Dict[str, List[float]] = {}
        self._reported: List[str] = []
        self._nursery = Nursery([os.path.abspath(__file__), "--serve"])

    def stop(self, *_: Any) -> None:
        """Ask for an early end (a signal handler)."""
        self.stopped = True

    def _take(self, record: Record) -> None:
        kind = record["type"]
        if kind == "facts":
            self.facts = record["facts"]
            return
        if kind == "reference":
            self.reference = record["losses"]
            return
        if kind == "sample":
            self._samples.setdefault(record["slot"], []).extend(record["step_ms"])
        elif kind == "result":
            self.results[record["slot"]] = record
            if record["passed"] is False:
                self.invalid.append(f"wrong-result/{record['slot']}")
        elif kind == "error":
            self._reported.append(record["slot"])
        self.channel.forward(record)

    def _run(self, job: Record, deadline: float) -> ChildEnd:
        end = self._nursery.run(job, deadline, self._take, lambda: self.stopped)
        slot = job["slot"]
        if end.stopped or slot in self.results or slot in self._reported or (end.status == 0 and not end.cut):
            return end
        if end.cut:
            text = "its time was over before the first step was timed" if slot != "prepare" else "it took too long"
            self.channel.emit("error", slot=slot, kind="timeout", text=text)
        elif end.status != 3:
            text = f"ended with status {end.status}\n{end.last_words}".strip()
            self.channel.emit("error", slot=slot, kind="oom" if end.status == -9 else "crash", text=text)
        return end

    def run(self) -> int:
        """Run everything; returns the exit status."""
        try:
            status = self._whole()
        finally:
            self._nursery.close()
        rates = {slot: result["metrics"].get("tokens_per_s", {}).get("median") for slot, result in self.results.items()}
        self.channel.emit(
            "final",
            ok=status == 0 and not self.invalid,
            stopped=self.stopped,
            invalid_reasons=self.invalid,
            results={slot: rate for slot, rate in rates.items() if rate is not None},
            wall_s=round(time.monotonic() - self.begun, 3),
        )
        return 1 if self.invalid and status == 0 else status

    def _whole(self) -> int:
        job = {
            "slot": "prepare",
            "device": self.options.device,
            "mode": self.mode,
            "budget_s": self.budget,
            "seed": _SEED,
            "gemm_s": min(_GEMM_SECONDS[self.mode], 0.1 * self.budget),
            "plant": self.options.plant,
        }
        end = self._run(job, self.begun + _PREPARE_SHARE * self.budget)
        if end.status == 3:
            self.invalid.append("torch")
            return 3
        if self.stopped:
            return 0
        if not self.facts or not self.reference:
            self.invalid.append("not-prepared")
            return 1
        shape, slots = self._plan()
        while slots and not self.stopped:
            self._rung(slots, shape)
            slots.pop(0)
        if not self.stopped:
            self._check_drift()
            if not any("tokens_per_s" in result["metrics"] for result in self.results.values()):
                self.invalid.append("nothing-measured")
        return 0

    def _plan(self) -> Any:
        wanted: Optional[List[str]] = self.options.only
        kept = [rung for rung in RUNGS if wanted is None or rung.id in wanted]
        skipped = {rung.id: bench_plan.skip_reason(rung, self.facts) for rung in kept}
        slots = [rung.id for rung in kept if skipped[rung.id] is None]
        if "fp32" in slots and len(slots) > 1:
            # in a short run the repeat goes before the compiler, which may use up all the time there is
            early = self.mode == "quick" and slots[-1] == "compile"
            slots.insert(len(slots) - 1 if early else len(slots), REPEAT)
        shares = bench_plan.shares(slots)
        left = self.end - time.monotonic()
        seconds = {slot: left * share / sum(shares.values()) for slot, share in shares.items()}
        slowest = max(0.5, 0.8 * min(seconds.values(), default=1.0))
        shape = self._shape(slowest)
        listed: List[Record] = [{"id": slot, "est_s": round(seconds[slot], 2), "skipped": None} for slot in slots]
        for name, why in skipped.items():
            if why is not None:
                listed.append({"id": name, "est_s": 0, "skipped": {"code": why[0], "text": why[1]}})
        counted = (shape.layers, shape.width, shape.context, shape.vocabulary)
        self.channel.emit(
            "plan",
            slots=listed,
            scaled=shape.name != bench_plan.FULL,
            shape=shape._asdict(),
            tokens_per_step=shape.tokens,
            matmul_parameters=matmul_parameters(shape.layers, shape.width, shape.vocabulary),
            flops_per_token=flops_per_token(*counted),
            flops_per_token_causal=flops_per_token(*counted, causal=True),
        )
        return shape, slots

    def _shape(self, slot_seconds: float) -> Shape:
        def flops(shape: Shape) -> float:
            return flops_per_token(shape.layers, shape.width, shape.context, shape.vocabulary)

        memory, speed = self.facts["memory"], self.facts["fp32_flops"]
        return bench_plan.choose_shape(memory, speed, slot_seconds, flops, self.options.shape)

    def _rung(self, slots: List[str], shape: Shape) -> None:
        slot = slots[0]
        shares = bench_plan.shares(slots)
        left = self.end - time.monotonic()
        # the last rung gets all that is left; a saving of the earlier ones is passed on
        seconds = left * shares[slot] / sum(shares.values())
        if seconds < _LEAST_SECONDS:
            self.channel.emit("error", slot=slot, kind="timeout", text="no time was left for it")
            return
        deadline = time.monotonic() + seconds
        self.channel.emit("slot_start", slot=slot)
        # the compiler needs its time for the model itself in a short run; its losses are compared there
        check_parity = not (bench_plan.rung_by_id(slot).compiled and self.mode == "quick")
        job = {
            "slot": slot,
            "device": self.facts["device"],
            "shape": shape._asdict(),
            "seed": _SEED,
            "deadline": deadline - _MARGIN,
            "reference": self.reference,
            "check_parity": check_parity,
            "plant": self.options.plant,
            "most_steps": self.options.steps,
        }
        end = self._run(job, deadline)
        if slot not in self.results and self._samples.get(slot):
            self._rescue(slot, shape, "stopped" if end.stopped else "cut")
        self._compare(slot)
        share = min(1.0, (time.monotonic() - self.begun) / self.budget)
        est_left = round(max(0.0, self.end - time.monotonic()), 1)
        self.channel.emit("progress", slot=slot, done=round(share, 3), est_left_s=est_left if len(slots) > 1 else 0)

    def _rescue(self, slot: str, shape: Shape, why: str) -> None:
        """Make a result of the blocks that a job which did not end had already reported."""
        times = self._samples[slot]
        rates = [shape.tokens * 1000 / milliseconds for milliseconds in times]
        per_token = flops_per_token(shape.layers, shape.width, shape.context, shape.vocabulary)
        metrics: Record = {
            "tokens_per_s": {**summarise(rates), "unit": "token/s", "converged": False},
            "step_ms": {**summarise(times), "unit": "ms", "converged": False},
            "model_tflops": {**summarise([r * per_token / 1e12 for r in rates]), "unit": "TFLOP/s", "converged": False},
        }
        record: Record = {
            "slot": slot,
            "passed": None,
            "values": {},
            "metrics": metrics,
            "flags": [why, "not-converged"],
        }
        self.results[slot] = record
        self.channel.emit("result", **record)

    def _compare(self, slot: str) -> None:
        """Compare a rung with the first."""
        base, rung = self.results.get("fp32"), self.results.get(slot)
        if base is None or rung is None or slot in ("fp32", REPEAT):
            return
        ratio, low, high = self._ratio(rung, base)
        parity = self._parity(rung, base)
        verdict = "no-effect"
        if parity is False:
            verdict = "wrong-result"
            self.invalid.append(f"parity/{slot}")
        elif not (_telling(rung) and _telling(base)):
            verdict = "cannot-tell"
        elif low > _WIN:
            verdict = "win"
        elif high < 2 - _WIN:
            verdict = "loss"
        elif high > _WIN and low < 2 - _WIN:
            verdict = "cannot-tell"
        self.channel.emit("compare", a=slot, b="fp32", ratio=ratio, ci=[low, high], parity=parity, verdict=verdict)

    @staticmethod
    def _ratio(above: Record, below: Record) -> Any:
        one, other = above["metrics"]["tokens_per_s"], below["metrics"]["tokens_per_s"]
        return ratio_interval((one["median"], one["ci"]), (other["median"], other["ci"]))

    @staticmethod
    def _parity(rung: Record, base: Record) -> Optional[bool]:
        """Whether the rung still learns the same: None when it was cut before that could be seen."""
        found, expected = rung["values"].get("losses"), base["values"].get("losses")
        if rung["passed"] is not True or not found or not expected:
            return False if rung["passed"] is False else None
        # the last kept loss is of a different step in each rung; the ones before are of the same
        same = list(zip(found[:-1], expected[:-1]))
        return all(one is not None and abs(one - other) <= _LOSS_LIMIT * abs(other) for one, other in same)

    def _check_drift(self) -> None:
        first, again = self.results.get("fp32"), self.results.get(REPEAT)
        if first is None or again is None or not (_telling(first) and _telling(again)):
            return
        ratio, low, high = self._ratio(again, first)
        # more than noise explains, and more than matters
        if abs(ratio - 1) > _DRIFT and (low > 1 or high < 1):
            text = f"the first rung, run again, was {ratio:.3f} times as fast"
            self.channel.emit(
                "warn", slot=REPEAT, code="drifting", text=text, values={"ratio": ratio, "ci": [low, high]}
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.set_defaults(mode="quick")
    parser.add_argument("--quick", dest="mode", action="store_const", const="quick", help="about 30 s (the default)")
    parser.add_argument("--standard", dest="mode", action="store_const", const="standard", help="about 3 minutes")
    parser.add_argument("--budget", type=float, help="seconds for the whole run, instead of the mode's")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:N")
    parser.add_argument("--shape", choices=bench_plan.SHAPE_NAMES, help="the model, instead of what suits the device")
    parser.add_argument("--steps", type=int, default=100_000, help="at most so many timed steps a rung")
    parser.add_argument("--only", type=lambda text: text.split(","), help="rungs, separated by commas")
    parser.add_argument("--plant", default="none", choices=("none", "nan", "swap"), help="a fault that must be caught")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    known = [rung.id for rung in RUNGS]
    unknown = [name for name in options.only or () if name not in known]
    if unknown:
        parser.error(f"no rung is called {', '.join(unknown)}; there are {', '.join(known)}")
    if options.steps < 1:
        parser.error("at least one step is timed")
    if options.budget is not None and not 5 <= options.budget <= 3600:
        parser.error("the budget is between 5 and 3600 seconds")
    return options


def main() -> int:
    """Run the probe; returns its exit status."""
    options = _options()
    if options.serve:
        from drydock_probes.bench_slots import work

        return serve(work)
    driver = Driver(Channel(), options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, driver.stop)
    return driver.run()


if __name__ == "__main__":
    sys.exit(main())
