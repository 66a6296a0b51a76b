"""Support bundles: what is in them, what is not, and that they open again."""

import json

import pytest
from tests.support.snapshots import healthy_snapshot, host

from drydock.core.redact import Redactor
from drydock.core.trouble import Trouble
from drydock.data.machine import open_machine
from drydock.jobs.context import Context
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.jobs.report import ReportJob, bundle_files
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

TEXT = 'said:\nmlin at 10.1.2.3: "token=abc"'
RECORD = json.dumps({"v": 1, "seq": 0, "t": 1.5, "type": "error", "slot": "x", "kind": "crash", "text": TEXT}).encode()


def files(records):
    redactor = Redactor(user="mlin", host="atlas07", homes=["/home/mlin"])
    snapshot = healthy_snapshot(host=host(environment={"LD_LIBRARY_PATH": "/home/mlin/lib"}))
    return bundle_files(diagnose_snapshot(snapshot), records, redactor)


def test_names_and_secrets_are_out_of_every_file():
    bundle = files({"bench": [RECORD + b"\n" + RECORD], "probe": []})
    whole = b"".join(bundle.values())
    assert b"mlin" not in whole
    assert b"10.1.2.3" not in whole
    assert b"token=abc" not in whole
    kinds = {item["kind"] for item in json.loads(bundle["removed.json"])}
    assert {"user name", "home directory", "network address", "secret value"} <= kinds


def test_a_redacted_record_is_still_a_record():
    lines = files({"bench": [RECORD]})["records/bench.jsonl"].splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [0]
    assert "records/probe.jsonl" not in files({"probe": []})


def test_a_line_that_is_no_json_is_redacted_as_text():
    assert files({"bench": [b"half a line of mlin"]})["records/bench.jsonl"] == b"half a line of <user name 1>\n"


def test_a_written_bundle_opens_as_a_machine(tmp_path):
    store = Store(tmp_path / "store")
    store.add_record("bench", RECORD, {})
    path = tmp_path / "bundle.zip"
    report = ReportJob(Context(LiveWorld(), store), path).run(lambda _step: None, Stop())
    store.close()
    machine = open_machine(str(path))
    assert machine.card.kind == "bundle"
    assert machine.records["bench"].count(b"\n") == 1
    assert set(report.files) == {
        "machine.json", "snapshot.json", "findings.json", "records/bench.jsonl", "removed.json"
    }  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["bundle.zip"]


@pytest.mark.parametrize("name", ["missing/bundle.zip", "store"])
def test_a_place_that_cannot_be_written_is_a_trouble(tmp_path, name, monkeypatch):
    (tmp_path / "store").mkdir()
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "store")
    with pytest.raises(Trouble) as caught:
        ReportJob(Context(LiveWorld(), store), tmp_path / name).run(lambda _step: None, Stop())
    store.close()
    assert caught.value.id == "report-not-written"
