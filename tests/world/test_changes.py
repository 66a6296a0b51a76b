"""Files are replaced in one step, or not at all; root is asked for one step at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drydock.core.facts import Known, Missing, User
from drydock.world.changes import (
    files_of_root,
    person,
    read_bytes,
    replace_file,
    run_as_root,
    system_program,
    was_refused,
    way_to_root,
)
from drydock.world.interface import Outcome
from drydock.world.live import LiveWorld
from drydock_resources.mending import replace_file as program

contents = st.none() | st.binary(max_size=40)


class Ordinary(LiveWorld):
    """This computer, as a person sees it who is not root."""

    def user(self):
        return Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Put programs first on PATH: name → text of a shell script."""

    def make(**scripts):
        folder = tmp_path / "stand-ins"
        folder.mkdir(exist_ok=True)
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SUDO_ASKPASS"):
            monkeypatch.delenv(name, raising=False)
        return Ordinary()

    return make


def put(path, content):
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def content_of(path):
    return path.read_bytes() if path.exists() else None


@given(before=contents, after=contents)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_putting_back_is_the_inverse(tmp_path, before, after):
    path = tmp_path / "file"
    put(path, before)
    world = LiveWorld()
    for old, new in ((before, after), (after, before)):
        assert replace_file(world, str(path), before=old, after=new, mode=0o640, way=None)[0] == "done"
        assert content_of(path) == new
    assert [name for name in os.listdir(tmp_path) if name != "file"] == []


def test_a_file_keeps_its_rights_and_owner_and_a_new_one_gets_its_own(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"1")
    old.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(old, 12, 34)
    owner = old.stat()
    assert replace_file(LiveWorld(), str(old), before=b"1", after=b"2", mode=0o600, way=None)[0] == "done"
    found = old.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o604, owner.st_uid, owner.st_gid)
    assert replace_file(LiveWorld(), str(new), before=None, after=b"2", mode=0o640, way=None)[0] == "done"
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@pytest.mark.parametrize("seen", [None, b"other"])
def test_what_somebody_changed_meanwhile_is_left_alone(tmp_path, seen):
    path = tmp_path / "file"
    path.write_bytes(b"theirs")
    assert replace_file(LiveWorld(), str(path), before=seen, after=b"ours", mode=0o644, way=None)[0] == "changed"
    assert path.read_bytes() == b"theirs"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    assert replace_file(LiveWorld(), str(tmp_path / "link"), before=b"1", after=b"2", mode=0o644, way=None)[0] == "done"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"2"


def test_one_directory_is_made_and_no_more(tmp_path):
    assert replace_file(LiveWorld(), f"{tmp_path}/a/f", before=None, after=b"", mode=0o644, way=None)[0] == "done"
    outcome, text = replace_file(LiveWorld(), f"{tmp_path}/b/c/f", before=None, after=b"", mode=0o644, way=None)
    assert outcome == "failed"
    assert "No such file" in text


def test_what_is_no_file_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert replace_file(LiveWorld(), f"{tmp_path}/pipe", before=b"", after=b"", mode=0o644, way=None)[0] == "failed"
    assert isinstance(read_bytes(f"{tmp_path}/pipe"), Missing)
    assert isinstance(read_bytes(f"{tmp_path}/none"), Missing)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is in danger")
def test_root_does_not_write_where_others_could_exchange_a_directory(tmp_path):
    tmp_path.chmod(0o777)
    (tmp_path / "file").write_bytes(b"1")
    outcome, text = replace_file(LiveWorld(), f"{tmp_path}/file", before=b"1", after=b"2", mode=0o644, way="root")
    assert outcome == "unsafe"
    assert str(tmp_path) in text
    assert (tmp_path / "file").read_bytes() == b"1"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_leaves_the_old_file(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], check=False, timeout=20)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (tmp_path / "file").write_bytes(b"old")
        outcome, text = replace_file(
            LiveWorld(), f"{tmp_path}/file", before=b"old", after=b"x" * 100_000, mode=0o644, way=None
        )
        assert outcome == "failed"
        assert "No space left" in text
        assert (tmp_path / "file").read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["file"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True, timeout=20)


def test_the_program_that_runs_as_root_needs_nothing_of_the_app(tmp_path):
    path = tmp_path / "file"
    source = Path(program.__file__).read_text()
    words = [sys.executable, "-I", "-S", "-c", source, str(path), "absent", "640"]
    done = subprocess.run(words, input=b"AP8K", capture_output=True, check=False, timeout=20)
    assert done.returncode == program.DONE, done.stderr
    assert path.read_bytes() == b"\x00\xff\n"
    again = subprocess.run(words, input=b"AP8K", capture_output=True, check=False, timeout=20)
    assert again.returncode == program.CHANGED


