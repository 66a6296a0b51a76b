"""Two runs of the benchmark compared: what counts as a change, and what cannot be compared."""

import pytest

from drydock.core.bench.comparison import Difference, RunFacts, compare
from drydock.core.bench.outcome import BenchSummary, RungSummary, Utilisation
from drydock.core.bench.records import DeviceFacts, ModelShape
from drydock.core.bench.statistics import Spread

SHAPE = ModelShape(name="gpt2-124m", layers=12, width=768, heads=12, context=1024, vocabulary=50304, batch=8)


def rung(name, rate, reach=0.003, count=30, verdict="win"):
    low, high = rate * (1 - reach), rate * (1 + reach)
    return RungSummary(
        id=name,
        precision="amp",
        tokens_per_second=Spread(median=rate, iqr=0.0, cv=0.0, p95=rate, low=low, high=high, count=count),
        tflops=1.0,
        tflops_causal=1.0,
        utilisation=Utilisation(),
        verdict=verdict,
    )


def run(*rungs, shape=SHAPE, torch="2.9.0", valid=True, gpu="NVIDIA A100-SXM4-80GB"):
    device = DeviceFacts(index=0, name=gpu) if gpu else None
    return BenchSummary(end="finished", valid=valid, rungs=rungs, shape=shape, torch=torch, gpu=device, cpu="EPYC")


def changes(before, after):
    return {change.id: change.change for change in compare(run(*before), run(*after)).rungs}


@pytest.mark.parametrize(
    ("rate", "reach", "change"),
    [
        (100e3, 0.003, "same"),
        (101e3, 0.003, "same"),
        (99e3, 0.003, "same"),
        (103e3, 0.003, "faster"),
        (97e3, 0.003, "slower"),
        (103e3, 0.05, "cannot-tell"),
        (100e3, 0.05, "cannot-tell"),
    ],
)
def test_a_change_is_one_that_repeats_would_not_show(rate, reach, change):
    assert changes([rung("amp", 100e3)], [rung("amp", rate, reach)]) == {"amp": change}


def test_few_values_wrong_results_and_missing_rungs_are_no_change():
    before = [rung("fp32", 16e3), rung("amp", 50e3), rung("sdpa", 90e3, verdict="wrong-result")]
    after = [rung("fp32", 20e3, count=3), rung("sdpa", 99e3), rung("compile", 120e3)]
    assert changes(before, after) == {
        "fp32": "cannot-tell",
        "amp": "only-before",
        "sdpa": "wrong-result",
        "compile": "only-after",
    }


def test_other_models_are_not_compared():
    other = ModelShape(**{**{name: getattr(SHAPE, name) for name in SHAPE.__struct_fields__}, "batch": 16})
    found = compare(run(rung("amp", 50e3)), run(rung("amp", 90e3), shape=other))
    assert (found.comparable, found.why_not) == (False, ("shape",))
    assert [(change.ratio, change.change) for change in found.rungs] == [(None, "cannot-tell")]
    assert Difference(
        what="shape", before="gpt2-124m, batch 8, context 1024", after="gpt2-124m, batch 16, context 1024"
    ) in (found.differences)


def test_runs_that_prove_nothing_are_not_compared():
    found = compare(run(rung("amp", 50e3), valid=False), run(rung("amp", 90e3), shape=None, valid=False))
    assert found.why_not == ("shape", "not-valid-before", "not-valid-after")


def test_what_differed_is_told():
    facts = (RunFacts(image="a:1", digest="sha256:1"), RunFacts(image="a:1", digest="sha256:2"))
    found = compare(run(rung("amp", 50e3)), run(rung("amp", 50e3), torch="2.10.0", gpu=None), facts)
    assert {difference.what: (difference.before, difference.after) for difference in found.differences} == {
        "gpu": ("NVIDIA A100-SXM4-80GB", "EPYC"),
        "torch": ("2.9.0", "2.10.0"),
        "digest": ("sha256:1", "sha256:2"),
    }
    assert compare(run(rung("amp", 50e3)), run(rung("amp", 50e3))).differences == ()
