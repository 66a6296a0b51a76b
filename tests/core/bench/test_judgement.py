"""What a run says about the machine: graded against published shares, promises judged by their intervals."""

import pytest

from drydock.core.bench.judgement import Expected, judge
from drydock.core.bench.judgement_words import claim_cells, claim_sentence, judgement_sentence, judgement_sources
from drydock.core.bench.outcome import BenchSummary, RungSummary, Utilisation
from drydock.core.bench.records import DeviceFacts
from drydock.core.bench.statistics import Spread

A100 = DeviceFacts(index=0, name="NVIDIA A100-SXM4-80GB", cc=(8, 0), sms=108)
GEMM = Expected(low=0.82, high=0.88, source="a table")
WORK = {"compile": Expected(low=0.45, high=0.62, source="another"), "sdpa": Expected(low=0.25, high=0.45, source="one")}


def spread(median, reach=0.004, count=30):
    return Spread(
        median=median, iqr=0.0, cv=0.0, p95=median, low=median * (1 - reach), high=median * (1 + reach), count=count
    )


def rung(name, rate, measured=0.5, verdict="win", first_s=2.0, reach=0.004, count=30):
    return RungSummary(
        id=name,
        precision="amp",
        tokens_per_second=spread(rate, reach, count),
        step_ms=spread(8192e3 / rate, reach, count),
        tflops=1.0,
        tflops_causal=1.0,
        utilisation=Utilisation(measured=measured),
        verdict="baseline" if name == "fp32" else verdict,
        first_s=first_s,
    )


def run(*rungs, gemm=265.0, gpu=A100, scaled=False, valid=True):
    best = max(rungs, key=lambda item: item.tokens_per_second.median).id if rungs else None
    tflops = {"bf16": gemm} if gemm else {}
    return BenchSummary(
        end="finished", valid=valid, gpu=gpu, device="cuda:0", scaled=scaled, gemm_tflops=tflops, rungs=rungs, best=best
    )


LADDER = (rung("fp32", 16e3), rung("tf32", 49e3), rung("amp", 54.5e3), rung("sdpa", 100e3), rung("compile", 120e3))


def test_a_healthy_gpu_does_what_it_should():
    found = judge(run(*LADDER), 312e12, GEMM, WORK)
    assert found.grade == "near"
    assert found.share == pytest.approx((265 / 312 / 0.85) * (0.5 / 0.535))
    words = judgement_sentence(found)
    assert "does what it should" in words
    assert "85% of the data sheet's peak (82% to 88% is usual)" in words
    assert set(judgement_sources(found)) == {"a table", "another"}


def test_slow_products_are_the_reason_that_is_named_first():
    found = judge(run(*LADDER, gemm=160.0), 312e12, GEMM, WORK)
    assert (found.grade, found.factors[0].id) == ("below", "gemm")
    words = judgement_sentence(found)
    assert words.startswith("This GPU reaches 56% of what it should: matrix products reach 51%")
    assert "power limit" in words


def test_waiting_between_products_is_the_other_reason():
    slow = (*LADDER[:-1], rung("compile", 120e3, measured=0.2))
    found = judge(run(*slow), 312e12, GEMM, WORK)
    assert (found.grade, found.factors[0].id) == ("below", "work")
    assert "waits between its products" in judgement_sentence(found)


def test_a_little_below_the_range_is_not_called_slow():
    assert judge(run(*LADDER, gemm=312 * 0.75), 312e12, GEMM, WORK).grade == "near"
    assert judge(run(*LADDER, gemm=312 * 0.73), 312e12, GEMM, WORK).grade == "below"


def test_much_more_than_published_is_said():
    quick = (*LADDER[:-1], rung("compile", 120e3, measured=0.7))
    found = judge(run(*quick), 312e12, GEMM, WORK)
    assert found.grade == "above"
    assert "faster than what others published" in judgement_sentence(found)


