"""The Settings page: what is chosen there takes effect and is kept."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from tests.support.window import opened_window

from drydock.qt.theme import theme
from drydock.store import Store


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path / "home", engine="unix:///nowhere/docker.sock") as opened:
        opened.show_page("settings")
        yield opened


@pytest.fixture
def page(window):
    return window.page("settings")


def kept(tmp_path):
    return Store(tmp_path / "home").settings


def pressed(widget, text):
    (button,) = [button for button in widget.findChildren(QPushButton) if button.text() == text]
    button.click()


def test_the_theme_changes_at_once_and_is_kept(page, qtbot, tmp_path):
    page.theme_choice.setFocus()
    qtbot.keyClick(page.theme_choice, Qt.Key.Key_End)
    assert theme().colours.dark
    assert kept(tmp_path).theme == "dark"
    page.theme_choice.setCurrentIndex(1)
    page.theme_choice.activated.emit(1)
    assert not theme().colours.dark
    assert kept(tmp_path).theme == "light"


def test_the_pace_of_the_monitor_is_one_setting_in_two_places(window, page, qtbot, tmp_path):
    page.pace.setFocus()
    qtbot.keyClick(page.pace, Qt.Key.Key_Home)
    assert kept(tmp_path).monitor_interval == 0.1
    window.show_page("monitor")
    assert window.page("monitor").control.interval == 0.1


def test_the_workspace_is_kept(page, qtbot, tmp_path):
    page.workspace.setText("/data/work ")
    page.workspace.editingFinished.emit()
    assert kept(tmp_path).workspace == "/data/work"


def test_an_engine_that_does_not_answer_says_why(window, page, qtbot, tmp_path):
    page.engine.address.setText(f"unix://{tmp_path}/none.sock")
    qtbot.keyClick(page.engine.address, Qt.Key.Key_Return)
    qtbot.waitUntil(page.engine.badge.isVisible, timeout=15_000)
    assert page.engine.badge.word == "Not reachable"
    assert page.engine.badge.state == "broken"
    assert len(page.engine.said.text()) > 40
    assert kept(tmp_path).engine == f"unix://{tmp_path}/none.sock"
    assert window.app.context.engine == f"unix://{tmp_path}/none.sock"


def test_an_address_that_makes_no_sense_is_said(page, qtbot):
    page.engine.address.setText("telnet://engine")
    page.engine.apply()
    qtbot.waitUntil(page.engine.badge.isVisible, timeout=15_000)
    assert page.engine.badge.state == "broken"
    assert "telnet://engine" in page.engine.said.text()


def test_an_engine_that_answers_is_used_from_then_on(window, page, qtbot, engine):
    page.engine.address.setText(engine.docker_host)
    with qtbot.waitSignal(window.app.diagnosed, timeout=60_000):
        page.engine.apply()
    assert page.engine.badge.state == "ok"
    assert engine.docker_host in page.engine.said.text()
    assert window.app.diagnosis.snapshot.engine.reach.kind == "ready"


def test_an_engine_from_the_command_line_is_told_apart(page):
    assert "from the command line" in page.engine.said.text()
    assert "/nowhere/docker.sock" in page.engine.said.text()


def test_the_history_is_cleared_only_after_a_question(window, qtbot, tmp_path):
    store = window.app.context.store
    for number in range(3):
        store.add_record("bench", b"{}", {"number": number})
    page = window.page("settings")
    window.show_page("home")
    window.show_page("settings")
    qtbot.waitUntil(lambda: page.kept.text().startswith("Settings, and 3 results"))
    page.clear.click()
    pressed(page.findChild(QMessageBox), "Keep")
    assert len(store.records("bench")) == 3
    qtbot.waitUntil(lambda: page.findChild(QMessageBox) is None)
    page.clear.click()
    pressed(page.findChild(QMessageBox), "Clear")
    qtbot.waitUntil(lambda: store.records("bench") == ())
    qtbot.waitUntil(lambda: not page.clear.isEnabled())
    assert "3 results were forgotten" in window.note.text


def test_what_is_wrong_with_the_files_is_said(qtbot, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.json").write_text("{ruined")
    with opened_window(qtbot, tmp_path / "home") as window:
        window.show_page("settings")
        assert "defaults are used" in window.page("settings").problems.text()
        assert window.page("settings").problems.isVisible()


def test_nothing_is_said_when_nothing_is_wrong(page):
    assert not page.problems.isVisible()


def test_a_sample_machine_opens(window, page):
    pressed(page, "8x H100 server")
    assert window.app.machine.name == "h100x8-server"
