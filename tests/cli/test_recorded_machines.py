"""A recording is replayed by every command that takes one."""

from pathlib import Path

import pytest

MACHINES = Path(__file__).parent.parent / "machines"


def test_the_doctor_says_what_is_to_be_mended_first(call):
    answer = call("doctor", "--machine", str(MACHINES / "daemon-json-invalid"), "--json")
    assert (answer.code, answer.json["root_cause"]) == (1, "engine-config")
    assert answer.json["changes"] == []
    assert answer.json["past"] is None


def test_images_are_chosen_for_it(call):
    answer = call("images", "recommend", "--machine", str(MACHINES / "healthy-old-card"), "--json")
    assert answer.code == 0
    assert "cuda12.6" in answer.out


def test_the_window_opens_it(call):
    place = str(MACHINES / "healthy-laptop")
    assert call("gui", "--machine", place).code == 0
    assert call("--machine", place).code == 0
    assert [wanted[0] for wanted in call.opened] == [place, place]


@pytest.mark.parametrize("words", [("doctor",), ("images", "recommend")])
def test_a_damaged_one_ends_in_words(call, tmp_path, words):
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "machine.json").write_text("{")
    answer = call(*words, "--machine", "machine", "--json")
    assert (answer.code, answer.json["id"]) == (2, "machine-unreadable")
    assert "machine.json" in answer.json["text"]
