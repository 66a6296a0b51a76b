"""Activities with plain jobs: the queue, pause and resume, how things end and what is remembered."""

import threading

import pytest

from drydock.core.trouble import Stopped, Trouble
from drydock.jobs import Job
from drydock.jobs.context import Context
from drydock.qt.activities import Activities
from drydock.qt.app import App
from drydock.qt.models.pull import PullWords
from drydock.store import Store
from drydock.world.live import LiveWorld


class Slow(Job):
    """Runs until it is let go, told to fail, or stopped; tells each number that it is given."""

    def __init__(self, result="result", trouble=None):
        self.go = threading.Event()
        self.begun = threading.Event()
        self.tell = None
        self._result, self._trouble = result, trouble

    def run(self, tell, stop):
        self.tell = tell
        self.begun.set()
        with stop.on_request(self.go.set):
            assert self.go.wait(20)
        if stop.requested:
            raise Stopped
        if self._trouble:
            raise self._trouble
        return self._result


def words(step):
    return PullWords(share=step / 100, done=f"{step} done", left="soon", detail="")


@pytest.fixture
def app(qapp, tmp_path):
    made = App(Context(world=LiveWorld(), store=Store(tmp_path), engine="unix:///nowhere/docker.sock"))
    yield made
    made.bridge.close(5.0)
    made.close()


@pytest.fixture
def activities(app):
    return app.activities


def test_nothing_goes_on_at_first(activities):
    assert isinstance(activities, Activities)
    assert activities.items == ()
    assert activities.share is None
