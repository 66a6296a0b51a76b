"""Plans and their progress in words."""

import pytest

from drydock.core.facts import Known, Missing
from drydock.core.remedies.plan import Plan, WriteStep
from drydock.core.remedies.steps import EngineStep, RunStep
from drydock.core.trouble import Trouble
from drydock.jobs.mend import Checking, Mended, StepDone, StepSaid, StepStarted, Stopping, TakenBack
from drydock.jobs.mend_preview import Preview
from drydock.qt.models import mend as words
from drydock.qt.models import mend_verdict
from drydock.qt.models.mend_progress import after, begun, ended
from drydock.store.ledger import Begun, Entry, LoggedStep

WRITE = WriteStep(title="Write it", path="/etc/x", before=None, after="{}\n", privileged=True)
RUN = RunStep(title="Run it", argv=("run", "a b"), privileged=True, undo=("unrun",))
LAST = RunStep(title="Send it", argv=("send",))
DROP = EngineStep(title="Remove it", act="remove_image", target="x", size=1_500_000_000)


def plan(*steps, **fields):
    return Plan(**{"remedy": "r", "title": "Do it", "steps": steps, **fields})


def told(progress, *steps):
    for step in steps:
        progress = after(progress, step)
    return progress


def started(number):
    return StepStarted(number=number, title="", privileged=False)


def done(number, outcome="done", text=""):
    return StepDone(number=number, title="", outcome=outcome, text=text)


def test_a_step_is_shown_as_it_will_be_done():
    write, run, last = words.step_views(plan(WRITE, RUN, LAST))
    assert (write.path, write.fate, write.privileged, write.lasting) == ("/etc/x", "a new file", True, False)
    assert write.diff.endswith("+{}")
    assert (run.command, run.lasting) == ("sudo run 'a b'", False)
    assert (last.command, last.lasting) == ("send", True)
    (gone,) = words.step_views(plan(WriteStep(title="t", path="/etc/x", before="a\n", after=None)))
    assert gone.fate == "is removed"


def test_what_nothing_takes_back_is_marked_where_it_is_the_exception():
    (drop,) = words.step_views(plan(DROP))
    assert (drop.size, drop.lasting) == ("1.5 GB", False)
    assert words.undo_words(plan(DROP)) == "It cannot be taken back."
    assert words.undo_words(plan(DROP, LAST)) == "None of it can be taken back."
    assert words.undo_words(plan(WRITE, LAST)) == "All but this can be taken back: Send it."
    assert words.undo_words(plan(WRITE, RUN)) == "All of it can be taken back."


@pytest.mark.parametrize(
    ("steps", "way", "said"),
    [
        ((LAST,), None, "Nothing here needs root."),
        ((WRITE,), Known("root"), "The one step needs root. Drydock runs as root"),
        ((WRITE, LAST), Known("pkexec"), "1 of 2 steps needs root. Your desktop asks"),
        (
            (WRITE, RUN),
            Known("pkexec"),
            "All 2 steps need root. Your desktop asks",
        ),
        ((WRITE, RUN, LAST), Known("passwordless"), "2 of 3 steps need root. sudo is set up here"),
        ((WRITE, RUN, DROP), Missing("absent", "x"), "2 of 3 steps need root. There is no way"),
    ],
)
def test_it_is_said_what_needs_root_and_how_that_is_asked(steps, way, said):
    preview = Preview(plan=plan(*steps), way=way)
    assert words.root_words(preview).startswith(said)
    assert words.can_apply(preview) is not isinstance(way, Missing)


def test_the_button_is_named_after_the_deed_and_never_too_wide():
    assert words.deed(plan(RUN)) == "Do it"
    long = words.deed(plan(RUN, title=f"Make the files of root in /{'x' * 200}/data yours"))
    assert len(long) < 75
    assert long.startswith("Make the files of root")
    assert long.endswith("/data yours")
    assert words.deed(plan(RUN, title="Take back: Do it", undoes="1")) == "Take it back"
    assert words.deed(plan(RUN, title="Do it", undoes="2")) == "Do it"


def test_the_checks_are_named_by_their_titles_and_not_without_end():
    assert words.recheck_words(plan(RUN, recheck=("engine-running",))) == "Container engine answers"
    many = words.recheck_words(plan(RUN, recheck=("engine-running", "toolkit-path", "host-shm", "gpu-ecc", "gpu-mig")))
    assert many.endswith(", and 2 more")
    assert words.recheck_words(plan(RUN)) == ""


def test_a_progress_follows_the_steps():
    now = begun(plan(WRITE, RUN, LAST), "engine-running")
    assert not now.touched
    now = told(now, started(1), done(1), started(2))
    assert [line.state for line in now.lines] == ["done", "running", "waiting"]
    assert words.now_words(now) == "Step 2 of 3: Run it…"
    assert words.can_stop(now)
    now = told(now, done(2, text="said"), started(3))
    assert now.lines[1].text == "said"
    # the last step is not stopped any more
    assert not words.can_stop(now)
    now = told(now, done(3), Checking(checks=("engine-running",)))
    assert words.now_words(now) == "Looking whether it helped…"
    assert words.can_stop(now)
    assert now.running


