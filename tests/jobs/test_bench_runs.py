"""Runs of the benchmark found again: in the history and in files, also broken ones."""

import csv
import json

import pytest
from tests.support.bench_runs import payload

from drydock.core.trouble import Trouble
from drydock.jobs.bench_runs import CompareRunsJob, ExportRunJob, OpenRunJob, ReadRunJob
from drydock.jobs.context import Context
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setenv("DRYDOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", "/home/mlin")
    store = Store()
    yield Context(world=LiveWorld(), store=store)
    store.close()


def run(job):
    return job.run(lambda _step: None, Stop())


def kept(context, **rates):
    values = {"where": "torch:1", "image": "torch:1", "digest": "sha256:1"}
    return str(context.store.add_record("bench", payload(**rates), values))


def test_a_run_of_the_history(context):
    number = kept(context, fp32=16e3, amp=50e3)
    found = run(OpenRunJob(context, number))
    assert [rung.id for rung in found.summary.rungs] == ["fp32", "amp"]
    assert (found.name, found.facts.image, found.summary.valid) == (number, "torch:1", True)
    assert found.facts.at
    assert found.judgement.recommended == "amp"


def test_two_runs_compared(context):
    found = run(CompareRunsJob(context, kept(context, fp32=16e3, amp=50e3), kept(context, fp32=16e3, amp=60e3)))
    assert {change.id: change.change for change in found.comparison.rungs} == {"fp32": "same", "amp": "faster"}
    assert found.comparison.comparable


def test_a_file_is_read_on_another_computer(context, tmp_path):
    number = kept(context, fp32=16e3, amp=50e3)
    path = run(ExportRunJob(context, number, tmp_path / "mine.jsonl"))
    there = run(OpenRunJob(context, path))
    here = run(OpenRunJob(context, number))
    assert (there.summary, there.facts) == (here.summary, here.facts)
    compared = run(CompareRunsJob(context, number, path))
    assert {change.change for change in compared.comparison.rungs} == {"same"}
    assert compared.comparison.differences == ()


def test_a_file_names_nobody(context, tmp_path):
    values = {"where": "/home/mlin/venv/bin/python"}
    number = str(context.store.add_record("bench", payload(fp32=16e3), values))
    path = run(ExportRunJob(context, number, tmp_path / "mine.jsonl"))
    assert "mlin" not in (tmp_path / path).read_text()
    assert run(OpenRunJob(context, path)).facts.where.endswith("/venv/bin/python")


def test_tables_for_other_programs(context, tmp_path):
    number = kept(context, fp32=16e3, amp=50e3)
    with open(run(ExportRunJob(context, number, tmp_path / "run.csv"))) as file:
        rows = list(csv.DictReader(file))
    assert [(row["rung"], float(row["tokens_per_s"]), row["verdict"]) for row in rows] == [
        ("fp32", 16e3, "baseline"),
        ("amp", 50e3, "win"),
    ]
    tree = json.loads((tmp_path / run(ExportRunJob(context, number, tmp_path / "run.json"))).read_text())
    assert [rung["id"] for rung in tree["summary"]["rungs"]] == ["fp32", "amp"]


@pytest.mark.parametrize(
    ("name", "trouble"),
    [("99", "bench-run-unknown"), ("absent.jsonl", "bench-file-unreadable"), ("bad", "bench-file-unreadable")],
)
def test_what_is_no_run_is_said(context, tmp_path, name, trouble, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_bytes(b"\xff\x00{]\n" * 50)
    with pytest.raises(Trouble) as caught:
        run(OpenRunJob(context, name))
    assert caught.value.id == trouble


def test_half_a_file_is_half_a_run(context, tmp_path):
    path = tmp_path / "half.jsonl"
    path.write_bytes(payload(fp32=16e3, amp=50e3)[:-150])
    found = run(OpenRunJob(context, str(path)))
    assert (found.summary.end, found.summary.valid) == ("crashed", False)


@pytest.mark.parametrize(
    ("name", "trouble"), [("run.txt", "bench-format-unknown"), ("no/run.csv", "bench-not-written")]
)
def test_a_file_that_cannot_be_written_is_said(context, tmp_path, name, trouble):
    number = kept(context, fp32=16e3)
    with pytest.raises(Trouble) as caught:
        run(ExportRunJob(context, number, tmp_path / name))
    assert caught.value.id == trouble


def test_a_run_is_read_whole(context, tmp_path):
    number = kept(context, fp32=16e3, amp=50e3)
    found = run(ReadRunJob(context, number))
    assert (found.name, found.facts.where) == (number, "torch:1")
    assert found.payload == payload(fp32=16e3, amp=50e3)
    path = run(ExportRunJob(context, number, tmp_path / "run.jsonl"))
    assert run(ReadRunJob(context, path)).facts == found.facts
    (tmp_path / "empty.jsonl").write_bytes(b"")
    with pytest.raises(Trouble, match="bench-file-unreadable"):
        run(ReadRunJob(context, str(tmp_path / "empty.jsonl")))
