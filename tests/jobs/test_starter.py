"""The starter workspace on the disk: nothing of the person's is replaced."""

import os

import pytest

from drydock.core.trouble import Trouble
from drydock.jobs.starter import StarterJob, starter_files
from drydock.world import Stop


def write(path):
    return StarterJob(path).run(lambda _step: None, Stop())


def test_all_of_it_is_written(tmp_path):
    made = write(tmp_path / "new" / "work")
    assert set(made.written) == set(starter_files()) >= {"README.md", "train.py", "model.py"}
    assert made.kept == ()
    found = {path.name: path.read_bytes() for path in (tmp_path / "new" / "work").iterdir()}
    assert found == starter_files()


def test_what_is_there_stays(tmp_path):
    write(tmp_path)
    (tmp_path / "train.py").write_text("mine")
    (tmp_path / "model.py").unlink()
    made = write(tmp_path)
    assert (made.written, made.kept) == (("model.py",), ("train.py",))
    assert (tmp_path / "train.py").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble) as caught:
        write(tmp_path / "file")
    assert caught.value.id == "starter-not-written"
    with pytest.raises(Trouble) as caught:
        write(tmp_path / "file" / "below")
    assert caught.value.id == "starter-not-written"


def test_a_link_to_nowhere_is_not_followed(tmp_path):
    os.symlink(tmp_path / "elsewhere", tmp_path / "train.py")
    with pytest.raises(Trouble):
        write(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
