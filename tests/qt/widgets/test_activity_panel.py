"""The list of activities and the item of the rail, in the window on a sample machine."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from tests.qt.activity_states import Scripted, fill, moment
from tests.support.window import opened_window

from drydock.core.trouble import Trouble
from drydock.qt.models.pull import pull_words


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as opened:
        opened.show_page("home")
        yield opened


@pytest.fixture
def activities(window):
    return window.app.activities


def press(qtbot, button):
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def ctrl_j(qtbot, window):
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)


def test_the_empty_list_says_what_would_be_here(window, qtbot):
    press(qtbot, window.activity_item)
    panel = window.activity_panel
    assert panel.isVisible()
    assert panel.rows == ()
    assert panel._empty.isVisible()
    assert not panel.clear.isVisible()
    press(qtbot, window.activity_item)
    assert not panel.isVisible()


def test_a_list_that_fits_the_window_needs_no_scroll_bar(window, activities, qtbot):
    window.resize(1280, 1200)
    jobs = fill(activities)
    ctrl_j(qtbot, window)
    panel = window.activity_panel
    bar = panel._scroll.verticalScrollBar()
    assert len(panel.rows) > 5
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert bar.maximum() == 0
    for job in jobs:
        job.go.set()
    qtbot.waitUntil(lambda: not panel.row(activities.items[0].id).cancel.isVisible())
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_the_list_opens_and_closes_by_keyboard_and_gives_the_focus_back(window, qtbot):
    before = window.page("home").header.main_button
    before.setFocus(Qt.FocusReason.TabFocusReason)
    ctrl_j(qtbot, window)
    panel = window.activity_panel
    assert panel.isVisible()
    assert panel.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert QApplication.focusWidget() is before
    ctrl_j(qtbot, window)
    ctrl_j(qtbot, window)
    assert not panel.isVisible()


def test_the_item_is_a_stop_for_tab_and_is_pressed_by_space(window, qtbot):
    assert window.activity_item.focusPolicy() == Qt.FocusPolicy.StrongFocus
    window.activity_item.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.activity_item, Qt.Key.Key_Space)
    assert window.activity_panel.isVisible()
    assert window.rail.current == "home"


def test_a_click_beside_the_list_closes_it(window, qtbot):
    ctrl_j(qtbot, window)
    panel = window.activity_panel
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    qtbot.mouseClick(window.page("home").header, Qt.MouseButton.LeftButton)
    assert not panel.isVisible()


def test_the_rail_and_the_title_follow_what_runs(window, activities, qtbot):
    assert not window.activity_item.running
    job = Scripted(moment(0.37))
    activities.start("export", "Saving a/b:1", lambda: job, words=pull_words)
    qtbot.waitUntil(lambda: window.activity_item.share is not None)
    assert window.activity_item.share == pytest.approx(0.37)
    assert window.activity_item.badge == 1
    assert window.windowTitle().startswith("37% - ")
    job.go.set()
    qtbot.waitUntil(lambda: not window.activity_item.running)
    assert window.activity_item.badge == 0
    assert "%" not in window.windowTitle()


def test_every_state_has_its_row_and_its_buttons(window, activities, qtbot):
    fill(activities)
    qtbot.waitUntil(lambda: sorted(one.state for one in activities.items).count("running") == 3)
    qtbot.waitUntil(lambda: any(one.state == "failed" for one in activities.items))
    ctrl_j(qtbot, window)
    panel = window.activity_panel
    offered = {}
    for one in activities.items:
        row = panel.row(one.id)
        names = ("pause", "resume", "cancel", "dismiss")
        shown = {name for name in names if getattr(row, name).isVisible()}
        offered.setdefault((one.kind, one.state), shown)
    assert offered[("pull", "running")] == {"pause", "cancel"}
    assert offered[("pull", "waiting")] == {"pause", "cancel"}
    assert offered[("pull", "paused")] == {"resume", "cancel"}
    assert offered[("pull", "failed")] == {"resume", "dismiss"}
    assert offered[("import", "running")] == {"cancel"}
    assert offered[("export", "done")] == {"dismiss"}
    assert [row.line.isVisible() for row in panel.rows] == [True, True, True, False, True, False, False]
    # what it is, what is wrong and what to do
    failed = next(one for one in activities.items if one.state == "failed")
    assert "pull limit" in panel.row(failed.id).words
    assert "docker login" in panel.row(failed.id).words
    assert window.activity_item.badge == 1  # what failed counts before what runs
    for row in panel.rows:
        assert row.accessibleName()
        for name in ("pause", "resume", "cancel", "dismiss", "page"):
            # rows are told apart by ear, too
            assert getattr(row, name).accessibleName().endswith(row.accessibleName())


def test_rows_come_and_go_while_the_list_is_open(window, activities, qtbot):
    ctrl_j(qtbot, window)
    panel = window.activity_panel
    job = Scripted(moment(0.2))
    one = activities.start("import", "Importing", lambda: job, words=pull_words)
    row = panel.row(one.id)
    qtbot.waitUntil(lambda: row.line.share == pytest.approx(0.2, abs=0.01))
    job.tell(moment(0.8))
    qtbot.waitUntil(lambda: row.line.share == pytest.approx(0.8, abs=0.01))
    job.go.set()
    qtbot.waitUntil(row.dismiss.isVisible)
    press(qtbot, panel.clear)
    assert panel.rows == ()
    assert panel._empty.isVisible()


def test_the_buttons_of_a_row_act(window, activities, qtbot):
    jobs = [Scripted(), Scripted(trouble=Trouble("disk-full", path="/", text="full"), ends=True), Scripted()]
    one = activities.start("export", "Saving", lambda: jobs.pop(0))
    ctrl_j(qtbot, window)
    row = window.activity_panel.row(one.id)
    press(qtbot, row.cancel)
    qtbot.waitUntil(lambda: activities.find(one).state == "stopped")
    press(qtbot, row.resume)
    qtbot.waitUntil(lambda: activities.find(one).state == "failed")
    press(qtbot, row.dismiss)
    assert activities.items == ()


def test_a_row_leads_to_its_page(window, activities, qtbot):
    activities.start("build", "Building", Scripted, page="settings")
    ctrl_j(qtbot, window)
    (row,) = window.activity_panel.rows
    press(qtbot, row.page)
    assert window.rail.current == "settings"
    assert not window.activity_panel.isVisible()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1000, 640), (760, 520)])
def test_the_list_stays_inside_the_window(window, activities, qtbot, width, height):
    window.resize(width, height)
    ctrl_j(qtbot, window)
    fill(activities)
    panel = window.activity_panel
    qtbot.waitUntil(lambda: panel.height() > 300)
    inside = panel.parentWidget().rect()
    assert inside.contains(panel.geometry())
    assert panel.x() >= window.rail.width()
    for row in panel.rows:
        assert row.width() <= panel.width()