@pytest.mark.skipif(os.geteuid() != 0, reason="the stand-in for sudo cannot make anybody root")
def test_a_file_is_written_through_sudo(stand_ins, tmp_path):
    world = stand_ins(sudo='echo "$1 $2" > "$(dirname "$0")/asked"; shift 2; exec "$@"')
    path = tmp_path / "file"
    path.write_bytes(b"\xff old")
    assert replace_file(world, str(path), before=b"\xff old", after=b"new\x00", mode=0o644, way="passwordless") == (
        "done",
        "",
    )
    assert path.read_bytes() == b"new\x00"
    assert (tmp_path / "stand-ins" / "asked").read_text() == "-n --\n"


REFUSALS = {
    "passwordless": ("sudo", "echo 'sudo: a password is required' >&2; exit 1"),
    "askpass": ("sudo", "echo 'sudo: no password was provided' >&2; exit 1"),
    "pkexec": ("pkexec", "echo 'Error executing command as another user: Request dismissed' >&2; exit 126"),
}


@pytest.mark.parametrize("way", REFUSALS)
def test_a_refusal_is_told_from_a_failure(stand_ins, tmp_path, way):
    name, script = REFUSALS[way]
    world = stand_ins(**{name: script})
    assert was_refused(run_as_root(world, way, ("true",), limit=5), way)
    path = tmp_path / "file"
    outcome, text = replace_file(world, str(path), before=None, after=b"x", mode=0o644, way=way)
    assert (outcome, path.exists()) == ("refused", False)
    assert text
    world = stand_ins(**{name: "echo 'E: Unable to locate package' >&2; exit 1"})
    assert not was_refused(run_as_root(world, way, ("true",), limit=5), way)


def test_how_to_become_root(stand_ins, monkeypatch):
    assert isinstance(way_to_root(stand_ins(), terminal=True), Missing)
    assert way_to_root(stand_ins(sudo="exit 1"), terminal=True) == Known("terminal")
    assert isinstance(way_to_root(stand_ins(sudo="exit 1"), terminal=False), Missing)
    assert way_to_root(stand_ins(sudo="exit 0"), terminal=False) == Known("passwordless")
    stand_ins(sudo="exit 1", pkexec="exit 1")
    monkeypatch.setenv("SUDO_ASKPASS", "/usr/bin/ask")
    assert way_to_root(Ordinary(), terminal=False) == Known("askpass")
    monkeypatch.setenv("DISPLAY", ":0")
    assert way_to_root(Ordinary(), terminal=False) == Known("pkexec")


def test_what_runs_as_root_is_never_taken_from_the_persons_path(stand_ins):
    world = stand_ins(sudo='shift 2; echo "$1"', find="echo theirs")
    assert run_as_root(world, "passwordless", ("find",), limit=5).stdout.strip() == "/usr/bin/find"
    outcome = run_as_root(world, "passwordless", ("no-such-program",), limit=5)
    assert (outcome.code, outcome.problem) == (None, "not_found")


def test_sudo_stays_at_the_terminal_where_it_asks(stand_ins):
    world = stand_ins(sudo='shift; exec "$@"')
    words = ("python3", "-I", "-c", "import os, sys; print(os.getsid(0), sys.stdin.read())")
    outcome = run_as_root(world, "terminal", words, limit=10, stdin="given")
    assert outcome.stdout.split() == [str(os.getsid(0)), "given"]


def test_programs_below_a_root_come_first(tmp_path):
    place = tmp_path / "usr" / "bin"
    place.mkdir(parents=True)
    (place / "find").write_text("#!/bin/sh\n")
    (place / "find").chmod(0o755)
    assert system_program("find", str(tmp_path)) == Known(f"{place}/find")
    assert system_program("find") == Known("/usr/bin/find")


def test_a_silent_refusal_of_pkexec_is_one():
    assert was_refused(Outcome(argv=("x",), code=127), "pkexec")
    assert not was_refused(Outcome(argv=("x",), code=127, stderr="sh: not found"), "pkexec")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_root_are_counted_without_following_links(tmp_path):
    (tmp_path / "inside").mkdir()
    for name in ("mine", "inside/theirs"):
        (tmp_path / name).write_text("")
    os.chown(tmp_path / "mine", 1000, 1000)
    (tmp_path / "link").symlink_to("/etc")
    assert files_of_root(str(tmp_path), examples=1).value[0] == 3
    assert isinstance(files_of_root(f"{tmp_path}/none"), Missing)
    assert isinstance(files_of_root(str(tmp_path), most=2), Missing)


def test_the_person_is_known_by_the_user_database():
    assert person().value.uid == os.getuid()
