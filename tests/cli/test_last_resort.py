"""How the program ends when nothing went as planned: output that nobody takes, wrong words, bugs."""

import json
import os
import pty
import subprocess
import sys

import pytest

NOWHERE = "unix:///nowhere/docker.sock"
BURSTING = """
import sys, types
import click
from drydock.__main__ import main
from drydock.cli import app

@click.command()
@click.option("--json", is_flag=True)
def burst(json):
    home = "/home/mlin/work"
    raise RuntimeError(f"no case for {home} with HF_TOKEN=hf_abcdefghijklmnopq")

sys.modules["bursting"] = types.ModuleType("bursting")
sys.modules["bursting"].burst = burst
app._COMMANDS["burst"] = ("bursting", "burst", "")
main()
"""


@pytest.fixture
def drydock(program):
    return program(NOWHERE)


@pytest.mark.parametrize(
    "words", [["--json", "x"], ["nonsense", "--json"], ["doctor", "--only", "no-such", "--json"], ["probe", "--json"]]
)
def test_wrong_usage_with_json_is_one_object_too(drydock, words):
    answer = drydock(*words)
    assert answer.code == 2
    assert (answer.json["kind"], answer.json["id"]) == ("trouble", "wrong-usage")
    assert answer.json["text"] in answer.err


def test_json_behind_two_dashes_belongs_to_another_program(drydock):
    answer = drydock("launch", "--memory", "--", "x", "--json")
    assert answer.code == 2
    assert answer.out == ""


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--json"), ("--help",), ("images", "recommend", "--all")])
def test_a_reader_that_goes_away_is_no_error_to_talk_about(drydock, words):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        command = [sys.executable, "-m", "drydock", *words]
        done = subprocess.run(
            command, check=False, stdout=closed, stderr=subprocess.PIPE, env=drydock.environment, timeout=120
        )
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--json"), ("--help",)])
def test_a_full_disk_behind_the_output_is_told(drydock, words):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "drydock", *words]
        done = subprocess.run(
            command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, env=drydock.environment, timeout=120
        )
    assert done.returncode == 1
    assert done.stderr == "The output could not be written: No space left on device.\n"


@pytest.mark.parametrize(("redirections", "code"), [(">&-", 0), (">&- 2>&- <&-", 0), ("2>&- --nonsense", 2)])
def test_closed_streams_are_no_bug(drydock, redirections, code):
    command = f'"{sys.executable}" -m drydock doctor --machine rtx4090-desktop {redirections}'
    done = subprocess.run(
        ["sh", "-c", command], check=False, capture_output=True, text=True, env=drydock.environment, timeout=120
    )
    assert done.returncode == code
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_bug_is_told_as_one_without_personal_things(drydock, words):
    environment = {**drydock.environment, "USER": "mlin", "HOME": "/home/mlin"}
    command = [sys.executable, "-c", BURSTING, "burst", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 1
    assert "This is a bug in Drydock" in done.stderr
    assert "RuntimeError: no case for" in done.stderr
    assert "/home/mlin" not in done.stderr + done.stdout
    assert "hf_abcdefghijklmnopq" not in done.stderr + done.stdout
    if words:
        answer = json.loads(done.stdout)
        assert (answer["kind"], answer["id"]) == ("trouble", "internal-error")
        assert "RuntimeError" in answer["values"]["report"]
    else:
        assert done.stdout == ""


def on_a_terminal(command, environment):
    """Return what a program writes when its output is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=environment) as running:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            written += piece
        assert running.stderr
        running.stderr.read()
    os.close(ours)
    return written.decode()


def test_colours_only_where_they_are_wanted(drydock):
    command = [sys.executable, "-m", "drydock", "doctor", "--machine", "broken-laptop"]
    plain = {key: value for key, value in drydock.environment.items() if key != "NO_COLOR"}
    assert "\x1b[31m" in on_a_terminal(command, plain)
    assert "\x1b[" not in on_a_terminal(command, {**plain, "NO_COLOR": "1"})
