import msgspec
import pytest

from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known
from drydock.core.facts.gpu import GpuProcess
from drydock.core.findings import RUNGS, Evidence, Finding
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.qt.models.doctor import (
    evidence_text,
    finding_text,
    gpus_in_use,
    items,
    ordered,
    root_so_far,
    waited_for,
)


@pytest.fixture(scope="module")
def broken():
    return diagnose_snapshot(open_machine("broken-laptop").snapshot)


def listed(diagnosis, **options):
    return items(diagnosis.findings, diagnosis.root_cause, **options)


def rows(lines):
    return [item.key for item in lines if item.kind == "row"]


def test_the_root_cause_comes_first_and_only_once(broken):
    lines = listed(broken, past=True)
    assert [item.key for item in lines[:3]] == ["heading-root", "driver-versions", "past"]
    assert rows(lines).count("driver-versions") == 1


def test_rungs_follow_in_their_order_with_problems_before_the_folded_lines(broken):
    lines = listed(broken)
    rungs = [item.rung for item in lines if item.kind == "heading" and item.rung]
    assert rungs == [rung for rung in RUNGS if rung in rungs]
    engine = [item for item in lines if item.rung == "engine"]
    assert [item.kind for item in engine] == ["heading", "row", "fine", "untested"]
    assert engine[1].key == "engine-permission"


def test_every_finding_stands_behind_exactly_one_line(broken):
    behind = [
        finding.id for item in listed(broken) if item.kind in ("row", "fine", "untested") for finding in item.findings
    ]
    assert sorted(behind) == sorted(finding.id for finding in broken.findings)


def test_an_opened_line_is_followed_by_its_rows(broken):
    lines = listed(broken, opened={"fine-host"})
    place = [item.key for item in lines].index("fine-host")
    group = lines[place]
    members = lines[place + 1 : place + 1 + len(group.findings)]
    assert group.open
    assert [item.key for item in members] == [finding.id for finding in group.findings]
    assert all(item.member for item in members)


def test_only_problems(broken):
    lines = listed(broken, show="problems")
    assert rows(lines) == ["driver-versions", "engine-permission"]
    assert {item.kind for item in lines} == {"heading", "row"}


def test_only_what_was_not_tested_unfolded(broken):
    lines = listed(broken, show="not_tested")
    assert rows(lines) == [finding.id for finding in broken.findings if finding.state == "not_tested"]


def test_words_are_looked_for_in_everything_a_finding_says(broken):
    assert "driver-versions" in rows(listed(broken, words="580.95.05"))
    assert rows(listed(broken, words="driver-versions 570.172.08")) == ["driver-versions"]
    assert listed(broken, words="no such words anywhere") == ()


def test_the_root_cause_is_certain_when_all_before_it_are_answered(broken):
    found = {finding.id: finding for finding in broken.findings}
    assert root_so_far(found) == broken.root_cause
    first = CHECKS[0].id
    without = {name: finding for name, finding in found.items() if name != first}
    assert root_so_far(without) is None
    place = next(index for index, check in enumerate(CHECKS) if check.id == "driver-versions")
    only_before = {check.id: found[check.id] for check in CHECKS[: place + 1]}
    assert root_so_far(only_before) == broken.root_cause


def test_findings_that_came_in_any_order_are_put_in_order(broken):
    found = {finding.id: finding for finding in reversed(broken.findings)}
    assert ordered(found) == broken.findings


def test_the_text_to_send_holds_what_the_row_holds(broken):
    text = finding_text(broken.root_cause, [("Restart the computer", ("sudo reboot",))])
    for part in (
        "[broken]",
        "570.172.08",
        "  $ sudo reboot",
        "Evidence:",
        "version_mismatch",
        "Check: driver-versions",
    ):
        assert part in text


def test_evidence_of_several_lines_stands_below_its_question():
    finding = Finding(
        id="x",
        rung="host",
        state="ok",
        variant="ok",
        evidence=(Evidence("uname -r", "6.1"), Evidence("dmesg", "one\ntwo\n"), Evidence("nothing", "")),
    )
    assert evidence_text(finding) == "uname -r: 6.1\ndmesg:\none\ntwo\nnothing: -"


def test_what_all_wait_for_is_named_only_where_it_is_one_thing(broken):
    toolkit = [finding for finding in broken.findings if finding.rung == "toolkit"]
    blocked = [finding for finding in toolkit if finding.values.get("by") == "driver-versions"]
    assert blocked
    assert waited_for(blocked) == "Driver module and library"
    other = msgspec.structs.replace(blocked[0], variant="unknown", values={})
    assert waited_for([*blocked, other]) == ""


def test_programs_that_compute_on_a_gpu_are_named_once():
    diagnosis = diagnose_snapshot(open_machine("rtx4090-desktop").snapshot)

    def running(name, kind):
        return GpuProcess(pid=1, kind=kind, memory_used=Known(1), name=Known(name), container=Known(""))

    used = Known((running("/usr/bin/python3", "compute"), running("python3", "compute"), running("Xorg", "graphics")))
    busy = msgspec.structs.replace(diagnosis.snapshot.gpus[0], processes=used)
    snapshot = msgspec.structs.replace(diagnosis.snapshot, gpus=(busy,))
    assert gpus_in_use(msgspec.structs.replace(diagnosis, snapshot=snapshot)) == ("python3",)
