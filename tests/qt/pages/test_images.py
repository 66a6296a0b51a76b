"""The Images page on sample machines, and against the real engine."""

import itertools
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from tests.support.engine.faulty_registry import Fault
from tests.support.window import opened_window

from drydock.qt.models.launch import LaunchWish

_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as opened:
        opened.show_page("images")
        yield opened


@pytest.fixture
def live(qtbot, tmp_path, engine):
    """The page of this computer with the tests' engine."""
    with opened_window(qtbot, tmp_path, engine=engine.docker_host) as opened:
        opened.show_page("images")
        page = opened.page("images")
        qtbot.waitUntil(lambda: page.engine_images.images is not None, timeout=20_000)
        yield opened


@pytest.fixture
def pushed(engine):
    """Makes images that no engine has; afterwards none has them."""
    made = []

    def push(sizes, proxy):
        seed = next(_seeds)
        image = engine.registry.push_layers(f"window/{seed}", "1.0", sizes, seed=seed)
        name = image.reference.replace(str(engine.registry), str(proxy))
        made.append(name)
        return name

    yield push
    for name in made:
        engine.forget_image(name)


def press(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_wish_is_answered_while_it_is_typed(window, qtbot):
    page = window.page("images")
    first = page.answer.choice.reference
    qtbot.keyClicks(page.wish.torch, "2.9")
    assert page.answer.choice.torch.startswith("2.9")
    assert page.card.accessibleName() == page.answer.choice.reference != first
    page.wish.flavour.setCurrentIndex(page.wish.flavour.findData("devel"))
    assert page.answer.choice.flavour == "devel"


def test_a_wish_that_cannot_be_read_is_said_at_its_field(window, qtbot):
    page = window.page("images")
    before = page.answer
    qtbot.keyClicks(page.wish.cuda, "twelve")
    assert "twelve" in page.wish.note("cuda")
    assert page.answer is before
    page.wish.cuda.clear()
    assert "twelve" not in page.wish.note("cuda")


def test_a_refusal_offers_what_comes_nearest(window, qtbot):
    page = window.page("images")
    qtbot.keyClicks(page.wish.torch, "2.9")
    qtbot.keyClicks(page.wish.cuda, "11.8")
    assert page.answer.choice is None
    assert page.header.main_button.isHidden()
    refusal = page.answer.refusal
    ways = {button.toolTip(): button for button in page.card.findChildren(QPushButton)}
    assert set(ways) == {refusal.nearest.reference, *(choice.reference for choice in refusal.others)}
    press(qtbot, ways[refusal.nearest.reference])
    assert page.answer.choice.reference == refusal.nearest.reference
    assert not page.header.main_button.isHidden()


def test_every_image_says_why_not(window):
    page = window.page("images")
    page.show_argument("pytorch/pytorch:2.14.1-cuda13.2-cudnn9-devel")
    row = page.catalogue.chosen
    assert row.verdict == "cannot_run"
    assert all(reason in page.catalogue.reasons for reason in row.why)


def test_nothing_is_done_to_a_recorded_machine(window):
    page = window.page("images")
    page.wish.torch.setText("2.9")  # the recommended one is here on this sample
    assert page.header.main_button.text() == "Pull"
    assert not page.header.main_button.isEnabled()
    assert "recorded machine" in page.header.main_button.toolTip()
    page.pull_image("a/b:1")
    assert not page.pull.running
    page.tabs.setCurrentIndex(1)
    page.local.choose(page.local.model.rows[0].key)
    remove = next(one for one in page.local.findChildren(QPushButton) if one.text() == "Remove…")
    assert not remove.isEnabled()


def test_what_is_here_is_launched(window, qtbot):
    page = window.page("images")
    asked = []
    window.app.page_wanted.connect(lambda name, argument: asked.append((name, argument)))
    assert page.header.main_button.text() == "Launch"
    press(qtbot, page.header.main_button)
    assert asked == [("launch", LaunchWish(image=page.answer.choice.reference))]


def test_an_image_is_pulled_by_name_and_removed(live, qtbot, pushed, faulty_registry):
    page = live.page("images")
    name = pushed((2_000_000, 500), faulty_registry())
    notes = []
    live.app.noted.connect(lambda text, tone: notes.append((text, tone)))
    page.by_name.show()
    page.by_name.edit.setText(name)
    press(qtbot, page.by_name.pull)
    assert page.pull.running
    assert name in page.work_on_its_way()
    qtbot.waitUntil(lambda: not page.pull.running, timeout=60_000)
    assert notes == [(f"{name} is here now.", "ok")]
    qtbot.waitUntil(lambda: any(row.key == name for row in page.local.model.rows), timeout=20_000)
    page.tabs.setCurrentIndex(1)
    page.local.choose(name)
    page.local.table.setFocus()
    qtbot.keyClick(page.local.table, Qt.Key.Key_Delete)
    question = page.findChild(QMessageBox)
    assert name in question.text()
    yes = next(one for one in question.buttons() if one.text() == "Remove")
    press(qtbot, yes)
    qtbot.waitUntil(lambda: all(row.key != name for row in page.local.model.rows), timeout=20_000)
    assert notes[-1] == (f"{name} was removed.", "ok")


def test_a_pull_shows_its_bar_and_stops_when_asked(live, qtbot, engine, pushed, faulty_registry):
    page = live.page("images")
    name = pushed((6_000_000,), faulty_registry(bytes_per_second=400_000))
    page.pull_image(name)
    qtbot.waitUntil(lambda: (page.pull.panel.line.share or 0) > 0, timeout=30_000)
    live.show_page("doctor")  # it goes on behind another page
    live.show_page("images")
    assert page.pull.running
    assert page.pull.panel.isVisible()
    cancel = next(one for one in page.pull.panel.findChildren(QPushButton) if one.text() == "Cancel")
    press(qtbot, cancel)
    qtbot.waitUntil(lambda: not page.pull.running, timeout=30_000)
    assert not page.pull.panel.isVisible()
    assert page.work_on_its_way() == ""
    assert not engine.client.images.list(name=name)


def test_a_failed_pull_says_why_and_can_be_tried_again(live, qtbot, pushed, faulty_registry):
    page = live.page("images")
    proxy = faulty_registry()
    name = pushed((500,), proxy)
    proxy.fail(Fault.MISSING)
    page.pull_image(name)
    qtbot.waitUntil(lambda: not page.pull.failure.isHidden(), timeout=30_000)
    assert name in page.pull.failure.words
    proxy.heal()
    again = next(one for one in page.pull.failure.findChildren(QPushButton) if one.text() == "Try again")
    press(qtbot, again)
    qtbot.waitUntil(lambda: not page.pull.running, timeout=60_000)
    assert page.pull.failure.isHidden()
