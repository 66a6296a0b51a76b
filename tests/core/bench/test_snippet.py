"""The recommended setting as code: what was measured and nothing else, and it runs."""

import ast
import subprocess

import pytest

from drydock.core.bench.outcome import BenchSummary, RungSummary, Utilisation
from drydock.core.bench.records import DeviceFacts
from drydock.core.bench.snippet import snippet_of
from drydock.core.bench.statistics import Spread, ratio

A100 = DeviceFacts(index=0, name="NVIDIA A100-SXM4-80GB", cc=(8, 0), sms=108)
T4 = DeviceFacts(index=0, name="Tesla T4", cc=(7, 5), sms=40)
LADDER = ("fp32", "tf32", "amp", "sdpa", "compile")


def spread(median):
    return Spread(median=median, iqr=0.0, cv=0.0, p95=median, low=median * 0.99, high=median * 1.01, count=30)


def rung(name, rate):
    return RungSummary(
        id=name,
        precision="amp",
        tokens_per_second=spread(rate),
        tflops=1.0,
        tflops_causal=1.0,
        utilisation=Utilisation(),
        against_baseline=ratio(spread(rate), spread(100.0)),
        verdict="baseline" if name == "fp32" else "win",
    )


def snippet(best, gpu=None, torch="2.13.0", valid=True):
    """Return the snippet of a run in which ``best`` is the fastest rung."""
    rungs = tuple(rung(name, 100.0 * 2**place) for place, name in enumerate(LADDER[: LADDER.index(best) + 1]))
    return snippet_of(BenchSummary(end="finished", valid=valid, gpu=gpu, torch=torch, rungs=rungs, best=best))


@pytest.mark.parametrize("gpu", [None, A100, T4])
@pytest.mark.parametrize("best", LADDER[1:])
def test_it_is_python_whatever_is_best(best, gpu):
    ast.parse(snippet(best, gpu))


def test_where_nothing_is_faster_or_nothing_is_proven_there_is_none():
    assert snippet("fp32", A100) == ""
    assert snippet("compile", A100, valid=False) == ""
    assert snippet_of(BenchSummary(end="crashed", valid=False)) == ""


def test_it_holds_only_what_was_measured():
    tf32 = snippet("tf32", A100)
    assert 'set_float32_matmul_precision("high")' in tf32
    assert "autocast" not in tf32
    amp = snippet("amp", A100)
    assert 'torch.autocast("cuda", dtype=torch.bfloat16)' in amp
    assert "scaled_dot_product" not in amp
    assert "torch.compile" not in snippet("sdpa", A100)
    whole = snippet("compile", A100)
    assert "scaled_dot_product_attention" in whole
    assert "model = torch.compile(model)" in whole
    assert "fused=True" not in whole
    assert "16.00 times as fast" in whole


def test_a_gpu_without_bfloat16_scales_its_gradients():
    code = snippet("amp", T4)
    assert "dtype=torch.float16" in code
    assert 'scaler = torch.amp.GradScaler("cuda")' in code
    assert "scaler.step(optimiser)" in code
    assert "set_float32_matmul_precision" not in code
    assert "scaler = torch.cuda.amp.GradScaler()" in snippet("amp", T4, torch="2.2.1+cu121")
    assert "GradScaler" not in snippet("amp", A100)


def test_on_a_processor_there_is_no_tf32():
    code = snippet("sdpa")
    assert 'torch.autocast("cpu", dtype=torch.bfloat16)' in code
    assert "set_float32_matmul_precision" not in code


AROUND = """
import torch

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(8, 8)

    def forward(self, inputs, targets):
        return torch.nn.functional.mse_loss(self.layer(inputs), targets)

torch.manual_seed(1)
model = Model()
optimiser = torch.optim.AdamW(model.parameters(), lr=0.05)
{code}
inputs = torch.randn(16, 8)
losses = [float(training_step(inputs, inputs)) for _ in range(60)]
print(losses[0], losses[-1])
"""


@pytest.mark.torch
@pytest.mark.parametrize("best", ["sdpa", "compile"])
def test_it_trains(best, torch_python):
    done = subprocess.run(
        [torch_python, "-c", AROUND.format(code=snippet(best))],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, last = map(float, done.stdout.split())
    assert last < first / 2