@pytest.mark.parametrize("scaled", [True, False])
def test_a_small_model_or_an_unknown_part_has_no_reference_for_training(scaled):
    found = judge(run(*LADDER, scaled=scaled), None, None, WORK if scaled else {})
    assert (found.grade, found.share) == ("no-reference", None)
    assert judgement_sentence(found).startswith("There is no reference for this device: training reaches 50%")


def test_an_invalid_run_is_not_graded():
    found = judge(run(*LADDER, valid=False), 312e12, GEMM, WORK)
    assert found.grade == "not-valid"
    assert judgement_sentence(found) == ""
    assert {claim.held for claim in found.claims} == {"cannot-tell"}


def test_nothing_measured_says_nothing():
    found = judge(run(gemm=None))
    assert (found.grade, found.recommended, judgement_sentence(found)) == ("no-reference", "", "")


@pytest.mark.parametrize(
    ("rate", "reach", "held"),
    [
        (122e3, 0.004, "holds"),
        (140e3, 0.004, "more"),
        (105e3, 0.004, "less"),
        (95e3, 0.004, "hurts"),
        (115e3, 0.05, "cannot-tell"),
    ],
)
def test_the_promise_of_torch_compile(rate, reach, held):
    found = judge(run(*LADDER[:-1], rung("compile", rate, reach=reach, first_s=30.0)))
    claim = found.claims[0]
    assert (claim.id, claim.held) == ("compile", held)
    assert claim.ratio.value == pytest.approx(rate / 100e3)
    assert f"{rate / 100e3:.2f} times as fast as fused attention without it" in claim_sentence(claim)


def test_compiling_is_repaid_when_its_first_step_is_saved():
    found = judge(run(*LADDER[:-1], rung("compile", 125e3, first_s=30.0)))
    saved = 8192 / 100e3 - 8192 / 125e3
    assert found.claims[0].repaid_after == pytest.approx(30.0 / saved, abs=1)
    slower = judge(run(*LADDER[:-1], rung("compile", 95e3, first_s=30.0)))
    assert slower.claims[0].repaid_after is None


def test_mixed_precision_is_judged_against_both_bases():
    claims = {claim.id: claim for claim in judge(run(*LADDER)).claims}
    assert claims["amp-tf32"].held == "less"
    assert claims["amp-fp32"].held == "more"
    without = {claim.id: claim for claim in judge(run(LADDER[0], LADDER[2])).claims}
    assert (without["amp-tf32"].ratio, without["amp-tf32"].held) == (None, "cannot-tell")
    assert claim_sentence(without["amp-tf32"]) == ""


def test_few_values_prove_no_promise():
    short = judge(run(*LADDER[:-1], rung("compile", 122e3, count=4)))
    assert short.claims[0].held == "cannot-tell"


def test_a_wrong_result_is_no_proof():
    wrong = judge(run(*LADDER[:-1], rung("compile", 122e3, verdict="wrong-result")))
    assert wrong.claims[0].ratio is None


def test_the_smallest_setting_near_the_fastest_is_recommended():
    assert judge(run(*LADDER)).recommended == "compile"
    assert judge(run(*LADDER[:-1], rung("compile", 101e3))).recommended == "sdpa"
    assert judge(run(rung("fp32", 16e3), rung("amp", 15e3, verdict="loss"))).recommended == ""


def test_a_promise_in_the_cells_of_a_table():
    cells = [claim_cells(claim) for claim in judge(run(*LADDER), 312e12, GEMM, WORK).claims]
    assert cells[0][0] == "torch.compile: 15 to 30 % faster than fused attention without it"
    assert cells[0][1].startswith("1.20× (1.19 to 1.21)")
    assert [held for *_, held in cells] == ["holds", "less", "more"]
    assert cells[1][0] == "mixed precision: 1.8 times as fast as TF32"


def test_a_promise_that_was_not_measured_is_not_judged():
    cells = [claim_cells(claim) for claim in judge(run(*LADDER[:1])).claims]
    assert {cell[1:] for cell in cells} == {("not measured", "cannot tell")}
