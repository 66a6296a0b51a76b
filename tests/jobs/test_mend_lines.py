"""Many lines become few, and the newest is never lost."""

import threading

from drydock.jobs.mend_lines import LENGTH, NewestLine


def test_the_first_is_told_at_once_and_then_the_newest():
    told, newest = [], threading.Event()

    def tell(line):
        told.append(line)
        if line == "999":
            newest.set()

    lines = NewestLine(tell)
    lines.said("first")
    assert told == ["first"]
    for number in range(1000):
        lines.said(str(number))
    # nothing is said any more, and yet the last of them is told
    assert newest.wait(20)
    assert len(told) < 1000
    lines.end()


def test_after_the_end_nothing_is_told():
    told = []
    lines = NewestLine(told.append)
    lines.said("first")
    lines.said("second")
    waiting = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    lines.end()
    for thread in waiting:
        thread.join(20)
    lines.said("third")
    assert told == ["first"]


def test_a_long_line_is_cut():
    told = []
    lines = NewestLine(told.append)
    lines.said("x" * 5000)
    assert told == ["x" * LENGTH]
    lines.end()
