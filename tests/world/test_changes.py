"""Files are replaced in one step, or not at all; root is asked for one step at a time."""

import json
import os
import shutil
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
    writer_as_root,
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
        # this computer's own sudo and pkexec, where they are, must not be found
        for name in ("dirname", "cat", "sleep", "python3"):
            link = folder / name
            if not link.exists():
                link.symlink_to(shutil.which(name, path="/usr/bin:/bin"))
        monkeypatch.setenv("PATH", str(folder))
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
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "none", str(tmp_path)], check=False, timeout=20
    )
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


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("absent", "640"), b"QQ"),  # cut off
        (("absent", "640"), b"Q!Q=="),
        (("absent", "rw"), b"QQ=="),
        (("absent",), b"QQ=="),
        ((), b"QQ=="),
    ],
)
def test_wrong_input_of_the_program_changes_nothing_and_is_told(tmp_path, words, text):
    path = tmp_path / "file"
    command = [sys.executable, "-I", "-S", program.__file__, str(path), *words]
    done = subprocess.run(command, input=text, capture_output=True, check=False, timeout=20)
    assert done.returncode == program.FAILED
    assert done.stderr.startswith(b"PATH SEEN MODE are needed")
    assert done.stderr.count(b"\n") == 1
    assert not path.exists()


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


ASKS = """echo "$*" | cut -c -9 >> {folder}/asked
case "$1" in
    -v) echo yes > {folder}/known ;;
    -n) [ -e {folder}/known ] || {{ echo 'sudo: a password is required' >&2; exit 1; }}; shift 2; exec "$@" ;;
    *) shift; exec "$@" ;;
esac"""


def test_sudo_asks_on_the_terminal_and_the_program_is_out_of_reach_of_its_keys(stand_ins, tmp_path):
    world = stand_ins(sudo=ASKS.format(folder=tmp_path), cut='exec /usr/bin/cut "$@"')
    said = []
    words = ("python3", "-I", "-c", "import os, sys; print(os.getsid(0), os.getpgid(0), sys.stdin.read())")
    outcome = run_as_root(world, "terminal", words, limit=10, stdin="given", said=said.append)
    session, group, given = outcome.stdout.split()
    # of one session, for which sudo remembers; of a group of its own, which Ctrl-C does not reach
    assert (session, given) == (str(os.getsid(0)), "given")
    assert group != str(os.getpgid(0))
    assert (tmp_path / "asked").read_text().splitlines() == ["-n -- /us", "-v", "-n -- /us"]
    assert said == [outcome.stdout.strip()]


def test_a_sudo_that_remembers_nothing_asks_for_the_program_itself(stand_ins, tmp_path):
    forgets = ASKS.replace("echo yes > {folder}/known", ":")
    world = stand_ins(sudo=forgets.format(folder=tmp_path), cut='exec /usr/bin/cut "$@"')
    assert run_as_root(world, "terminal", ("true",), limit=10).code == 0
    assert (tmp_path / "asked").read_text().splitlines()[-1].startswith("-- /usr")


def test_a_wrong_password_ends_before_the_program(stand_ins, tmp_path):
    script = """case "$1" in -v) echo 'sudo: 3 incorrect password attempts' >&2; exit 1;; esac
echo 'sudo: a password is required' >&2; exit 1"""
    outcome = run_as_root(stand_ins(sudo=script), "terminal", ("touch", f"{tmp_path}/done"), limit=10)
    assert was_refused(outcome, "terminal")
    assert "3 incorrect" in outcome.stderr
    assert not (tmp_path / "done").exists()


SAID = (
    ("terminal", 1, "cy is not in the sudoers file."),
    ("askpass", 1, "cy is not in the sudoers file.\nThis incident has been reported to the administrator."),
    ("terminal", 1, "Sorry, user dan is not allowed to execute '/usr/bin/id' as root on desk."),
    ("askpass", 1, "sudo: no password was provided\nsudo: a password is required"),
    ("passwordless", 1, "sudo: interactive authentication is required"),
    ("pkexec", 127, "Error getting authority: Error initializing authority: Could not connect: No such file"),
    ("pkexec", 127, "Error executing command as another user: No authentication agent found."),
    ("pkexec", 127, "Error executing command as another user: Not authorized\n\nThis incident has been reported."),
)


@pytest.mark.parametrize(("way", "code", "text"), SAID)
def test_the_words_of_a_refusal(way, code, text):
    assert was_refused(Outcome(argv=("x",), code=code, stderr=text), way)
    assert not was_refused(Outcome(argv=("x",), code=0, stderr=text), way)
    assert not was_refused(Outcome(argv=("x",), code=100, stderr=text), way)


def test_refusals_are_told_in_the_language_in_which_they_are_known(stand_ins, monkeypatch):
    world = stand_ins(sudo='shift 2; exec "$@"')
    outcome = run_as_root(world, "passwordless", ("env",), limit=10)
    assert {"LC_ALL=C.UTF-8", "LANGUAGE="} <= set(outcome.stdout.splitlines())


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is in danger")
@pytest.mark.parametrize("kind", ["link of another", "directory of another", "link into it", "not there yet"])
def test_root_follows_nothing_that_another_could_exchange(tmp_path, kind):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    safe = tmp_path / "safe"
    safe.write_bytes(b"1")
    path = theirs / "file"
    if kind == "not there yet":
        os.chown(theirs, 1000, 1000)
    elif kind == "link into it":
        # the link that root made leads through a directory in which another made one that leads back
        path.symlink_to(safe)
        os.chown(theirs, 1000, 1000)
        (tmp_path / "entry").symlink_to(theirs)
        path = tmp_path / "entry" / "file"
    else:
        path.symlink_to(safe)
        if kind == "link of another":
            os.chown(path, 1000, 1000, follow_symlinks=False)
        else:
            os.chown(theirs, 1000, 1000)
    before = None if kind == "not there yet" else b"1"
    outcome, text = replace_file(LiveWorld(), str(path), before=before, after=b"2", mode=0o644, way="root")
    assert (outcome, safe.read_bytes()) == ("unsafe", b"1")
    assert "others than root" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is in danger")
