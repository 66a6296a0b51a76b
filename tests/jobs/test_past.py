"""The diagnoses that are kept of this computer, as they can be looked up."""

import pytest
from tests.support.snapshots import healthy_snapshot, replaced

from drydock.core.changes import kept_of
from drydock.core.facts import Known
from drydock.core.trouble import Trouble
from drydock.data.machine import open_machine
from drydock.jobs.context import Context
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.jobs.past import ListDiagnosesJob, kept_diagnosis
from drydock.jobs.recorded import DiagnoseRecordedJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


def on(day, snapshot):
    return kept_of(diagnose_snapshot(replaced(snapshot, taken_at=f"2026-11-{day:02d}T08:00:00Z")))


@pytest.fixture
def context(tmp_path):
    return Context(world=LiveWorld(), store=Store(tmp_path))


def listed(context):
    return ListDiagnosesJob(context).run(lambda _step: None, Stop())


def test_nothing_kept(context):
    assert listed(context) == ()


def test_newest_first_each_with_what_changed_since_the_one_before(context):
    broken = open_machine("broken-laptop").snapshot
    context.store.save_machines((on(1, healthy_snapshot()), on(2, broken)))
    newest, oldest = listed(context)
    assert (newest.id, oldest.id) == ("2026-11-02T08:00:00Z", "2026-11-01T08:00:00Z")
    assert newest.diagnosis.root_cause.id == "driver-versions"
    assert newest.diagnosis.past.worked_at == oldest.last
    assert newest.changes == newest.diagnosis.past.changes
    assert {change.subject for change in newest.changes} >= {"gpu", "toolkit"}
    assert oldest.oldest
    assert oldest.changes == ()
    assert oldest.diagnosis.root_cause is None


def test_how_far_a_look_went_is_seen_in_what_it_brought(context):
    inside = open_machine("tests/machines/container-healthy").snapshot
    context.store.save_machines((on(1, healthy_snapshot()), on(2, inside)))
    assert [one.depth for one in listed(context)] == ["standard", "quick"]


def test_one_is_named_by_the_beginning_of_its_id(context):
    context.store.save_machines((on(1, healthy_snapshot()), on(2, healthy_snapshot(gpus=()))))
    kept = listed(context)
    assert kept_diagnosis(kept, "2026-11-02").id == "2026-11-02T08:00:00Z"
    for wrong in ("2026-11", "1999", ""):
        with pytest.raises(Trouble) as caught:
            kept_diagnosis(kept, wrong)
        assert caught.value.id == "diagnosis-not-kept"


def test_a_recorded_past_is_told_only_of_the_same_root_cause():
    machine = open_machine("broken-laptop")
    past = machine.past or _past("driver-versions")
    told = DiagnoseRecordedJob(machine.snapshot, past).run(lambda _step: None, Stop())
    assert told.past == past
    other = DiagnoseRecordedJob(machine.snapshot, _past("host-disk")).run(lambda _step: None, Stop())
    assert other.past is None


def _past(finding):
    from drydock.core.findings import Past

    return Past(finding=finding, worked_at="2026-11-01T08:00:00Z")


def test_the_deep_look_is_one_with_a_load(context):
    from drydock.core.facts.load import LoadFacts

    snapshot = replaced(open_machine("tests/machines/container-healthy").snapshot, load=Known(LoadFacts(gpus=())))
    context.store.save_machines((on(1, snapshot),))
    assert listed(context)[0].depth == "deep"
