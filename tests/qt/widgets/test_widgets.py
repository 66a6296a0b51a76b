import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from drydock.qt.theme import LIGHT, theme
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.bar_chart import Bar, BarChart
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import label
from drydock.qt.widgets.meter import Meter
from drydock.qt.widgets.nav_rail import COMPACT_BELOW, NavRail
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.progress_panel import ProgressPanel
from drydock.qt.widgets.stack_view import Layer, StackView
from drydock.qt.widgets.state_badge import StateBadge

LAYERS = (
    Layer(id="gpu", title="GPU", line="RTX 4090", state="ok"),
    Layer(id="driver", title="Driver", line="too old", state="broken"),
    Layer(id="work", title="Your work", line="nothing yet", state="not_tested", state_word="Waiting"),
)


@pytest.fixture
def shown(qtbot):
    def show(widget, width=700, height=500):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        qtbot.waitExposed(widget)
        return widget

    return show


# the stack


def test_the_first_layer_lies_at_the_bottom(shown):
    stack = shown(StackView(LAYERS))
    tops = {plate.layer.id: plate.y() for plate in stack.plates}
    assert tops["work"] < tops["driver"] < tops["gpu"]
    assert stack.layers == LAYERS


def test_a_layer_is_chosen_by_click_and_by_keys(shown, qtbot):
    stack = shown(StackView(LAYERS))
    with qtbot.waitSignal(stack.layer_chosen) as chosen:
        qtbot.mouseClick(stack.plates[1], Qt.MouseButton.LeftButton)
    assert chosen.args == ["driver"]
    stack.plates[0].setFocus()
    qtbot.keyClick(stack.plates[0], Qt.Key.Key_Down)
    qtbot.keyClick(stack.plates[1], Qt.Key.Key_Down)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        with qtbot.waitSignal(stack.layer_chosen) as chosen:
            qtbot.keyClick(stack.plates[2], key)
        assert chosen.args == ["gpu"]


def test_layers_say_their_state_in_words(shown):
    stack = shown(StackView(LAYERS))
    assert [plate.accessibleName() for plate in stack.plates] == ["Your work: Waiting", "Driver: Broken", "GPU: OK"]


def test_refilling_keeps_the_plates_and_other_layers_replace_them(shown):
    stack = shown(StackView(LAYERS))
    plates = stack.plates
    stack.set_layers((*LAYERS[:1], Layer(id="driver", title="Driver", line="580", state="ok"), LAYERS[2]))
    assert stack.plates == plates
    assert stack.plates[1].accessibleName() == "Driver: OK"
    stack.set_layers(LAYERS[:1])
    assert [plate.layer.id for plate in stack.plates] == ["gpu"]


# the rail


@pytest.fixture
def rail(qtbot):
    window = QWidget()
    window.resize(1000, 640)
    made = NavRail(window)
    for key in ("home", "doctor", "images"):
        made.add_item(key, key.title(), key)
    made.add_item("settings", "Settings", "settings", bottom=True)
    made.set_current("home")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return made


def item(rail, key):
    return next(found for found in rail._items if found.key == key)


def test_clicking_a_place_goes_there_once(rail, qtbot):
    went = []
    rail.chosen.connect(went.append)
    qtbot.mouseClick(item(rail, "images"), Qt.MouseButton.LeftButton)
    assert (rail.current, went) == ("images", ["images"])


def test_arrow_keys_move_and_stop_at_the_ends(rail, qtbot):
    went = []
    rail.chosen.connect(went.append)
    qtbot.keyClick(item(rail, "home"), Qt.Key.Key_Up)
    qtbot.keyClick(item(rail, "home"), Qt.Key.Key_Down)
    qtbot.keyClick(item(rail, "doctor"), Qt.Key.Key_End)
    assert went == ["doctor", "settings"]
    assert item(rail, "settings").hasFocus()


def test_exactly_one_place_is_a_tab_stop(rail):
    rail.set_current("doctor")
    stops = [found.key for found in rail._items if found.focusPolicy() == Qt.FocusPolicy.StrongFocus]
    assert stops == ["doctor"]


def test_narrow_windows_keep_only_the_icons(rail, qtbot):
    assert not rail.compact
    rail.window().resize(COMPACT_BELOW - 1, 640)
    qtbot.waitUntil(lambda: rail.compact)
    assert item(rail, "doctor").toolTip() == "Doctor"
    rail.window().resize(1200, 640)
    qtbot.waitUntil(lambda: not rail.compact)