def test_root_makes_no_name_where_everybody_may(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    outcome, _ = replace_file(LiveWorld(), f"{shared}/file", before=None, after=b"2", mode=0o644, way="root")
    assert (outcome, os.listdir(shared)) == ("unsafe", [])
    (shared / "below").mkdir()
    done, _ = replace_file(LiveWorld(), f"{shared}/below/file", before=None, after=b"2", mode=0o644, way="root")
    assert done == "done"


@given(st.lists(st.sampled_from(["a", "b", "link", "..", ".", "gone"]), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_path_is_followed_as_the_system_does(tmp_path, names):
    if not (tmp_path / "a").exists():
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "link").symlink_to("../..")
        (tmp_path / "link").symlink_to(tmp_path / "a")
    path = os.path.join(str(tmp_path), *names)
    try:
        found = program.settled(path, guarded=False)
    except FileNotFoundError:
        assert "gone" in names or not os.path.exists(path)
    else:
        assert found == os.path.realpath(path)


def test_links_in_a_circle_end(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    code, text = program.replace(f"{tmp_path}/a", program.ABSENT, b"x", 0o644)
    assert code == program.FAILED
    assert "Too many levels" in text


def test_attributes_of_a_file_are_kept(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"1")
    path.chmod(0o640)
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pytest.skip("no attributes on this file system")
    # version 2; owner rw-, user 1000 rw-, group r--, mask rw-, others ---
    rights = b"\x02\0\0\0" + b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + number.to_bytes(4, "little")
        for tag, bits, number in (
            (1, 6, 0xFFFFFFFF), (2, 6, 1000), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)
        )
    )  # fmt: skip
    with_rights = True
    try:
        os.setxattr(path, "system.posix_acl_access", rights)
    except OSError:
        with_rights = False
    outcome, text = replace_file(LiveWorld(), str(path), before=b"1", after=b"2", mode=0o644, way=None)
    assert outcome == "done", text
    assert (path.read_bytes(), os.getxattr(path, "user.note")) == (b"2", b"mine")
    if with_rights:
        assert os.getxattr(path, "system.posix_acl_access") == rights


def test_what_a_killed_one_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, check=True, timeout=20).stdout.decode().strip()
    (tmp_path / f".file.drydock-{ended}").write_bytes(b"half")
    (tmp_path / f".file.drydock-{os.getppid()}").write_bytes(b"half")
    (tmp_path / ".file.drydock-notes").write_bytes(b"a person's own")
    assert replace_file(LiveWorld(), f"{tmp_path}/file", before=None, after=b"2", mode=0o644, way=None)[0] == "done"
    assert sorted(os.listdir(tmp_path)) == [f".file.drydock-{os.getppid()}", ".file.drydock-notes", "file"]


def test_a_directory_that_is_made_can_be_looked_into_whatever_the_mask(tmp_path):
    before = os.umask(0o077)
    try:
        assert replace_file(LiveWorld(), f"{tmp_path}/a/f", before=None, after=b"", mode=0o644, way=None)[0] == "done"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a" / "f").stat().st_mode) == 0o644


AS_NOBODY = """
import json, os, sys
sys.path[:0] = json.loads(sys.argv[2])
from drydock_resources.mending import replace_file
os.setgroups([]); os.setgid(12345); os.setuid(12345)
print(json.dumps(replace_file.replace(sys.argv[1], replace_file.digest_of(b"1"), b"2", 0o644)))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_cannot_keep_the_owner_changes_nothing(tmp_path):
    import drydock_resources

    folder = Path("/tmp") / f"drydock-{os.getpid()}"
    folder.mkdir()
    try:
        folder.chmod(0o777)
        (folder / "file").write_bytes(b"1")
        sources = json.dumps([str(Path(drydock_resources.__file__).parent.parent)])
        command = [sys.executable, "-c", AS_NOBODY, f"{folder}/file", sources]
        code, text = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=20).stdout)
        assert code == program.FAILED
        assert "its owner and group cannot be kept" in text
        assert (os.listdir(folder), (folder / "file").read_bytes()) == (["file"], b"1")
    finally:
        shutil.rmtree(folder)


def test_without_a_python_the_packaged_app_writes_only_where_it_is_roots_own(monkeypatch, tmp_path):
    monkeypatch.setattr("drydock.world.changes._PYTHONS", (f"{tmp_path}/python3",))
    assert isinstance(writer_as_root(), Missing)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    app = tmp_path / "drydock"
    app.write_text("")
    monkeypatch.setattr(sys, "executable", str(app))
    if os.geteuid() == 0:
        assert writer_as_root() == Known((str(app), "--replace-file"))
        os.chown(app, 1000, 1000)
        assert isinstance(writer_as_root(), Missing)
        os.chown(app, 0, 0)
        tmp_path.chmod(0o777)
    assert isinstance(writer_as_root(), Missing)
