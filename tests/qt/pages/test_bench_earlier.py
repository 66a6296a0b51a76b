"""Earlier runs on the Benchmark page: two compared, one written to a file, one of another computer opened."""

import json

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from tests.support.bench_records import WHOLE, hello, payload, plan, rung
from tests.support.bench_runs import payload as run_of

from drydock.data.machine import open_machine
from drydock.store import Store

OLD = {"where": "training", "image": "torch:2.8", "digest": "sha256:1", "end": "finished"}
NEW = {"where": "training", "image": "torch:2.9", "digest": "sha256:2", "end": "finished"}


def keep(home, *runs):
    store = Store(home)
    for content, summary in runs:
        store.add_record("bench", content, summary)
    store.close()


@pytest.fixture
def two(tmp_path):
    """Two runs of the same model: with the newer image only the last rung is slower."""
    older = run_of(fp32=16e3, amp=54.5e3, sdpa=100e3)
    newer = run_of(fp32=16.02e3, amp=54.5e3, sdpa=80e3)
    keep(tmp_path / "home", (older, OLD), (newer, NEW))


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def listed(qtbot, page, count):
    qtbot.waitUntil(lambda: page.earlier.list.count() == count)
    return page.earlier


def choose_both(qtbot, earlier):
    earlier.list.setFocus()
    earlier.list.setCurrentRow(0)
    qtbot.keyClick(earlier.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)


def test_two_are_compared_by_keyboard(bench_page, two, qtbot):
    _, page = bench_page()
    earlier = listed(qtbot, page, 2)
    assert not earlier.compare_button.isEnabled()
    choose_both(qtbot, earlier)
    assert earlier.compare_button.isEnabled()
    assert not earlier.export_button.isEnabled()
    earlier.compare_button.setFocus()
    qtbot.keyClick(earlier.compare_button, Qt.Key.Key_Space)
    card = earlier.comparison
    assert card.isVisible()
    assert card.sentence.text() == "The second run is, beyond what repeats differ by, slower: fused attention."
    rows = {row[0]: row[1:] for row in card.rungs.texts}
    assert rows["+ fused attention"] == ("100,000", "80,000", "0.80×", "0.80 to 0.80", "slower")
    assert rows["+ mixed precision"][-1] == "no change"
    assert ("Image", "torch:2.8 → torch:2.9") in card.differences.texts
    assert ("Image contents", "sha256:1 → sha256:2") in card.differences.texts
    # whichever was clicked first, the earlier one is the first
    assert "First: " in card.which.text()
    click(qtbot, card.close_button)
    assert not card.isVisible()


def test_runs_of_other_models_are_not_compared_and_it_is_said_why(bench_page, tmp_path, qtbot):
    small = [hello("cpu"), {**plan("fp32", scaled=True), "shape": {**plan()["shape"], "name": "gpt-1m", "layers": 2}}]
    keep(tmp_path / "home", (payload(*small, rung("fp32", 120, precision="fp32"), WHOLE[-1]), OLD))
    keep(tmp_path / "home", (payload(*WHOLE), NEW))
    _, page = bench_page()
    earlier = listed(qtbot, page, 2)
    choose_both(qtbot, earlier)
    earlier.compare()
    card = earlier.comparison
    assert card.sentence.text() == "Their speeds cannot be compared: they trained different models or batches."
    assert {row[3] for row in card.rungs.texts} == {"—"}
    assert "Model" in {name for name, _ in card.differences.texts}


def test_a_run_goes_to_a_file_and_comes_back_as_one_of_another_computer(bench_page, two, qtbot, tmp_path, monkeypatch):
    window, page = bench_page()
    earlier = listed(qtbot, page, 2)
    earlier.list.setCurrentRow(1)
    path = tmp_path / "out" / "mine"
    path.parent.mkdir()
    kind = "For another Drydock (*.jsonl)"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))
    with qtbot.waitSignal(window.app.noted, timeout=10_000) as noted:
        click(qtbot, earlier.export_button)
    assert noted.args == [f"The run was written to {path}.jsonl.", "ok"]
    # both were kept within this second; the other computer's is of last year
    written = path.with_name("mine.jsonl")
    written.write_text(written.read_text().replace('"at":"2', '"at":"1', 1))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (f"{path}.jsonl", ""))
    click(qtbot, earlier.open_button)
    listed(qtbot, page, 3)
    assert earlier.list.item(0).text().startswith("From a file: mine.jsonl\n")
    assert page.result.device.text().startswith("From a file: mine.jsonl")
    assert "100,000 tokens a second" in page.result.conclusion.text()
    # opened once more it is the same one
    earlier.open_file(f"{path}.jsonl")
    listed(qtbot, page, 3)
    choose_both(qtbot, earlier)
    earlier.compare()
    assert earlier.comparison.sentence.text().endswith("slower: fused attention.")


