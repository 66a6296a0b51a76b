"""The log of changes is read with what became of each, and a preview knows how root is asked for."""

import json

import pytest

from drydock.core.facts import Known, Missing, User
from drydock.core.remedies.remedy import remedy
from drydock.core.remedies.steps import EditStep, MergeObject, PutText
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.mend import MendJob, UndoJob
from drydock.jobs.mend_log import ReadMendLogJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob
from drydock.jobs.mend_preview import PreviewJob
from drydock.store import Store
from drydock.store.ledger import Begun
from drydock.world import Stop
from drydock.world.live import LiveWorld

OLD, NEW = '{\n  "a": 1\n}\n', '{\n  "a": 2\n}\n'


class Ordinary(LiveWorld):
    """This computer, as a person sees it who is not root."""

    def user(self):
        return Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))


@pytest.fixture
def context(tmp_path):
    made = Context(world=LiveWorld(), store=Store(tmp_path / "store"), root=str(tmp_path / "root"))
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "x").write_text(OLD)
    yield made
    made.store.close()


def run(job):
    return job.run(lambda _: None, Stop())


def planning(context, edit, privileged=False):
    step = EditStep(title="Write it", path="/x", edit=edit, privileged=privileged)
    return PlanJob(context, remedy("r", "Do it", steps=(step,)), root=context.root)


def mended(context, edit):
    plan = run(planning(context, edit))
    return run(MendJob(context, plan, plan.fingerprint, root=context.root)).entry


def undone(context, entry):
    plan = run(PlanUndoJob(context, entry))
    return run(UndoJob(context, entry, plan.fingerprint, root=context.root)).entry


def test_of_every_change_the_difference_is_known_as_long_as_a_copy_is(context, tmp_path):
    first = mended(context, MergeObject(json.dumps({"a": 2})))
    second = undone(context, first)
    third = mended(context, PutText(NEW.replace("2", "3")))
    history = run(ReadMendLogJob(context))
    assert [line.entry.id for line in history.lines] == [third, second, first]
    newest, back, oldest = history.lines
    assert newest.why_not is None
    assert (back.why_not.id, back.why_not.values["later"]) == ("mend-undo-later", third)
    assert oldest.why_not.id == "mend-already-undone"
    for line, gone, come in ((newest, "1", "3"), (back, "2", "1"), (oldest, "1", "2")):
        assert f'-  "a": {gone}' in line.changes[1].diff
        assert f'+  "a": {come}' in line.changes[1].diff
    assert newest.changes[1].copy == str(context.store.ledger.copy_path(f"{third}.1"))
    (tmp_path / "root" / "x").write_text("another\n")
    newest = run(ReadMendLogJob(context)).lines[0]
    assert (newest.changes[1].diff, newest.why_not.id) == ("", "mend-undo-changed")


def test_only_so_many_entries_are_looked_at(context):
    for number in range(203):
        at = f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"
        context.store.ledger.append(Begun(entry=f"e{number}", at=at, remedy="r", title="t"))
    history = run(ReadMendLogJob(context))
    assert (len(history.lines), history.more) == (200, 3)
    assert history.lines[0].entry.id == "e202"


def test_a_log_that_cannot_be_read_says_so(context):
    context.store.ledger.path.parent.mkdir(parents=True, exist_ok=True)
    context.store.ledger.path.mkdir()
    history = run(ReadMendLogJob(context))
    assert history.lines == ()
    assert "cannot be read" in history.problems[0]


def test_a_preview_knows_how_root_is_asked_for(context, monkeypatch, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SUDO_ASKPASS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    person = Context(world=Ordinary(), store=context.store, root=context.root)
    assert run(PreviewJob(person, planning(person, PutText(NEW)))).way is None
    assert isinstance(run(PreviewJob(person, planning(person, PutText(NEW), privileged=True))).way, Missing)
    pkexec = tmp_path / "bin" / "pkexec"
    pkexec.write_text("#!/bin/sh\nexit 1\n")
    pkexec.chmod(0o755)
    monkeypatch.setenv("DISPLAY", ":0")
    person = Context(world=Ordinary(), store=context.store, root=context.root)
    preview = run(PreviewJob(person, planning(person, PutText(NEW), privileged=True)))
    assert preview.way == Known("pkexec")
    assert preview.plan.steps[0].after == NEW
    with pytest.raises(Trouble) as caught:
        run(PreviewJob(person, planning(person, PutText(OLD))))
    assert caught.value.id == "mend-nothing-to-do"
