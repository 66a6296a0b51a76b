"""Closing the window while something goes on: the question, the tray, and the end that is not asked about."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSystemTrayIcon
from tests.qt.activity_states import Scripted, moment
from tests.support.window import opened_window

from drydock.qt.models.pull import pull_words

# Qt looks for a signal that only real desktops have
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)

STOP, STAY, GO_ON = "Stop and close", "Stay", "Keep going in the background"


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as opened:
        opened.show_page("home")
        yield opened


@pytest.fixture
def job(window):
    """A job on its way."""
    made = Scripted(moment(0.37))
    window.app.activities.start("export", "Saving a/b:1", lambda: made, words=pull_words, done_words=lambda _: "Saved.")
    return made


def tray(monkeypatch, there):
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: there))


def answers(window):
    return {button.text(): button for button in window.closing.question.buttons()}


def answer(qtbot, window, words):
    qtbot.mouseClick(answers(window)[words], Qt.MouseButton.LeftButton)


def test_nothing_is_asked_when_nothing_goes_on(window, qtbot):
    with qtbot.waitSignal(window.closed):
        window.close()
    assert window.closing.question is None
    assert not window.isVisible()


def test_without_a_tray_one_can_stop_or_stay(window, job, qtbot, monkeypatch):
    tray(monkeypatch, False)
    window.close()
    assert window.isVisible()
    assert set(answers(window)) == {STOP, STAY}
    assert "Saving a/b:1" in window.closing.question.informativeText()
    window.close()  # asked once, not twice
    answer(qtbot, window, STAY)
    assert window.closing.question is None
    assert window.isVisible()
    assert window.app.activities.on_their_way
    window.close()
    with qtbot.waitSignal(window.closed):
        answer(qtbot, window, STOP)
    assert not window.isVisible()


def test_escape_stays(window, job, qtbot, monkeypatch):
    tray(monkeypatch, True)
    window.close()
    qtbot.keyClick(window.closing.question, Qt.Key.Key_Escape)
    assert window.isVisible()
    assert not window.closing.in_tray


def test_in_the_tray_it_goes_on_and_comes_back(window, job, qtbot, monkeypatch):
    tray(monkeypatch, True)
    qtbot.waitUntil(lambda: window.app.activities.share is not None)
    window.close()
    assert set(answers(window)) == {STOP, STAY, GO_ON}
    answer(qtbot, window, GO_ON)
    assert not window.isVisible()
    assert window.closing.in_tray
    assert "37%" in window.closing.tray.tooltip
    job.tell(moment(0.8))
    qtbot.waitUntil(lambda: "80%" in window.closing.tray.tooltip)
    job.go.set()
    qtbot.waitUntil(lambda: not window.app.activities.on_their_way)
    assert window.closing.in_tray  # until the person opens it or quits
    assert window.closing.tray.tooltip == "Drydock"
    window.closing.tray.open_wanted.emit()
    assert window.isVisible()
    assert not window.closing.in_tray


def test_quitting_from_the_tray_asks_again_while_something_goes_on(window, job, qtbot, monkeypatch):
    tray(monkeypatch, True)
    window.closing.hide_in_tray()
    window.closing.tray.quit_wanted.emit()
    assert window.isVisible()
    assert set(answers(window)) == {STOP, STAY, GO_ON}
    answer(qtbot, window, GO_ON)
    assert not window.isVisible()
    job.go.set()
    qtbot.waitUntil(lambda: not window.app.activities.on_their_way)
    with qtbot.waitSignal(window.closed):
        window.closing.tray.quit_wanted.emit()
    assert not window.closing.in_tray


def test_a_tray_that_went_away_gives_the_window_back(window, job, qtbot, monkeypatch):
    tray(monkeypatch, True)
    window.closing.hide_in_tray()
    tray(monkeypatch, False)
    job.go.set()
    qtbot.waitUntil(window.isVisible)


def test_a_wish_from_outside_is_obeyed_without_a_question(window, job, qtbot, monkeypatch):
    tray(monkeypatch, True)
    window.close()
    assert window.closing.question is not None
    with qtbot.waitSignal(window.closed):
        window.close_now()
    assert not window.isVisible()
    assert not window.app.bridge.busy
