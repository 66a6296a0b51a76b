"""Remedies applied in the window: nothing without consent, all of it visible, and a way back."""

import json

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QScrollArea, QSystemTrayIcon, QTextEdit, QToolButton
from tests.support.mend_place import (
    FINDING,
    LAST,
    LOCAL,
    REACHED,
    SETTLE,
    SWITCH,
    made,
    only_root,
    opened_place,
    settings,
)

from drydock.core.remedies.steps import PutText, RunStep
from drydock.core.trouble import Trouble
from drydock.qt.models.mend_progress import StepLine
from drydock.qt.pages.mend_box import MendBox
from drydock.qt.pages.mend_dialog import MendDialog, open_remedy
from drydock.qt.pages.mend_steps import StepRow
from drydock.qt.widgets.activity_row import ActivityRow

# Qt looks for a signal that only real desktops have
pytestmark = [
    pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True),
    pytest.mark.skipif(not only_root, reason="the stand-in for root must be root"),
]
WAIT = 20_000
FAIL = RunStep(title="Fail", argv=("fail",), privileged=True)
SLOW = RunStep(title="Wait", argv=("wait",), undo=("off", "wait"))


@pytest.fixture
def place(tmp_path, monkeypatch, qtbot):
    with opened_place(tmp_path, monkeypatch) as opened:
        opened.window.show()
        yield opened


@pytest.fixture
def slow(place):
    """The place, with a program that waits until it is let go."""
    place.go = place.folder / "go"
    place.program("wait", f"echo 'it   waits'; while [ ! -e {place.go} ]; do sleep 0.02; done; echo waited")
    place.program("fail", "echo 'cannot be done' >&2; exit 3")
    yield place
    place.go.touch()


def words(widget):
    """Return everything that can be read."""
    # what came into a layout just now is shown with the next event
    QCoreApplication.processEvents()
    texts = [part.text() for part in widget.findChildren(QLabel) if part.isVisible()]
    for kind in (QTextEdit, QPlainTextEdit):
        texts += [part.toPlainText() for part in widget.findChildren(kind) if part.isVisible()]
    return "\n".join(texts)


def buttons(widget):
    QCoreApplication.processEvents()
    return {part.text(): part for part in widget.findChildren(QPushButton) if part.isVisible()}


def press(qtbot, widget, text):
    qtbot.mouseClick(buttons(widget)[text], Qt.MouseButton.LeftButton)


def shown(qtbot, place, remedy, stage="ready"):
    dialog = open_remedy(place.app, FINDING.id, remedy, place.window)
    qtbot.waitUntil(lambda: dialog.stage == stage, timeout=WAIT)
    return dialog


def apply(qtbot, dialog, stage="ended"):
    qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.stage == stage, timeout=WAIT)


def running(qtbot, place, number):
    qtbot.waitUntil(lambda: place.app.mending.progress.lines[number - 1].state == "running", timeout=WAIT)


def test_a_remedy_is_shown_applied_and_taken_back(place, qtbot):
    dialog = shown(qtbot, place, made(settings(), SWITCH, SETTLE, note="Containers made afterwards know it."))
    seen = words(dialog)
    for text in ("Containers made afterwards know it.", f'-      "httpProxy": "{LOCAL}"', "on 'a b'", "sudo settle"):
        assert text in seen
    assert "2 of 3 steps need root. Drydock runs as root" in seen
    assert "All of it can be taken back." in seen
    assert "Proxy for programs in containers" in seen
    assert "nano ~/.docker/config.json" in seen
    assert dialog.deed.text() == "Let containers reach the proxy"
    assert dialog.focusWidget().text() == "Cancel"
    assert place.config.read_text() == place.before
    assert place.called() == []

    with qtbot.waitSignal(place.app.diagnosed, timeout=WAIT):
        apply(qtbot, dialog)
    assert place.address() == REACHED
    assert place.called() == ["on a b", "settle "]
    assert "It helped" in dialog.verdict
    assert f"Containers are told to use {REACHED}." in dialog.verdict
    assert "on is done" in words(dialog)
    (entry,) = place.ledger.entries()
    assert entry.id in dialog.verdict
    # who saw it need not be told again
    assert place.app.activities.items == ()
    assert place.window.note.isHidden()

    press(qtbot, dialog, "Undo…")
    qtbot.waitUntil(lambda: dialog.stage == "ready")
    assert dialog.deed.text() == "Take it back"
    assert dialog.windowTitle() == "Take back: Let containers reach the proxy"
    assert f'+      "httpProxy": "{LOCAL}"' in words(dialog)
    assert place.address() == REACHED
    apply(qtbot, dialog)
    assert place.config.read_text() == place.before
    assert "Taken back" in dialog.verdict
    assert place.ledger.entry(entry.id).undone_by

    press(qtbot, dialog, "Undo…")
    qtbot.waitUntil(lambda: dialog.stage == "ready")
    assert dialog.windowTitle() == dialog.deed.text() == "Let containers reach the proxy"
    apply(qtbot, dialog)
    assert place.address() == REACHED
    assert dialog.verdict.startswith("Done")


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_no_key_applies_by_accident(place, qtbot, key):
    dialog = shown(qtbot, place, made(settings()))
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog.focusWidget(), key)
    assert place.config.read_text() == place.before
    assert place.ledger.entries() == ()


