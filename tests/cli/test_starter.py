"""``drydock starter``: written once, never over what is there."""


def test_it_is_written_and_told(call, tmp_path):
    answer = call("starter", "work", "--json")
    assert (answer.code, answer.json["kind"]) == (0, "starter")
    assert "train.py" in answer.json["written"]
    assert (tmp_path / "work" / "train.py").is_file()
    (tmp_path / "work" / "train.py").write_text("mine")
    again = call("starter", "work")
    assert (again.code, "nothing was missing" in again.out) == (0, True)
    assert "train.py" in again.err


def test_a_file_is_no_place(call, tmp_path):
    (tmp_path / "work").write_text("")
    answer = call("starter", "work", "--json")
    assert (answer.code, answer.json["id"]) == (1, "starter-not-written")
