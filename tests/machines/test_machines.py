"""The doctor names the root cause of every recorded machine, and calls nothing broken where nothing is."""

import msgspec
import pytest
from tests.machines.broken import OF_DRIVER_AND_GPU, OF_ENGINE_AND_PATH
from tests.machines.build import CASES, HERE, files_of
from tests.machines.case import Expected

from drydock.core.checks.table import CHECKS
from drydock.core.facts import EngineSetup, KernelLog, Known, Missing, Network, Wsl
from drydock.core.facts.setup import DriverSetup
from drydock.data.knowledge import finding_article
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot

NAMES = sorted(path.parent.name for path in HERE.glob("*/expected.json"))
HEALTHY = [case for case in CASES if case.expected.root_cause is None]

by_name = pytest.mark.parametrize("name", NAMES)
healthy_ones = pytest.mark.parametrize("case", HEALTHY, ids=lambda case: case.name)


def expected_of(name):
    return msgspec.json.decode((HERE / name / "expected.json").read_bytes(), type=Expected)


def diagnosed(name):
    return diagnose_snapshot(open_machine(str(HERE / name)).snapshot)


def states(diagnosis, state):
    return {(finding.id, finding.variant) for finding in diagnosis.findings if finding.state == state}


def test_the_files_are_what_the_builder_writes():
    wanted = {f"{case.name}/{name}": content for case in CASES for name, content in files_of(case).items()}
    found = {str(path.relative_to(HERE)): path.read_bytes() for path in HERE.glob("*/*.json")}
    stale = [name for name in wanted | found if wanted.get(name) != found.get(name)]
    assert stale == [], "run: python -m tests.machines.build"


def test_there_are_many_kinds_and_each_names_its_source():
    assert len(CASES) == len({case.name for case in CASES}) >= 30
    assert len(HEALTHY) >= 8
    for case in CASES:
        assert case.sources
        assert all(source.startswith("https://") for source in case.sources)


@by_name
def test_the_root_cause_is_named_first(name):
    expected, diagnosis = expected_of(name), diagnosed(name)
    root = diagnosis.root_cause
    if expected.root_cause is None:
        assert states(diagnosis, "broken") == set()
        wanted = {(cause.check, cause.variant) for cause in expected.attention}
        assert wanted <= states(diagnosis, "attention")
        return
    assert root is not None
    exactly = (root.id, root.variant) == (expected.root_cause.check, expected.root_cause.variant)
    assert exactly or root.id in expected.accepted, (root.id, root.variant)
    article = finding_article(root)
    assert article.text
    assert article.remedy


def test_hardly_any_needs_the_second_best_answer():
    exact = 0
    broken = [name for name in NAMES if expected_of(name).root_cause]
    for name in broken:
        root, cause = diagnosed(name).root_cause, expected_of(name).root_cause
        exact += root is not None and (root.id, root.variant) == (cause.check, cause.variant)
    assert exact >= 0.95 * len(broken)


TIMEOUT = Missing("timeout", "no answer within 6 s")


def all_missing(kind):
    return kind(**{name: TIMEOUT for name in kind.__struct_fields__ if name != "certificate_variables"})


BLIND = {
    "setup": all_missing(DriverSetup),
    "kernel_log": TIMEOUT,
    "wsl": all_missing(Wsl),
    "engine_setup": all_missing(EngineSetup),
    "engine_contents": TIMEOUT,
    "network": all_missing(Network),
}


@healthy_ones
@pytest.mark.parametrize("subject", BLIND)
def test_what_could_not_be_looked_at_is_never_called_broken(case, subject):
    blind = msgspec.structs.replace(case.snapshot, **{subject: BLIND[subject]})
    assert states(diagnose_snapshot(blind), "broken") == set()


OLDER = {
    "setup": DriverSetup(),
    "kernel_log": Missing("not_asked"),
    "wsl": Wsl(),
    "engine_setup": EngineSetup(),
    "engine_contents": Missing("not_asked"),
    "network": Network(),
}
"""What a recording from before these facts were collected has in their place."""

ONLY_BY_NEWER_FACTS = ("data-root-read-only",)
"""Machines of which no older fact shows a sign."""


@healthy_ones
def test_an_older_recording_without_the_newer_facts_is_not_called_broken(case):
    assert states(diagnose_snapshot(msgspec.structs.replace(case.snapshot, **OLDER)), "broken") == set()


@pytest.mark.parametrize("case", [case for case in CASES if case.expected.root_cause], ids=lambda case: case.name)
def test_an_older_recording_still_shows_where_to_look(case):
    diagnosis = diagnose_snapshot(msgspec.structs.replace(case.snapshot, **OLDER))
    rung = next(check.rung for check in CHECKS if check.id == case.expected.root_cause.check)
    told = [
        item for item in diagnosis.findings if item.state == "broken" or (item.state, item.rung) == ("attention", rung)
    ]
    assert bool(told) == (case.name not in ONLY_BY_NEWER_FACTS)


@by_name
def test_a_consequence_is_not_called_broken_beside_its_cause_of_the_same_rung(name):
    broken = [finding for finding in diagnosed(name).findings if finding.state == "broken"]
    rungs = [finding.rung for finding in broken if finding.rung != "gpu"]
    assert len(rungs) == len(set(rungs)), broken


def test_of_two_faults_the_lower_one_is_named_first():
    """Any trouble of GPU or driver, together with any trouble of an engine on this computer."""
    lower = OF_DRIVER_AND_GPU
    upper = [case for case in OF_ENGINE_AND_PATH if not case.snapshot.engine.remote]
    missed = []
    for low in lower:
        for high in upper:
            host = msgspec.structs.replace(
                high.snapshot.host, kernel=low.snapshot.host.kernel, distribution=low.snapshot.host.distribution
            )
            parts = {name: getattr(low.snapshot, name) for name in ("driver", "gpus", "setup", "kernel_log")}
            root = diagnose_snapshot(msgspec.structs.replace(high.snapshot, host=host, **parts)).root_cause
            if root is None or root.id not in (low.expected.root_cause.check, *low.expected.accepted):
                missed.append((low.name, high.name, root and root.id))
    assert len(lower) * len(upper) > 400
    assert missed == []


def test_the_log_of_a_machine_is_a_log():
    logs = [case.snapshot.kernel_log for case in CASES]
    assert all(isinstance(log, Missing) or isinstance(log.value, KernelLog) for log in logs)
    assert sum(isinstance(log, Known) and bool(log.value.lines) for log in logs) >= 5
