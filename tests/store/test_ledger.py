"""The log of changes tells what was done, whatever happened to it."""

import json
import os
import stat
import subprocess
import sys

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drydock.store import Store
from drydock.store.ledger import (
    FILE,
    LOCK,
    SCHEMA,
    Begun,
    Ended,
    Ledger,
    LedgerBusy,
    LedgerFull,
    LoggedStep,
    StepBegun,
    StepEnded,
    cut_output,
)

AT = "2026-11-20T09:30:00Z"


def begun(entry="one", undoes="", count=2):
    steps = tuple(LoggedStep(number=n, kind="run", title=f"step {n}", what="true") for n in range(1, count + 1))
    return Begun(entry=entry, at=AT, remedy="r", title="T", steps=steps, undoes=undoes)


def write(ledger, *events):
    for event in events:
        ledger.append(event)


def step_done(number, outcome="done", entry="one"):
    return StepEnded(entry=entry, at=AT, number=number, outcome=outcome, text=f"said {number}")


def test_events_come_to_an_entry(tmp_path):
    ledger = Ledger(tmp_path)
    write(
        ledger, begun(), StepBegun(entry="one", at=AT, number=1), step_done(1), step_done(2), step_done(2, "taken_back")
    )
    (entry,) = Ledger(tmp_path).entries()
    assert (entry.outcome, entry.done, entry.started, entry.outputs[1]) == ("open", (1,), (1,), "said 1")
    assert [step.number for step in entry.kept_steps] == [1]
    ledger.append(Ended(entry="one", at=AT, outcome="failed", text="why"))
    assert ledger.entry("one").text == "why"
    assert ledger.entry("two") is None
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_what_was_taken_back_and_then_not_is_there_again(tmp_path):
    ledger = Ledger(tmp_path)
    for entry, undoes in (("one", ""), ("two", "one"), ("three", "two")):
        write(ledger, begun(entry, undoes), Ended(entry=entry, at=AT, outcome="applied"))
        if entry == "two":
            assert ledger.entry("one").undone_by == "two"
    assert [(entry.id, entry.undone_by) for entry in ledger.entries()] == [("one", ""), ("two", "three"), ("three", "")]


@given(st.binary(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bad_file_hides_no_good_line(tmp_path, rubbish):
    ledger = Ledger(tmp_path)
    ledger.path.write_bytes(rubbish)
    write(ledger, begun(), Ended(entry="one", at=AT, outcome="applied"))
    found = Ledger(tmp_path).entry("one")
    assert found is not None
    assert found.outcome == "applied"


def test_a_line_that_was_cut_off_does_not_swallow_the_next(tmp_path):
    ledger = Ledger(tmp_path)
    write(ledger, begun("one"))
    ledger.path.write_bytes(ledger.path.read_bytes() + b'{"event":"ended","entry":"o')
    write(ledger, begun("two"))
    assert [entry.id for entry in ledger.entries()] == ["one", "two"]
    assert "1 lines" in ledger.problems[0]


def test_ids_tell_the_time_and_are_never_used_twice(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.new_id(AT) == "20261120-093000"
    ledger.append(begun("20261120-093000"))
    assert ledger.new_id(AT) == "20261120-093000-2"


def test_copies_are_kept_for_this_person_alone(tmp_path):
    ledger = Ledger(tmp_path)
    name = ledger.keep("one", 1, b"\xff")
    step = LoggedStep(number=1, kind="write", title="t", what="/a", before=name)
    assert ledger.read_copy(step) == b"\xff"
    assert stat.S_IMODE(ledger.copy_path(name).stat().st_mode) == 0o600
    with pytest.raises(LedgerFull):
        ledger.keep("one", 1, b"again")


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerFull):
        Ledger(tmp_path / "file").append(begun())
    with pytest.raises(LedgerFull):
        Ledger(tmp_path / "file").keep("one", 1, b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_leaves_only_whole_lines(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(tmp_path)], check=False, timeout=20)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        ledger = Ledger(tmp_path)
        with pytest.raises(LedgerFull):
            write(ledger, *(begun(str(number)) for number in range(1000)))
        kept = ledger.entries()
        assert kept
        assert ledger.problems == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True, timeout=20)


def test_a_bad_log_does_not_stop_the_start(tmp_path):
    (tmp_path / "mended.jsonl").mkdir()
    store = Store(tmp_path)
    ledger = store.ledger
    assert ledger.entries() == ()
    assert ledger.problems
    store.close()


def test_of_a_long_output_the_end_is_kept():
    assert cut_output("x" * 10_000 + "end").endswith("end")
    assert len(cut_output("x" * 10_000)) < 5000


def test_an_entry_of_a_newer_drydock_is_left_to_it(tmp_path):
    ledger = Ledger(tmp_path)
    write(ledger, begun("old"), Ended(entry="old", at=AT, outcome="applied"))
    newer = msgspec.structs.replace(begun("new"), schema=SCHEMA + 1)
    write(ledger, newer, StepBegun(entry="new", at=AT, number=1), Ended(entry="new", at=AT, outcome="applied"))
    assert [entry.id for entry in ledger.entries()] == ["old"]
    assert len(ledger.problems) == 1
    assert "newer Drydock" in ledger.problems[0]


def test_a_name_is_not_given_again_for_lines_that_cannot_be_read_or_copies_without_one(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.append(msgspec.structs.replace(begun("20261120-093000"), schema=SCHEMA + 1))
    ledger.keep("20261120-093000-2", 1, b"killed before its line was written")
    assert ledger.new_id(AT) == "20261120-093000-3"


def test_a_second_line_of_the_same_name_hides_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    write(ledger, begun("one"), step_done(1), begun("one"))
    assert ledger.entry("one").done == (1,)


def test_a_step_that_was_begun_and_did_not_end_is_known(tmp_path):
    ledger = Ledger(tmp_path)
    write(ledger, begun("one", count=3), StepBegun(entry="one", at=AT, number=1))
    write(ledger, StepEnded(entry="one", at=AT, number=1, outcome="failed"), StepBegun(entry="one", at=AT, number=2))
    entry = ledger.entry("one")
    assert entry.endings == {1: "failed"}
    assert [step.number for step in entry.interrupted] == [2]


def test_only_one_at_a_time_and_a_dead_one_holds_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    with ledger.alone(), pytest.raises(LedgerBusy), Ledger(tmp_path).alone():
        pass
    hold = (
        "import json, os, sys; sys.path[:0] = json.loads(sys.argv[2])\n"
        "from pathlib import Path\nfrom drydock.store.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1])).alone(): os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", hold, str(tmp_path), json.dumps(sys.path)], check=False, timeout=60)
    assert (tmp_path / LOCK).exists()
    with ledger.alone():
        pass


@pytest.mark.parametrize("name", [FILE, LOCK])
def test_a_link_in_place_of_the_log_is_not_followed(tmp_path, name):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / name).symlink_to(precious)
    ledger = Ledger(folder)
    with pytest.raises(LedgerFull), ledger.alone():
        ledger.append(begun())
    assert precious.read_text() == "mine"
    assert stat.S_IMODE(precious.stat().st_mode) != 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for somebody else")
def test_what_root_writes_in_a_persons_directory_is_that_persons(tmp_path):
    os.chown(tmp_path, 1000, 1000)
    ledger = Ledger(tmp_path / "drydock")
    with ledger.alone():
        ledger.append(begun())
        ledger.keep("one", 1, b"x")
    made = [tmp_path / "drydock", ledger.path, ledger.copy_path("one.1"), ledger.copy_path("one.1").parent]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(1000, 1000)}