def test_badges_count_and_unknown_places_are_refused(rail):
    rail.set_badge("doctor", 3, "broken")
    assert item(rail, "doctor").badge == 3
    assert item(rail, "doctor").accessibleDescription() == "3"
    with pytest.raises(KeyError):
        rail.set_current("nonesuch")


def test_the_focus_ring_is_for_the_keyboard(rail, qtbot):
    qtbot.mouseClick(item(rail, "images"), Qt.MouseButton.LeftButton)
    item(rail, "images").setFocus(Qt.FocusReason.MouseFocusReason)
    assert not item(rail, "images").ring_wanted
    item(rail, "doctor").setFocus(Qt.FocusReason.TabFocusReason)
    assert item(rail, "doctor").ring_wanted


# rows, notes, cards


def test_a_row_unfolds_by_click_and_by_keys(shown, qtbot):
    row = FoldRow("broken", "No driver", "Install it")
    inside = QLabel("how")
    row.body.addWidget(inside)
    shown(row)
    assert not inside.isVisible()
    with qtbot.waitSignal(row.folded) as told:
        qtbot.mouseClick(row._head, Qt.MouseButton.LeftButton)
    assert told.args == [True]
    assert inside.isVisible()
    for key, open_ in (
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Return, False),
        (Qt.Key.Key_Space, True),
    ):
        qtbot.keyClick(row._head, key)
        assert inside.isVisible() is open_


