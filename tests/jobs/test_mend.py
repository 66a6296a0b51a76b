"""Remedies are applied whole or not at all, on real files below a directory that is thrown away."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drydock.core.facts import Known, User
from drydock.core.remedies.remedy import remedy
from drydock.core.remedies.steps import EditStep, MergeObject, PutText, RunStep, TakeOutput
from drydock.core.trouble import Stopped, Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.context import Context
from drydock.jobs.mend import MendJob, StepDone, StepSaid, StepStarted, Stopping, TakenBack, UndoJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob, checks_after
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

OLD = '{\n    "debug": true\n}\n'


class Ordinary(LiveWorld):
    """This computer, as a person sees it who is not root."""

    def user(self):
        return Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))


class Place:
    """A root with a settings file and programs of its own, and a log."""

    def __init__(self, folder, world=None, inside="root"):
        self.root = folder / inside
        (self.root / "etc" / "docker").mkdir(parents=True)
        self.config = self.root / "etc" / "docker" / "daemon.json"
        self.config.write_text(OLD)
        self.store = Store(folder / "store")
        self.context = Context(world=world or LiveWorld(), store=self.store)
        self.calls = self.root / "calls"
        for name in ("settle", "on", "off"):
            self.program(name, f'echo "{name} $*" >> {self.calls}')

    def program(self, name, script):
        place = self.root / "usr" / "bin" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def plan(self, *steps, **fields):
        made = remedy("made-up", "Mend it", "by hand", steps=steps, **fields)
        return PlanJob(self.context, made, root=str(self.root)).run(lambda _: None, Stop())

    def mend(self, plan, consent=None, tell=lambda _: None, stop=None, **options):
        agreed = plan.fingerprint if consent is None else consent
        job = MendJob(self.context, plan, agreed, root=str(self.root), **options)
        return job.run(tell, stop or Stop())

    def undo(self, entry):
        plan = PlanUndoJob(self.context, entry).run(lambda _: None, Stop())
        job = UndoJob(self.context, entry, plan.fingerprint, root=str(self.root))
        return job.run(lambda _: None, Stop())

    def entry(self):
        return self.store.ledger.entries()[-1]

    def trouble(self, plan, **options):
        with pytest.raises(Trouble) as caught:
            self.mend(plan, **options)
        article = trouble_article(caught.value)
        assert article.title != caught.value.id
        for text in (article.text, article.remedy):
            assert "(path)" not in text
            assert "(step)" not in text
        return caught.value


def merge(privileged=True, **members):
    return EditStep(
        title="Set it",
        path="/etc/docker/daemon.json",
        edit=MergeObject(json.dumps(members)),
        privileged=privileged,
    )


SETTLE = RunStep(title="Settle", argv=("settle",), privileged=True, settles=True)
SWITCH = RunStep(title="Switch", argv=("on", "a b"), privileged=True, undo=("off", "a b"))
FAIL = RunStep(title="Fail", argv=("fail",), privileged=True)

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="the stand-in for root must be root")


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.store.close()


@only_root
def test_a_remedy_is_applied_logged_and_taken_back(place):
    steps = []
    plan = place.plan(merge(mtu=1400), SWITCH, SETTLE)
    assert place.config.read_text() == OLD
    mended = place.mend(plan, tell=steps.append)
    assert json.loads(place.config.read_text()) == {"debug": True, "mtu": 1400}
    assert place.called() == ["on a b", "settle "]
    assert [step.number for step in steps if isinstance(step, StepStarted)] == [1, 2, 3]
    entry = place.entry()
    assert (entry.id, entry.outcome, entry.done) == (mended.entry, "applied", (1, 2, 3))
    assert [step.by for step in entry.begun.steps] == ["root"] * 3
    assert place.store.ledger.copy_path(entry.begun.steps[0].before).read_text() == OLD

    back = place.undo(mended.entry)
    assert place.config.read_text() == OLD
    assert place.called()[2:] == ["off a b", "settle "]
    assert place.store.ledger.entry(mended.entry).undone_by == back.entry
    with pytest.raises(Trouble) as caught:
        place.undo(mended.entry)
    assert caught.value.id == "mend-already-undone"
    place.undo(back.entry)
    assert json.loads(place.config.read_text())["mtu"] == 1400


@only_root
@pytest.mark.parametrize("before", [None, "", "{}", OLD, '{"a": "ü"}', "\udcff{}"])
def test_taking_back_restores_every_byte(place, before):
    place.config.unlink()
    if before is not None:
        place.config.write_bytes(before.encode("utf-8", "surrogateescape"))
    plan = place.plan(EditStep(title="t", path="/etc/docker/daemon.json", edit=PutText("new\n"), privileged=True))
    entry = place.mend(plan).entry
    assert place.config.read_text() == "new\n"
    place.undo(entry)
    if before is None:
        assert not place.config.exists()
    else:
        assert place.config.read_bytes() == before.encode("utf-8", "surrogateescape")


def test_nothing_is_done_without_consent(place):
    plan = place.plan(merge(mtu=1400))
    other = place.plan(merge(mtu=1500))
    for consent in ("", other.fingerprint):
        assert place.trouble(plan, consent=consent).id == "mend-not-agreed"
    assert place.config.read_text() == OLD
    assert place.store.ledger.entries() == ()


@only_root
def test_a_file_that_changed_since_it_was_shown_is_left_alone(place):
    plan = place.plan(SWITCH, merge(mtu=1400))
    place.config.write_text("{}\n")
    trouble = place.trouble(plan)
    assert trouble.id == "mend-file-changed"
    assert "+{}" in trouble.values["diff"]
    assert place.called() == []
    assert place.store.ledger.entries() == ()


@only_root
def test_a_file_that_changes_while_it_is_mended_is_left_alone(place):
    place.program("on", f"echo theirs > {place.config}")
    trouble = place.trouble(place.plan(SWITCH, merge(mtu=1400)))
    assert (trouble.id, trouble.values["taken_back"]) == ("mend-step-failed", "Switch")
    assert place.config.read_text() == "theirs\n"


@only_root
def test_after_a_failure_everything_is_taken_back(place):
    place.program("fail", "echo 'cannot be done' >&2; exit 3")
    steps = []
    plan = place.plan(merge(mtu=1400), SWITCH, SETTLE, FAIL)
    trouble = place.trouble(plan, tell=steps.append)
    assert (trouble.id, trouble.values["step"]) == ("mend-step-failed", "Fail")
    assert "cannot be done" in trouble.values["text"]
    assert trouble.values["taken_back"] == "Switch; Set it"
    assert trouble.values["left"] == "nothing"
    assert place.config.read_text() == OLD
    # what was put back is made to count once more
    assert place.called() == ["on a b", "settle ", "off a b", "settle "]
    assert place.entry().outcome == "failed"
    assert place.entry().done == (3,)
    assert isinstance(steps[-1], TakenBack)


@only_root
def test_a_restart_that_fails_is_tried_again_with_the_old_file(place):
    place.program("settle", f"echo settle >> {place.calls}; grep -q mtu {place.config} && exit 1 || exit 0")
    assert place.trouble(place.plan(merge(mtu=1400), SETTLE)).id == "mend-step-failed"
    assert place.config.read_text() == OLD
    assert place.called() == ["settle", "settle"]


@only_root
def test_what_cannot_be_taken_back_is_told(place):
    place.program("fail", "exit 3")
    place.program("off", "exit 1")
    lasting = RunStep(title="Last", argv=("on",), privileged=True)
    trouble = place.trouble(place.plan(lasting, SWITCH, FAIL))
    assert trouble.values["left"] == "Switch; Last"
    place.program("off", f"echo off >> {place.calls}")
    # the rest of it is done later
    place.undo(place.entry().id)
    assert place.called()[-1] == "off"


@only_root
def test_a_stop_between_steps_takes_back_what_was_done(place):
    stop = Stop()
    steps = []

    def tell(step):
        steps.append(step)
        if isinstance(step, StepDone):
            stop.request()

    plan = place.plan(merge(mtu=1400), SWITCH)
    with pytest.raises(Stopped):
        place.mend(plan, tell=tell, stop=stop)
    assert place.config.read_text() == OLD
    assert place.called() == []
    assert place.entry().outcome == "stopped"
    assert steps[-1] == TakenBack(taken_back=("Set it",), left=())


@only_root
def test_somebody_elses_later_change_is_not_undone(place):
    entry = place.mend(place.plan(merge(mtu=1400))).entry
    place.config.write_text('{"mtu": 9000}\n')
    with pytest.raises(Trouble) as caught:
        place.undo(entry)
    assert caught.value.id == "mend-undo-changed"
    assert '-{"mtu": 9000}' in caught.value.values["diff"]
    assert '+    "debug": true' in caught.value.values["diff"]
    assert Path(caught.value.values["copy"]).read_text() == OLD
    assert place.config.read_text() == '{"mtu": 9000}\n'


@only_root
def test_a_copy_that_is_gone_is_said(place):
    entry = place.mend(place.plan(merge(mtu=1400))).entry
    place.store.ledger.copy_path(place.entry().begun.steps[0].before).unlink()
    with pytest.raises(Trouble) as caught:
        place.undo(entry)
    assert caught.value.id == "mend-copy-gone"


@only_root
def test_a_power_cut_in_the_middle_can_be_taken_back(place):
    entry = place.mend(place.plan(merge(mtu=1400))).entry
    lines = place.store.ledger.path.read_bytes().splitlines(keepends=True)
    # begun, step begun; what came then was lost
    place.store.ledger.path.write_bytes(b"".join(lines[:2]))
    assert place.entry().outcome == "open"
    place.undo(entry)
    assert place.config.read_text() == OLD


@only_root
def test_a_taking_back_that_was_cut_off_is_carried_on(place):
    entry = place.mend(place.plan(merge(mtu=1400), SETTLE)).entry
    back = place.undo(entry).entry
    lines = place.store.ledger.path.read_bytes().splitlines(keepends=True)
    first = next(
        index for index, line in enumerate(lines) if f'"event":"begun","schema":1,"entry":"{back}"'.encode() in line
    )
    # the file was put back; Drydock was killed before it wrote that down, and before the restart
    place.store.ledger.path.write_bytes(b"".join(lines[: first + 2]))
    assert place.config.read_text() == OLD
    assert place.entry().outcome == "open"
    place.calls.unlink()
    place.undo(entry)
    assert place.called() == ["settle "]
    assert place.config.read_text() == OLD
    assert place.store.ledger.entry(entry).undone_by


@only_root
def test_what_failed_is_not_taken_back_again_when_the_same_was_done_since(place):
    place.program("fail", "exit 3")
    place.trouble(place.plan(merge(mtu=1400), FAIL))
    failed = place.entry().id
    again = place.mend(place.plan(merge(mtu=1400))).entry
    with pytest.raises(Trouble) as caught:
        place.undo(failed)
    assert caught.value.id == "mend-nothing-to-undo"
    assert json.loads(place.config.read_text())["mtu"] == 1400
    place.undo(again)
    assert place.config.read_text() == OLD


@only_root
def test_a_later_remedy_is_named_when_it_stands_in_the_way(place):
    first = place.mend(place.plan(merge(mtu=1400))).entry
    second = place.mend(place.plan(merge(mtu=1500))).entry
    third = place.mend(place.plan(merge(mtu=1600))).entry
    for newest in (third, second):
        with pytest.raises(Trouble) as caught:
            place.undo(first)
        assert (caught.value.id, caught.value.values["later"]) == ("mend-undo-later", newest)
        place.undo(newest)
    place.undo(first)
    assert place.config.read_text() == OLD


@only_root
def test_a_step_of_which_the_end_is_unknown_is_told(place):
    entry = place.mend(place.plan(merge(mtu=1400), SWITCH)).entry
    lines = place.store.ledger.path.read_bytes().splitlines(keepends=True)
    # begun; step 1 begun, ended; step 2 begun
    place.store.ledger.path.write_bytes(b"".join(lines[:4]))
    plan = PlanUndoJob(place.context, entry).run(lambda _: None, Stop())
    assert "Switch" in plan.note
    assert [step.title for step in plan.steps] == [f"Put {place.config} back"]


KILLED = """
import json, os, sys
sys.path[:0] = json.loads(sys.argv[2])
from pathlib import Path
from drydock.core.remedies.remedy import remedy
from drydock.core.remedies.steps import EditStep, MergeObject, RunStep
from drydock.jobs.context import Context
from drydock.jobs.mend import MendJob
from drydock.jobs.mend_plan import PlanJob
from drydock.store import Store
from drydock.store.ledger import Ledger
from drydock.world import Stop
from drydock.world.live import LiveWorld