def test_what_a_step_says_is_kept_only_while_it_runs():
    now = told(begun(plan(RUN, LAST)), started(1), StepSaid(number=1, line="  Unpacking x\t"))
    assert [line.said for line in now.lines] == ["Unpacking x", ""]
    now = told(now, StepSaid(number=1, line="Setting up x"))
    assert now.lines[0].said == "Setting up x"
    # a line that comes from its thread after the end of the step
    now = told(now, done(1, text="all of it"), StepSaid(number=1, line="late"))
    assert (now.lines[0].said, now.lines[0].text) == ("", "all of it")


def test_a_stop_says_what_it_waits_for_and_then_that_all_is_taken_back():
    now = told(begun(plan(WRITE, RUN, LAST)), started(1), done(1), started(2), Stopping(title="Run it"))
    assert now.stopping
    assert not words.can_stop(now)
    assert words.now_words(now) == "Step 2 of 3: Run it…"
    assert words.stop_words(now).startswith("“Run it” is not broken off;")
    now = told(now, done(2))
    assert words.now_words(now) == "Taking back what was done…"
    assert words.stop_words(now) == "The step that was done last is taken back first."


def test_a_stop_during_the_last_step_does_not_promise_to_take_back():
    now = told(begun(plan(WRITE, LAST)), started(1), done(1), started(2), Stopping(title="Send it"))
    assert words.stop_words(now) == "This is the last step: it is finished in any case."
    now = told(now, done(2))
    assert not now.taking_back


def test_a_failed_step_is_followed_by_the_taking_back():
    now = told(begun(plan(WRITE, RUN, LAST)), started(1), done(1), started(2), done(2, "failed", "no"))
    assert words.now_words(now) == "Taking back what was done…"
    assert not words.can_stop(now)
    # one that may fail takes nothing back
    assert words.can_stop(told(begun(plan(DROP, RUN)), started(1), done(1, "left", "no")))


def test_a_question_for_the_password_is_told_only_where_one_may_be_open():
    now = told(begun(plan(WRITE, LAST)), started(1))
    assert words.asks_now(now, Known("pkexec"))
    assert not words.asks_now(now, Known("root"))
    assert not words.asks_now(now, None)
    assert not words.asks_now(told(now, done(1), started(2)), Known("pkexec"))


def test_what_was_taken_back_is_told_by_step():
    back = TakenBack(taken_back=("Write it",), left=("Send it",))
    now = told(begun(plan(WRITE, LAST, RUN)), started(1), done(1), started(2), done(2), started(3))
    now = told(now, done(3, "failed", "no room"), back)
    assert [line.state for line in now.lines] == ["taken_back", "done", "failed"]
    trouble = Trouble("mend-step-failed", step="Run it", text="no room", taken_back="", left="", entry="e1", path="p")
    now = ended(now, trouble)
    found = mend_verdict.verdict(now)
    assert (found.tone, found.output) == ("broken", "no room")
    assert "Step 3, “Run it”." in found.text
    assert "Taken back: Write it. Still there: Send it." in found.text
    assert "What is still there cannot be taken back." in found.next
    assert not mend_verdict.can_undo(now)
    assert now.entry == "e1"


def test_a_stop_before_the_first_step_changed_nothing():
    found = mend_verdict.verdict(ended(begun(plan(RUN)), None))
    assert (found.title, found.text) == ("Stopped", "Nothing was changed.")


@pytest.mark.parametrize(
    ("helped", "title", "tone"),
    [(True, "It helped", "ok"), (None, "Done", "ok"), (False, "Done, but it did not help yet", "attention")],
)
def test_the_verdict_says_whether_it_helped(helped, title, tone):
    of = plan(RUN)
    found = mend_verdict.verdict(ended(begun(of), Mended(entry="e", plan=of, helped=helped, left=("Remove it",))))
    assert (found.title, found.tone) == (title, tone)
    assert "Left as it is: Remove it." in found.text


def test_a_trouble_brings_its_lines_and_its_difference_apart():
    found = mend_verdict.trouble_words(Trouble("mend-no-root", text="neither", commands="sudo a\nsudo b"))
    assert found.commands == ("sudo a", "sudo b")
    assert "sudo a" not in found.next
    found = mend_verdict.trouble_words(Trouble("mend-file-changed", path="/etc/x", diff="--- x\n+++ x\n+y"))
    assert found.diff.endswith("+y")
    assert "+y" not in found.text


@pytest.mark.parametrize(
    ("outcome", "undone", "running", "said"),
    [
        ("applied", "", False, ("ok", "Done")),
        ("applied", "other", False, ("not_tested", "Taken back")),
        ("failed", "", False, ("broken", "Failed")),
        ("stopped", "", False, ("attention", "Stopped")),
        ("open", "", False, ("attention", "Broken off")),
        ("open", "", True, ("not_tested", "Goes on")),
    ],
)
def test_the_outcome_of_an_entry(outcome, undone, running, said):
    logged = LoggedStep(number=1, kind="run", title="t", what="x", by="pkexec")
    at = Begun(entry="e", at="2026-11-25T10:00:00Z", remedy="r", title="t", steps=(logged,))
    entry = Entry(begun=at, outcome=outcome, undone_by=undone)
    assert words.outcome_words(entry, running=running) == said
    assert words.by_words(entry) == "as root, with a password (pkexec)"
