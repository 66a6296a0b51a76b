"""What a benchmark's records come to on the page."""

import pytest
from tests.support.bench_records import FINAL, WHOLE, gemm, hello, payload, plan, rung

from drydock.core.bench import decode_stream
from drydock.data.machine import open_machine
from drydock.qt.models import bench_places
from drydock.qt.models.bench_history import from_history, from_recording
from drydock.qt.models.benchmark import runs_in, view_of
from drydock.store import StoredRecord


def view(*records, phase="over"):
    return view_of(decode_stream(payload(*records).splitlines()).records, phase)


def notes(found, tone=None):
    return " ".join(note.text for note in found.notes if tone in (None, note.tone))


def test_the_conclusion_names_the_best_and_by_how_much():
    found = view(*WHOLE)
    assert "fused attention" in found.conclusion
    assert "3.75 times as fast" in found.conclusion
    assert "60,000 tokens a second" in found.conclusion
    assert "MFU" in found.conclusion, "an A100 is a known part"
    assert [bar.key for bar in found.bars if bar.best] == ["sdpa"]
    assert [bar.ratio_text for bar in found.bars] == ["1.00×", "3.41×", "3.75×"]


def test_rows_show_the_share_of_the_datasheet_where_the_part_is_known():
    found = view(*WHOLE)
    assert found.share_title == "MFU"
    fp32, amp, sdpa = found.rows
    assert fp32.share == "—", "the half precision ceiling says nothing about single precision"
    assert sdpa.share == "16%"
    assert amp.rate == "54,500 ± 218"
    assert amp.memory == "3.00\u202fGiB"
    assert amp.verdict.startswith("faster, 3.41×")


def test_on_a_cpu_the_share_is_of_the_product_measured_there():
    found = view(hello("cpu"), gemm(fp32=0.2), plan("fp32", scaled=True), rung("fp32", 100, precision="fp32"), FINAL)
    assert found.share_title == "Of matmul"
    assert found.rows[0].share == "43%"
    assert "no GPU" in found.device
    assert "scaled down" in found.plan
    assert "CPU" in found.plan


def test_a_full_size_run_compares_with_published_numbers():
    assert "scaled" not in view(*WHOLE).plan


def test_while_it_runs_every_planned_rung_has_its_state():
    skipped = {"tf32": {"code": "cpu", "text": "TF32 is a mode of NVIDIA GPUs"}}
    records = (hello("cpu"), plan("fp32", "amp", "sdpa", skipped=skipped), rung("fp32", 10, precision="fp32"))
    found = view(*records, {"type": "slot_start", "slot": "amp"}, phase="running")
    states = {bar.key: bar.note or bar.value_text for bar in found.bars}
    assert states == {"fp32": "10 tokens/s", "tf32": "only on NVIDIA GPUs", "amp": "measuring…", "sdpa": "waiting"}
    assert not any(bar.best for bar in found.bars)
    assert "1 rung measured so far" in found.conclusion


def test_before_the_first_record_it_says_what_goes_on():
    assert "importing torch" in view_of((), "running").conclusion


def test_a_stopped_run_keeps_what_is_done():
    found = view(hello(), plan("fp32", "amp"), rung("fp32", 16e3, precision="fp32"), phase="stopped")
    assert found.conclusion.startswith("Stopped early. Plain fp32 trains 16,000 tokens a second.")
    assert [bar.note for bar in found.bars] == ["", "not reached"]


def test_a_run_that_died_is_not_called_stopped():
    found = view(hello(), plan("fp32", "amp"), rung("fp32", 16e3, precision="fp32"))
    assert found.conclusion.startswith("The run broke off.")


def test_nothing_measured_is_said():
    assert view(hello(), plan("fp32"), phase="stopped").conclusion == "Stopped early. Nothing was measured."


def test_wrong_results_are_never_recommended():
    wrong = {"type": "compare", "a": "sdpa", "b": "fp32", "ratio": 3.75, "ci": [3.7, 3.8], "parity": False}
    final = {**FINAL, "ok": False, "invalid_reasons": ["parity/sdpa"]}
    found = view(*WHOLE[:-1], wrong, final)
    assert "not valid" in found.conclusion
    assert "fused attention computes wrong results" in found.conclusion
    assert [bar.key for bar in found.bars if bar.best] == ["amp"]
    assert [row.wrong for row in found.rows] == [False, False, True]
    assert found.bars[-1].ratio_text == ""


