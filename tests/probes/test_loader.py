"""The probe of DataLoader settings."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

import drydock_probes
from drydock.core.bench.features import loader_settings
from drydock.core.bench.records import Final, Result, decode_stream
from drydock_probes.loader import Setting, settings_for, smallest_good

PROBES = Path(drydock_probes.__file__).parent


def test_the_cpu_has_no_pinned_memory_and_no_more_workers_than_threads():
    assert [setting.name for setting in settings_for("cpu", 2)] == ["w0", "w1", "w2"]
    names = [setting.name for setting in settings_for("cuda:0", 1)]
    assert names == ["w0", "w0-pinned", "w0-pinned-overlapped", "w1", "w1-pinned", "w1-pinned-overlapped"]
    assert max(setting.workers for setting in settings_for("cuda:0", 64)) == 8


def test_the_smallest_setting_near_the_fastest_is_chosen():
    order = ["w0", "w1", "w2", "w4"]
    assert smallest_good({"w0": 10.0, "w1": 96.0, "w2": 100.0, "w4": 99.0}, order) == "w1"
    assert smallest_good({"w0": 10.0, "w1": 50.0, "w2": 100.0}, order) == "w2"
    assert smallest_good({"w4": 1.0}, order) == "w4"


def test_names_are_clear():
    assert Setting(4, pinned=True, overlapped=True).name == "w4-pinned-overlapped"


@pytest.mark.torch
def test_a_sweep_on_the_cpu_ends_in_a_setting(torch_python):
    command = [
        torch_python,
        "-B",
        str(PROBES / "loader.py"),
        "--device",
        "cpu",
        "--kinds",
        "tokens",
        "--seconds",
        "0.2",
    ]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=170)
    stream = decode_stream(ended.stdout.splitlines())
    assert (ended.returncode, stream.bad_lines) == (0, ())
    (setting,) = loader_settings(stream.records)
    assert (setting.device, setting.kind, setting.pinned) == ("cpu", "tokens", False)
    results = [record for record in stream.records if isinstance(record, Result)]
    (last,) = [record for record in results if record.slot == "loader/cpu/tokens"]
    assert setting.samples_per_s >= 0.95 * max(last.values["speeds"].values())
    # each setting was tried twice, in mirrored order
    tried = [record.slot for record in results if record.slot.count("/") == 3]
    assert tried == tried[::-1]
    assert len(tried) >= 4


@pytest.mark.torch
def test_a_stop_ends_it_and_recommends_nothing(torch_python):
    command = [torch_python, "-B", str(PROBES / "loader.py"), "--device", "cpu", "--seconds", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if b'"slot_start"' in line:
                time.sleep(1.0)
                process.send_signal(signal.SIGTERM)
    records = decode_stream(lines).records
    assert isinstance(records[-1], Final)
    assert records[-1].stopped
    assert loader_settings(records) == ()