def test_a_note_closes_and_a_permanent_one_does_not(shown, qtbot):
    note = shown(Banner("Done", "ok", action="Show"))
    with qtbot.waitSignal(note.chosen):
        qtbot.mouseClick(note._action, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(note.closed):
        qtbot.mouseClick(note._close, Qt.MouseButton.LeftButton)
    assert note.isHidden()
    sample = shown(Banner("Nothing shown is this computer", permanent=True))
    qtbot.keyClick(sample, Qt.Key.Key_Escape)
    sample.dismiss()
    assert sample.isVisible()
    assert not sample._close.isVisible()


def test_a_badge_shows_its_own_word_or_the_callers(shown):
    badge = shown(StateBadge("attention"))
    assert badge.accessibleName() == "Attention"
    narrow = badge.sizeHint().width()
    badge.show_state("ok", "Proven at 12:04 on both GPUs")
    assert badge.accessibleName() == "Proven at 12:04 on both GPUs"
    assert badge.sizeHint().width() > narrow


def test_an_untitled_card_leaves_no_gap(shown):
    assert Card("T").sizeHint().height() > Card().sizeHint().height()


def test_the_empty_state_and_the_header_offer_their_button(shown, qtbot):
    for made in (EmptyState("images", "Nothing", "Pull one", "Pull"), PageHeader("T", "S", "Go", "play")):
        shown(made)
        button = next(found for found in made.findChildren(QPushButton) if found.isVisible())
        with qtbot.waitSignal(made.chosen):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    header = shown(PageHeader("T"))
    assert not header.main_button.isVisible()


# facts and commands


def test_missing_facts_look_missing_and_say_why(shown, qtbot):
    facts = shown(
        KeyValueList((Row(label="A", value="1"), Row(label="B", value="no answer", missing=True, why="5 s passed")))
    )
    values = [value for _, value in facts._labels]
    assert [value.text() for value in values] == ["1", "— no answer"]
    assert values[1].toolTip() == "5 s passed"
    facts.set_rows((Row(label="A", value="1"), Row(label="B", value="2")))
    assert facts._labels[1][1] is values[1]
    assert (values[1].text(), values[1].toolTip()) == ("2", "")
    facts.setFocus()
    qtbot.keyClick(facts, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "A: 1\nB: 2"


def test_the_copied_command_is_exact_and_the_button_answers(shown, qtbot):
    command = "docker run -v /very/long/path:/w --gpus '\"device=0,1\"' pytorch/pytorch:2.9.0 " * 3
    box = shown(CommandBox(command), 300, 60)
    with qtbot.waitSignal(box.copied):
        qtbot.mouseClick(box._button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == command
    assert box._button.accessibleName() == "Copied"
    box.set_text("other")
    assert box._button.accessibleName() == "Copy the command"


def test_a_long_command_wraps_and_is_shown_whole(shown, qtbot):
    page = Page()
    box = CommandBox("docker run " + "--volume=/some/where:/there " * 30)
    page.body.addWidget(box)
    page.body.addStretch(1)
    shown(page, 500, 600)
    document = box._text.document()
    qtbot.waitUntil(lambda: box._text.height() >= int(document.size().height()))
    assert document.idealWidth() <= box._text.width()


# meters, progress, bars


def test_a_meter_clamps_and_knows_unknown(shown):
    meter = shown(Meter("Memory"), 300, 40)
    assert meter.share is None
    meter.set_value(1.4, "90 of 80 GB")
    assert (meter.share, meter.accessibleName()) == (1.0, "Memory: 90 of 80 GB")


def test_progress_moves_only_while_seen_and_unknown(shown, qtbot):
    panel = shown(ProgressPanel("Pulling"))
    assert panel.line.moving
    panel.set_progress(0.25, "1 of 4 GB", "10 MB/s")
    assert not panel.line.moving
    assert panel.accessibleDescription() == "25%, 1 of 4 GB, 10 MB/s"
    panel.set_progress(None)
    assert panel.line.moving
    panel.hide()
    assert not panel.line.moving


def test_cancel_asks_once(shown, qtbot):
    panel = shown(ProgressPanel("Pulling"))
    asked = []
    panel.cancel_wanted.connect(lambda: asked.append(1))
    for _ in range(2):
        qtbot.mouseClick(panel._cancel, Qt.MouseButton.LeftButton)
    assert asked == [1]
    panel.start("Again")
    assert panel._cancel.isEnabled()
    panel.finish("Done")
    assert panel.line.share == 1
    assert not panel._cancel.isVisible()


def test_bars_stream_in_and_replace_their_key(shown):
    chart = shown(BarChart("Nothing measured yet"))
    assert chart.accessibleDescription() == "Nothing measured yet"
    low = chart.sizeHint().height()
    chart.put_bar(Bar(key="a", label="Eager", note="running"))
    chart.put_bar(Bar(key="b", label="Compiled", value=4, low=3, high=6, value_text="4 k", ratio_text="2×", best=True))
    chart.put_bar(Bar(key="a", label="Eager", value=2, value_text="2 k", ratio_text="1×"))
    chart.put_bar(Bar(key="c", label="Other", value=0.0, value_text="0"))
    assert [bar.key for bar in chart.bars] == ["a", "b", "c"]
    assert chart.table().splitlines()[:2] == ["Eager, 2 k, 1×", "Compiled, 4 k, 2×"]
    assert chart.largest() == 6
    assert chart.sizeHint().height() > low
    image = chart.grab().toImage()
    names = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert LIGHT.accent in names


# pages


@pytest.mark.parametrize("width", [1280, 1000, 640])
def test_a_page_never_cuts_its_content_off(shown, qtbot, width):
    page = Page()
    page.body.addWidget(PageHeader("A long title for a page " * 3, "and a sentence " * 20, "The main button", "play"))
    page.body.addWidget(label("many words " * 200))
    page.body.addWidget(CommandBox("docker run " + "x" * 400))
    page.body.addWidget(KeyValueList((Row(label="Path", value="/a/long/path " * 30),)))
    page.body.addWidget(FoldRow("broken", "title " * 40, "summary " * 40))
    page.body.addWidget(StackView(LAYERS))
    page.body.addWidget(ProgressPanel("Pulling " * 30))
    shown(page, width, 640)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
    assert page.horizontalScrollBar().maximum() == 0
    for child in page.widget().findChildren(QLabel):
        if child.isVisible() and child.wordWrap():
            assert child.height() >= child.heightForWidth(child.width())


def test_flowing_cards_share_rows_and_wrap(shown):
    holder = QWidget()
    flow = FlowLayout(holder, least=200, most=3)
    for index in range(4):
        flow.addWidget(Card(str(index)))
    shown(holder, 700, 400)
    tops = [flow.itemAt(index).geometry().y() for index in range(4)]
    assert tops[0] == tops[1] == tops[2] < tops[3]
    assert flow.columns(300) == 1
    assert flow.heightForWidth(300) > flow.heightForWidth(700)


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_all_widgets_repaint_in_another_theme(shown, choice):
    page = Page()
    for widget in (
        StackView(LAYERS),
        Meter("M"),
        StateBadge("ok"),
        FoldRow("ok", "T"),
        ProgressPanel("P"),
        Banner("B"),
    ):
        page.body.addWidget(widget)
    shown(page)
    theme().choose(choice)
    ground = page.grab().toImage().pixelColor(3, 3).name()
    assert ground == theme().colours.canvas
