"""What the deeper looks measure, on a real GPU with the host's own driver."""

import os
import subprocess
import sys
from pathlib import Path

import drydock_probes
from drydock.collect.load_samples import LoadWatch
from drydock.core.bench.records import Result, decode_stream
from drydock.core.facts import Known

PROBES = Path(drydock_probes.__file__).parent


def values_of(python, probe, *arguments, timeout=120):
    command = [python, "-B", str(PROBES / f"{probe}.py"), *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=timeout, cwd="/", env=dict(os.environ))
    records = decode_stream(ended.stdout.splitlines()).records
    return {record.slot: record.values for record in records if isinstance(record, Result)}


def test_the_driver_answers_through_ctypes_as_through_nvml(nvml):
    values = values_of(sys.executable, "container", "--parts", "nodes,libraries,nvml,cuda")
    assert values["container/nvml"]["count"] == nvml.device_count()
    assert values["container/nvml"]["version"] == nvml.driver_version()
    assert values["container/nvml"]["devices"] == [nvml.identity(index).uuid for index in range(nvml.device_count())]
    assert values["container/cuda"]["code"] == 0
    assert values["container/cuda"]["count"] >= 1
    assert all(library["loaded"] for library in values["container/libraries"]["libraries"])


def test_a_gpu_stands_a_short_load(nvml, torch_python):
    watch = LoadWatch(nvml.identity(0).uuid)
    watch.start()
    arguments = ("--device", "cuda:0", "--seconds", "10", "--memory-bytes", str(1 << 30))
    values = values_of(torch_python, "load", *arguments, timeout=300)
    samples = watch.end()
    assert values["load/cuda:0/soak"]["kind"] == ""
    assert values["load/cuda:0/soak"]["teraflops"] > 1
    assert values["load/cuda:0/memory"]["wrong"] == 0
    assert values["load/cuda:0/copy"]["to_gpu"] > 1e9
    assert isinstance(samples, Known)
    assert samples.value.count >= 5
