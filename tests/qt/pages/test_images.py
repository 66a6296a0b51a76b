"""The Images page on sample machines, and against the real engine."""

import itertools
import time

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from tests.support.engine.faulty_registry import Fault
from tests.support.window import opened_window

from drydock.core.facts import TagList
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot
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


def act(widget, text):
    """Return the button with this text that is shown; None when there is none."""
    return next((one for one in widget.findChildren(QPushButton) if one.text() == text and one.isVisible()), None)


def give_machine(window, name):
    """Let this computer have the driver and the GPUs of a sample machine, with its own engine."""
    own = window.app.diagnosis.snapshot
    snapshot = msgspec.structs.replace(open_machine(name).snapshot, engine=own.engine)
    window.app.diagnosis = diagnose_snapshot(snapshot)
    window.app.diagnosed.emit(window.app.diagnosis)


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
    ways = {one.toolTip(): one for one in page.card.findChildren(QPushButton) if "/" in one.toolTip()}
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
    assert "Install driver" in page.catalogue.reasons


def test_nothing_is_done_to_a_recorded_machine(window):
    page = window.page("images")
    page.wish.torch.setText("2.9")  # the recommended one is here on this sample
    assert page.header.main_button.text() == "Pull"
    assert not page.header.main_button.isEnabled()
    assert "recorded machine" in page.header.main_button.toolTip()
    assert "recorded machine" in page.card.standing.text
    assert page.card.standing.again.isHidden()
    page.pull_image("a/b:1")
    assert not window.app.activities.items
    assert not page.catalogue.tags.isEnabled()
    page.tabs.setCurrentIndex(1)
    page.local.choose(page.local.model.rows[0].key)
    for name in ("Remove…", "Export…", "Import a file…"):
        act = next(one for one in page.local.findChildren(QPushButton) if one.text() == name)
        assert not act.isEnabled()


def test_what_is_here_is_launched(window, qtbot):
    page = window.page("images")
    asked = []
    window.app.page_wanted.connect(lambda name, argument: asked.append((name, argument)))
    assert page.header.main_button.text() == "Launch"
    press(qtbot, page.header.main_button)
    assert asked == [("launch", LaunchWish(image=page.answer.choice.reference))]


def test_a_bad_name_is_said_at_its_field(window, qtbot):
    page = window.page("images")
    qtbot.keyClicks(page.inspector.field.edit, "Me/Mine:1")
    assert page.inspector.field.state == "broken"
    assert "small letters" in page.inspector.field.note
    assert not page.inspector.field.inspect.isEnabled()


def test_an_image_that_never_existed_comes_back_with_the_nearest(window, qtbot):
    page = window.page("images")
    page.show_argument("pytorch/pytorch:2.9-cuda11.8-devel")
    card = page.inspector.card
    assert card.badge.word == "No such image"
    assert "12.6, 12.8, 13.0 only" in card.lines.text
    nearest = next(one for one in card.findChildren(QPushButton) if one.text().startswith("pytorch/pytorch:2.9"))
    press(qtbot, nearest)
    assert page.inspector.reference == nearest.text()
    assert card.shown.inspection.stage == "catalogue"
    assert not any(
        one.isVisible() and one.text() == "Pull" for one in card.findChildren(QPushButton) if one.isEnabled()
    )


def test_the_filters_are_kept_while_the_wish_changes(window):
    page = window.page("images")
    filters = page.catalogue.filters
    filters.series.setCurrentIndex(filters.series.findData("2.9"))
    assert {row.series for row in page.catalogue.model.rows} == {"2.9"}
    page.wish.torch.setText("2.8")
    assert filters.series.currentData() == "2.9"
    filters.clear()
    assert page.catalogue.model.rows == page.catalogue.model.every


def test_before_the_machine_is_known_the_list_says_what_it_waits_for(window, qtbot):
    page = window.page("images")
    window.app.show_machine(window.app.machine)
    assert page.catalogue.table.isHidden()
    assert "as soon as" in page.catalogue.reasons
    qtbot.waitUntil(lambda: not page.catalogue.table.isHidden(), timeout=20_000)


def test_kept_tags_are_merged_beside_the_window(window, qtbot):
    page, store = window.page("images"), window.app.context.store
    listed = [image.tag for image in page.chooser.catalogue.images if image.repository == "pytorch/pytorch"]

    def keep(*newer):
        tags = TagList(repository="pytorch/pytorch", tags=(*listed, *newer), read_at="2026-11-20T09:00:00Z")
        store.save_tag_list(tags)
        page.tag_lists.refreshed.emit()
        # the shipped catalogue is what is known until the lists are merged
        assert not any(image.tag in newer for image in page.chooser.catalogue.images)
        qtbot.waitUntil(lambda: any(row.name == newer[-1] for row in page.catalogue.model.every))

    keep("2.98.0-cuda13.0-cudnn9-runtime")
    keep("2.98.0-cuda13.0-cudnn9-runtime", "2.99.0-cuda13.0-cudnn9-runtime")
    qtbot.keyClicks(page.wish.torch, "2.9")
    assert page.answer.choice.torch.startswith("2.9")


def test_a_long_list_of_tags_is_judged_beside_the_window(window, qtbot):
    page = window.page("images")
    tags = [image.tag for image in page.chooser.catalogue.images if image.repository == "pytorch/pytorch"]
    tags += [f"2.{minor}.{patch}-cuda13.0-cudnn9-runtime" for minor in range(30, 90) for patch in range(10)]
    window.app.context.store.save_tag_list(
        TagList(repository="pytorch/pytorch", tags=tuple(tags), read_at="2026-11-25")
    )
    page.tag_lists.refreshed.emit()
    qtbot.waitUntil(lambda: len(page.catalogue.model.every) > 700, timeout=20_000)
    page.wish.torch.setText("2.9")
    qtbot.waitUntil(lambda: page.answer.choice.torch.startswith("2.9"), timeout=20_000)
    page.wish.torch.setText("two")
    qtbot.waitUntil(lambda: "two" in page.wish.note("torch"), timeout=20_000)
    page._say_tags()
    assert "2026-11-25" in page.catalogue.tags_note


