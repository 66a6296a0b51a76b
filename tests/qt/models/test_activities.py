import pytest

from drydock.qt.activities import Activity
from drydock.qt.models.activities import heading, in_order, pause_words, state_line, summary, would_stop


def activity(number=1, **changes):
    fields = {"id": number, "kind": "pull", "title": f"Pulling a/b:{number}", "reference": f"a/b:{number}"}
    return Activity(**{**fields, **changes})


def test_what_runs_comes_first_and_what_ended_last_is_above_what_ended_before():
    listed = (
        activity(1, state="done"),
        activity(2, state="paused"),
        activity(3, state="running"),
        activity(4, state="stopped"),
        activity(5, state="waiting"),
        activity(6, state="failed"),
        activity(7, state="waiting"),
    )
    assert [one.id for one in in_order(listed)] == [3, 5, 7, 2, 6, 4, 1]


def test_a_pull_is_called_by_its_image_and_all_else_by_what_is_done():
    assert heading(activity()) == "a/b:1"
    assert heading(activity(kind="export", title="Saving a/b:1")) == "Saving a/b:1"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"state": "running", "detail": "4 of 9 layers complete"}, "4 of 9 layers complete"),
        ({"state": "running", "ending": "pause"}, "Pausing…"),
        ({"state": "running", "ending": "cancel"}, "Stopping…"),
        ({"state": "paused", "detail": "It is kept."}, "Paused. It is kept."),
        ({"state": "paused"}, "Paused."),
        ({"state": "stopped"}, "Stopped."),
        ({"state": "done"}, "Done."),
        ({"state": "waiting"}, "Waiting"),
    ],
)
def test_a_state_has_a_line(changes, line):
    assert state_line(activity(**changes)) == line


def test_the_pause_button_says_what_the_engine_allows():
    assert pause_words(activity(keeps=None)) == "Pause"
    assert "keeps the finished layers" in pause_words(activity(keeps=True))
    assert "begins anew" in pause_words(activity(keeps=False))


def test_one_line_says_what_goes_on():
    assert summary(()) == ""
    assert summary((activity(state="done"), activity(2, state="paused"))) == ""
    listed = (activity(state="running", share=0.374, left="62 MB/s"), activity(2), activity(3))
    assert summary(listed) == "Pulling a/b:1  ·  37%  ·  62 MB/s  ·  2 more"


def test_what_closing_would_stop():
    listed = (
        activity(1, state="running"),
        activity(2),
        activity(3, state="running", kind="export", title="Saving c/d:3"),
        activity(4, state="paused"),
        activity(5, state="done"),
    )
    assert would_stop(listed) == ("a/b:1 is still being pulled.", "a/b:2 waits to be pulled.", "Saving c/d:3.")