def test_a_difference_that_noise_explains_is_no_win():
    noisy = [rung("fp32", 100, precision="fp32", reach=0.3, converged=False), rung("amp", 110, reach=0.3)]
    found = view(hello("cpu"), plan("fp32", "amp"), *noisy, FINAL)
    assert "cannot be told" in found.conclusion
    assert not any(bar.best for bar in found.bars)
    assert "Not converged: fp32 eager" in notes(found)


def test_no_tuning_that_helps():
    found = view(hello("cpu"), plan("fp32", "amp"), rung("fp32", 100, precision="fp32"), rung("amp", 50), FINAL)
    assert found.conclusion == "Plain fp32 trains 100 tokens a second. No tuning is faster here."
    assert found.rows[1].verdict.startswith("slower")


def test_doubts_are_said_with_their_cause():
    repeat = rung("fp32-repeat", 14e3, precision="fp32")
    warn = {"type": "warn", "code": "drifting", "slot": "fp32-repeat", "text": "it drifted"}
    instead = {"type": "warn", "code": "cpu-instead", "text": "measured on the CPU, because no GPU can be used"}
    oom = {"type": "error", "slot": "compile", "kind": "oom", "text": "Tried to allocate 2 GiB\nTraceback"}
    found = view(*WHOLE[:-1], repeat, warn, instead, oom, FINAL)
    doubts = notes(found, "attention")
    assert "not steady" in doubts
    assert "0.875 times" in doubts
    assert "Measured on the CPU" in doubts
    assert "+ torch.compile was not measured: Tried to allocate 2 GiB." in notes(found)
    assert {bar.key: bar.note for bar in found.bars}.get("compile", "out of memory") == "out of memory"


def test_a_model_faster_than_a_plain_product_is_suspicious():
    found = view(hello("cpu"), gemm(fp32=0.05), plan("fp32"), rung("fp32", 100, precision="fp32"), FINAL)
    assert found.rows[0].share == "171%"
    assert "Something else used the machine" in notes(found, "attention")


def test_a_checker_that_finds_nothing_proves_nothing():
    found = view(hello(), {"type": "result", "slot": "parity", "passed": False}, plan("fp32"), rung("fp32", 9), FINAL)
    assert "no result here is proven" in notes(found, "broken")


@pytest.mark.parametrize("end", range(len(WHOLE) + 1))
@pytest.mark.parametrize("phase", ["running", "over", "stopped"])
def test_any_beginning_of_a_run_can_be_shown(end, phase):
    found = view(*WHOLE[:end], phase=phase)
    assert found.conclusion
    assert all(bar.value is not None or bar.note for bar in found.bars)


# the history


def stored(content, **summary):
    return StoredRecord(id=1, kind="bench", at="2026-11-25T09:00:11Z", summary=summary, payload=content)


def test_a_kept_run_is_a_line_of_the_list():
    run = from_history(stored(payload(*WHOLE), where="gpt2-session", end="finished"))
    assert run.title == "2026-11-25 09:00:11 UTC  ·  gpt2-session"
    assert run.detail == "A100-SXM4-80GB  ·  torch 2.9.0+cu128  ·  quick  ·  60,000 tokens/s"
    assert run.phase == "over"


def test_a_run_that_was_stopped_stays_one():
    run = from_history(stored(payload(*WHOLE[:5]), end="stopped"))
    assert view_of(run.records, run.phase).conclusion.startswith("Stopped early")


def test_a_record_that_cannot_be_read_is_left_out():
    assert from_history(stored(b"\x00nonsense")) is None


def test_a_recording_may_hold_several_runs():
    both = payload(*WHOLE) + payload(hello("cpu"), plan("fp32"), rung("fp32", 100), FINAL)
    assert [run.detail.partition("  ·")[0] for run in from_recording(both)] == ["A100-SXM4-80GB", "CPU"]
    assert runs_in(b"") == ()


# where it can run


def test_pythons_with_torch_come_first():
    snapshot = open_machine("broken-laptop").snapshot
    assert bench_places.pythons(snapshot)[0].text == "/usr/bin/python3  (torch 2.9.1+cu128)"
    assert "2.9.1" in bench_places.python_hint(snapshot, "/usr/bin/python3")
    assert "no torch" in bench_places.python_hint(open_machine("rtx4090-desktop").snapshot, "/usr/bin/python3")
    assert bench_places.pythons(None)[0].value == "python3"


def test_what_is_proposed_follows_the_machine():
    healthy, broken = open_machine("rtx4090-desktop").snapshot, open_machine("broken-laptop").snapshot
    assert bench_places.default_kind(healthy, ()) == "image"
    assert bench_places.default_kind(healthy, ("training",)) == "session"
    assert bench_places.default_kind(broken, ()) == "host"
    assert bench_places.default_kind(None, ()) == "host"
