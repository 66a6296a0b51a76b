"""The probe of the framework's features: with a real torch on the CPU, and what breaks it."""

import os
import subprocess
from pathlib import Path

import pytest

import drydock_probes
from drydock.core.bench.features import features_of
from drydock.core.bench.records import ErrorRecord, Final, Result, decode_stream
from drydock_probes.feature_checks import CHECKS

pytestmark = pytest.mark.torch
PROBES = Path(drydock_probes.__file__).parent


def run(python, *words, before=(), path="", folder=PROBES, **variables):
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "CC"}}
    ended = subprocess.run(
        [*before, python, "-B", str(folder / "features.py"), *words],
        check=False,
        capture_output=True,
        timeout=170,
        cwd="/",
        env=environment | {"PATH": path or os.environ["PATH"]} | variables,
    )
    stream = decode_stream(ended.stdout.splitlines())
    assert not stream.bad_lines, stream.bad_lines
    return ended.returncode, stream.records


def result(records):
    (found,) = [record for record in records if isinstance(record, Result)]
    return found


def test_the_cpu_does_it_all(torch_python, tmp_path):
    only = ",".join(name for name in CHECKS if name != "transformers")
    status, records = run(torch_python, "--only", only, TORCHINDUCTOR_CACHE_DIR=str(tmp_path))
    found = {record.slot.split("/")[2]: record for record in records if isinstance(record, Result)}
    assert (status, list(found)) == (0, only.split(","))
    assert all(record.passed for record in found.values()), found
    assert found["training"].values["loss_after"] < found["training"].values["loss"]
    # torch's own fused operator, unless a later one takes another
    assert found["attention"].values["ran"] in {"flash", "math"}
    assert "ms" in found["attention"].values["back_ends"]["math"]
    assert found["compile"].values["graphs"] >= 1
    assert set(found["libraries"].values["errors"]) == {"convolution", "solver", "fourier", "communication"}
    assert list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("variables", "flag"),
    [
        ({"path": "/nowhere", "CC": "none"}, "compiler-missing"),
        ({"TORCHINDUCTOR_CACHE_DIR": "/proc/1/none"}, "cache-not-writable"),
        ({"TORCH_COMPILE_DISABLE": "1"}, "turned-off"),
    ],
)
def test_why_there_is_no_compiler(torch_python, variables, flag):
    status, records = run(torch_python, "--only", "compile", **variables)
    found = result(records)
    assert (status, found.passed, found.flags) == (0, None, (flag,))
    assert found.values["why"]


def test_too_little_shared_memory_is_named(torch_python):
    small = (
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs -o size=8m none /dev/shm && exec "$@"',
    )
    status, records = run(torch_python, "--only", "loader", before=(*small, "sh"))
    assert (status, result(records).flags) == (1, ("shm-too-small",))


@pytest.mark.parametrize(("planted", "kind"), [("crash", "crash"), ("hang", "timeout")])
def test_a_check_that_dies_or_hangs_stops_no_other(torch_python, planted, kind):
    status, records = run(torch_python, "--only", "packages,training", "--plant", planted, "--limit", "2")
    errors = [(record.slot, record.kind) for record in records if isinstance(record, ErrorRecord)]
    assert (status, errors) == (1, [("feature/cpu/packages", kind), ("feature/cpu/training", kind)])
    assert isinstance(records[-1], Final)


def test_a_wrong_result_is_a_failure(torch_python):
    status, records = run(torch_python, "--only", "packages", "--plant", "wrong")
    assert (status, result(records).passed) == (1, False)
    assert [feature.state for feature in features_of(records)] == ["fails"]


def test_a_torchvision_of_another_torch_is_named(torch_python, tmp_path):
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "ops.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    metadata = tmp_path / "torchvision-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: torchvision\nVersion: 0.1\n")
    status, records = run(torch_python, "--only", "packages", PYTHONPATH=str(tmp_path))
    found = result(records)
    assert (status, found.flags) == (1, ("torchvision-does-not-fit",))
    assert "nms" in found.values["why"]
    assert found.values["versions"]["torchvision"] == "0.1"


def test_a_check_that_is_not_known_is_refused(torch_python):
    assert run(torch_python, "--only", "nothing")[0] == 2
