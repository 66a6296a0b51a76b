"""``drydock mend``: looked at, agreed to, applied, taken back, and read about."""

import hashlib
import json
import socket

import pytest
from tests.support.engine.daemon import SYSTEM_PATH

pytestmark = pytest.mark.usefixtures("no_engine")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put a program first on PATH that this person may run."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{SYSTEM_PATH}")

    def make(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return make


@pytest.fixture
def contexts(tmp_path, monkeypatch, programs):
    """A docker configuration with two contexts, and a docker program that can only switch between them."""
    folder = tmp_path / "docker"
    meta = folder / "contexts" / "meta"
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    for name in ("desk", "lab"):
        place = meta / hashlib.sha256(name.encode()).hexdigest()
        place.mkdir(parents=True)
        endpoint = {"Host": f"unix://{tmp_path}/{name}.sock"}
        (place / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": endpoint}}))
    config = folder / "config.json"
    config.write_text('{"currentContext": "desk"}')
    line = '{"currentContext": "\'"$3"\'"}'
    programs("docker", f'[ "$1 $2" = "context use" ] && echo \'{line}\' > {config}')
    return lambda: json.loads(config.read_text())["currentContext"]


def test_it_is_shown_applied_logged_and_taken_back(call, contexts):
    shown = call("mend", "show", "switch-context", "lab")
    assert shown.code == 0
    assert "$ docker context use lab" in shown.out
    assert contexts() == "desk"
    dry = call("mend", "apply", "switch-context", "lab", "--dry-run", "--json")
    assert (dry.code, dry.json["kind"], dry.json["privileged"]) == (0, "plan", False)
    assert contexts() == "desk"

    applied = call("mend", "apply", "switch-context", "lab", "--yes", "--json")
    assert (applied.code, applied.json["kind"]) == (0, "mended"), applied.err
    assert contexts() == "lab"
    entry = applied.json["entry"]
    assert "engine-running" in {finding["id"] for finding in applied.json["findings"]}

    listed = call("mend", "log")
    assert f"{entry} " in listed.out
    assert "mended.jsonl" in listed.err
    told = call("mend", "log", entry)
    assert "docker context use lab" in told.out

    undone = call("mend", "undo", entry, "--yes")
    assert undone.code == 0
    assert contexts() == "desk"
    assert "taken back by" in call("mend", "log").out
    again = call("mend", "undo", entry, "--yes", "--json")
    assert (again.code, again.json["id"]) == (1, "mend-already-undone")
    (first, second) = call("mend", "log", "--json").json["entries"]
    assert (first["undone_by"], second["undoes"]) == (second["entry"], entry)


def test_nothing_is_done_without_consent(call, contexts):
    for words in ((), ("--json",)):
        answer = call("mend", "apply", "switch-context", "lab", *words)
        assert answer.code == 2
        assert "agreed" in answer.err
    assert contexts() == "desk"


def test_a_step_that_fails_is_said(call, contexts, programs):
    programs("docker", "echo 'context is locked' >&2; exit 1")
    answer = call("mend", "apply", "switch-context", "lab", "--yes", "--json")
    assert (answer.code, answer.json["id"]) == (1, "mend-step-failed")
    assert "context is locked" in answer.json["text"]
    (entry,) = call("mend", "log", "--json").json["entries"]
    assert (entry["outcome"], entry["steps"][0]["in_force"]) == ("failed", False)


@pytest.mark.parametrize(
    ("words", "code", "trouble"),
    [
        (("show", "no-such-remedy"), 2, "mend-not-offered"),
        (("show", "switch-context"), 2, "mend-target-missing"),
        (("show", "switch-context", "nowhere"), 2, "engine-context-unknown"),
        (("show", "switch-context", "desk"), 1, "mend-nothing-to-do"),
        (("show", "free-port", "70000"), 2, "mend-target-wrong"),
        (("show", "own-files", "/no/such/place"), 2, "mend-target-wrong"),
        (("undo", "nothing"), 2, "mend-entry-unknown"),
        (("log", "nothing"), 2, "mend-entry-unknown"),
        (("show", "clean-disk"), 3, "engine-not-running"),
    ],
)
def test_what_cannot_be_is_said(call, contexts, words, code, trouble):
    answer = call("mend", *words, "--json")
    assert (answer.code, answer.json["id"]) == (code, trouble)
    assert "Traceback" not in answer.err


def test_a_port_of_another_program_is_named_and_left_alone(call):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = call("mend", "show", "free-port", port, "--json")
        assert (answer.code, answer.json["id"]) == (1, "mend-by-hand")
        assert f":{port}'" in answer.json["remedy"]


def test_remedies_are_listed_with_what_they_are_for(call):
    answer = call("mend", "--json")
    assert (answer.code, answer.json["kind"]) == (0, "remedies")
    for remedy in answer.json["remedies"]:
        assert remedy["finding"]
        assert remedy["commands"]
    assert "At any time" in call("mend", "list").err


def test_a_log_that_makes_no_sense_stops_nothing(call, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mended.jsonl").write_bytes(b"\xff\xfe rubbish\n")
    answer = call("mend", "log")
    assert answer.code == 0
    assert "make no sense" in answer.err
