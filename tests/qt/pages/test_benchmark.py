"""The Benchmark page: real runs on the CPU, recorded ones, and the history."""

import sys

import msgspec
import pytest
from PySide6.QtCore import Qt
from tests.support.bench_records import FINAL, WHOLE, hello, payload, plan, rung

from drydock.data.machine import open_machine
from drydock.jobs.targets import HostTarget, ImageTarget, SessionTarget
from drydock.store import Store


@pytest.fixture
def kept(tmp_path):
    """Two runs in the history, the older one on an A100."""
    store = Store(tmp_path / "home")
    store.add_record("bench", payload(*WHOLE), {"where": "gpt2", "end": "finished"})
    cut = payload(hello("cpu"), plan("fp32", "amp", scaled=True), rung("fp32", 120, precision="fp32"))
    store.add_record("bench", cut, {"where": "/usr/bin/python3", "end": "stopped"})
    store.close()


def conclusion(page):
    return page.result.conclusion.text()


def run_button(page, qtbot):
    qtbot.mouseClick(page.header.main_button, Qt.MouseButton.LeftButton)


def test_nothing_was_measured_yet(bench_page):
    _, page = bench_page()
    assert page.empty.isVisible()
    assert not page.result.isVisible()
    assert page.header.main_button.isEnabled()
    assert page.work_on_its_way() == ""


def test_earlier_runs_can_be_looked_at_again(bench_page, kept, qtbot):
    _, page = bench_page()
    qtbot.waitUntil(lambda: page.earlier.list.count() == 2)
    assert conclusion(page).startswith("Stopped early. Plain fp32 trains 120 tokens a second.")
    page.earlier.list.setFocus()
    qtbot.keyClick(page.earlier.list, Qt.Key.Key_Down)
    assert "fused attention" in conclusion(page)
    assert "A100" in page.result.device.text()
    assert [bar.key for bar in page.result.chart.bars] == ["fp32", "amp", "sdpa"]


def test_on_a_recorded_machine_its_records_are_shown_and_nothing_is_run(bench_page, qtbot):
    window, page = bench_page("rtx4090-desktop")
    assert "holds no benchmark" in page.empty.accessibleName()
    assert not page.header.main_button.isEnabled()
    assert not page.where.isVisible()
    both = payload(*WHOLE) + payload(hello("cpu"), plan("fp32"), rung("fp32", 100, precision="fp32"), FINAL)
    window.app.show_machine(msgspec.structs.replace(open_machine("rtx4090-desktop"), records={"bench": both}))
    assert page.earlier.list.count() == 2
    assert "fused attention" in conclusion(page)
    page.earlier.list.setCurrentRow(1)
    assert "Plain fp32 trains 100" in conclusion(page)
    page.start()
    assert page._running is None


def test_the_records_of_a_recorded_machine_do_not_stay(bench_page, kept, qtbot):
    window, page = bench_page("rtx4090-desktop")
    assert page.earlier.list.count() == 0
    window.app.show_machine(None)
    qtbot.waitUntil(lambda: page.earlier.list.count() == 2)
    assert page.where.isVisible()


def test_a_place_can_be_preselected_and_typed(bench_page):
    _, page = bench_page()
    page.show_argument("training")
    assert page.where.target() == SessionTarget(name="training")
    page.where.choose("image", "pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime")
    assert page.where.target() == ImageTarget(image="pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime", gpus="none")
    page.where.kind.setCurrentIndex(0)
    page.where.python.setEditText("  /opt/python/bin/python3 ")
    assert page.where.target() == HostTarget(python="/opt/python/bin/python3")
    page.where.python.setEditText(" ")
    assert page.where.target() is None
    assert not page.header.main_button.isEnabled()


def test_what_the_person_chose_survives_the_next_diagnosis(bench_page, qtbot):
    window, page = bench_page()
    page.where.choose("host", "/opt/python/bin/python3")
    with qtbot.waitSignal(window.app.diagnosed, timeout=30_000):
        window.app.diagnose()
    assert page.where.target() == HostTarget(python="/opt/python/bin/python3")


def test_a_python_that_is_not_there_is_said(bench_page, qtbot):
    _, page = bench_page()
    page.where.choose("host", "no-such-python")
    run_button(page, qtbot)
    assert page.progress.isVisible()
    qtbot.waitUntil(lambda: "was not found" in page.empty.accessibleName(), timeout=15_000)
    assert not page.progress.isVisible()
    assert page.header.main_button.isVisible()


def test_a_python_without_torch_is_said(bench_page, qtbot, monkeypatch):
    _, page = bench_page()
    page.where.choose("host", sys.executable)
    # whatever the Python of the tests has, it shall not find torch
    monkeypatch.setenv("PYTHONPATH", str(_without_torch(page.window().app.context.store.directory)))
    run_button(page, qtbot)
    qtbot.waitUntil(lambda: "no PyTorch" in page.empty.accessibleName(), timeout=60_000)


def _without_torch(directory):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "torch.py").write_text("raise ImportError('no torch in this test')\n")
    return directory


@pytest.mark.torch
@pytest.mark.timeout(300)
def test_a_run_streams_in_and_a_stop_keeps_what_is_done(bench_page, qtbot, torch_python):
    window, page = bench_page()
    page.where.choose("host", torch_python)
    # a rung of a quick run has so little time that a busy machine may not measure one
    page.where.mode.setCurrentIndex(page.where.mode.findData("standard"))
    run_button(page, qtbot)
    assert not page.header.main_button.isVisible()
    assert "kept" in page.work_on_its_way()
    assert "importing torch" in conclusion(page)
    qtbot.waitUntil(lambda: any(bar.value for bar in page.result.chart.bars), timeout=120_000)
    assert "scaled down" in page.result.plan.text()
    assert "CPU" in page.result.plan.text()
    page.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: page._running is None, timeout=30_000)
    assert conclusion(page).startswith("Stopped early.")
    qtbot.waitUntil(lambda: page.earlier.list.count() == 1)
    (record,) = window.app.context.store.records("bench")
    assert record.summary["end"] == "stopped"
    page.earlier.list.setCurrentRow(0)
    assert conclusion(page).startswith("Stopped early.")
