"""Collectors side by side: one that hangs or crashes delays nobody and is told."""

import threading

import pytest

from drydock.collect.side_by_side import Collector, run_side_by_side
from drydock.core.facts import Missing
from drydock.core.trouble import Stopped
from drydock.world import Stop


def crash():
    raise RuntimeError("a bug")


def test_all_bring_what_they_have_whatever_the_others_do():
    release = threading.Event()
    collectors = [
        Collector(name="hangs", limit=0.5, collect=lambda: release.wait(60)),
        Collector(name="crashes", limit=30, collect=crash),
        Collector(name="works", limit=30, collect=lambda: "facts"),
    ]
    try:
        results = {result.run.name: result for result in run_side_by_side(collectors, Stop())}
    finally:
        release.set()
    assert results["works"].piece == "facts"
    assert results["works"].run.outcome == "done"
    assert results["crashes"].piece.why == "failed"
    assert "a bug" in results["crashes"].run.text
    assert results["crashes"].run.outcome == "crashed"
    assert results["hangs"].piece == Missing("timeout", "no answer within 0.5 s")
    assert results["hangs"].run.outcome == "timeout"


def test_results_come_as_they_are_there():
    gate = threading.Event()
    collectors = [
        Collector(name="late", limit=30, collect=lambda: gate.wait(20)),
        Collector(name="early", limit=30, collect=lambda: "facts"),
    ]
    names = []
    for result in run_side_by_side(collectors, Stop()):
        names.append(result.run.name)
        gate.set()
    assert names == ["early", "late"]


def test_a_stop_ends_the_wait():
    gate = threading.Event()
    stop = Stop()
    collectors = [
        Collector(name="hangs", limit=60, collect=lambda: gate.wait(60)),
        Collector(name="works", limit=60, collect=lambda: "facts"),
    ]
    results = run_side_by_side(collectors, stop)
    assert next(results).run.name == "works"
    threading.Timer(0.1, stop.request).start()
    with pytest.raises(Stopped):
        next(results)
    gate.set()


def test_nothing_to_collect_is_fine():
    assert list(run_side_by_side([], Stop())) == []
