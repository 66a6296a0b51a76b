"""The probe that puts a load on a device: on the CPU with a real torch, and what it does when a GPU is hot."""

import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

import drydock_probes
from drydock.core.bench.records import ErrorRecord, Final, Result, decode_stream
from drydock_probes import load, thermometer

PROBES = Path(drydock_probes.__file__).parent
SMALL = ("--device", "cpu", "--seconds", "1", "--memory-bytes", str(8 << 20))


def run(python, *arguments):
    command = [python, "-B", str(PROBES / "load.py"), *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=150, cwd="/")
    stream = decode_stream(ended.stdout.splitlines())
    assert not stream.bad_lines, stream.bad_lines
    return ended, stream.records


def results(records):
    return {record.slot: record for record in records if isinstance(record, Result)}


@pytest.mark.torch
def test_the_cpu_stands_its_work(torch_python):
    ended, records = run(torch_python, *SMALL)
    assert ended.returncode == 0, ended.stderr
    found = results(records)
    assert set(found) == {f"load/cpu/{part}" for part in ("soak", "memory", "copy")}
    assert all(record.passed for record in found.values())
    assert found["load/cpu/soak"].values["wrong"] == 0
    assert found["load/cpu/memory"].values["patterns"] == 4


@pytest.mark.torch
def test_a_stop_keeps_what_is_done(torch_python):
    command = [torch_python, "-B", str(PROBES / "load.py"), "--device", "cpu", "--seconds", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/") as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if b"slot_start" in line:
                process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    records = decode_stream(lines).records
    assert results(records)["load/cpu/soak"].values["seconds"] < 600
    assert isinstance(records[-1], Final)
    assert records[-1].stopped


def test_the_disk_needs_no_torch(tmp_path):
    ended, records = run(sys.executable, "--disk", str(tmp_path), "--disk-bytes", str(16 << 20))
    assert ended.returncode == 0
    values = results(records)["load/disk"].values
    assert values["size"] == 16 << 20
    assert values["read"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_not_there(tmp_path):
    ended, records = run(sys.executable, "--disk", str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    (error,) = [record for record in records if isinstance(record, ErrorRecord)]
    assert "nowhere" in error.text


class Hot:
    """A thermometer that shows what it is told."""

    def __init__(self, *degrees):
        self.limit = 80.0
        self._degrees = list(degrees)

    def temperature(self):
        return self._degrees.pop(0) if len(self._degrees) > 1 else self._degrees[0]


def loaded(meter):
    test = load.Load.__new__(load.Load)
    test.stopped = False
    test.meter = meter
    return test


def test_a_hot_gpu_is_left_alone_until_it_has_cooled(monkeypatch):
    monkeypatch.setattr(load.time, "sleep", lambda _seconds: None)
    assert loaded(Hot(70.0))._cool_down(1e12) == 0.0
    meter = Hot(82.0, 78.0, 75.0, 71.0)
    assert loaded(meter)._cool_down(1e12) > 0
    assert meter.temperature() == 71.0


def test_a_gpu_that_does_not_cool_ends_the_work(monkeypatch):
    clock = iter(range(0, 10_000, 30))
    monkeypatch.setattr(load, "time", types.SimpleNamespace(sleep=lambda _seconds: None, monotonic=lambda: next(clock)))
    assert loaded(Hot(85.0))._cool_down(1e12) == -1.0


def test_a_gpu_that_tells_no_temperature_is_not_paused():
    assert loaded(thermometer.Thermometer(""))._cool_down(1e12) == 0.0
