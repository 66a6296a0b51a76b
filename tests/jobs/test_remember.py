"""Diagnoses of this computer are kept, and one that finds something broken says what changed."""

import pytest
from tests.support.snapshots import healthy_snapshot, host, replaced, unreached_engine
from tests.support.world import TestWorld

from drydock.collect.side_by_side import Collector
from drydock.core.facts import Known
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob, diagnose_snapshot, standard_collectors
from drydock.jobs.remember import compare_and_keep
from drydock.store import Store
from drydock.world import Stop


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def diagnosis(day, **parts):
    return diagnose_snapshot(replaced(healthy_snapshot(**parts), taken_at=f"2026-11-{day:02d}T08:00:00Z"))


DOWN = unreached_engine("not_running")


def test_what_broke_is_compared_with_when_it_worked(store):
    assert compare_and_keep(store, diagnosis(1)).past is None
    broken = compare_and_keep(store, diagnosis(3, engine=DOWN, host=host(kernel=Known("6.99"))))
    assert broken.root_cause.id == broken.past.finding == "engine-running"
    assert [change.subject for change in broken.past.changes] == ["kernel"]
    mended = compare_and_keep(store, diagnosis(4, host=host(kernel=Known("6.99"))))
    assert mended.past is None
    assert [kept.good for kept in store.machines] == [True, False, True]


def test_a_damaged_history_costs_only_the_comparison(store, tmp_path):
    compare_and_keep(store, diagnosis(1))
    (tmp_path / "machines.json").write_bytes(b"{]")
    broken = compare_and_keep(store, diagnosis(2, engine=DOWN))
    assert broken.past is None
    assert broken.root_cause
    assert len(store.machines) == 1


def test_a_whole_diagnosis_is_kept_and_part_of_one_is_not(store):
    context = Context(world=TestWorld(), store=store, engine="unix:///nowhere/docker.sock")
    slow = {"nvml", "host_torch"}
    collectors = [
        Collector(name=item.name, limit=9, collect=lambda: None) if item.name in slow else item
        for item in standard_collectors(context)
    ]
    DiagnoseJob(context, only=["engine-running"]).run(lambda _step: None, Stop())
    assert store.machines == ()
    found = DiagnoseJob(context, collectors=collectors).run(lambda _step: None, Stop())
    (kept,) = store.machines
    assert kept.snapshot == found.snapshot
    assert kept.states == {finding.id: finding.state for finding in found.findings}
