"""A session's log explained in the window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from drydock.jobs.context import Context
from drydock.qt.app import App
from drydock.qt.pages.session_log import SessionLog
from drydock.store import Store
from drydock.world.live import LiveWorld

LOG = [
    "epoch 1",
    "RuntimeError: NCCL error: unhandled cuda error",
    "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.",
    "epoch 2",
]
WAIT = 20_000


@pytest.fixture
def app(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("DRYDOCK_HOME", str(tmp_path / "home"))
    store = Store()
    made = App(Context(world=LiveWorld(), store=store, engine=""), None)
    yield made
    made.bridge.close()
    store.close()


@pytest.fixture
def log(app, qtbot):
    made = SessionLog(app, "Log of lab")
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    made.view.post(LOG)
    made.view.drain()
    return made


def told(log):
    return [one.text() for one in log.explanation.findChildren(QLabel) if not one.isHidden()]


def buttons(log):
    return {one.text(): one for one in log.explanation.findChildren(QPushButton) if not one.isHidden()}


def press(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def explained(qtbot, log):
    press(qtbot, log.panel._explain)
    # what is put into a layout is shown a turn of the event loop later
    qtbot.waitUntil(lambda: log._running is None and len(told(log)) > 1, timeout=WAIT)


def test_the_cause_is_shown_with_its_line_and_the_rest_beside_it(log, qtbot):
    assert log.explanation.isHidden()
    explained(qtbot, log)
    assert log.explanation.title == "This PyTorch holds no code for this GPU"
    texts = "\n".join(told(log))
    assert "sm_120" in texts
    assert "pytorch/pytorch:" in texts
    assert "What to do" in texts
    assert "Most likely the cause: line 3" in buttons(log)
    assert "follows: NCCL met an error of CUDA: line 2" in buttons(log)
    press(qtbot, buttons(log)["Most likely the cause: line 3"])
    assert log.view.selected_text() == LOG[2]
    assert not log.view.following


def test_a_line_that_is_left_out_is_brought_back_to_be_seen(log, qtbot):
    log.view.post(["NVRM: Xid (PCI:0000:41:00): 154, GPU recovery action changed", *LOG])
    log.view.drain()
    explained(qtbot, log)
    log.panel._least.setCurrentIndex(2)
    log.panel._choose_least(2)
    qtbot.waitUntil(lambda: log.view.shown_count == 3, timeout=WAIT)
    press(qtbot, buttons(log)["Most likely the cause, 2 lines: line 3"])
    assert log.view.selected_text() == LOG[2]
    assert log.panel._least.currentIndex() == 0


def test_one_line_is_explained_by_itself(log, qtbot):
    log.view.explain_wanted.emit(1)
    qtbot.waitUntil(lambda: log.explanation.title == "NCCL met an error of CUDA", timeout=WAIT)
    qtbot.waitUntil(lambda: "A consequence: line 2" in buttons(log), timeout=WAIT)


def test_a_line_that_is_not_known_leads_to_the_whole_log(log, qtbot):
    log.view.explain_wanted.emit(0)
    qtbot.waitUntil(lambda: log.explanation.title == "Nothing known was found", timeout=WAIT)
    qtbot.waitUntil(lambda: "Line 1 is not one of those" in "\n".join(told(log)), timeout=WAIT)
    press(qtbot, buttons(log)["Explain the whole log"])
    qtbot.waitUntil(lambda: log.explanation.title == "This PyTorch holds no code for this GPU", timeout=WAIT)


def test_a_healthy_log_is_told_honestly_with_a_next_step(log, qtbot, app):
    log.view.clear()
    log.view.post(["epoch 1", "epoch 2"])
    explained(qtbot, log)
    assert log.explanation.title == "Nothing known was found"
    assert "none of the 2 lines" in "\n".join(told(log))
    with qtbot.waitSignal(app.page_wanted) as asked:
        press(qtbot, buttons(log)["Open the doctor"])
    assert asked.args == ["doctor", None]


def test_escape_puts_the_explanation_away(log, qtbot):
    explained(qtbot, log)
    next(iter(buttons(log).values())).setFocus()
    qtbot.keyClick(log.explanation.focusWidget() or log.explanation, Qt.Key.Key_Escape)
    qtbot.waitUntil(log.explanation.isHidden, timeout=WAIT)


def test_what_is_shown_has_names_for_the_ear(log, qtbot):
    explained(qtbot, log)
    assert log.explanation.accessibleName() == log.explanation.title
    assert all(one.accessibleName() for one in buttons(log).values())


def test_an_explanation_below_the_edge_is_scrolled_into_sight(log, qtbot):
    page, area = QWidget(), QScrollArea()
    qtbot.addWidget(area)
    column = QVBoxLayout(page)
    log.panel.setMinimumHeight(400)
    column.addWidget(log)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.resize(800, 450)
    area.show()
    assert area.verticalScrollBar().value() == 0
    explained(qtbot, log)

    def seen():
        top = log.explanation.mapTo(area.viewport(), log.explanation.rect().topLeft()).y()
        return 0 <= top <= 200

    qtbot.waitUntil(seen, timeout=WAIT)
    log.setParent(None)  # it is taken down by itself
