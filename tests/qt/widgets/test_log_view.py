import threading

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from drydock.qt.widgets.log_panel import LogPanel
from drydock.qt.widgets.log_view import LogView


@pytest.fixture
def view(qtbot):
    made = LogView(capacity=1000)
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def fill(view, count, start=0):
    view.post(f"line {number}" for number in range(start, start + count))
    view.drain()


def test_lines_from_another_thread_all_arrive_in_order(view, qtbot):
    def produce():
        for start in range(0, 900, 30):
            view.post(f"line {number}" for number in range(start, start + 30))

    thread = threading.Thread(target=produce)
    thread.start()
    thread.join(10)
    qtbot.waitUntil(lambda: view.ring.end == 900, timeout=5000)
    assert list(view.ring.slice(0, 900)) == [f"line {number}" for number in range(900)]


def test_a_second_post_after_a_drain_wakes_the_timer_again(view, qtbot):
    fill(view, 1)
    view.post(["later"])
    qtbot.waitUntil(lambda: view.ring.end == 2, timeout=5000)


def test_the_newest_line_is_followed_until_one_scrolls_up(view, qtbot):
    fill(view, 300)
    bar = view.verticalScrollBar()
    assert view.following
    assert bar.value() == bar.maximum() > 0
    with qtbot.waitSignal(view.following_changed):
        bar.setValue(10)
    fill(view, 50, 300)
    assert bar.value() == 10
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.following
    assert bar.value() == bar.maximum()


def test_the_lines_in_sight_stay_when_old_ones_are_dropped(view):
    fill(view, 1000)
    view.verticalScrollBar().setValue(400)
    fill(view, 100, 1000)
    assert view.ring.first == 100
    assert view.verticalScrollBar().value() == 300


def test_searching_selects_scrolls_and_goes_around(view):
    fill(view, 500)
    assert view.find_text("LINE 42")
    assert view.selected_text() == "line 42"
    assert not view.following
    assert view.find_text("line 42")
    assert view.find_text("line 499")
    assert view.find_text("line 0")
    assert not view.find_text("nonesuch")


def test_copying_takes_the_selection_or_everything(view, qtbot):
    fill(view, 3)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "line 0\nline 1\nline 2"
    view.find_text("ne 1")
    view.copy()
    assert QGuiApplication.clipboard().text() == "ne 1"


def test_dragging_selects_across_lines(view, qtbot):
    view.post(["alpha", "beta", "gamma"])
    view.drain()
    port = view.viewport()
    row, char, left = view._row, view._char, 15

    def at(line, column):
        return QPoint(round(left + column * char), 4 + round((line + 0.5) * row))

    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=at(0, 2))
    left_button = Qt.MouseButton.LeftButton  # qtbot's move holds no button
    drag = QMouseEvent(
        QEvent.Type.MouseMove,
        at(2, 3),
        port.mapToGlobal(at(2, 3)),
        left_button,
        left_button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(port, drag)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at(2, 3))
    assert view.selected_text() == "pha\nbeta\ngam"


def test_a_selection_whose_lines_are_gone_is_empty(view):
    fill(view, 2)
    view.select_all()
    fill(view, 1500, 2)
    assert view.selected_text() == ""


def test_wide_signs_and_errors_paint(view, qtbot):
    view.post(["日本語 trainieren", "RuntimeError: no kernel image", "UserWarning: slow"])
    view.drain()
    view.find_text("trainieren")
    assert not view.grab().isNull()
    assert view.selected_text() == "trainieren"


def test_the_panel_searches_follows_and_counts(qtbot):
    panel = LogPanel("Log")
    qtbot.addWidget(panel)
    panel.resize(600, 240)
    panel.show()
    fill(panel.view, 200)
    assert panel._count.text() == "200 lines"
    qtbot.keyClicks(panel._search, "line 7")
    assert panel.view.selected_text() == "line 7"
    assert not panel._follow.isChecked()
    qtbot.mouseClick(panel._follow, Qt.MouseButton.LeftButton)
    assert panel.view.following
    panel._search.setText("nonesuch")
    assert panel._count.text() == "not found"


def test_a_hundred_thousand_lines_stay_in_the_ring(qtbot):
    view = LogView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show()
    for start in range(0, 150_000, 10_000):
        fill(view, 10_000, start)
    assert (view.ring.first, view.ring.end) == (50_000, 150_000)
    assert view.ring.slice(50_000, 50_001)[0] == "line 50000"


MIXED = ["start", "UserWarning: slow", "RuntimeError: bad", "step 2", "Traceback (most recent call last):", "  x = 1"]


def test_only_grave_lines_are_shown_and_new_ones_join_them(view, qtbot):
    view.post(MIXED)
    view.drain()
    view.show_from("warning")
    qtbot.waitUntil(lambda: view.shown_count == 4, timeout=5000)
    view.post(["KeyError: 'x'", "step 3", "WARNING: late"])
    view.drain()
    qtbot.waitUntil(lambda: view.shown_count == 6, timeout=5000)
    view.copy()
    assert QGuiApplication.clipboard().text().splitlines() == [
        "UserWarning: slow",
        "RuntimeError: bad",
        "Traceback (most recent call last):",
        "  x = 1",
        "KeyError: 'x'",
        "WARNING: late",
    ]
    view.show_from("error")
    qtbot.waitUntil(lambda: view.shown_count == 4, timeout=5000)
    assert not view.find_text("WARNING")
    view.show_from(None)
    assert view.shown_count == 9
    assert view.ring.end == 9


def test_a_line_keeps_its_number_while_others_are_left_out(view, qtbot):
    view.post([*("fine",) * 700, "RuntimeError: one", *("fine",) * 900, "RuntimeError: two"])
    view.drain()
    assert view.ring.first == 602
    view.show_from("error")
    qtbot.waitUntil(lambda: view.shown_count == 2, timeout=5000)
    assert view.go_to(700)
    assert view.selected_text() == "RuntimeError: one"
    assert view.current_line() == 700
    assert not view.go_to(701)
    assert view.find_text("two")
    assert view.current_line() == 1601


def test_the_menu_explains_a_line_where_explanations_are_offered(view, qtbot):
    fill(view, 20)
    assert [action.text() for action in view.make_menu().actions()] == ["Copy", "Select all"]
    view.explains = True
    view.go_to(7)
    explain = view.make_menu().actions()[0]
    with qtbot.waitSignal(view.explain_wanted) as asked:
        explain.trigger()
    assert asked.args == [7]


def test_the_panel_counts_what_is_shown(qtbot):
    panel = LogPanel("Log")
    qtbot.addWidget(panel)
    panel.show()
    panel.view.post(MIXED)
    panel.view.drain()
    assert panel._explain.isHidden()
    panel.offer_explanation()
    assert panel._explain.isVisible()
    qtbot.keyClick(panel._least, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: panel._count.text() == "3 of 6 lines", timeout=5000)
    with qtbot.waitSignal(panel.explain_wanted) as asked:
        qtbot.mouseClick(panel._explain, Qt.MouseButton.LeftButton)
    assert asked.args == [None]
