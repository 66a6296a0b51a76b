"""What the parts of the Benchmark page say: comparisons, features, names of files."""

import msgspec
from tests.support.bench_records import FINAL, WHOLE, hello, payload, plan, rung

from drydock.core.bench.comparison import RunFacts
from drydock.core.bench.records import decode_stream
from drydock.jobs.bench_runs import RunFile
from drydock.qt.models.bench_compare import comparison_of
from drydock.qt.models.bench_features import features_view, slot_words
from drydock.qt.models.bench_history import EarlierRun, file_name, from_file
from drydock.qt.models.benchmark import runs_in, view_of


def run(*records, at="", phase="over"):
    return EarlierRun(
        title=at, detail="A100  ·  quick", records=runs_in(payload(*records))[0], phase=phase, facts=RunFacts(at=at)
    )


def test_the_earlier_run_is_the_first_in_whatever_order():
    old, new = run(*WHOLE, at="2026-01-01T00:00:00Z"), run(*WHOLE, at="2026-02-01T00:00:00Z")
    for found in (comparison_of(old, new), comparison_of(new, old)):
        assert (found.before, found.after) == (old.title, new.title)
        assert found.sentence == "Nothing changed by more than repeats of a run differ."
        assert {row.word for row in found.rows} == {"no change"}
        assert found.differences == ()


def test_a_run_that_was_stopped_compares_as_far_as_it_came():
    whole, cut = run(*WHOLE, at="1"), run(*WHOLE[:-2], at="2", phase="stopped")
    found = comparison_of(whole, cut)
    assert [row.word for row in found.rows] == ["no change", "no change", "only in the first"]


def test_a_run_that_broke_off_does_not_compare():
    found = comparison_of(run(*WHOLE, at="1"), run(*WHOLE[:-1], at="2"))
    assert found.sentence == "Their speeds cannot be compared: the second run is not valid."


def test_a_stopped_run_has_its_promises_judged():
    view = view_of(runs_in(payload(*WHOLE[:-1]))[0], "stopped")
    assert [claim.word for claim in view.verdict.claims] == ["cannot tell", "more"]
    assert view.verdict.snippet


def test_while_it_runs_nothing_is_judged():
    verdict = view_of(runs_in(payload(*WHOLE[:-1]))[0], "running").verdict
    assert (verdict.sentence, verdict.claims, verdict.snippet) == ("", (), "")


def test_a_wrong_result_is_recommended_to_nobody():
    records = (hello(), plan("fp32", "amp"), rung("fp32", 100), rung("amp", 300, passed=False))
    final = {**FINAL, "ok": False, "invalid_reasons": ["wrong-result/amp"]}
    verdict = view_of(runs_in(payload(*records, final))[0], "over").verdict
    assert (verdict.snippet, verdict.claims, verdict.sentence) == ("", (), "")


def test_the_name_of_an_exported_file_can_be_written_anywhere():
    named = msgspec.structs.replace(run(*WHOLE, at="2026-11-25T09:00:11Z"), detail="RTX 4090 / Ti  ·  quick")
    assert file_name(named) == "drydock-bench-RTX-4090-Ti-2026-11-25.jsonl"


def test_a_file_without_a_place_is_still_shown():
    found = from_file(RunFile(name="/home/x/a.jsonl", facts=RunFacts(), payload=payload(*WHOLE)))
    assert found.title == "From a file: a.jsonl"
    assert found.detail.startswith("A100-SXM4-80GB")
    assert from_file(RunFile(name="a", facts=RunFacts(), payload=b"")) is None


# features


def records(*lines):
    return decode_stream(payload(*lines).splitlines()).records


def test_several_devices_are_told_apart():
    slots = [{"type": "result", "slot": f"feature/{device}/compile", "passed": True} for device in ("cuda:0", "cuda:1")]
    view = features_view(records(*slots))
    assert [row.title for row in view.rows] == ["torch.compile  (cuda:0)", "torch.compile  (cuda:1)"]
    assert view.sentence == "All that is there works: 2 features."


def test_what_failed_beside_the_features_is_said_at_the_end():
    error = {"type": "error", "slot": "loader/cpu/images/w2", "kind": "timeout", "text": "no answer in 9 s\nmore"}
    assert features_view(records(error)).problem == "loader/cpu/images/w2: no answer in 9 s"
    assert features_view(records(error), whole=False).problem == ""
    assert features_view(()).empty


def test_each_slot_is_named_while_it_is_tried():
    assert slot_words("feature/cpu/compile") == "Trying torch.compile on cpu"
    assert slot_words("loader/cuda:0/images/w2") == "Trying DataLoader settings for images on cuda:0"
    assert slot_words("hello") == "hello"
