import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton

from drydock.qt.widgets.ladder import Ladder, Step

STEPS = tuple(Step(id=name, title=name.title(), state="ok", words="3 fine") for name in ("host", "gpu", "driver"))


@pytest.fixture
def ladder(qtbot):
    made = Ladder("The ladder")
    qtbot.addWidget(made)
    made.set_steps(STEPS)
    made.resize(216, 400)
    made.show()
    return made


def rungs(ladder):
    return ladder.findChildren(QAbstractButton)


def test_every_rung_says_its_state_in_words(ladder):
    assert rungs(ladder)[0].accessibleName() == "Host: OK. 3 fine"
    ladder.set_steps((Step(id="host", title="Host", state="broken", words="1 broken"), *STEPS[1:]))
    assert rungs(ladder)[0].accessibleName() == "Host: Broken. 1 broken"


def test_a_click_and_enter_choose(ladder, qtbot):
    chosen = []
    ladder.chosen.connect(chosen.append)
    qtbot.mouseClick(rungs(ladder)[1], Qt.MouseButton.LeftButton)
    ladder.focus_rung("driver")
    qtbot.keyClick(rungs(ladder)[2], Qt.Key.Key_Return)
    assert chosen == ["gpu", "driver"]


def test_arrows_walk_along_and_stop_at_the_ends(ladder, qtbot):
    ladder.focus_rung("host")
    for key, expected in (
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_End, 2),
        (Qt.Key.Key_Down, 2),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(next(rung for rung in rungs(ladder) if rung.hasFocus()), key)
        assert rungs(ladder)[expected].hasFocus()


def test_the_focus_stays_while_words_change(ladder):
    ladder.focus_rung("gpu")
    before = rungs(ladder)[1]
    ladder.set_steps(tuple(Step(id=step.id, title=step.title, state="broken", words="1 broken") for step in STEPS))
    assert rungs(ladder)[1] is before
    assert before.hasFocus()