def test_it_is_applied_with_the_keyboard_alone(place, qtbot):
    dialog = shown(qtbot, place, made(settings()))
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.deed
    qtbot.keyClick(dialog.deed, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog.stage == "ended", timeout=WAIT)
    assert place.address() == REACHED


def test_f5_looks_again(place, qtbot):
    dialog = shown(qtbot, place, made(settings()))
    place.config.write_text('{"auths": {}}\n')
    qtbot.keyClick(dialog, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: dialog.stage == "ready" and '"auths": {}' in words(dialog), timeout=WAIT)
    apply(qtbot, dialog)
    assert place.address() == REACHED


def test_everything_has_a_name_for_those_who_hear(place, qtbot):
    dialog = shown(qtbot, place, made(settings(), SWITCH))
    for kind in (QPushButton, QToolButton, QTextEdit, QPlainTextEdit):
        assert all(part.accessibleName() for part in dialog.findChildren(kind) if part.isVisible()), kind
    assert dialog.deed.accessibleName() == "Let containers reach the proxy"


def test_long_paths_do_not_widen_it(place, qtbot):
    deep = "/data" + "/a-directory" * 25
    step = settings(title=f"Write {deep}", path=f"{deep}/x", edit=PutText("x" * 400 + "\n"))
    dialog = shown(qtbot, place, made(step, title=f"Make the files in {deep} yours", note=f"They lie in {deep}."))
    area = dialog.findChild(QScrollArea, "pageScroll")
    qtbot.waitUntil(lambda: area.widget().width() > 0)
    dialog.resize(dialog.minimumSize())
    qtbot.waitUntil(lambda: dialog.width() <= 600)
    assert area.widget().width() <= area.viewport().width()
    place.root.joinpath(deep.lstrip("/")).mkdir(parents=True)
    apply(qtbot, dialog)
    assert area.widget().width() <= area.viewport().width()


def test_closing_while_it_looks_leaves_nothing_behind(slow, qtbot):
    remedy = made(settings(), RunStep(title="t", argv=("on",), unless=("wait",)))
    dialog = open_remedy(slow.app, FINDING.id, remedy, slow.window)
    assert dialog.stage == "looking"
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert slow.ledger.entries() == ()


def test_what_cannot_be_taken_back_is_marked(place, qtbot):
    dialog = shown(qtbot, place, made(settings(), LAST))
    assert "All but this can be taken back: Send a letter." in words(dialog)
    assert "cannot be taken back" in words(dialog)
    dialog.reject()
    dialog = shown(qtbot, place, made(LAST))
    assert "It cannot be taken back." in words(dialog)
    apply(qtbot, dialog)
    assert "Undo…" not in buttons(dialog)


def test_a_remedy_that_does_not_help_says_so(place, qtbot):
    dialog = shown(qtbot, place, made(settings("http://localhost:9")))
    apply(qtbot, dialog)
    assert "the finding is still there" in dialog.verdict
    assert "http://localhost:9, which for them is the container itself" in dialog.verdict
    assert "Undo…" in buttons(dialog)


