"""The Monitor page on sample machines and on the NVML stand-in."""

import pytest
from PySide6.QtCore import Qt
from tests.support.launch_fixtures import context, new_context, run
from tests.support.window import opened_window

from drydock.core.facts import Known
from drydock.core.launch import Choice
from drydock.jobs import watch
from drydock.jobs.launch import LaunchJob
from drydock.jobs.sessions import RemoveSessionJob
from drydock.qt.models.processes import CONTAINER
from drydock.qt.pages.gpu_panel import CompactPanel, LargePanel

__all__ = ["context", "new_context"]


@pytest.fixture
def window_of(qtbot, tmp_path):
    """Open the window on a machine, at the Monitor page; closed at the end."""
    opened = []

    def open_page(machine="", engine=""):
        manager = opened_window(qtbot, tmp_path / "home", machine=machine, engine=engine)
        window = manager.__enter__()
        opened.append(manager)
        window.show_page("monitor")
        return window, window.page("monitor")

    yield open_page
    for manager in opened:
        manager.__exit__(None, None, None)


def panels(page):
    return list(page._panels.values())


def test_eight_gpus_get_compact_panels_side_by_side(window_of, qtbot):
    _, page = window_of("h100x8-server")
    qtbot.waitUntil(lambda: len(panels(page)) == 8)
    assert all(isinstance(panel, CompactPanel) for panel in panels(page))
    assert panels(page)[0].accessibleName() == "0  H100 80GB HBM3"
    assert "of 700 W" in panels(page)[0].line.text()
    assert not page.empty.isVisible()
    qtbot.waitUntil(page.processes.view.isVisible)
    table = page.processes.view.model()
    assert "llm-pretrain" in {table.index(row, CONTAINER).data() for row in range(table.rowCount())}


def test_samples_move_the_charts(window_of, qtbot):
    _, page = window_of("rtx4090-desktop")
    page.control.set_interval(0.1)
    qtbot.waitUntil(lambda: bool(panels(page)))
    (panel,) = panels(page)
    qtbot.waitUntil(lambda: len(panel.charts[1].series("utilisation")) >= 4)
    memory, load = panel.charts
    assert memory.y_range()[1] == pytest.approx(23.99, abs=0.01)
    assert load.y_range() == (0, 100)
    assert panel.meter.share == pytest.approx(memory.series("memory").last_value / memory.y_range()[1])


def test_one_watch_goes_on_while_other_pages_are_shown_and_slows_down(window_of, qtbot):
    window, page = window_of("h100x8-server")
    qtbot.waitUntil(lambda: bool(panels(page)))
    first = page._watch
    assert not page.control.hidden
    window.show_page("doctor")
    assert page.control.hidden
    window.show_page("monitor")
    assert not page.control.hidden
    assert page._watch is first
    page.set_minimised(True)
    assert page.control.hidden
    page.set_minimised(False)
    assert not page.control.hidden


def test_another_machine_takes_the_place_of_the_first(window_of, qtbot):
    window, page = window_of("h100x8-server")
    qtbot.waitUntil(lambda: len(panels(page)) == 8)
    from drydock.data.machine import open_machine

    window.app.show_machine(open_machine("broken-laptop"))
    qtbot.waitUntil(lambda: "no live trace" in page.empty.accessibleName())
    assert page.empty.isVisible()
    assert not panels(page)
    assert not page.samples.isVisible(), "it is a sample already"
    window.app.show_machine(open_machine("rtx4090-desktop"))
    qtbot.waitUntil(lambda: len(panels(page)) == 1)
    assert isinstance(panels(page)[0], LargePanel)
    assert not page.empty.isVisible()


def test_the_pace_is_kept(window_of, qtbot):
    window, page = window_of("h100x8-server")
    page.pace.setFocus()
    qtbot.keyClick(page.pace, Qt.Key.Key_Home)
    assert page.control.interval == 0.1
    assert window.app.context.store.settings.monitor_interval == 0.1
    qtbot.waitUntil(lambda: "10 times a second" in page._sentence)


def test_a_machine_that_lists_no_processes_says_why(window_of, qtbot):
    _, page = window_of("wsl2-desktop")
    qtbot.waitUntil(lambda: "WSL2" in page.processes.empty.text())
    assert not page.processes.view.isVisible()


# this computer


