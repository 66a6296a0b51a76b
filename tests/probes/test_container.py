"""The probe of a container, run here: what it says of limits, libraries and places, and that nothing holds it up."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import drydock_probes
from drydock.core.bench.records import Final, Hello, decode_stream
from drydock_probes import container, driver_calls, machine

PROBES = Path(drydock_probes.__file__).parent


def run(*arguments, environment=None):
    command = [sys.executable, "-B", str(PROBES / "container.py"), *arguments]
    variables = {**os.environ, **(environment or {})}
    ended = subprocess.run(command, check=False, capture_output=True, timeout=120, env=variables, cwd="/")
    stream = decode_stream(ended.stdout.splitlines())
    assert not stream.bad_lines, stream.bad_lines
    values = {record.slot: record.values for record in stream.records if hasattr(record, "slot")}
    return ended, stream.records, values


def test_says_what_is_here_without_torch():
    ended, records, values = run()
    assert ended.returncode == 0, ended.stderr
    assert isinstance(records[0], Hello)
    assert isinstance(records[-1], Final)
    limits = values["container/limits"]
    assert limits["uid"] == os.getuid()
    assert limits["threads"] >= 1
    assert set(values) == {
        f"container/{part}" for part in ("nodes", "libraries", "search", "nvml", "cuda", "limits", "clock", "tools")
    }


def test_writes_to_a_volume_and_leaves_the_file_to_be_looked_at(tmp_path):
    _, _, values = run("--parts", "volume", "--volume", str(tmp_path))
    volume = values["container/volume"]
    assert (volume["step"], volume["error"]) == ("", "")
    (file,) = tmp_path.iterdir()
    assert file.stat().st_uid == volume["uid"]


@pytest.mark.parametrize("place", ["absent", "file"])
def test_a_volume_that_cannot_be_written_to(tmp_path, place):
    (tmp_path / "file").touch()
    _, _, values = run("--parts", "volume", "--volume", str(tmp_path / place))
    volume = values["container/volume"]
    assert volume["step"] == "open"
    assert volume["number"] > 0
    assert volume["error"]


def test_an_unknown_part_is_refused():
    ended, records, _ = run("--parts", "limits,nonsense")
    assert ended.returncode == 2
    assert records == ()
    assert b"parts are" in ended.stderr


@pytest.mark.parametrize(("code", "name"), [(0, ""), (804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"), (555, "")])
def test_asks_the_cuda_driver_through_its_library(fake_driver, code, name):
    library = fake_driver("libcuda.so.1", init=code, count=3)
    _, _, values = run("--parts", "cuda", environment={"LD_LIBRARY_PATH": str(library.parent)})
    cuda = values["container/cuda"]
    assert (cuda["code"], cuda["name"], cuda["version"]) == (code, name, "13.0")
    assert cuda.get("count") == (3 if code == 0 else None)
    assert cuda["text"] == str(library)


def test_asks_nvml_through_its_library(fake_nvml):
    _, _, values = run("--parts", "nvml", environment=fake_nvml("two-gpus").environment())
    nvml = values["container/nvml"]
    assert nvml["code"] == 0
    assert nvml["count"] == 2
    assert all(uuid.startswith("GPU-") for uuid in nvml["devices"])
    _, _, values = run("--parts", "nvml", environment=fake_nvml("mismatch").environment())
    assert values["container/nvml"]["code"] == 18
    assert values["container/nvml"]["name"] == "NVML_ERROR_LIB_RM_VERSION_MISMATCH"


def test_a_driver_that_hangs_is_left_behind(fake_driver, monkeypatch):
    library = fake_driver("libcuda.so.1", sleep=600)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library.parent))
    monkeypatch.setitem(container._DRIVER_SECONDS, "cuda", 1.0)
    assert container._ask_driver("cuda")["failed"] == "timeout"


def test_a_library_that_is_none_is_said(tmp_path):
    (tmp_path / "libcuda.so.1").touch()
    _, _, values = run("--parts", "libraries,cuda", environment={"LD_LIBRARY_PATH": str(tmp_path)})
    cuda = next(one for one in values["container/libraries"]["libraries"] if one["name"] == "libcuda.so.1")
    assert not cuda["loaded"]
    assert "file too short" in cuda["error"]
    assert values["container/cuda"]["code"] is None


def test_calls_out(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        port = server.getsockname()[1]
        index = f"http://127.0.0.1:{port}/simple"
        _, _, values = run("--parts", "network", "--call", "registry=127.0.0.1:9", environment={"PIP_INDEX_URL": index})
    reached = {one["purpose"]: one for one in values["container/network"]["reached"]}
    assert (reached["package index"]["host"], reached["package index"]["port"]) == ("127.0.0.1", port)
    assert reached["package index"]["step"] == ""
    assert reached["registry"]["step"] == "connect"
    assert "refused" in reached["registry"]["error"]


def test_a_name_that_nobody_knows():
    environment = {"PIP_INDEX_URL": "https://no-such-host.invalid/simple"}
    _, _, values = run("--parts", "network", environment=environment)
    (one,) = values["container/network"]["reached"]
    assert (one["host"], one["step"]) == ("no-such-host.invalid", "name")


def test_a_compiler_is_tried(tmp_path, monkeypatch):
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho 'cannot find crt1.o' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    tools = container._tools()
    assert tools["compiler"] == str(broken)
    assert tools["compiler_error"] == "cannot find crt1.o"


@pytest.mark.parametrize(
    ("lines", "cpus"), [("max 100000", None), ("250000 100000", 2.5), ("", None), ("nonsense", None)]
)
def test_the_quota_of_processors(monkeypatch, lines, cpus):
    monkeypatch.setattr(machine, "_lines", lambda path: [lines] if path.endswith("cpu.max") else [])
    assert machine.cpu_limit() == cpus


def test_answers_are_one_object_and_nothing_else(fake_driver):
    # the library prints, which must not stand in the answer
    library = fake_driver("libcuda.so.1")
    command = [sys.executable, str(PROBES / "driver_calls.py"), "cuda"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}
    ended = subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment)
    assert json.loads(ended.stdout)["code"] == 0
    assert b"a library that prints" in ended.stderr
    assert set(driver_calls.QUESTIONS) == {"nvml", "cuda", "libraries", "nodes"}
