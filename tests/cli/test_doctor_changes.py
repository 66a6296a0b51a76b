"""``drydock doctor`` says what changed on this computer since the root cause was last whole."""

import msgspec
import pytest

from drydock.core.changes import KeptMachine
from drydock.core.facts import Known, Snapshot
from drydock.store import Store


@pytest.fixture
def broken(call, no_engine, monkeypatch, tmp_path):
    """The first diagnosis of a computer without an engine."""
    monkeypatch.setenv("DRYDOCK_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    answer = call("doctor", "--json")
    assert answer.json["root_cause"] == "engine-running"
    return answer


def remember(tmp_path, answer, **host):
    """Put a good state of the day before into the history."""
    snapshot = msgspec.convert(answer.json["snapshot"], Snapshot)
    snapshot = msgspec.structs.replace(snapshot, host=msgspec.structs.replace(snapshot.host, **host))
    at = "2026-01-02T03:04:05Z"
    store = Store(tmp_path / "home")
    store.save_machines((KeptMachine(first=at, last=at, states={"engine-running": "ok"}, snapshot=snapshot),))


def test_never_seen_whole_there_is_nothing_to_compare(broken, call):
    assert broken.json["past"] is None
    assert call("doctor", "--json").json["changes"] == []


def test_what_changed_is_in_the_object(broken, call, tmp_path):
    remember(tmp_path, broken, kernel=Known("5.0.0-old"), environment={"LD_LIBRARY_PATH": "/opt/cuda/lib64"})
    answer = call("doctor", "--json")
    assert answer.json["past"]["finding"] == "engine-running"
    assert answer.json["past"]["worked_at"] == "2026-01-02T03:04:05Z"
    changes = {change["subject"]: change for change in answer.json["changes"] if change["name"] != "DOCKER_HOST"}
    assert set(changes) == {"kernel", "variable"}
    assert changes["kernel"]["before"] == "5.0.0-old"
    assert "changed from 5.0.0-old to" in changes["kernel"]["text"]
    assert changes["variable"]["kind"] == "gone"


def test_people_read_it_under_the_root_cause(broken, call, tmp_path):
    remember(tmp_path, broken, kernel=Known("5.0.0-old"))
    lines = call("doctor").out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("Mend this first"))
    assert lines[place + 1] == "It last worked on 2026-01-02 03:04:05 UTC. Since then:"
    assert lines[place + 2].startswith("  - The running kernel changed from 5.0.0-old to ")


def test_without_a_change_it_says_so(broken, call, tmp_path):
    remember(tmp_path, broken)
    assert "Nothing that Drydock compares has changed since then." in call("doctor").out


def test_it_is_not_said_of_other_checks(broken, call, tmp_path):
    remember(tmp_path, broken, kernel=Known("5.0.0-old"))
    assert call("doctor", "--only", "host-memory", "--json").json["past"] is None


def test_a_bundle_tells_it_on_another_computer(broken, call, tmp_path):
    remember(tmp_path, broken, kernel=Known("5.0.0-old"))
    assert call("report", "-o", "bundle.zip").code == 0
    replayed = call("doctor", "--machine", "bundle.zip", "--json")
    assert next(change["subject"] for change in replayed.json["changes"]) == "kernel"


def test_a_damaged_history_is_a_note(broken, call, tmp_path):
    (tmp_path / "home" / "machines.json").write_text("{")
    answer = call("doctor", "--json")
    assert answer.json["root_cause"] == "engine-running"
    assert "machines.json cannot be read" in answer.err
    assert "machines.json" not in call("doctor", "--json").err


def test_the_history_lists_what_is_kept_and_opens_one(broken, call, tmp_path):
    remember(tmp_path, broken, kernel=Known("5.0.0-old"))
    call("doctor")
    answer = call("doctor", "--history", "--json")
    assert answer.code == 0
    newest, oldest = answer.json["diagnoses"]
    assert oldest["id"] == "2026-01-02T03:04:05Z"
    assert newest["root_cause"] == "engine-running"
    assert [change["subject"] for change in newest["changes"]] == ["kernel"]
    assert "5.0.0-old" in call("doctor", "--history").out
    opened = call("doctor", "--at", "2026-01", "--json")
    assert opened.json["kind"] == "diagnosis"
    assert opened.json["snapshot"]["host"]["kernel"]["value"] == "5.0.0-old"
    assert opened.json["depth"] == "quick"
    assert len(Store(tmp_path / "home").machines) == 2


def test_an_id_that_is_not_kept_and_options_that_do_not_go_together(call):
    assert call("doctor", "--history").out.startswith("Nothing is kept yet")
    assert call("doctor", "--at", "1999").code == 2
    assert call("doctor", "--history", "--machine", "broken-laptop").code == 2
    assert call("doctor", "--history", "--at", "2026").code == 2
