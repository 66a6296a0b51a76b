import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drydock.cli.doctor_words import can_be_mended
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot

MACHINES = Path(__file__).parents[1] / "machines"


def test_names_the_root_cause_of_a_recorded_machine(call):
    answer = call("doctor", "--machine", "broken-laptop", "--json")
    assert answer.code == 1
    assert answer.json["schema"] == 1
    assert answer.json["kind"] == "diagnosis"
    assert answer.json["root_cause"] == "driver-versions"
    broken = [finding for finding in answer.json["findings"] if finding["state"] == "broken"]
    assert [finding["id"] for finding in broken] == ["driver-versions", "engine-permission"]
    assert all(finding["evidence"] and finding["text"] and finding["remedies"] for finding in broken)


def test_prints_the_same_for_people(call):
    answer = call("doctor", "--machine", "broken-laptop")
    assert answer.code == 1
    assert "570.172.08" in answer.out
    assert "sudo reboot" in answer.out
    assert answer.out.splitlines()[-1].startswith("Mend this first")
    assert "Nothing shown is this computer" in answer.err
    assert "\x1b[" not in answer.out  # no terminal, no colour


@pytest.mark.parametrize("machine", ["rtx4090-desktop", "h100x8-server", "wsl2-desktop"])
def test_healthy_machines_are_not_called_broken(call, machine):
    answer = call("doctor", "--machine", machine, "--json")
    assert answer.code == 0
    assert answer.json["root_cause"] is None


def test_only_some_checks(call):
    answer = call("doctor", "--machine", "broken-laptop", "--only", "host-disk,host-memory", "--json")
    assert answer.code == 0
    assert {finding["id"] for finding in answer.json["findings"]} == {"host-disk", "host-memory"}


def test_not_tested_only_cannot_be_found_out(call):
    assert call("doctor", "--machine", "broken-laptop", "--only", "gpu-lost").code == 3


def test_this_computer_without_engine_and_library(call, no_engine, monkeypatch):
    monkeypatch.setenv("DRYDOCK_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1")
    answer = call("doctor", "--json")
    findings = {finding["id"]: finding for finding in answer.json["findings"]}
    assert answer.code in (0, 1)
    assert findings["host-system"]["state"] in ("ok", "attention")
    assert answer.json["snapshot"]["engine"]["reach"]["kind"] != "ready"
    assert {run["outcome"] for run in answer.json["snapshot"]["collectors"]} == {"done"}


def test_reads_gpus_through_nvml(call, no_engine, fake_nvml):
    fake_nvml("rtx4090")
    answer = call("doctor", "--json")
    (gpu,) = answer.json["snapshot"]["gpus"]
    assert gpu["name"]["value"] == "NVIDIA GeForce RTX 4090"
    assert gpu["compute_capability"]["value"] == [8, 9]


def test_what_only_a_deeper_look_takes(call):
    answer = call("doctor", "--image", "a/b:1")
    assert answer.code == 2
    assert "--depth standard" in answer.err
    answer = call("doctor", "--machine", "broken-laptop", "--depth", "deep")
    assert answer.code == 2
    assert "recorded machine" in answer.err


def test_a_workspace_that_is_not_there_is_refused(call, tmp_path):
    answer = call("doctor", "--depth", "standard", "--workspace", str(tmp_path / "nowhere"))
    assert answer.code == 2
    assert "nowhere is not a directory" in answer.err


def test_a_deeper_look_without_an_engine_ends_with_the_cause(call, no_engine):
    answer = call("doctor", "--depth", "standard", "--json")
    findings = {finding["id"]: finding for finding in answer.json["findings"]}
    assert answer.code == 1
    assert answer.json["depth"] == "standard"
    assert answer.json["root_cause"].startswith("engine-")
    assert findings["container-image"]["variant"] == findings["torch-kernels"]["variant"] == "blocked"


def test_colour_is_as_the_person_wishes(call):
    assert "\x1b[" in call("doctor", "--machine", "broken-laptop", FORCE_COLOR="1").out
    assert "\x1b[" not in call("doctor", "--machine", "broken-laptop", FORCE_COLOR="1", NO_COLOR="1").out


def test_what_to_know_before_a_command_stands_before_it_and_where_to_read_more_after_it(call):
    lines = [line.strip() for line in call("doctor", "--machine", "broken-laptop").out.splitlines()]
    before = next(line for line in lines if line.startswith("Join the group docker: "))
    assert "can become root" in before
    command = lines.index('$ sudo usermod -aG docker "$USER"')
    assert lines.index(before) < command
    assert lines[command + 1].startswith("https://docs.docker.com/")


@pytest.mark.parametrize(
    ("machine", "mends"), [("engine-not-restarted", True), ("no-nvidia-gpu", False), ("healthy-desktop", False)]
)
def test_whether_drydock_can_mend_what_was_found(machine, mends):
    recorded = open_machine(str(MACHINES / machine))
    assert can_be_mended(diagnose_snapshot(recorded.snapshot)) is mends


def test_of_a_recorded_machine_nothing_is_offered_to_be_mended(call):
    assert "drydock mend" not in call("doctor", "--machine", str(MACHINES / "engine-not-restarted")).err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminal that a program can play")
def test_texts_are_wrapped_to_the_terminal_and_commands_are_not():
    import pty

    command = [sys.executable, "-m", "drydock", "doctor", "--machine", "broken-laptop"]
    parent, child = pty.openpty()
    with (
        os.fdopen(parent, "rb", buffering=0) as terminal,
        subprocess.Popen(
            command, stdout=child, stderr=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "60", "NO_COLOR": "1"}
        ) as running,
    ):
        os.close(child)
        pieces = []
        # the terminal ends in an error when the program has ended
        with contextlib.suppress(OSError):
            while piece := terminal.read(1 << 16):
                pieces.append(piece)
        assert running.wait(60) == 1
    lines = b"".join(pieces).decode().replace("\r", "").splitlines()
    assert len(lines) > 20
    # neither is an address, which must stay one that can be followed
    assert max(len(line) for line in lines if "https://" not in line) <= 60
    assert '              $ sudo usermod -aG docker "$USER"' in lines