def test_a_failure_tells_the_step_its_words_and_what_was_taken_back(slow, qtbot):
    dialog = shown(qtbot, slow, made(settings(), LAST, SWITCH, FAIL, SETTLE))
    apply(qtbot, dialog)
    for text in (
        "A step failed",
        "Step 4, “Fail”.",
        "cannot be done",
        "Taken back: Switch it on; Name the proxy",
        "Still there: Send a letter.",
        "What is still there cannot be taken back.",
    ):
        assert text in dialog.verdict
    assert "nano ~/.docker/config.json" in words(dialog)
    assert slow.config.read_text() == slow.before
    assert "Undo…" not in buttons(dialog)
    slow.program("fail", "exit 0")
    press(qtbot, dialog, "Preview again")
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    apply(qtbot, dialog)
    assert slow.address() == REACHED


def test_what_could_not_be_taken_back_is_undone_later(slow, qtbot):
    slow.program("off", "exit 1")
    dialog = shown(qtbot, slow, made(SWITCH, FAIL))
    apply(qtbot, dialog)
    assert "Still there: Switch it on." in dialog.verdict
    slow.program("off", f"echo off >> {slow.calls}")
    press(qtbot, dialog, "Undo…")
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    apply(qtbot, dialog)
    assert slow.called()[-1] == "off"


def test_a_file_that_changed_since_is_left_alone_and_looked_at_again(place, qtbot):
    dialog = shown(qtbot, place, made(settings()))
    place.config.write_text('{"auths": {}}\n')
    apply(qtbot, dialog)
    assert "The file was changed since you looked at it" in dialog.verdict
    assert '+{"auths": {}}' in words(dialog)
    assert place.config.read_text() == '{"auths": {}}\n'
    assert place.ledger.entries() == ()
    press(qtbot, dialog, "Preview again")
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    apply(qtbot, dialog)
    assert place.address() == REACHED
    assert json.loads(place.config.read_text())["auths"] == {}


def test_what_is_so_already_is_said(place, qtbot):
    dialog = shown(qtbot, place, made(settings(LOCAL)), stage="unplanned")
    assert "There is nothing to do" in dialog.verdict
    with qtbot.waitSignal(place.app.diagnosed, timeout=WAIT):
        press(qtbot, dialog, "Check again")


def test_a_file_that_cannot_be_read_can_be_looked_at_again(place, qtbot):
    place.config.write_text("{ruined")
    dialog = shown(qtbot, place, made(settings()), stage="unplanned")
    assert "is not JSON" in dialog.verdict
    assert "drydock mend" not in dialog.verdict
    place.config.write_text(place.before)
    press(qtbot, dialog, "Preview again")
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    assert dialog.verdict == ""


def test_a_stop_is_obeyed_between_steps_and_takes_back(slow, qtbot):
    dialog = shown(qtbot, slow, made(settings(), SLOW, SWITCH))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    assert "Step 2 of 3: Wait…" in words(dialog)
    assert "Stopping waits for the step that runs, then takes back what was done." in words(dialog)
    press(qtbot, dialog, "Stop")
    assert not buttons(dialog)["Stopping…"].isEnabled()
    awaited = "“Wait” is not broken off; when it has ended, what was done is taken back."
    qtbot.waitUntil(lambda: awaited in words(dialog), timeout=WAIT)
    assert slow.address() == REACHED
    slow.go.touch()
    qtbot.waitUntil(lambda: dialog.stage == "ended", timeout=WAIT)
    assert "Stopped" in dialog.verdict
    assert "Taken back: Wait; Name the proxy" in dialog.verdict
    assert slow.config.read_text() == slow.before
    assert slow.called() == ["off wait"]


