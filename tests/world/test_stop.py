"""The stop switch."""

import pytest

from drydock.core.trouble import Stopped
from drydock.world import Stop


def test_every_action_runs_once_in_order_whatever_one_of_them_raises():
    stop, done = Stop(), []

    def fail():
        done.append("fails")
        raise OSError("no")

    stop.on_request(lambda: done.append("first"))
    stop.on_request(fail)
    stop.on_request(lambda: done.append("last"))
    with pytest.raises(OSError, match="no"):
        stop.request()
    stop.request()
    assert done == ["first", "fails", "last"]


def test_an_action_that_was_taken_back_does_not_run_and_a_late_one_runs_at_once():
    stop, done = Stop(), []
    forget = stop.on_request(lambda: done.append("forgotten"))
    forget()
    stop.check()
    stop.request()
    stop.on_request(lambda: done.append("late"))
    assert done == ["late"]
    assert stop.wait(60)
    with pytest.raises(Stopped):
        stop.check()
