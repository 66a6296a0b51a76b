from datetime import UTC, datetime

import pytest

from drydock.core.bench.records import DeviceFacts, TorchFacts
from drydock.jobs.probe import GpuProof, ProbeResult
from drydock.jobs.sessions import ServiceAddress, Session
from drydock.jobs.targets import Place
from drydock.qt.models.sessions import ending_words, facts_line, kept_proof, proof_words, state_words
from drydock.store import StoredRecord

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def session(**changes):
    fields = {
        "id": "1",
        "name": "work",
        "image": "pytorch/pytorch:1",
        "digest": "",
        "gpus": "all",
        "workspace": "",
        "state": "running",
        "services": (ServiceAddress(service="jupyter", address="127.0.0.1", port=32768),),
        "exit_code": None,
        "oom_killed": False,
        "started_at": "2026-11-25T11:00:00.123456789Z",
        "finished_at": "0001-01-01T00:00:00Z",
        "remote": False,
    }
    return Session(**{**fields, **changes})


def result(*proofs, cpu=None, complete=True, problems=()):
    return ProbeResult(
        place=Place(kind="session", name="work"),
        at="2026-11-25T11:30:00Z",
        torch=TorchFacts(version="2.14.1"),
        gpus=proofs,
        cpu_works=cpu,
        complete=complete,
        problems=problems,
        records=(),
    )


def proof(*, works, index=0, failures=()):
    device = DeviceFacts(index=index, name="RTX 4090")
    return GpuProof(device=device, works=works, at="", types=("fp32", "bf16") if works else (), failures=failures)


def record(at="2026-11-25T11:30:00Z", **summary):
    values = {"where": "session", "name": "work", "gpus": 1, "gpus_work": 1, "complete": True, **summary}
    return StoredRecord(id=1, kind="probe", at=at, summary=values, payload=b"")


def test_a_running_session_says_since_when_and_where():
    assert state_words(session()) == ("ok", "Running")
    assert facts_line(session(), NOW) == "Running for 1 h  ·  All GPUs  ·  Jupyter on 127.0.0.1:32768"


@pytest.mark.parametrize(
    ("changes", "state", "word"),
    [
        ({"exit_code": 0}, "not_tested", "Ended"),
        ({"exit_code": 143}, "not_tested", "Ended"),
        ({"exit_code": 1}, "broken", "Ended with status 1"),
        ({"exit_code": 137, "oom_killed": True}, "broken", "Out of memory"),
        ({"exit_code": 137}, "not_tested", "Ended"),
        ({"exit_code": 139}, "broken", "Crashed in native code"),
        ({"exit_code": 127}, "broken", "Command not found"),
        ({"exit_code": 135}, "broken", "Bus error: shared memory"),
    ],
)
def test_how_a_session_ended(changes, state, word):
    ended = session(state="exited", finished_at="2026-11-25T11:58:00Z", **changes)
    assert state_words(ended) == (state, word)
    assert facts_line(ended, NOW) == "Ended 2 min ago  ·  All GPUs"


def test_a_bad_ending_is_told_in_words_and_a_good_one_is_not():
    assert ending_words(session()) == ""
    assert ending_words(session(state="exited", exit_code=0)) == ""
    assert ending_words(session(state="exited", exit_code=143)) == ""
    assert "memory" in ending_words(session(state="exited", exit_code=137, oom_killed=True))
    assert "killed (signal 9)" in ending_words(session(state="exited", exit_code=137))
    assert "status 3" in ending_words(session(state="exited", exit_code=3))


def test_gpus_are_counted():
    assert "2 GPUs" in facts_line(session(gpus="GPU-1,GPU-2"), NOW)
    assert "No GPU" in facts_line(session(gpus="none"), NOW)


def test_gpu_works_needs_every_gpu():
    words = proof_words(session(), result(proof(works=True)))
    assert (words.state, words.word) == ("ok", "GPU works")
    assert words.lines[0] == "RTX 4090: fp32, bf16 ran right"
    words = proof_words(session(), result(proof(works=True), proof(works=False, index=1, failures=("fp32: wrong",))))
    assert (words.state, words.word) == ("broken", "GPU does not work")
    assert words.lines == ("RTX 4090: fp32: wrong",)
    assert proof_words(session(), result(proof(works=True), complete=False)).state == "broken"


def test_a_session_without_a_gpu_never_says_that_one_works():
    words = proof_words(session(gpus="none"), result(cpu=True))
    assert (words.state, words.word) == ("ok", "CPU works")
    assert proof_words(session(gpus="none"), result(cpu=None)).state == "broken"
    assert proof_words(session(gpus="none"), result(cpu=True, problems=("import: no torch",))).state == "broken"


def test_a_gpu_that_was_asked_for_and_is_not_seen():
    words = proof_words(session(), result(cpu=True))
    assert (words.state, words.word) == ("broken", "No GPU inside")


def test_an_earlier_proof_counts_for_this_run_alone():
    assert kept_proof(session(), (record(),)).word == "GPU works"
    assert kept_proof(session(), (record(gpus=2, gpus_work=1),)).word == "GPU does not work"
    assert kept_proof(session(), (record(at="2026-11-25T10:59:59Z"),)) is None
    assert kept_proof(session(), (record(name="other"),)) is None
    assert kept_proof(session(), (record(where="host"),)) is None
    assert kept_proof(session(), (record(gpus=0, gpus_work=0),)) is None
    assert kept_proof(session(state="exited"), (record(),)) is None


def test_the_newest_word_counts():
    assert kept_proof(session(), (record(gpus_work=0), record())).state == "broken"
