import subprocess

import pytest

from drydock.core.facts import Known
from drydock.jobs.bench import BenchJob
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.probe import ProbeJob
from drydock.jobs.targets import HostTarget
from drydock.jobs.watch import WatchControl, WatchJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def context(tmp_path):
    made = Context(world=LiveWorld(), store=Store(tmp_path))
    yield made
    made.store.close()


def run(job):
    return job.run(lambda _step: None, Stop())


def nvidia_smi(*fields):
    command = ["nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [[value.strip() for value in line.split(",")] for line in done.stdout.strip().splitlines()]


def test_facts_agree_with_nvidia_smi(nvml, context):
    snapshot = run(DiagnoseJob(context)).snapshot
    told = nvidia_smi("uuid", "name", "driver_version", "compute_cap", "memory.total", "power.limit")
    assert len(snapshot.gpus) == len(told)
    for gpu, (uuid, name, driver, capability, memory, power) in zip(snapshot.gpus, told, strict=True):
        assert gpu.uuid == Known(uuid)
        assert gpu.name == Known(name)
        assert snapshot.driver.version == Known(driver)
        assert gpu.compute_capability == Known(tuple(int(part) for part in capability.split(".")))
        assert gpu.memory_total.value >> 20 == pytest.approx(int(memory), abs=1)
        assert gpu.power_limit.value == pytest.approx(float(power), abs=0.5)


def test_driver_is_not_called_broken(nvml, context):
    findings = run(DiagnoseJob(context)).findings
    broken = [finding.id for finding in findings if finding.state == "broken" and finding.rung in ("gpu", "driver")]
    assert broken == []


def test_the_watch_reads_every_gpu(nvml, context):
    samples = []
    WatchJob(context, WatchControl(0.2), count=5).run(samples.append, Stop())
    assert len(samples) == 5
    assert {len(sample.gpus) for sample in samples} == {nvml.device_count()}
    assert all(isinstance(gpu.memory_used, Known) for sample in samples for gpu in sample.gpus)


def test_kernels_are_right_on_every_gpu(cuda_python, context):
    result = run(ProbeJob(context, HostTarget(python=cuda_python)))
    assert result.complete
    assert result.gpu_works, [proof.failures for proof in result.gpus]


def test_the_framework_does_what_training_needs(cuda_python, context):
    result = run(ProbeJob(context, HostTarget(python=cuda_python), ("features",)))
    assert result.complete
    assert [feature for feature in result.features if feature.state == "fails"] == []
    attention = [feature.text for feature in result.features if feature.name == "attention"]
    assert attention
    assert not any(text.startswith("unknown") for text in attention)


def test_the_quick_benchmark_measures_rungs(cuda_python, context):
    summary = run(BenchJob(context, HostTarget(python=cuda_python))).summary
    assert summary.end == "finished"
    assert summary.valid, summary.invalid_reasons
    assert summary.gpu is not None
    rungs = {rung.id: rung for rung in summary.rungs}
    assert {"fp32", "amp"} <= rungs.keys()
    # half precision on tensor cores is never slower than IEEE fp32 for a decoder of this size
    assert rungs["amp"].tokens_per_second.median > rungs["fp32"].tokens_per_second.median
    assert 0 < rungs["amp"].utilisation.measured < 1.2