folder, at = Path(sys.argv[1]), int(sys.argv[3])
count = 0
def dying(real):
    def call(*words, **named):
        global count
        count += 1
        if count == at:
            os.kill(os.getpid(), 9)
        done = real(*words, **named)
        count += 1
        if count == at:
            os.kill(os.getpid(), 9)
        return done
    return call
# before and after everything that lasts
Ledger.append, Ledger.keep = dying(Ledger.append), dying(Ledger.keep)
os.rename, os.link, os.fsync = dying(os.rename), dying(os.link), dying(os.fsync)
steps = (
    EditStep(title="Set it", path="/etc/docker/daemon.json", edit=MergeObject('{"mtu": 1400}')),
    RunStep(title="Settle", argv=("settle",), settles=True),
)
context = Context(world=LiveWorld(), store=Store(folder / "store"))
plan = PlanJob(context, remedy("r", "Mend it", steps=steps), root=str(folder / "root")).run(lambda _: None, Stop())
MendJob(context, plan, plan.fingerprint, root=str(folder / "root")).run(lambda _: None, Stop())
print("whole", count)
"""


def test_killed_at_any_moment_it_is_whole_or_can_be_taken_back(tmp_path):
    at, ended = 0, False
    while not ended:
        at += 1
        (tmp_path / str(at)).mkdir()
        place = Place(tmp_path / str(at))
        command = [sys.executable, "-c", KILLED, str(tmp_path / str(at)), json.dumps(sys.path), str(at)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        ended = done.returncode == 0
        assert ended or done.returncode == -9, done.stderr
        entries = place.store.ledger.entries()
        changed = place.config.read_text() != OLD
        # nothing is changed that is not in the log
        assert entries or not changed, at
        if changed:
            assert json.loads(place.config.read_text()) == {"debug": True, "mtu": 1400}
            place.undo(entries[0].id)
        assert place.config.read_text() == OLD
        # and the next remedy meets nothing that is in its way
        place.mend(place.plan(merge(privileged=False, mtu=1500)))
        assert json.loads(place.config.read_text())["mtu"] == 1500
        assert os.listdir(place.config.parent) == ["daemon.json"]
        place.store.close()
    assert at > 20


def test_two_at_once_are_one_after_the_other(place):
    slow = RunStep(title="Slow", argv=("slow",))
    place.program("slow", f"touch {place.root}/begun; while [ ! -e {place.root}/go ]; do sleep 0.02; done")
    plan, other = place.plan(slow), place.plan(merge(privileged=False, mtu=1400))
    first = threading.Thread(target=place.mend, args=(plan,))
    first.start()
    try:
        while not (place.root / "begun").exists():
            Stop().wait(0.02)
        assert place.trouble(other).id == "mend-busy"
    finally:
        (place.root / "go").touch()
        first.join(30)
    place.mend(other)
    assert [entry.outcome for entry in place.store.ledger.entries()] == ["applied", "applied"]


@only_root
def test_what_was_taken_back_meanwhile_is_not_taken_back_twice(place):
    entry = place.mend(place.plan(SWITCH)).entry
    plan = PlanUndoJob(place.context, entry).run(lambda _: None, Stop())
    place.undo(entry)
    place.calls.unlink()
    assert place.trouble(plan).id == "mend-already-undone"
    assert place.called() == []


@only_root
def test_a_long_step_tells_what_it_says_and_a_stop_tells_what_comes(place):
    place.program("on", f"echo first; while [ ! -e {place.root}/go ]; do sleep 0.02; done; echo on >> {place.calls}")
    stop, steps = Stop(), []

    def tell(step):
        steps.append(step)
        if isinstance(step, StepSaid):
            stop.request()
            (place.root / "go").touch()

    with pytest.raises(Stopped):
        place.mend(place.plan(merge(mtu=1400), SWITCH, SETTLE), tell=tell, stop=stop)
    assert StepSaid(number=2, line="first") in steps
    assert Stopping(title="Switch") in steps
    # it was not broken off, and then taken back
    assert place.called() == ["on", "off a b"]
    assert place.config.read_text() == OLD


@only_root
def test_a_question_that_is_answered_with_a_stop_is_one(tmp_path, monkeypatch):
    stop = Stop()
    place = as_person(tmp_path, monkeypatch, pkexec="echo 'Error executing command as another user: x' >&2; exit 126")

    def tell(step):
        if isinstance(step, StepStarted):
            stop.request()

    with pytest.raises(Stopped):
        place.mend(place.plan(SWITCH), tell=tell, stop=stop)
    assert place.entry().outcome == "stopped"


@only_root
def test_a_bug_in_a_step_takes_back_what_was_done(place):
    def tell(step):
        if isinstance(step, StepStarted) and step.number == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place.mend(place.plan(merge(mtu=1400), SWITCH), tell=tell)
    assert place.config.read_text() == OLD
    assert place.entry().outcome == "failed"


@only_root
def test_a_restart_that_does_not_end_is_given_up_and_the_file_put_back(place):
    place.program("settle", f"echo settle >> {place.calls}; grep -q mtu {place.config} && exec sleep 60; exit 0")
    hangs = RunStep(title="Settle", argv=("settle",), privileged=True, settles=True, limit=0.5)
    trouble = place.trouble(place.plan(merge(mtu=1400), hangs))
    assert "did not end within" in trouble.values["text"]
    assert place.config.read_text() == OLD
    assert place.called() == ["settle", "settle"]


def test_without_a_writer_for_root_nothing_is_begun(tmp_path, monkeypatch):
    place = as_person(tmp_path, monkeypatch, pkexec='exec "$@"')
    monkeypatch.setattr("drydock.world.changes._PYTHONS", ())
    trouble = place.trouble(place.plan(SWITCH, merge(mtu=1400)))
    assert (trouble.id, trouble.values["program"]) == ("mend-program-missing", "python3")
    assert place.store.ledger.entries() == ()


def test_without_a_log_nothing_is_changed(place):
    place.store.directory.mkdir(parents=True, exist_ok=True)
    place.store.ledger.path.mkdir()
    trouble = place.trouble(place.plan(merge(privileged=False, mtu=1400)))
    assert trouble.id == "mend-not-logged"
    assert place.config.read_text() == OLD
    assert list((place.store.directory / "mended").iterdir()) == []


@only_root
@pytest.mark.parametrize("where", ["root", "store"])
def test_a_full_disk_changes_nothing(tmp_path, where):
    (tmp_path / where).mkdir()
    target = str(tmp_path / where)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", target], check=False, timeout=20)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        place = Place(tmp_path, inside="root" if where == "store" else "root/below")
        place.calls = tmp_path / "calls"
        for name in ("on", "off"):
            place.program(name, f'echo "{name}" >> {place.calls}')
        plan = place.plan(SWITCH, merge(text="x" * 1000))
        fill(tmp_path / where)
        trouble = place.trouble(plan)
        assert trouble.id == ("mend-not-logged" if where == "store" else "mend-step-failed")
        assert "No space left" in trouble.values["text"]
        assert place.config.read_text() == OLD
        assert place.called() == ([] if where == "store" else ["on", "off"])
        place.store.close()
    finally:
        subprocess.run(["umount", target], check=True, timeout=20)


def fill(folder):
    try:
        with (folder / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
    except OSError:
        pass


def as_person(tmp_path, monkeypatch, **scripts):
    folder = tmp_path / "stand-ins"
    folder.mkdir(exist_ok=True)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    # this computer's own sudo and pkexec, where they are, must not be found
    monkeypatch.setenv("PATH", str(folder))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SUDO_ASKPASS"):
        monkeypatch.delenv(name, raising=False)
    if "pkexec" in scripts:
        monkeypatch.setenv("DISPLAY", ":0")
    return Place(tmp_path, Ordinary())


def test_without_a_way_to_root_the_lines_are_given(tmp_path, monkeypatch):
    place = as_person(tmp_path, monkeypatch)
    trouble = place.trouble(place.plan(merge(mtu=1400)))
    assert (trouble.id, trouble.values["commands"]) == ("mend-no-root", "by hand")
    assert place.store.ledger.entries() == ()


@only_root
def test_root_is_asked_for_each_step_alone(tmp_path, monkeypatch):
    place = as_person(tmp_path, monkeypatch, pkexec=f'echo "$1" >> {tmp_path}/asked; exec "$@"')
    place.mend(place.plan(merge(mtu=1400), SWITCH, SETTLE))
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["/usr/bin/python3", f"{place.root}/usr/bin/on", f"{place.root}/usr/bin/settle"]
    assert json.loads(place.config.read_text())["mtu"] == 1400
    assert {step.by for step in place.entry().begun.steps} == {"pkexec"}


@only_root
@pytest.mark.parametrize("first", [True, False])
def test_a_question_that_is_closed_leaves_things_as_they_were(tmp_path, monkeypatch, first):
    refuse = "echo 'Error executing command as another user: Request dismissed' >&2; exit 126"
    script = refuse if first else f'case "$1" in */settle) {refuse};; esac; exec "$@"'
    place = as_person(tmp_path, monkeypatch, pkexec=script)
    trouble = place.trouble(place.plan(merge(mtu=1400), SETTLE))
    assert trouble.id == "mend-refused"
    assert place.config.read_text() == OLD
    assert place.entry().outcome == "failed"


def test_a_file_that_may_not_be_read_is_not_changed(place, monkeypatch):
    place.config.unlink()
    place.config.mkdir()
    with pytest.raises(Trouble) as caught:
        place.plan(merge(mtu=1400))
    assert caught.value.id == "mend-file-unreadable"


def test_what_a_program_prints_is_shown_before_it_is_written(place):
    taken = EditStep(title="t", path="/etc/spec", edit=TakeOutput((("no-such-program",), ("spec", "x"))))
    with pytest.raises(Trouble) as caught:
        place.plan(taken)
    assert caught.value.id == "mend-program-missing"
    place.program("spec", "echo broken >&2; exit 1")
    with pytest.raises(Trouble) as caught:
        place.plan(taken)
    assert (caught.value.id, caught.value.values["text"]) == ("mend-source-failed", "broken")
    place.program("spec", 'echo "spec of $1"')
    plan = place.plan(taken)
    assert "+spec of x" in plan.steps[0].diff
    place.program("spec", "echo something else")
    place.mend(plan)
    assert (place.root / "etc" / "spec").read_text() == "spec of x\n"


def test_a_program_that_is_not_there_is_told_before_anything_is_done(place):
    trouble = place.trouble(place.plan(merge(privileged=False, mtu=1), RunStep(title="t", argv=("no-such-program",))))
    assert trouble.id == "mend-program-missing"
    assert place.config.read_text() == OLD


def test_an_entry_that_is_not_there_is_said(place):
    with pytest.raises(Trouble) as caught:
        place.undo("nothing")
    assert caught.value.id == "mend-entry-unknown"


def test_what_waited_for_a_finding_is_asked_again():
    checks = checks_after("engine-config", ("engine-running",))
    assert checks[:2] == ("engine-config", "engine-running")
    assert {"engine-version", "toolkit-path", "engine-disk"} <= set(checks)
    assert not any(check.startswith("container-") for check in checks)
    assert checks_after("", ("work-ports",)) == ("work-ports",)
