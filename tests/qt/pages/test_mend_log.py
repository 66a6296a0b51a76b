"""What Drydock changed here, in the window: a box beside each finding, and the list of all changes."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from tests.qt.pages.test_mend_dialog import FAIL, WAIT, apply, buttons, press, shown, words
from tests.support.mend_place import FINDING, LAST, LOCAL, REACHED, SWITCH, made, only_root, opened_place, settings

from drydock.data.machine import open_machine
from drydock.qt.pages.mend_box import MendBox
from drydock.qt.pages.mend_dialog import MendDialog
from drydock.qt.pages.mend_log import MendLog
from drydock.store.ledger import Begun

pytestmark = pytest.mark.skipif(not only_root, reason="the stand-in for root must be root")


@pytest.fixture
def place(tmp_path, monkeypatch, qtbot):
    with opened_place(tmp_path, monkeypatch) as opened:
        opened.window.show()
        yield opened


@pytest.fixture
def log(place, qtbot):
    made_log = MendLog(place.app)
    qtbot.addWidget(made_log)
    made_log.resize(900, 700)
    made_log.show()
    qtbot.waitUntil(lambda: not place.app.bridge.busy)
    return made_log


def dialog_of(window):
    return next(one for one in window.findChildren(MendDialog) if one.isVisible())


def mended(qtbot, place, *steps, **fields):
    dialog = shown(qtbot, place, made(*steps, **fields))
    apply(qtbot, dialog)
    dialog.close()
    qtbot.waitUntil(lambda: not place.app.bridge.busy, timeout=WAIT)


def opened(log, number=0):
    row = list(log.rows.values())[number]
    row.set_open(True)
    return row


def test_before_the_first_change_it_says_that_there_is_none(log):
    assert log.empty.isVisible()
    assert "Drydock has changed nothing here" in words(log)


def test_a_change_appears_by_itself_with_all_of_it(place, log, qtbot):
    mended(qtbot, place, settings(), SWITCH)
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    assert not log.empty.isVisible()
    row = opened(log)
    assert row.state == "ok"
    seen = words(row)
    for text in (
        "1. Name the proxy by an address that containers reach  (done)",
        "2. Switch it on  (done, as root)",
        f'+      "httpProxy": "{REACHED}"',
        "sudo on 'a b'",
        "on is done",
        str(place.config),
    ):
        assert text in seen
    (entry,) = place.ledger.entries()
    copy = place.ledger.copy_path(entry.begun.steps[0].before)
    assert str(copy) in seen
    assert copy.read_text() == place.before
    assert str(place.ledger.path) in words(log).replace("\u200b", "")


def test_a_change_is_taken_back_from_the_list(place, log, qtbot):
    mended(qtbot, place, settings())
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    row = opened(log)
    press(qtbot, row, "Undo…")
    dialog = dialog_of(log)
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    assert place.address() == REACHED
    apply(qtbot, dialog)
    dialog.close()
    assert place.config.read_text() == place.before
    qtbot.waitUntil(lambda: len(log.rows) == 2, timeout=WAIT)
    newest, before = log.rows.values()
    # what was unfolded stays so, and its difference is still known
    assert before.open
    assert f'+      "httpProxy": "{REACHED}"' in words(before)
    assert "was taken back by" in words(before)
    assert "Undo…" not in buttons(before)
    newest.set_open(True)
    assert f'+      "httpProxy": "{LOCAL}"' in words(newest)
    assert "Undo…" in buttons(newest)


def test_what_cannot_be_taken_back_says_why(place, log, qtbot):
    mended(qtbot, place, settings())
    place.config.write_text(json.dumps({"somebody": "else"}) + "\n")
    mended(qtbot, place, LAST)
    log.read()
    qtbot.waitUntil(lambda: len(log.rows) == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: not place.app.bridge.busy)
    letter = opened(log, 0)
    assert "left nothing behind that Drydock could take back" in words(letter)
    assert "Undo…" not in buttons(letter)
    config = opened(log, 1)
    assert "The file was changed since" in words(config)
    assert '-{"somebody": "else"}' in words(config)
    assert "What was written then is not kept any more." in words(config)
    assert "Undo…" not in buttons(config)


def test_a_failure_is_listed_with_the_words_of_the_step(place, log, qtbot):
    place.program("fail", "echo 'cannot be done' >&2; exit 3")
    mended(qtbot, place, settings(), FAIL)
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    row = opened(log)
    assert row.state == "broken"
    assert "cannot be done" in words(row)
    assert "1. Name the proxy by an address that containers reach  (not done, or taken back)" in words(row)


def test_what_was_broken_off_is_told(place, log, qtbot):
    place.ledger.append(Begun(entry="20260101-000000", at="2026-01-01T00:00:00Z", remedy="r", title="Cut off"))
    with place.ledger.path.open("ab") as file:
        file.write(b"ruined\n")
    log.read()
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    row = opened(log)
    assert row.state == "attention"
    assert "Drydock was ended in the middle of it" in words(row)
    assert "1 lines of the log make no sense" in words(log)


def test_on_a_recorded_machine_nothing_of_this_computer_is_listed(place, log, qtbot):
    mended(qtbot, place, settings())
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    place.app.show_machine(open_machine("rtx4090-desktop"))
    assert "This is a recorded machine" in words(log)
    assert log.rows == {}
    assert str(place.ledger.path) not in words(log)
    place.app.show_machine(None)
    qtbot.waitUntil(lambda: len(log.rows) == 1)
    assert not log.empty.isVisible()
    qtbot.waitUntil(lambda: not place.app.bridge.busy, timeout=WAIT)


def test_a_box_offers_what_drydock_can_do(place, qtbot):
    box = MendBox(place.app, FINDING, made(settings(), note="Read this."), place.window)
    box.show()
    assert "Read this." in words(box)
    assert "nano ~/.docker/config.json" in words(box)
    qtbot.mouseClick(box.apply, Qt.MouseButton.LeftButton)
    dialog = dialog_of(place.window)
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    assert "Proxy for programs in containers" in words(dialog)
    # the page may be made anew under it
    box.deleteLater()
    apply(qtbot, dialog)
    assert place.address() == REACHED


@pytest.mark.parametrize("recorded", [True, False])
def test_a_box_says_why_it_is_left_to_the_person(place, qtbot, recorded):
    if recorded:
        place.app.machine = open_machine("rtx4090-desktop")
    box = MendBox(place.app, FINDING, made(*([settings()] if recorded else [])), place.window)
    box.show()
    assert not box.apply.isVisible()
    assert ("recorded machine" if recorded else "by hand") in words(box)
    box.open()
    assert not any(isinstance(one, MendDialog) for one in place.window.findChildren(QWidget))