def test_what_a_step_said_last_stands_beside_it_while_it_runs(slow, qtbot):
    dialog = shown(qtbot, slow, made(settings(), SLOW, SWITCH))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    qtbot.waitUntil(lambda: "it waits" in words(dialog).splitlines(), timeout=WAIT)
    rows = dialog.findChildren(StepRow)
    assert [row.last_line for row in rows] == ["", "it   waits", ""]
    # a line longer than there is room widens nothing
    area = dialog.findChild(QScrollArea, "pageScroll")
    rows[1].show_line(StepLine(title="Wait", state="running", said="word " * 60), "steps")
    assert any(text.startswith("word word") and text.endswith("…") for text in words(dialog).splitlines())
    assert area.widget().width() <= area.viewport().width()
    slow.go.touch()
    qtbot.waitUntil(lambda: dialog.stage == "ended", timeout=WAIT)
    assert [row.last_line for row in rows] == ["", "", ""]
    assert rows[1].output == "it   waits\nwaited"
    assert "it waits" not in words(dialog).splitlines()


def test_the_last_step_is_not_promised_to_be_stopped(slow, qtbot):
    dialog = shown(qtbot, slow, made(settings(), SLOW))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    assert not buttons(dialog)["Stop"].isEnabled()
    # from the list of activities it can be asked for all the same
    slow.app.activities.cancel(slow.app.activities.items[0])
    qtbot.waitUntil(lambda: "Stopping…" in buttons(dialog), timeout=WAIT)
    assert "This is the last step: it is finished in any case." in words(dialog)
    slow.go.touch()
    qtbot.waitUntil(lambda: dialog.stage == "ended", timeout=WAIT)
    assert "The checks were not asked again." in dialog.verdict
    assert slow.address() == REACHED
    assert "Undo…" in buttons(dialog)


def test_it_goes_on_without_its_window_and_can_be_looked_at_again(slow, qtbot):
    remedy = made(settings(), SLOW, SWITCH)
    box = MendBox(slow.app, FINDING, remedy, slow.window)
    dialog = shown(qtbot, slow, remedy)
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    assert box.apply.text() == "Show progress…"
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    (activity,) = slow.app.activities.on_their_way
    assert (activity.kind, activity.page, activity.argument) == ("mend", "doctor", FINDING.id)
    assert activity.detail == "Step 2 of 3: Wait…"

    other = shown(qtbot, slow, made(LAST, title="Send a letter", target="home"))
    assert "has to wait for its end" in words(other)
    assert not other.deed.isEnabled()
    box.open()
    (again,) = [one for one in slow.window.findChildren(MendDialog) if one.isVisible() and one is not other]
    assert again.stage == "working"
    again.reject()
    with qtbot.waitSignal(slow.app.mending.ended, timeout=WAIT):
        slow.go.touch()
    assert slow.window.note.text == "Let containers reach the proxy: It helped."
    assert box.apply.text() == "Preview and apply…"
    assert other.deed.isEnabled()
    apply(qtbot, other)
    assert slow.called()[-1] == "on letter"


def test_a_failure_that_nobody_saw_stays_in_the_list_and_is_not_tried_again_there(slow, qtbot):
    dialog = shown(qtbot, slow, made(SLOW, FAIL))
    apply(qtbot, dialog, "working")
    dialog.reject()
    with qtbot.waitSignal(slow.app.mending.ended, timeout=WAIT):
        slow.go.touch()
    (activity,) = slow.app.activities.items
    assert (activity.state, activity.detail) == ("failed", "A step failed")
    slow.app.activities.resume(activity)
    assert slow.app.activities.items == (activity,)
    row = ActivityRow(activity)
    qtbot.addWidget(row)
    assert row.resume.isHidden()
    assert not row.dismiss.isHidden()


@pytest.mark.parametrize("tray", [True, False])
def test_closing_the_window_asks_and_awaits_the_step(slow, qtbot, monkeypatch, tray):
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: tray))
    dialog = shown(qtbot, slow, made(settings(), SLOW, SWITCH))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    dialog.reject()
    slow.window.close()
    assert slow.window.isVisible()
    assert "the step that runs is finished first" in slow.window.closing.question.informativeText()
    stop = next(one for one in slow.window.closing.question.buttons() if one.text() == "Stop and close")
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert not slow.window.isVisible()
    assert slow.app.mending.running
    assert slow.window.closing.in_tray is tray
    with qtbot.waitSignal(slow.window.closed, timeout=WAIT):
        slow.go.touch()
    assert slow.config.read_text() == slow.before
    assert slow.called() == ["off wait"]
    assert slow.ledger.entries()[-1].outcome == "stopped"