def test_the_recommended_image_is_asked_about_and_stays_usable_when_nobody_answers(live, qtbot):
    page = live.page("images")
    give_machine(live, "rtx4090-desktop")
    reference = page.answer.choice.reference
    qtbot.waitUntil(lambda: page.questions.answer(reference) is not None, timeout=60_000)
    asked = page.questions.answer(reference)
    if asked.confirmed is None:
        assert "Not confirmed" in page.card.standing.text
        assert "catalogue" in page.card.standing.text
    assert page.card.standing.again.text() == "Ask again"
    assert page.header.main_button.text() == "Pull"
    assert page.header.main_button.isEnabled()


def test_an_image_is_inspected_pulled_and_launched_pinned(live, qtbot, pushed, faulty_registry):
    page = live.page("images")
    name = pushed((2_000_000, 500), faulty_registry())
    asked = []
    live.app.page_wanted.connect(lambda name, argument: asked.append((name, argument)))
    page.show_argument(name)
    card = page.inspector.card
    qtbot.waitUntil(lambda: "Confirmed by" in card.standing.text, timeout=30_000)
    digest = card.standing.digest.digest
    assert digest.startswith("sha256:")
    press(qtbot, act(card, "Pull"))
    qtbot.waitUntil(lambda: any(row.key == name for row in page.local.model.rows), timeout=60_000)
    qtbot.waitUntil(lambda: act(card, "Pull") is None, timeout=10_000)
    press(qtbot, act(card, "Launch pinned to this digest"))
    assert asked == [("launch", LaunchWish(image=name, digest=digest))]


def test_several_images_are_removed_after_a_question(live, qtbot, pushed, faulty_registry):
    page = live.page("images")
    proxy = faulty_registry()
    names = [pushed((500,), proxy) for _ in range(2)]
    for name in names:
        page.pull_image(name)
    qtbot.waitUntil(lambda: set(names) <= {row.key for row in page.local.model.rows}, timeout=60_000)
    notes = []
    live.app.noted.connect(lambda text, tone: notes.append((text, tone)))
    page.tabs.setCurrentIndex(1)
    page.local.choose(*names)
    page.local.table.setFocus()
    qtbot.keyClick(page.local.table, Qt.Key.Key_Delete)
    question = page.findChild(QMessageBox)
    assert question.text() == "Remove 2 images?"
    press(qtbot, next(one for one in question.buttons() if one.text() == "Remove"))
    qtbot.waitUntil(lambda: not set(names) & {row.key for row in page.local.model.rows}, timeout=30_000)
    assert notes == [("2 images were removed.", "ok")]


def test_an_image_is_judged_by_its_own_words_when_it_is_chosen(live, qtbot, tiny_image):
    page = live.page("images")
    give_machine(live, "rtx4090-desktop")
    page.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: any(row.key == tiny_image.reference for row in page.local.model.rows), timeout=20_000)
    page.local.choose(tiny_image.reference)
    detail = page.local.detail
    qtbot.waitUntil(lambda: "torch is inside" in detail.lines.text, timeout=20_000)
    assert detail.badge.word == "Cannot be told"
    give_machine(live, "broken-laptop")  # what is said follows the machine
    qtbot.waitUntil(lambda: "torch is inside" not in detail.lines.text, timeout=5_000)


def test_an_image_goes_into_a_file_and_comes_back(live, qtbot, pushed, faulty_registry, tmp_path):
    page = live.page("images")
    name = pushed((500_000,), faulty_registry())
    page.pull_image(name)
    qtbot.waitUntil(lambda: any(row.key == name for row in page.local.model.rows), timeout=60_000)
    path = tmp_path / "image.tar"
    page.files.export_file(name, str(path))
    qtbot.waitUntil(path.exists, timeout=60_000)
    page.engine_images.remove((name,))
    qtbot.waitUntil(lambda: all(row.key != name for row in page.local.model.rows), timeout=20_000)
    page.files.import_file(str(path))
    qtbot.waitUntil(lambda: any(row.key == name for row in page.local.model.rows), timeout=60_000)


def test_a_failed_pull_says_why_and_can_be_tried_again(live, qtbot, pushed, faulty_registry):
    page = live.page("images")
    proxy = faulty_registry()
    name = pushed((500,), proxy)
    proxy.fail(Fault.MISSING)
    page.pull_image(name)
    failure = page.activities.failure
    qtbot.waitUntil(lambda: not page.activities.isHidden(), timeout=30_000)
    assert name in failure.words
    proxy.heal()
    press(qtbot, next(one for one in failure.findChildren(QPushButton) if one.text() == "Try again"))
    qtbot.waitUntil(lambda: any(row.key == name for row in page.local.model.rows), timeout=60_000)
    assert page.activities.isHidden()


def test_a_list_of_tags_that_cannot_be_read_is_said_quietly(live, qtbot):
    page = live.page("images")
    press(qtbot, page.catalogue.tags)
    qtbot.waitUntil(lambda: not page.tag_lists.reading, timeout=100_000)
    assert page.catalogue.tags.isEnabled()
    assert page.catalogue.tags_note
    assert len(page.catalogue.model.every) > 100
