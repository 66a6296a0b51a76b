"""``drydock launch --as``, where no engine can be asked."""

import shlex

import pytest

from drydock.core.launch.renderings import TARGETS

WORDS = ("launch", "--image", "a/b:1", "--gpus", "none", "--name", "mine")


@pytest.mark.parametrize("target", TARGETS)
def test_each_form_in_one_object(call, no_engine, target):
    answer = call(*WORDS, "-e", "HF_TOKEN=s3cret", "--as", target, "--json")
    assert answer.code == 0
    content = answer.json
    assert (content["schema"], content["kind"], content["target"]) == (1, "launch-rendering", target)
    assert content["filename"] == TARGETS[target].filename
    assert content["without_engine"] == "engine-not-running"
    assert content["notes"]
    assert "s3cret" not in answer.out


def test_the_text_is_all_that_is_printed(call, no_engine):
    answer = call(*WORDS, "--as", "run", "--engine", "unix:///nowhere.sock", "python", "train.py", "--json")
    assert shlex.split(answer.out)[:4] == ["docker", "-H", "unix:///nowhere.sock", "run"]
    assert shlex.split(answer.out)[-4:] == ["a/b:1", "python", "train.py", "--json"]
    assert "No container engine" in answer.err


def test_a_file_is_written_and_none_is_lost(call, no_engine, tmp_path):
    answer = call(*WORDS, "--as", "compose", "--output", "compose.yaml")
    assert (answer.code, answer.out) == (0, "")
    assert "services:" in (tmp_path / "compose.yaml").read_text()
    again = call(*WORDS, "--as", "slurm", "--output", "compose.yaml")
    assert again.code == 2
    assert "exists already" in again.err
    assert "services:" in (tmp_path / "compose.yaml").read_text()
    nowhere = call(*WORDS, "--as", "slurm", "--output", "no/such/folder")
    assert nowhere.code == 1
    assert "could not be written" in nowhere.err
    assert call(*WORDS, "--output", "x").code == 2


def test_what_forbids_the_launch_is_said(call, no_engine):
    answer = call(*WORDS, "--workspace", "gone", "--as", "compose")
    assert answer.code == 1
    assert "blocker, workspace:" in answer.err
    assert call(*WORDS, "--workspace", "gone", "--as", "kubernetes").code == 0
    refused = call(*WORDS, "--mount", "/a,b:/c", "--as", "slurm", "--json")
    assert (refused.code, refused.json["id"]) == (2, "launch-render-impossible")
