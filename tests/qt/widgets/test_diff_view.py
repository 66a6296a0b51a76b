"""A diff: what comes and goes is told by sign and colour, and long ones are folded."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from drydock.core.remedies.plan import unified
from drydock.qt.theme import theme
from drydock.qt.widgets.diff_view import DiffView

BEFORE, AFTER = "a\n-- gone\nc\n", "a\n++ new\nc\n"


@pytest.fixture
def view(qtbot):
    def make(text, name=""):
        made = DiffView(text, name)
        qtbot.addWidget(made)
        made.resize(480, 300)
        made.show()
        return made

    return make


def colours(view):
    """Return the ink and the ground of each line, by its text."""
    found = {}
    document = view.findChild(QPlainTextEdit).document()
    block = document.begin()
    while block.isValid():
        ground = block.blockFormat().background()
        ink = block.begin().fragment().charFormat().foreground().color() if block.text() else None
        found[block.text()] = (ink, ground.color() if ground.style() != Qt.BrushStyle.NoBrush else None)
        block = block.next()
    return found


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_signs_and_colours_say_what_comes_and_goes(view, choice):
    made = view(unified("/etc/x", BEFORE, AFTER))
    theme().choose(choice)
    now = theme().colours
    found = colours(made)
    # these two begin like the lines that name the file
    assert found["--- gone"] == (QColor(now.broken), QColor(now.broken_soft))
    assert found["+++ new"] == (QColor(now.ok), QColor(now.ok_soft))
    assert found["--- /etc/x"] == (QColor(now.muted), None)
    assert found[" a"] == (QColor(now.ink), None)


def test_where_the_file_is_named_above_the_diff_does_not_name_it_again(view):
    made = view(unified("/etc/x", BEFORE, AFTER), "/etc/x")
    assert made.text.startswith("@@ -1,3 +1,3 @@")
    assert "--- gone" in made.text
    assert made.findChild(QPlainTextEdit).accessibleName() == "Changes to /etc/x"


def test_a_long_one_is_folded_and_unfolds(view, qtbot):
    made = view(unified("/etc/x", None, "".join(f"line {number}\n" for number in range(200))), "/etc/x")
    fold = made.findChild(QPushButton)
    assert made.folded
    assert "+line 199" not in made.text
    assert fold.text() == "Show all 201 lines"
    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert "+line 199" in made.text
    assert fold.text() == "Show fewer lines"
    # it scrolls instead of growing on and on
    assert made.height() < 600


def test_a_short_one_is_seen_whole(view):
    made = view(unified("/etc/x", None, "".join(f"line {number}\n" for number in range(12))), "/etc/x")
    lines = made.findChild(QPlainTextEdit)
    assert not made.findChild(QPushButton).isVisible()
    assert lines.verticalScrollBar().maximum() == 0


def test_signs_that_a_screen_would_obey_are_shown(view):
    made = view(unified("/etc/x", None, "a\x1b[2Jb\n"))
    assert "\\x1b[2J" in made.text
