from drydock.core.findings import RUNGS
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.qt.models.doctor_ladder import ladder


def lines_of(machine, **options):
    diagnosis = diagnose_snapshot(open_machine(machine).snapshot)
    return {line.rung: line for line in ladder(diagnosis.findings, diagnosis.root_cause, **options)}


def test_all_rungs_in_reading_order():
    assert tuple(lines_of("broken-laptop")) == RUNGS


def test_only_the_first_broken_rung_is_marked_and_those_above_wait_for_it():
    lines = lines_of("broken-laptop")
    assert [rung for rung, line in lines.items() if line.first_broken] == ["driver"]
    assert lines["driver"].state == lines["engine"].state == "broken"
    assert lines["toolkit"].waits_for == "driver"
    assert lines["toolkit"].state == "not_tested"
    assert lines["host"].waits_for is None


def test_a_rung_is_as_grave_as_its_gravest_check_and_fine_where_something_was_tested():
    lines = lines_of("rtx4090-desktop")
    assert lines["work"].state == "attention"
    assert lines["gpu"].state == "ok"
    assert lines["gpu"].untested > 0
    assert lines["container"].state == "not_tested"
    assert lines["container"].waits_for is None


def test_nothing_is_looked_at_when_no_look_is_on_its_way():
    assert not any(line.looking for line in lines_of("rtx4090-desktop").values())


def test_while_the_computer_is_looked_at_its_rungs_count_up():
    lines = lines_of("rtx4090-desktop", fresh={"gpu-lost"})
    assert lines["gpu"].looking
    assert lines["gpu"].answered == 1
    assert lines["gpu"].total > 1
    assert not lines["container"].looking


def test_a_step_inside_the_container_lights_its_own_rung_alone():
    lines = lines_of("rtx4090-desktop", fresh={"gpu-lost"}, step="kernels")
    assert [rung for rung, line in lines.items() if line.looking] == ["torch"]


def test_nothing_known_yet():
    lines = ladder((), None, fresh=())
    assert not any(line.reached for line in lines)
