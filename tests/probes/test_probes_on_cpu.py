"""The real probes with a real torch, on the CPU."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

import drydock_probes
from drydock.core.bench.records import Compare, ErrorRecord, Hello, Plan, Result, Warn, decode_line, decode_stream
from drydock.core.bench.summary import summarise_run

pytestmark = pytest.mark.torch
# few steps of a small model, and time enough on a busy machine
SMALL = ("--shape", "gpt-1m", "--steps", "8", "--budget", "140")
PROBES = Path(drydock_probes.__file__).parent


def environment():
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "CUDA_VISIBLE_DEVICES")} | {
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(python, probe, *arguments, folder=PROBES, timeout=150):
    command = [python, str(folder / f"{probe}.py"), *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, env=environment(), timeout=timeout, cwd="/")
    stream = decode_stream(ended.stdout.splitlines())
    assert not stream.bad_lines, stream.bad_lines
    assert not stream.unknown
    return ended.returncode, stream.records, ended.stderr.decode()


def of(kind, records):
    return [record for record in records if isinstance(record, kind)]


def test_environment_tells_the_build(torch_python):
    status, records, _ = run(torch_python, "environment")
    (hello,) = of(Hello, records)
    assert status == 0
    assert hello.torch is not None
    asked = subprocess.run(
        [torch_python, "-c", "import torch; print(torch.__version__)"], check=True, capture_output=True
    )
    assert hello.torch.version == asked.stdout.decode().strip()
    assert hello.cpu.threads >= 1


def test_a_probe_runs_wherever_its_folder_was_copied_and_as_a_module(torch_python, tmp_path):
    folder = tmp_path / "elsewhere" / "drydock_probes"
    shutil.copytree(PROBES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert run(torch_python, "kernels", "--device", "cpu", folder=folder)[0] == 0
    module = [torch_python, "-m", "drydock_probes.environment"]
    ended = subprocess.run(module, check=False, capture_output=True, env=environment(), timeout=90, cwd=folder.parent)
    assert ended.returncode == 0, ended.stderr.decode()


def test_kernels_are_right_on_the_cpu(torch_python):
    status, records, _ = run(torch_python, "kernels", "--device", "cpu")
    results = of(Result, records)
    assert status == 0
    assert [result.slot for result in results] == ["kernel/cpu/float32", "kernel/cpu/bfloat16"]
    assert all(result.passed for result in results)
    assert all(set(result.values["errors"]) == {"matmul", "elementwise", "reduction"} for result in results)


@pytest.mark.parametrize(("planted", "flag"), [("nan", "not-finite"), ("swap", "wrong-result")])
def test_planted_kernel_faults_are_caught(torch_python, planted, flag):
    status, records, _ = run(torch_python, "kernels", "--device", "cpu", "--plant", planted)
    assert status == 1
    assert all(result.flags == (flag,) and result.passed is False for result in of(Result, records))


def test_a_gpu_that_is_not_there_is_an_error_and_never_the_cpu(torch_python):
    status, records, _ = run(torch_python, "kernels", "--device", "cuda:0")
    assert status == 1
    assert not of(Result, records)
    assert of(ErrorRecord, records)[0].kind in {"cpu-build", "no-device", "no-driver"}
    status, records, _ = run(torch_python, "bench", "--device", "cuda:0")
    assert status == 1
    assert of(ErrorRecord, records)[0].slot == "prepare"
    assert summarise_run(records).rungs == ()


def test_bench_measures_and_proves_its_rungs(torch_python):
    status, records, _ = run(torch_python, "bench", "--device", "cpu", "--only", "fp32,tf32,amp,sdpa", *SMALL)
    assert status == 0
    (plan,) = of(Plan, records)
    assert plan.scaled, "a CPU does not train GPT-2 124M in seconds"
    found = summarise_run(records)
    assert (found.end, found.valid, found.checker_proved) == ("finished", True, True)
    assert [rung.id for rung in found.rungs] == ["fp32", "amp", "sdpa"]
    assert [(one.id, one.code) for one in found.not_run] == [("tf32", "cpu")]
    assert all(rung.parity for rung in found.rungs)
    assert all(rung.tokens_per_second.low > 0 and rung.tflops > 0 for rung in found.rungs)
    assert found.gemm_tflops["fp32"] > 0
    assert {compare.a for compare in of(Compare, records)} == {"amp", "sdpa"}
    losses = next(result.values["losses"] for result in of(Result, records) if result.slot == "fp32")
    assert losses[-1] < losses[0]
    assert not of(Warn, records) or all(warn.code == "drifting" for warn in of(Warn, records))


@pytest.mark.parametrize("planted", ["nan", "swap"])
def test_planted_training_faults_make_the_run_void(torch_python, planted):
    status, records, _ = run(torch_python, "bench", "--device", "cpu", "--only", "amp", "--plant", planted, *SMALL)
    found = summarise_run(records)
    assert status == 1
    assert not found.valid
    assert "wrong-result/amp" in found.invalid_reasons
    assert found.best is None


@contextlib.contextmanager
def started(python, *arguments):
    command = [python, str(PROBES / "bench.py"), "--device", "cpu", *SMALL, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, env=environment(), cwd="/") as process:
        try:
            yield process
        finally:
            process.kill()


def until_result(process, slot):
    lines = []
    for line in process.stdout:
        lines.append(line)
        record = decode_line(line)
        if isinstance(record, Result) and record.slot == slot:
            return lines
    raise AssertionError("it ended before that")


def test_a_run_killed_half_way_is_readable_and_leaves_no_process(torch_python):
    with started(torch_python, "--only", "fp32,amp,sdpa", "--steps", "400") as process:
        lines = until_result(process, "fp32")
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.kill()
        lines += process.stdout.readlines()
    assert not psutil.wait_procs(children, timeout=20)[1]
    found = summarise_run(decode_stream(lines).records)
    assert (found.end, found.valid) == ("crashed", False)
    assert found.rungs[0].id == "fp32"
    assert found.rungs[0].tokens_per_second.median > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_keeps_what_is_done(torch_python, number):
    with started(torch_python, "--only", "fp32,amp,sdpa", "--steps", "400") as process:
        lines = until_result(process, "fp32")
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        lines += process.stdout.readlines()
        assert process.wait(30) == 0
    assert not psutil.wait_procs(children, timeout=20)[1]
    found = summarise_run(decode_stream(lines).records)
    assert found.end == "stopped"
    assert found.rungs[0].id == "fp32"


COUNT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import torch
from torch.utils.flop_counter import FlopCounterMode
from drydock_probes.bench_formulas import flops_per_token
from drydock_probes.bench_model import Decoder, batches
from drydock_probes.bench_plan import Shape
found = []
for numbers in ((2, 64, 4, 32, 128, 2), (3, 96, 3, 48, 200, 1), (1, 32, 2, 16, 64, 4)):
    shape = Shape("test", *numbers)
    model = Decoder(shape, fused=False)
    tokens, targets = batches(shape, 1, 0)[0]
    with FlopCounterMode(display=False) as counter:
        model(tokens, targets).backward()
    ours = shape.tokens * flops_per_token(shape.layers, shape.width, shape.context, shape.vocabulary)
    found.append((counter.get_total_flops(), ours))
print(json.dumps(found))
"""


def test_the_formula_equals_torchs_own_count(torch_python):
    command = [torch_python, "-c", COUNT, str(PROBES.parent)]
    ended = subprocess.run(command, check=True, capture_output=True, env=environment(), timeout=120)
    for counted, ours in json.loads(ended.stdout):
        assert ours == pytest.approx(counted, rel=1e-3)


TF32 = """
import sys
sys.path.insert(0, sys.argv[1])
import torch
from drydock_probes.kernels import use_tf32
for wanted in (True, False, True):
    use_tf32(torch, wanted)
    # the compiler reads the old state, programs the new one: both must be readable and agree
    assert torch.backends.cuda.matmul.allow_tf32 is wanted
    name = "tf32" if wanted else "ieee"
    assert getattr(torch.backends.cuda.matmul, "fp32_precision", name) == name
"""


def test_tf32_is_switched_in_the_old_and_the_new_state_alike(torch_python):
    command = [torch_python, "-c", TF32, str(PROBES.parent)]
    ended = subprocess.run(command, check=False, capture_output=True, env=environment(), timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()