def test_without_a_library_it_says_so_and_offers_ways_on(window_of, qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("DRYDOCK_NVML_LIBRARY", str(tmp_path / "libnvidia-ml.so.1"))
    window, page = window_of()
    qtbot.waitUntil(lambda: "cannot be watched" in page.empty.accessibleName())
    assert page.samples.isVisible()
    assert not page.pace.isVisible()
    page.empty.chosen.emit()
    assert window.rail.current == "doctor"
    window.show_page("monitor")
    assert "cannot be watched" in page.empty.accessibleName()
    page.samples.findChildren(type(page.header.main_button))[0].click()
    assert window.app.recorded


def test_live_gpus_are_named_by_the_diagnosis(window_of, qtbot, fake_nvml):
    fake_nvml("two-gpus")
    _, page = window_of()
    qtbot.waitUntil(
        lambda: [p.accessibleName() for p in panels(page)] == ["0  GeForce RTX 4090", "1  GeForce RTX 3090"]
    )
    busy, idle = panels(page)
    assert (busy.reason.text(), idle.reason.text()) == ("At power limit", "Idle")
    assert idle.meter.accessibleName() == "Memory: 0.3 of 24.0\u202fGiB"


def test_a_gpu_that_is_lost_is_alarming_and_the_other_goes_on(window_of, qtbot, fake_nvml):
    fake = fake_nvml("two-gpus")
    _, page = window_of()
    page.control.set_interval(0.1)
    qtbot.waitUntil(lambda: len(panels(page)) == 2)
    fake.add("fault.* = error 15", gpu=1)
    healthy, lost = panels(page)
    qtbot.waitUntil(lambda: lost.badge.isVisible() and lost.badge.word == "No answer")
    assert "LOST" in lost.trouble.text().upper()
    assert not healthy.badge.isVisible()


def test_heat_is_alarming(window_of, qtbot, fake_nvml):
    fake = fake_nvml("two-gpus")
    fake.change("event_reasons = 0x1", "event_reasons = 0x44")
    _, page = window_of()
    qtbot.waitUntil(lambda: len(panels(page)) == 2)
    qtbot.waitUntil(panels(page)[1].badge.isVisible)
    assert panels(page)[1].badge.word == "Too hot"
    assert panels(page)[1].badge.state == "attention"


def test_slow_calls_are_said(window_of, qtbot, fake_nvml):
    fake = fake_nvml("two-gpus")
    fake.add("fault.nvmlDeviceGetUtilizationRates = hang 0.02")
    _, page = window_of()
    page.control.set_interval(0.1)
    qtbot.waitUntil(lambda: "UtilizationRates" in page._sentence, timeout=10_000)
    assert "less often" in page._sentence


def test_a_driver_that_hangs_is_asked_again_only_when_the_person_wants(window_of, qtbot, fake_nvml, monkeypatch):
    fake = fake_nvml("two-gpus")
    monkeypatch.setattr(watch, "CALL_LIMIT", 0.3)
    window, page = window_of()
    page.control.set_interval(0.1)
    qtbot.waitUntil(lambda: len(panels(page)) == 2)
    fake.add("fault.nvmlDeviceGetUtilizationRates = hang 1.5")
    qtbot.waitUntil(lambda: "stopped answering" in page.empty.accessibleName(), timeout=15_000)
    assert not panels(page)
    fake.change("fault.nvmlDeviceGetUtilizationRates = hang 1.5", "")
    with qtbot.waitSignal(window.app.diagnosed, timeout=30_000):
        window.app.diagnose()
    assert page.empty.isVisible(), "a diagnosis alone must not hang another call"
    page.empty.chosen.emit()
    qtbot.waitUntil(lambda: len(panels(page)) == 2, timeout=15_000)


def test_a_driver_that_is_mended_is_watched_after_the_next_diagnosis(window_of, qtbot, fake_nvml):
    fake = fake_nvml("mismatch")
    window, page = window_of()
    qtbot.waitUntil(lambda: "cannot be watched" in page.empty.accessibleName())
    fake.change("fault.nvmlInit = error 18", "")
    window.app.diagnose()
    qtbot.waitUntil(lambda: bool(panels(page)), timeout=30_000)


def test_processes_of_a_session_are_highlighted(window_of, qtbot, fake_nvml, context, engine, tiny_image):
    choice = Choice(image=tiny_image.reference, gpus="none", name="watched", command=("tail", "-f", "/dev/null"))
    session, _ = run(LaunchJob(context, choice))
    try:
        fake = fake_nvml("rtx4090")
        pid = engine.client.containers.get(session.id).attrs["State"]["Pid"]
        fake.change("self:", f"{pid}:")
        _, page = window_of(engine=engine.docker_host)
        page.control.set_interval(0.2)
        qtbot.waitUntil(lambda: any(row.session for row in page.processes.model.rows), timeout=30_000)
        (ours,) = [row for row in page.processes.model.rows if row.session]
        assert (ours.pid, ours.container) == (pid, "watched")
        groups = page._processes
        assert any(process.container == Known("watched") for process in groups[0].processes.value)
    finally:
        run(RemoveSessionJob(context, "watched", force=True))
