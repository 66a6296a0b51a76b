"""Reading files never blocks, never raises, and has a limit."""

import os
import sys

import pytest

from drydock.core.facts import Known, Missing
from drydock.world import files


def test_a_text_file_is_read_up_to_the_limit(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc\xff" * 100)
    assert files.read_text(str(path), 4) == Known("abc\ufffd")
    assert len(files.read_text(str(path), 1 << 20).value) == 400


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_files_of_proc_are_read_although_they_say_that_they_are_empty():
    assert files.read_text("/proc/self/status", 1 << 16).value.startswith("Name:")


def test_what_is_not_there_is_absent(tmp_path):
    assert files.read_text(str(tmp_path / "no"), 10).why == "absent"
    assert files.list_directory(str(tmp_path / "no")).why == "absent"
    assert files.resolve_link(str(tmp_path / "no")).why == "absent"
    assert files.read_text("bad\0name", 10).why == "failed"
    assert files.list_directory("bad\0name").why == "failed"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_pipe_without_a_writer_does_not_block(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert files.read_text(str(pipe), 10).why == "failed"


def test_directories_and_devices_are_not_texts(tmp_path):
    assert isinstance(files.read_text(str(tmp_path), 10), Missing)
    assert files.read_text(os.devnull, 10).why == "failed"


def test_a_directory_is_listed_in_order(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / name).touch()
    assert files.list_directory(str(tmp_path)) == Known(("a", "b", "c"))


def test_a_link_is_followed_to_its_end(tmp_path):
    (tmp_path / "lib.so.580").touch()
    (tmp_path / "lib.so.2").symlink_to("lib.so.580")
    (tmp_path / "lib.so.1").symlink_to("lib.so.2")
    (tmp_path / "loop").symlink_to("loop")
    assert files.resolve_link(str(tmp_path / "lib.so.1")) == Known("lib.so.580")
    assert files.resolve_link(str(tmp_path / "lib.so.580")).why == "failed"
    assert isinstance(files.resolve_link(str(tmp_path / "loop")), Missing | Known)


def test_owner_mode_and_time_of_a_file(tmp_path):
    path = tmp_path / "node"
    path.write_text("x")
    path.chmod(0o640)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    status = files.file_status(str(path)).value
    assert (status.mode, status.modified) == (0o640, 1_700_000_000)
    assert (status.readable, status.writable) == (True, True)
    assert status.owner == path.owner()
    # a package brings an old time of writing along; when it was put here is another
    assert status.changed > 1_700_000_000


def test_an_owner_without_a_name_is_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.owner", lambda _self: (_ for _ in ()).throw(KeyError("uid")))
    assert files.file_status(str(tmp_path)).value.owner == str(tmp_path.stat().st_uid)


def test_the_status_of_nothing_is_missing(tmp_path):
    assert files.file_status(str(tmp_path / "no")).why == "absent"
    assert files.file_status("bad\0path").why == "failed"
