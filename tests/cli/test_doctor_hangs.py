"""``drydock doctor`` as a process of its own, beside drivers, engines, programs, files and disks that give no answer.

No time is asserted: the limit of the child process only keeps a doctor that hangs from hanging these tests.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.engines.sockets import Listener, silent

from drydock.core.checks.check import INNER_SUBJECTS
from drydock.core.checks.table import CHECKS

GUARD = 120
PROGRAMS = ("dmesg", "journalctl", "modinfo", "rpm", "python3", "nvidia-ctk", "nvidia-smi", "docker", "systemctl")
OUTSIDE = {subject for check in CHECKS for subject in check.reads} - set(INNER_SUBJECTS)


@dataclass
class Place:
    """A computer on which things can be made to hang; what is left of them is killed at the end."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    started: list[int] = field(default_factory=list)

    def __post_init__(self):
        for name in ("bin", "home", "state", "tmp"):
            (self.folder / name).mkdir()
        self.variables |= {
            "PATH": f"{self.folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.folder / "home"),
            "DRYDOCK_HOME": str(self.folder / "state"),
            "TMPDIR": str(self.folder / "tmp"),
            "DOCKER_HOST": f"unix://{self.folder}/nobody.sock",
            "DRYDOCK_NVML_LIBRARY": str(self.folder / "none.so"),
        }

    def program(self, name, *lines):
        path = self.folder / "bin" / name
        # each notes its number, so that it can be seen whether it outlives the doctor
        path.write_text("\n".join(["#!/bin/sh", f"echo $$ >> {self.folder}/pids", *lines, ""]))
        path.chmod(0o755)

    def hanging_programs(self):
        for name in PROGRAMS:
            self.program(name, "trap '' TERM INT HUP", "while :; do sleep 600; done")

    def doctor(self, *words):
        return subprocess.run(
            [sys.executable, "-m", "drydock", "doctor", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=GUARD,
            cwd=self.folder,
            env={**os.environ, **self.variables},
        )

    def answer(self, *words):
        """The one JSON object, after what holds for every one of them."""
        done = self.doctor("--json", *words)
        assert "Traceback" not in done.stderr, done.stderr
        body = json.loads(done.stdout)
        assert body["kind"] == "diagnosis", body
        assert {run["name"] for run in body["snapshot"]["collectors"]} >= OUTSIDE
        assert {finding["id"] for finding in body["findings"]} == {check.id for check in CHECKS}
        states = {finding["state"] for finding in body["findings"]}
        assert done.returncode == (1 if "broken" in states else 0)
        assert self.survivors() == []
        return body

    def survivors(self):
        """Programs of this place that still run, a moment after the doctor ended."""
        noted = self.folder / "pids"
        numbers = [int(word) for word in noted.read_text().split()] if noted.exists() else []
        for _ in range(100):
            left = [number for number in numbers if _runs(number)]
            if not left:
                return []
            time.sleep(0.05)
        for number in left:
            os.killpg(os.getpgid(number), signal.SIGKILL)
        return left


def _runs(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def place(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("the parts that hang here are those of Linux")
    return Place(tmp_path)


def run_of(body, name):
    return next(run for run in body["snapshot"]["collectors"] if run["name"] == name)


def finding_of(body, name):
    return next(finding for finding in body["findings"] if finding["id"] == name)


def words_of(body, name):
    """What the findings that read a subject say of it, where they could not be answered."""
    reading = {check.id for check in CHECKS if name in check.reads}
    told = [item for item in body["findings"] if item["id"] in reading and item["state"] in ("not_tested", "broken")]
    return " ".join(f"{item['text']} {item['evidence']}" for item in told)


def say_no_answer(body, *names):
    missing = [
        name
        for name in names
        if "no answer" not in words_of(body, name) and "did not answer" not in words_of(body, name)
    ]
    assert missing == []


@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUtilizationRates"])
def test_a_driver_that_hangs(place, fake_nvml, function):
    driver = fake_nvml("rtx4090")
    driver.add(f"fault.{function} = hang 9999")
    place.variables |= {"DRYDOCK_NVML_LIBRARY": driver.library, "FAKE_NVML_SCENARIO": str(driver.scenario)}
    body = place.answer()
    ready = finding_of(body, "driver-ready")
    assert ready["state"] == "broken"
    assert ready["variant"] == "silent"
    # the name of the call that hangs is shown
    assert function in json.dumps(ready["evidence"])
    assert run_of(body, "host")["outcome"] == "done"


HALVES = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 O",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{"ApiVersion": "1.4',
    "a body that never ends": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Api',
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("depth", ["quick", "standard"])
def test_an_engine_that_falls_silent(place, half, depth):
    def serve(connection):
        connection.recv(65536)
        connection.sendall(HALVES[half])
        silent(connection)

    with Listener(place.folder / "docker.sock", serve) as listener:
        place.variables["DOCKER_HOST"] = listener.address
        body = place.answer("--depth", depth)
    running = finding_of(body, "engine-running")
    assert running["state"] == "broken"
    assert running["variant"] == "silent"
    assert finding_of(body, "container-image")["state"] == "not_tested"


def test_an_engine_that_drips(place):
    """Each piece comes in time, so that only a limit on the whole can end it."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.2)

    with Listener(place.folder / "docker.sock", serve) as listener:
        place.variables["DOCKER_HOST"] = listener.address
        body = place.answer()
    assert finding_of(body, "engine-running")["state"] in ("broken", "not_tested")
    say_no_answer(body, "engine")


def test_programs_that_never_end(place):
    place.hanging_programs()
    body = place.answer()
    for name in ("kernel_log", "host_torch"):
        assert "timeout" in json.dumps([body["snapshot"]["kernel_log"], run_of(body, name)]), name
    say_no_answer(body, "host_torch")
    assert finding_of(body, "work-host-torch")["state"] == "not_tested"


def test_what_is_waited_for_is_told(place):
    place.hanging_programs()
    done = place.doctor()
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("Still no answer: ")]
    assert "host torch" in told
    assert told.endswith("…")
    assert "Still no answer" not in done.stdout


def test_a_kernel_log_that_floods(place):
    line = "[   12.345678] NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."
    place.program("dmesg", f"while :; do echo '{line}'; done")
    place.program("journalctl", f"while :; do echo '{line}'; done")
    body = place.answer()
    assert len(json.dumps(body["snapshot"]["kernel_log"])) < 200_000
    assert run_of(body, "kernel_log")["outcome"] in ("done", "timeout")
    assert run_of(body, "nvml")["outcome"] == "done"


FILES = (
    "home/.docker/config.json",
    "home/.docker/contexts/meta/x/meta.json",
    "home/.config/docker/daemon.json",
    "home/.config/nvidia-container-runtime/config.toml",
    "home/.config/containers/containers.conf",
    "state/settings.json",
    "state/history.sqlite",
)


def test_files_that_are_pipes(place):
    for name in FILES:
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
    del place.variables["DOCKER_HOST"]
    body = place.answer()
    assert {run["outcome"] for run in body["snapshot"]["collectors"]} == {"done"}


def test_files_that_may_not_be_read(place):
    for name in FILES:
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()  # root may read every file, and nobody a directory as one
    del place.variables["DOCKER_HOST"]
    body = place.answer()
    assert {run["outcome"] for run in body["snapshot"]["collectors"]} == {"done"}


@pytest.fixture
def full_disk(place) -> Iterator[Path]:
    """A file system of its own without a free byte."""
    disk = place.folder / "full"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    try:
        for name in ("home", "state", "tmp"):
            (disk / name).mkdir()
        with (disk / "rest").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def on_full_disk(place, disk):
    places = {"HOME": "home", "DRYDOCK_HOME": "state", "TMPDIR": "tmp"}
    place.variables |= {variable: str(disk / name) for variable, name in places.items()}


def test_a_full_disk(place, full_disk):
    on_full_disk(place, full_disk)
    body = place.answer()
    assert {run["outcome"] for run in body["snapshot"]["collectors"]} == {"done"}
    disk = finding_of(body, "host-disk")
    assert disk["state"] in ("broken", "attention"), disk
    spoken = place.doctor()
    assert "Traceback" not in spoken.stderr
    assert "note: " in spoken.stderr, "that nothing could be kept is said"


def test_all_at_once(place, full_disk, fake_nvml):
    driver = fake_nvml("rtx4090")
    driver.add("fault.nvmlInit = hang 9999")
    place.hanging_programs()
    on_full_disk(place, full_disk)
    os.mkfifo(place.folder / "config.json")

    def serve(connection):
        connection.recv(65536)
        connection.sendall(HALVES["half a body"])
        silent(connection)

    with Listener(place.folder / "docker.sock", serve) as listener:
        place.variables |= {
            "DOCKER_HOST": listener.address,
            "DOCKER_CONFIG": str(place.folder),
            "DRYDOCK_NVML_LIBRARY": driver.library,
            "FAKE_NVML_SCENARIO": str(driver.scenario),
        }
        body = place.answer()
        spoken = place.doctor("--verbose")
    say_no_answer(body, "nvml", "engine", "host_torch")
    assert finding_of(body, "engine-running")["variant"] == "silent"
    assert finding_of(body, "host-disk")["state"] in ("broken", "attention")
    # the same for people, each in its own words
    assert spoken.returncode == 1
    for words in ("did not answer within", "not tested"):
        assert words in spoken.stdout
    assert place.survivors() == []
