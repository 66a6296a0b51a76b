import threading

import pytest
from PySide6.QtCore import QTimer

from drydock.core.trouble import Trouble
from drydock.jobs import Job
from drydock.qt.bridge import Bridge


class Answer(Job):
    def __init__(self, act):
        self._act = act

    def run(self, tell, stop):
        return self._act(tell, stop)


class Heard:
    def __init__(self):
        self.all = []
        self.threads = set()

    def take(self, name):
        def slot(*values):
            self.all.append((name, *values))
            self.threads.add(threading.current_thread())

        return slot


@pytest.fixture
def bridge(qapp):
    made = Bridge()
    yield made
    made.close(2.0)


@pytest.fixture
def heard():
    return Heard()


def start(bridge, heard, act):
    return bridge.start(
        Answer(act),
        done=heard.take("done"),
        failed=heard.take("failed"),
        progress=heard.take("step"),
        stopped=heard.take("stopped"),
    )


def test_steps_and_result_come_in_order_and_in_the_main_thread(bridge, heard, qtbot):
    def act(tell, stop):
        for number in range(100):
            tell(number)
        return "result"

    start(bridge, heard, act)
    qtbot.waitUntil(lambda: not bridge.busy)
    assert heard.all == [*(("step", number) for number in range(100)), ("done", "result")]
    assert heard.threads == {threading.main_thread()}


def test_a_trouble_is_a_failure(bridge, heard, qtbot):
    def act(tell, stop):
        raise Trouble("disk-full", path="/x")

    start(bridge, heard, act)
    qtbot.waitUntil(lambda: not bridge.busy)
    ((name, trouble),) = heard.all
    assert name == "failed"
    assert (trouble.id, trouble.values) == ("disk-full", {"path": "/x"})


def test_a_bug_reaches_the_crash_window_and_the_page(bridge, heard, qtbot):
    crashes = []
    bridge.crashed.connect(crashes.append)
    start(bridge, heard, lambda tell, stop: 1 / 0)
    qtbot.waitUntil(lambda: not bridge.busy)
    assert "ZeroDivisionError" in crashes[0]
    ((name, trouble),) = heard.all
    assert (name, trouble.id) == ("failed", "internal-error")


def test_a_stop_is_obeyed(bridge, heard, qtbot):
    def act(tell, stop):
        tell("begun")
        stop.wait(30)
        stop.check()

    running = start(bridge, heard, act)
    qtbot.waitUntil(lambda: heard.all == [("step", "begun")])
    running.stop()
    qtbot.waitUntil(lambda: not bridge.busy)
    assert heard.all == [("step", "begun"), ("stopped",)]


def test_a_dropped_job_is_heard_no_more(bridge, heard, qtbot):
    go = threading.Event()

    def act(tell, stop):
        go.wait(10)
        tell("too late")
        return 1

    running = start(bridge, heard, act)
    bridge.drop(running)
    assert not bridge.busy
    go.set()
    running.thread_of_job.join(5)
    qtbot.wait(50)
    assert heard.all == []


def test_closing_does_not_wait_for_a_job_that_hangs(bridge, heard, qtbot):
    go = threading.Event()
    running = start(bridge, heard, lambda tell, stop: go.wait(10))
    bridge.close(0.05)
    assert running.thread_of_job.is_alive()
    go.set()
    running.thread_of_job.join(5)
    qtbot.wait(20)
    assert heard.all == []


def test_of_a_job_s_newest_steps_the_last_is_always_told(bridge, heard, qtbot):
    count = 20_000

    def act(tell, stop):
        for number in range(count):
            tell(number)
        return "result"

    bridge.start(
        Answer(act), done=heard.take("done"), failed=heard.take("failed"), progress=heard.take("step"), newest=True
    )
    qtbot.waitUntil(lambda: not bridge.busy)
    assert heard.all[-2:] == [("step", count - 1), ("done", "result")]
    steps = [number for name, number in heard.all if name == "step"]
    assert steps == sorted(set(steps))
    assert len(steps) < count / 10
    assert heard.threads == {threading.main_thread()}


def test_a_newest_step_is_told_without_the_end_of_the_job(bridge, heard, qtbot):
    go = threading.Event()

    def act(tell, stop):
        tell(1)
        tell(2)
        tell(3)
        go.wait(10)

    bridge.start(
        Answer(act), done=heard.take("done"), failed=heard.take("failed"), progress=heard.take("step"), newest=True
    )
    qtbot.waitUntil(lambda: ("step", 3) in heard.all)
    go.set()
    qtbot.waitUntil(lambda: not bridge.busy)
    assert heard.all[-1] == ("done", None)


def test_a_flood_of_steps_leaves_room_for_events_and_loses_none(bridge, heard, qtbot):
    count = 50_000
    between = []

    def act(tell, stop):
        for number in range(count):
            tell(number)
        bridged.set()

    bridged = threading.Event()
    ticker = QTimer(interval=0)
    ticker.timeout.connect(lambda: between.append(len(heard.all)))
    ticker.start()
    start(bridge, heard, act)
    qtbot.waitUntil(lambda: not bridge.busy, timeout=30_000)
    ticker.stop()
    assert heard.all == [*(("step", number) for number in range(count)), ("done", None)]
    assert any(0 < reached < count for reached in between), "no event had its turn while steps were told"


def test_a_dropped_flood_ends_at_once(bridge, heard, qtbot):
    told = threading.Event()

    def act(tell, stop):
        for number in range(50_000):
            tell(number)
        told.set()

    def drop(step):
        heard.all.append(("step", step))
        bridge.drop(running)

    running = bridge.start(Answer(act), done=heard.take("done"), failed=heard.take("failed"), progress=drop)
    assert told.wait(30)
    qtbot.wait(50)
    assert heard.all == [("step", 0)]
    running.thread_of_job.join(5)
