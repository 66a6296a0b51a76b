import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from tests.support.window import opened_window

from drydock.core.facts import TagList
from drydock.core.images import Wish
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.jobs.recommend import recommend_for
from drydock.qt.window import PAGES
from drydock.store import Store


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="broken-laptop") as opened:
        yield opened


def test_home_says_the_root_cause_and_leads_to_the_doctor(window, qtbot):
    window.show_page("home")
    home = window.page("home")
    layers = {layer.id: layer for layer in home.stack.layers}
    assert layers["driver"].state == "broken"
    assert "570.172.08" in layers["driver"].line
    assert layers["work"].state == "not_tested"
    qtbot.mouseClick(home.header.main_button, Qt.MouseButton.LeftButton)
    assert window.rail.current == "doctor"
    assert window.page("doctor").row("driver-versions").open
    assert not window.page("doctor").row("host-disk").open


def test_the_banner_says_that_this_is_another_machine(window):
    assert window.banner.isVisible()
    assert "Nothing shown here is this computer" in window.banner.text
    assert "Broken laptop" in window.windowTitle()


def test_the_way_back_to_this_computer(window, qtbot):
    window.banner.chosen.emit()
    assert not window.banner.isVisible()
    assert window.windowTitle() == "Drydock"
    qtbot.waitUntil(lambda: window.app.diagnosis is not None, timeout=30_000)
    assert window.app.diagnosis.snapshot.label == ""


def test_the_rail_counts_what_is_broken(window):
    item = window.rail._find("doctor")
    assert item.badge == 2


@pytest.mark.parametrize("name", [name for name, *_ in PAGES])
def test_every_page_opens_by_keyboard(window, qtbot, name):
    number = [page for page, *_ in PAGES].index(name) + 1
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
    assert window.rail.current == name
    assert window.page(name).isVisible()


@pytest.mark.parametrize("machine", ["rtx4090-desktop", "h100x8-server", "wsl2-desktop"])
def test_healthy_machines_are_ready(qtbot, tmp_path, machine):
    with opened_window(qtbot, tmp_path, machine=machine) as window:
        window.show_page("home")
        states = {layer.id: layer.state for layer in window.page("home").stack.layers}
        assert states["gpu"] == states["driver"] == states["image"] == "ok"
        assert window.page("home").header.main_button.text() == "Launch"


def test_no_page_offers_more_than_one_main_button(window, qtbot):
    for name, *_ in PAGES:
        window.show_page(name)
        mains = [
            button
            for button in window.page(name).findChildren(QPushButton)
            if button.property("kind") == "main" and button.isVisible()
        ]
        assert len(mains) <= 1, name


def test_sample_machines_open_from_home(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, engine="unix:///nowhere/docker.sock") as window:
        window.show_page("home")
        home = window.page("home")
        qtbot.waitUntil(lambda: home.samples is not None)
        buttons = {button.text(): button for button in home.samples.findChildren(QPushButton)}
        qtbot.mouseClick(buttons["8x H100 server"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: window.app.diagnosis is not None, timeout=10_000)
        assert window.banner.isVisible()
        assert "8x" in home.stack.layers[0].line
        assert not home.samples.isVisible()


def test_the_doctor_saves_a_report(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path / "home", engine="unix:///nowhere/docker.sock") as window:
        window.show_page("doctor")
        window.page("doctor").save_report(str(tmp_path / "bundle.zip"))
        qtbot.waitUntil(window.note.isVisible, timeout=30_000)
        assert (tmp_path / "bundle.zip").stat().st_size > 1000
        window.page("doctor").save_report(str(tmp_path / "no" / "such" / "place.zip"))
        qtbot.waitUntil(lambda: "could not be written" in window.note.text, timeout=30_000)


def test_every_page_knows_which_tags_the_registry_lacks(qtbot, tmp_path):
    images = load_catalogue().images
    first = recommend_for(open_machine("rtx4090-desktop").snapshot, Wish(), load_catalogue()).choice.tag
    tags = tuple(image.tag for image in images if image.repository == "pytorch/pytorch" and image.tag != first)
    kept = TagList(repository="pytorch/pytorch", tags=tags, read_at="2026-11-25T00:00:00Z")
    Store(tmp_path).save_tag_list(kept)
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as window:
        qtbot.waitUntil(lambda: window.page("images").answer is not None, timeout=10_000)
        proposed = window.page("launch").form.image.currentText()
        qtbot.waitUntil(lambda: window.page("images").answer.choice.reference == proposed, timeout=10_000)
        assert proposed.startswith("pytorch/pytorch:")
        assert not proposed.endswith(f":{first}")
