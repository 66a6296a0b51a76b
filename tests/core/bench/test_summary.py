import msgspec
import pytest

from drydock.core.bench.outcome import CeilingFigures
from drydock.core.bench.records import decode_stream
from drydock.core.bench.summary import summarise_run

DEVICE = {
    "index": 0,
    "name": "NVIDIA A100-SXM4-80GB",
    "cc": [8, 0],
    "sms": 108,
    "memory": 80 << 30,
    "coverage": "binary",
}
TORCH = {"version": "2.9.0+cu128", "cuda": "12.8", "arch_list": ["sm_80"], "cuda_available": True}
SHAPE = {"name": "gpt2-124m", "layers": 12, "width": 768, "heads": 12, "context": 1024, "vocabulary": 50304, "batch": 8}
PER_TOKEN = 854654976.0


def metric(median, reach=0.004, n=30, converged=True):
    ci = [median * (1 - reach), median * (1 + reach)]
    return {"median": median, "iqr": median * reach, "cv": reach, "ci": ci, "n": n, "unit": "", "converged": converged}


def rung(slot, rate, *, passed=True, flags=(), n=30, precision="amp"):
    values = {"precision": precision, "memory": {"peak_allocated": 123}, "first_s": 1.5, "parity": {"holds": passed}}
    metrics = {"tokens_per_s": metric(rate, n=n), "step_ms": metric(8192e3 / rate, n=n)}
    return {"type": "result", "slot": slot, "passed": passed, "values": values, "metrics": metrics, "flags": flags}


def start(*slots):
    return [
        {"type": "hello", "probe": "bench", "torch": TORCH, "devices": [DEVICE], "device": "cuda:0", "mode": "quick"},
        {"type": "result", "slot": "gemm", "passed": True, "metrics": {"bf16": metric(260.0), "fp32": metric(18.0)}},
        {"type": "result", "slot": "parity", "passed": True},
        {
            "type": "plan",
            "slots": [{"id": slot, "est_s": 4} for slot in slots],
            "scaled": False,
            "shape": SHAPE,
            "tokens_per_step": 8192,
            "flops_per_token": PER_TOKEN,
            "flops_per_token_causal": PER_TOKEN * 0.934,
        },
    ]


def summary(records, ceilings=None):
    lines = [msgspec.json.encode({"v": 1, "seq": i, "t": i * 1.0, **record}) for i, record in enumerate(records)]
    stream = decode_stream(lines)
    assert not stream.bad_lines
    return summarise_run(stream.records, ceilings)


FINAL = {"type": "final", "ok": True, "stopped": False, "wall_s": 29.0}


def test_a_whole_run():
    found = summary(
        [*start("fp32", "amp"), rung("fp32", 16e3, precision="fp32"), rung("amp", 54.5e3), FINAL],
        CeilingFigures(datasheet=312e12),
    )
    assert (found.end, found.valid, found.best, found.checker_proved) == ("finished", True, "amp", True)
    assert found.gpu is not None
    assert found.gpu.name == "NVIDIA A100-SXM4-80GB"
    fp32, amp = found.rungs
    assert fp32.verdict == "baseline"
    assert amp.verdict == "win"
    assert amp.against_baseline is not None
    assert amp.against_baseline.value == pytest.approx(54.5 / 16)
    assert amp.tflops == pytest.approx(54.5e3 * PER_TOKEN / 1e12)
    assert amp.utilisation.datasheet == pytest.approx(amp.tflops / 312)
    assert amp.utilisation.measured == pytest.approx(amp.tflops / 260)
    assert fp32.utilisation.datasheet is None, "the half precision ceiling says nothing about single precision"
    assert fp32.utilisation.measured == pytest.approx(fp32.tflops / 18)


def test_a_run_that_died_shows_its_finished_rungs_and_what_was_reported_of_the_rest():
    records = [
        *start("fp32", "amp", "sdpa"),
        {"type": "slot_start", "slot": "fp32"},
        rung("fp32", 16e3, precision="fp32"),
        {"type": "slot_start", "slot": "amp"},
        {"type": "sample", "slot": "amp", "arm": "amp", "block": 0, "step_ms": [150.0] * 8},
    ]
    found = summary(records)
    assert (found.end, found.valid) == ("crashed", False)
    assert [one.id for one in found.rungs] == ["fp32", "amp"]
    assert found.rungs[1].flags == ("unfinished",)
    assert found.rungs[1].tokens_per_second.median == pytest.approx(8192 / 0.15)
    assert [(one.id, one.code) for one in found.not_run] == [("sdpa", "not-reached")]