@pytest.mark.parametrize("tray", [True, False])
def test_a_wish_from_outside_asks_nothing_and_awaits_the_step(slow, qtbot, monkeypatch, tray):
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: tray))
    dialog = shown(qtbot, slow, made(settings(), SLOW, SWITCH))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    slow.window.close_now()
    slow.window.close_now()  # one that is impatient changes nothing
    assert not slow.window.isVisible()
    assert slow.window.closing.question is None
    assert slow.app.mending.running
    with qtbot.waitSignal(slow.window.closed, timeout=WAIT):
        slow.go.touch()
    assert slow.config.read_text() == slow.before
    assert slow.called() == ["off wait"]
    assert slow.ledger.entries()[-1].outcome == "stopped"


def test_the_end_of_the_desktop_session_waits_for_the_step(slow, qtbot):
    dialog = shown(qtbot, slow, made(settings(), SLOW, SWITCH))
    apply(qtbot, dialog, "working")
    running(qtbot, slow, 2)
    QTimer.singleShot(100, slow.go.touch)
    slow.window.closing.finish_mending()
    assert slow.go.exists()
    assert not slow.app.mending.running
    assert slow.config.read_text() == slow.before
    assert slow.ledger.entries()[-1].outcome == "stopped"
    # nothing is on its way any more, so it does not wait again
    slow.window.closing.finish_mending()
    with qtbot.waitSignal(slow.window.closed, timeout=WAIT):
        slow.window.close()


def ordinary(tmp_path, monkeypatch, pkexec):
    return opened_place(tmp_path, monkeypatch, ordinary=True, pkexec=pkexec)


def test_the_desktop_is_asked_for_each_step_that_needs_root(tmp_path, monkeypatch, qtbot):
    with ordinary(tmp_path, monkeypatch, f'echo "$1" >> {tmp_path}/asked; exec "$@"') as place:
        place.window.show()
        dialog = shown(qtbot, place, made(settings(privileged=True), SWITCH, LAST))
        assert "2 of 3 steps need root. Your desktop asks for the password" in words(dialog)
        assert not (tmp_path / "asked").exists()
        apply(qtbot, dialog)
        assert (tmp_path / "asked").read_text().split() == ["/usr/bin/python3", f"{place.root}/usr/bin/on"]
        assert place.address() == REACHED


def test_a_question_that_is_closed_leaves_things_as_they_were(tmp_path, monkeypatch, qtbot):
    refuse = "echo 'Error executing command as another user: Request dismissed' >&2; exit 126"
    with ordinary(tmp_path, monkeypatch, refuse) as place:
        place.window.show()
        dialog = shown(qtbot, place, made(settings(), SWITCH))
        apply(qtbot, dialog)
        assert "It was not allowed" in dialog.verdict
        assert "Request dismissed" in dialog.verdict
        assert "Taken back: Name the proxy" in dialog.verdict
        assert "drydock mend" not in dialog.verdict
        assert place.config.read_text() == place.before
        assert "Preview again" in buttons(dialog)


def test_without_a_way_to_root_the_lines_are_given(tmp_path, monkeypatch, qtbot):
    with ordinary(tmp_path, monkeypatch, "") as place:
        place.window.show()
        dialog = shown(qtbot, place, made(settings(), SWITCH, commands=("sudo on 'a b'",)))
        assert "This cannot be applied from here" in words(dialog)
        assert "neither pkexec nor sudo" in words(dialog)
        assert not dialog.deed.isEnabled()
        dialog.agree()
        assert place.config.read_text() == place.before
        assert dialog.stage == "ready"


def test_no_trouble_speaks_of_the_command_line(place):
    from drydock.data.knowledge import trouble_articles
    from drydock.qt.models.mend_verdict import trouble_words

    for name in trouble_articles():
        # these come of names that are typed
        if name.startswith("mend-") and name not in ("mend-not-offered", "mend-target-missing", "mend-target-wrong"):
            found = trouble_words(Trouble(name))
            assert "drydock mend" not in f"{found.title}{found.text}{found.next}", name
