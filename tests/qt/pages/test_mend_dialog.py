"""Remedies applied in the window: nothing without consent, all of it visible, and a way back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QTextEdit
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

from drydock.qt.pages.mend_dialog import open_remedy

root_needed = pytest.mark.skipif(not only_root, reason="the stand-in for root must be root")


@pytest.fixture
def place(tmp_path, monkeypatch, qtbot):
    with opened_place(tmp_path, monkeypatch) as opened:
        opened.window.show()
        yield opened


def words(widget):
    """Return everything that can be read."""
    texts = [part.text() for part in widget.findChildren(QLabel) if part.isVisible()]
    for kind in (QTextEdit, QPlainTextEdit):
        texts += [part.toPlainText() for part in widget.findChildren(kind) if part.isVisible()]
    return "\n".join(texts)


def buttons(widget):
    return {part.text(): part for part in widget.findChildren(QPushButton) if part.isVisible()}


def shown(qtbot, place, remedy, stage="ready"):
    dialog = open_remedy(place.app, FINDING.id, remedy, place.window)
    qtbot.waitUntil(lambda: dialog.stage == stage)
    return dialog


def apply(qtbot, dialog):
    qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.stage == "ended", timeout=20_000)


@root_needed
def test_a_remedy_is_shown_applied_and_taken_back(place, qtbot):
    dialog = shown(qtbot, place, made(settings(), SWITCH, SETTLE, note="Containers made afterwards know it."))
    seen = words(dialog)
    for text in ("Containers made afterwards know it.", f'-      "httpProxy": "{LOCAL}"', "on 'a b'", "sudo settle"):
        assert text in seen
    assert "2 of 3 steps need root. Drydock runs as root" in seen
    assert "All of it can be taken back." in seen
    assert "Proxy for programs in containers" in seen
    assert dialog.deed.text() == "Let containers reach the proxy"
    assert dialog.focusWidget().text() == "Cancel"
    assert place.config.read_text() == place.before
    assert place.called() == []

    apply(qtbot, dialog)
    assert place.address() == REACHED
    assert place.called() == ["on a b", "settle "]
    assert "It helped" in dialog.verdict
    assert f"Containers are told to use {REACHED}." in dialog.verdict
    assert "on is done" in words(dialog)
    (entry,) = place.ledger.entries()
    assert entry.id in dialog.verdict

    qtbot.mouseClick(buttons(dialog)["Undo…"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.stage == "ready")
    assert dialog.deed.text() == "Take it back"
    assert f'+      "httpProxy": "{LOCAL}"' in words(dialog)
    assert place.address() == REACHED
    apply(qtbot, dialog)
    assert place.config.read_text() == place.before
    assert "Taken back" in dialog.verdict
    assert place.ledger.entry(entry.id).undone_by


def test_escape_and_enter_change_nothing(place, qtbot):
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
        dialog = shown(qtbot, place, made(settings()))
        with qtbot.waitSignal(dialog.finished):
            qtbot.keyClick(dialog, key)
    assert place.config.read_text() == place.before
    assert place.ledger.entries() == ()


def test_what_cannot_be_taken_back_is_marked(place, qtbot):
    dialog = shown(qtbot, place, made(settings(), LAST))
    assert "All but this can be taken back: Send a letter." in words(dialog)
    assert "cannot be taken back" in words(dialog)