def test_a_wrong_result_is_never_a_win_nor_the_best():
    records = [*start("fp32", "amp"), rung("fp32", 16e3), rung("amp", 99e3, passed=False), {**FINAL, "ok": False}]
    records[-1]["invalid_reasons"] = ["wrong-result/amp"]
    found = summary(records)
    assert not found.valid
    assert found.rungs[1].verdict == "wrong-result"
    assert found.best == "fp32"


def test_a_failed_comparison_counts_as_wrong():
    compare = {
        "type": "compare",
        "a": "amp",
        "b": "fp32",
        "ratio": 2,
        "ci": [1.9, 2.1],
        "parity": False,
        "verdict": "x",
    }
    found = summary([*start("fp32", "amp"), rung("fp32", 16e3), rung("amp", 32e3), compare, FINAL])
    assert found.rungs[1].verdict == "wrong-result"


def test_small_differences_and_few_steps_are_not_judged_as_wins():
    assert summary([*start("fp32"), rung("fp32", 100.0), rung("amp", 100.1), FINAL]).rungs[1].verdict == "no-effect"
    assert summary([*start("fp32"), rung("fp32", 100.0), rung("amp", 90.0), FINAL]).rungs[1].verdict == "loss"
    few = summary([*start("fp32"), rung("fp32", 100.0), rung("amp", 200.0, n=3), FINAL])
    assert few.rungs[1].verdict == "cannot-tell"


def test_rungs_without_a_number_carry_their_reason():
    plan = start("fp32", "sdpa")
    plan[3]["slots"].append({"id": "compile", "skipped": {"code": "compiler-missing", "text": "no g++"}})
    error = {"type": "error", "slot": "sdpa", "kind": "oom", "text": "CUDA out of memory"}
    found = summary([*plan, rung("fp32", 16e3), error, FINAL])
    assert {(one.id, one.code) for one in found.not_run} == {("compile", "compiler-missing"), ("sdpa", "oom")}


def test_each_rung_is_also_compared_with_the_one_before():
    found = summary([*start("fp32"), rung("fp32", 10.0), rung("amp", 20.0), rung("sdpa", 30.0), FINAL])
    assert found.rungs[2].against_previous is not None
    assert found.rungs[2].against_previous.value == pytest.approx(1.5)


def test_drift_is_shown_when_the_probe_warned():
    again = [rung("fp32", 100.0), rung("fp32-repeat", 80.0)]
    assert summary([*start("fp32"), *again, FINAL]).drift is None
    warned = summary([*start("fp32"), *again, {"type": "warn", "code": "drifting", "slot": "fp32-repeat"}, FINAL])
    assert warned.drift is not None
    assert warned.drift.value == pytest.approx(0.8)
    assert warned.warnings == ("drifting",)
    assert [one.id for one in warned.rungs] == ["fp32"]


@pytest.mark.parametrize(("later", "verdict"), [(105.0, "win"), (1500.0, "cannot-tell"), (7.0, "cannot-tell")])
def test_a_gain_that_is_smaller_than_the_drift_is_no_gain(later, verdict):
    rungs = [rung("fp32", 100.0), rung("amp", 500.0), rung("fp32-repeat", later)]
    warned = summary(
        [*start("fp32", "amp"), *rungs, {"type": "warn", "code": "drifting", "slot": "fp32-repeat"}, FINAL]
    )
    assert {one.id: one.verdict for one in warned.rungs}["amp"] == verdict


@pytest.mark.parametrize("ci", [[1.0, -5.0], [5e-324, 1e308], [0.0, 0.0]])
def test_intervals_that_nobody_measured_give_no_ratio(ci):
    odd = rung("amp", 9000.0)
    odd["metrics"]["tokens_per_s"]["ci"] = ci
    base = rung("fp32", 3000.0, precision="fp32")
    base["metrics"]["tokens_per_s"]["ci"] = [5e-324, 1e308] if ci[0] > 0 else [2990.0, 3010.0]
    found = summary([*start("fp32", "amp"), base, odd, FINAL])
    assert found.rungs[1].against_baseline is None
    assert found.rungs[1].verdict == "cannot-tell"


def test_a_plan_beyond_numbers_is_a_bad_line():
    plan = {**start("fp32")[3], "v": 1, "seq": 0, "t": 0.0, "tokens_per_step": 0}
    line = msgspec.json.encode(plan).replace(b'"tokens_per_step":0', b'"tokens_per_step":1' + b"0" * 400)
    assert decode_stream([line]).bad_lines


def test_nothing_at_all_is_a_crashed_run():
    found = summary([])
    assert (found.end, found.rungs, found.best, found.valid) == ("crashed", (), None, False)


def test_a_summary_survives_being_stored():
    found = summary([*start("fp32", "amp"), rung("fp32", 16e3), rung("amp", 54.5e3), FINAL])
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
