"""``drydock record``: what it writes can be replayed, and names nobody."""

import json

import pytest


@pytest.fixture
def somebody(monkeypatch):
    monkeypatch.setenv("USER", "mlin")
    monkeypatch.setenv("HOME", "/home/mlin")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/mlin/cuda/lib")


def test_a_recording_is_replayed_as_it_was(call, no_engine, fake_nvml, somebody):
    fake_nvml("two-gpus")
    answer = call("record", "machine", "--json")
    assert (answer.code, answer.json["kind"]) == (0, "recording")
    assert {"machine.json", "snapshot.json", "removed.json"} <= set(answer.json["files"])
    replayed = call("doctor", "--machine", "machine", "--json")
    live = call("doctor", "--json")
    states = [[(finding["id"], finding["state"]) for finding in answer.json["findings"]] for answer in (replayed, live)]
    assert states[0] == states[1]
    assert call("images", "recommend", "--machine", "machine", "--json").code in (0, 1)


def test_the_evidence_is_there_and_nobody_is_named(call, no_engine, fake_nvml, somebody, tmp_path):
    fake_nvml("rtx4090")
    answer = call("record", "machine", "--json")
    evidence = [name for name in answer.json["files"] if name.startswith("evidence/")]
    assert "evidence/proc_version.txt" in evidence
    whole = b"".join(path.read_bytes() for path in (tmp_path / "machine").rglob("*") if path.is_file())
    assert b"mlin" not in whole
    assert "home directory" in {item["kind"] for item in answer.json["removed"]}
    removed = json.loads((tmp_path / "machine" / "removed.json").read_bytes())
    assert removed == answer.json["removed"]


def test_a_full_directory_is_refused_until_forced(call, no_engine, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    (tmp_path / "mine" / "trace.jsonl").write_text("of an earlier recording")
    answer = call("record", "mine", "--json")
    assert (answer.code, answer.json["id"]) == (2, "record-not-empty")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["thesis.tex", "trace.jsonl"]
    assert call("record", "mine", "--force").code == 0
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "mine"
    assert not (tmp_path / "mine" / "trace.jsonl").exists()
    assert call("doctor", "--machine", "mine", "--only", "host-system").code == 0


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_is_no_directory(call, no_engine, tmp_path, place):
    (tmp_path / "file").write_text("")
    answer = call("record", place, "--force", "--json")
    assert (answer.code, answer.json["id"]) == (1, "record-not-written")


def test_it_says_for_people_what_was_taken_out(call, no_engine, somebody):
    answer = call("record", "machine")
    assert "snapshot.json" in answer.out
    assert "home directory" in answer.err
    assert "drydock doctor --machine machine" in answer.err


def test_a_recording_that_fails_leaves_nothing_half_written(call, no_engine, tmp_path):
    (tmp_path / "rec" / "findings.json").mkdir(parents=True)
    answer = call("record", str(tmp_path / "rec"), "--force", "--json")
    assert (answer.code, answer.json["id"]) == (1, "record-not-written")
    assert not list((tmp_path / "rec").rglob(".*"))
