"""What the framework does, on the Benchmark page: tried for real, failed, stopped, recalled, of a recording."""

import json

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from drydock.data.machine import open_machine
from drydock.store import Store

TORCH = {"version": "2.9.0+cu128", "cuda": "12.8"}
GPU = {"index": 0, "name": "NVIDIA A100-SXM4-80GB", "cc": [8, 0]}
LOADER = {"workers": 4, "pinned": True, "overlapped": True, "samples_per_s": 2000.0, "against_w0": 3.1}
RECORDS = (
    {"type": "hello", "probe": "features", "torch": TORCH, "devices": [GPU]},
    {"type": "result", "slot": "feature/cuda:0/compile", "passed": True, "values": {"first_call_s": 7.5}},
    {"type": "result", "slot": "feature/cuda:0/export", "passed": False, "flags": ["wrong-result"]},
    {"type": "result", "slot": "feature/cuda:0/transformers", "values": {"why": "No module named 'transformers'"}},
    {"type": "result", "slot": "loader/cuda:0/images", "passed": True, "values": LOADER},
    {"type": "final", "ok": False, "wall_s": 9.0},
)


def lines(*records):
    heads = ({"v": 1, "seq": number, "t": float(number)} for number in range(len(records)))
    return b"".join(json.dumps({**head, **line}).encode() + b"\n" for head, line in zip(heads, records, strict=True))


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words_of(card):
    return {row[0]: row[1:] for row in card.rows.texts}


def test_it_invites_to_try(bench_page):
    _, page = bench_page()
    card = page.features
    assert card.words.text().startswith("Not tried yet")
    assert card.try_button.isEnabled()
    page.where.choose("host")
    page.where.python.setEditText(" ")
    assert not card.try_button.isEnabled()
    assert "Choose above" in card.try_button.toolTip()


def test_the_last_look_is_shown_again(bench_page, tmp_path, qtbot):
    store = Store(tmp_path / "home")
    store.add_record("probe", lines(*RECORDS), {"where": "training"})
    # a proof of kernels alone, as each launch makes one, does not hide it
    store.add_record("probe", lines({"type": "hello", "probe": "kernels"}), {"where": "other"})
    store.close()
    _, page = bench_page()
    card = page.features
    qtbot.waitUntil(lambda: len(card.rows.texts) == 3)
    assert "training" in card.words.text()
    assert "torch 2.9.0+cu128" in card.words.text()
    assert words_of(card)["torch.compile"] == ("works", "the first call took 7.5 s")
    assert words_of(card)["torch.export"] == ("fails", "wrong-result")
    assert words_of(card)["transformers"] == ("not there", "No module named 'transformers'")
    assert card.sentence.text() == "Does not work here: torch.export."
    (box,) = card.codes
    box.copy()
    assert QGuiApplication.clipboard().text() == "num_workers=4, pin_memory=True"


def test_a_recorded_machine_shows_its_own_and_tries_nothing(bench_page):
    window, page = bench_page("rtx4090-desktop")
    card = page.features
    assert not card.try_button.isVisible()
    assert "nothing can be tried" in card.words.text()
    card.start()
    assert not card.busy
    machine = msgspec.structs.replace(open_machine("rtx4090-desktop"), records={"probe": lines(*RECORDS)})
    window.app.show_machine(machine)
    assert words_of(card)["torch.compile"][0] == "works"
    assert "2.9.0" in card.words.text()
    window.app.show_machine(None)
    assert card.rows.texts == ()
    assert card.try_button.isVisible()


def test_a_python_that_is_not_there_is_said_and_it_can_be_tried_again(bench_page, qtbot):
    _, page = bench_page()
    card = page.features
    page.where.choose("host", "no-such-python")
    click(qtbot, card.try_button)
    qtbot.waitUntil(card.failure.isVisible, timeout=15_000)
    assert "was not found" in card.failure.words
    assert not card.progress.isVisible()
    assert card.try_button.isVisible()
    assert page.header.main_button.isEnabled()


def test_a_python_without_torch_is_said(bench_page, qtbot, monkeypatch, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch in this test')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    import sys

    _, page = bench_page()
    page.where.choose("host", sys.executable)
    click(qtbot, page.features.try_button)
    assert page.work_on_its_way() == "The features are still being tried."
    qtbot.waitUntil(lambda: not page.features.busy, timeout=90_000)
    assert "There is no torch at" in page.features.words.text()
    assert page.features.rows.texts == ()


@pytest.mark.torch
@pytest.mark.timeout(400)
def test_a_look_comes_row_by_row_and_a_stop_leaves_what_was_found(bench_page, qtbot, torch_python):
    window, page = bench_page()
    card = page.features
    page.where.choose("host", torch_python)
    click(qtbot, card.try_button)
    assert card.progress.isVisible()
    assert not card.try_button.isVisible()
    # one of the two at a time: each would disturb the other
    assert not page.header.main_button.isEnabled()
    page.start()
    assert page._running is None
    qtbot.waitUntil(lambda: "Training step" in words_of(card), timeout=180_000)
    card.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: not card.busy, timeout=30_000)
    assert card.words.text().startswith("Stopped")
    assert words_of(card)["Training step"][0] == "works"
    # what was being tried when the stop came did not fail
    assert {state for state, _ in words_of(card).values()} == {"works"}
    assert page.header.main_button.isEnabled()
    assert window.app.context.store.records("probe") == ()


@pytest.mark.torch
@pytest.mark.timeout(600)
def test_a_whole_look_is_kept(bench_page, qtbot, torch_python):
    window, page = bench_page()
    card = page.features
    page.where.choose("host", torch_python)
    click(qtbot, card.try_button)
    qtbot.waitUntil(lambda: not card.busy, timeout=500_000)
    rows = words_of(card)
    assert {rows[name][0] for name in ("Training step", "torch.export", "DataLoader")} == {"works"}
    assert card.sentence.text().startswith("All that is there works")
    assert [box.text.startswith("num_workers=") for box in card.codes] == [True, True]
    (record,) = window.app.context.store.records("probe")
    assert record.summary["where"] == torch_python
    card._records = []
    card.begin_anew()
    qtbot.waitUntil(lambda: words_of(card) == rows)
    assert torch_python in card.words.text()