@pytest.mark.parametrize(("ending", "read"), [("json", json.loads), ("csv", str.splitlines)])
def test_other_kinds_of_file(ending, read, bench_page, two, qtbot, tmp_path):
    window, page = bench_page()
    earlier = listed(qtbot, page, 2)
    earlier.list.setCurrentRow(0)
    with qtbot.waitSignal(window.app.noted, timeout=10_000):
        earlier.export_file(str(tmp_path / f"run.{ending}"))
    assert len(read((tmp_path / f"run.{ending}").read_text())) >= 4


def test_files_that_cannot_be_used_are_said(bench_page, two, qtbot, tmp_path):
    _, page = bench_page()
    earlier = listed(qtbot, page, 2)
    (tmp_path / "other.jsonl").write_text("not a run\n")
    earlier.open_file(str(tmp_path / "other.jsonl"))
    qtbot.waitUntil(earlier.failure.isVisible)
    assert "This is no run of the benchmark" in earlier.failure.words
    earlier.list.setCurrentRow(0)
    earlier.export_file(str(tmp_path / "nowhere" / "run.csv"))
    qtbot.waitUntil(lambda: "could not be written" in earlier.failure.words)
    earlier.export_file(str(tmp_path / "run.txt"))
    qtbot.waitUntil(lambda: "kind of file" in earlier.failure.words)
    assert earlier.list.count() == 2


def test_without_any_run_a_file_can_still_be_opened(bench_page):
    _, page = bench_page()
    earlier = page.earlier
    assert earlier.isVisible()
    assert not earlier.list.isVisible()
    assert "can be opened here" in earlier.hint.text()
    assert earlier.open_button.isEnabled()
    assert not earlier.export_button.isEnabled()


def test_runs_of_a_recorded_machine_are_compared_but_not_exported(bench_page, qtbot):
    window, page = bench_page("rtx4090-desktop")
    both = run_of(fp32=16e3, amp=50e3) + run_of(fp32=16e3, amp=60e3)
    window.app.show_machine(msgspec.structs.replace(open_machine("rtx4090-desktop"), records={"bench": both}))
    earlier = listed(qtbot, page, 2)
    assert not earlier.export_button.isEnabled()
    assert "in the recording" in earlier.hint.text()
    choose_both(qtbot, earlier)
    earlier.compare()
    assert earlier.comparison.isVisible()
    window.app.show_machine(open_machine("broken-laptop"))
    assert not earlier.comparison.isVisible()


# the verdict


def test_the_verdict_stands_with_its_reason_and_its_sources(bench_page, tmp_path, qtbot):
    keep(tmp_path / "home", (run_of(fp32=16e3, tf32=49e3, amp=54.5e3, sdpa=60e3, compile=61e3), OLD))
    _, page = bench_page()
    listed(qtbot, page, 1)
    verdict, tuning = page.result.verdict, page.result.tuning
    assert (verdict.badge.state, verdict.badge.word) == ("attention", "Falls short")
    assert verdict.sentence.text().startswith("This GPU reaches ")
    assert verdict.sources.text().startswith("Expected ranges: ")
    assert [(row[0].partition(":")[0], row[2]) for row in tuning.claims.texts] == [
        ("torch.compile", "less"),
        ("mixed precision", "less"),
        ("mixed precision", "more"),
    ]
    tuning.code.copy()
    code = QGuiApplication.clipboard().text()
    compile(code, "snippet", "exec")
    assert "torch.autocast" in code


def test_on_a_processor_there_is_no_reference(bench_page, tmp_path, qtbot):
    run = payload(
        hello("cpu"), {"type": "result", "slot": "gemm", "passed": True, "metrics": {"fp32": _steady(0.2)}},
        plan("fp32", "amp", scaled=True), rung("fp32", 100, precision="fp32"), rung("amp", 90), WHOLE[-1],
    )  # fmt: skip
    keep(tmp_path / "home", (run, {"end": "finished"}))
    _, page = bench_page()
    listed(qtbot, page, 1)
    verdict, tuning = page.result.verdict, page.result.tuning
    assert (verdict.badge.state, verdict.badge.word) == ("not_tested", "No reference")
    assert not verdict.sources.isVisible()
    assert [row[1:] for row in tuning.claims.texts] == [
        ("not measured", "cannot tell"),
        ("0.90× (0.89 to 0.91)", "slower"),
    ]
    # plain fp32 is as good as anything: there is nothing to paste
    assert not tuning.code.isVisible()


def _steady(median):
    return {"median": median, "iqr": 0.0, "cv": 0.0, "ci": [median, median], "n": 30, "converged": True}


def test_the_result_is_brought_up_from_the_list(bench_page, two, qtbot):
    window, page = bench_page()
    window.resize(1000, 640)
    earlier = listed(qtbot, page, 2)
    page.verticalScrollBar().setValue(page.verticalScrollBar().maximum())
    earlier.list.setFocus()
    qtbot.keyClick(earlier.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _in_sight(page, page.result.conclusion))
    choose_both(qtbot, earlier)
    earlier.compare()
    qtbot.waitUntil(lambda: _in_sight(page, earlier.comparison.sentence))
    assert not earlier.show_button.isEnabled()


def _in_sight(page, widget):
    place = widget.mapTo(page.viewport(), widget.rect().center())
    return page.viewport().rect().contains(place)
