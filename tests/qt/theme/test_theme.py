import subprocess
import sys

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton

from drydock.qt.theme import DARK, LIGHT, STATES, icons, state_word, theme
from drydock.qt.theme.sheet import style_sheet


def inks(button):
    """The opaque colours of the button's icon."""
    image = button.icon().pixmap(QSize(66, 54)).toImage()
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_choosing_dark_changes_palette_sheet_and_icons(qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    theme().bind_icon(button, "stop", "ink")
    assert inks(button) == {LIGHT.ink}
    with qtbot.waitSignal(theme().changed):
        theme().choose("dark")
    assert theme().colours is DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window) == QColor(DARK.canvas)
    assert DARK.canvas in QApplication.instance().styleSheet()
    assert inks(button) == {DARK.ink}


def test_a_binding_is_replaced_not_added(qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    theme().bind_icon(button, "stop", "ink")
    theme().bind_icon(button, "stop", "broken")
    theme().choose("dark")
    assert inks(button) == {DARK.broken}


def test_the_same_choice_announces_nothing(qtbot):
    with qtbot.assertNotEmitted(theme().changed):
        theme().choose("light")


def test_the_environment_wins(monkeypatch):
    monkeypatch.setenv("DRYDOCK_THEME", "dark")
    theme().choose("light")
    assert theme().colours is DARK
    monkeypatch.setenv("DRYDOCK_THEME", "nonsense")
    theme().choose("light")
    assert theme().colours is LIGHT


def test_the_system_is_followed_live_and_only_when_asked(qapp):
    # the offscreen platform has no scheme of its own; the signal is what a desktop sends
    told = qapp.styleHints().colorSchemeChanged
    theme().choose("system")
    assert theme().colours is LIGHT
    told.emit(Qt.ColorScheme.Dark)
    assert theme().colours is DARK
    told.emit(Qt.ColorScheme.Light)
    assert theme().colours is LIGHT
    theme().choose("dark")
    told.emit(Qt.ColorScheme.Light)
    assert theme().colours is DARK


def test_an_unknown_choice_is_refused():
    with pytest.raises(ValueError, match="system, light, dark"):
        theme().choose("mauve")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_sheet_has_no_open_placeholder(colours):
    sheet = style_sheet(colours, {"chevron_down": "down.svg", "chevron_up": "up.svg", "check": "check.svg"})
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_draws_and_takes_the_colour(name, qapp):
    text = icons.source(name)
    assert 'viewBox="0 0 24 24"' in text
    assert 'stroke-width="1.6"' in text
    image = icons.pixmap(name, "#ff0000", 48).toImage()
    pixels = [image.pixelColor(x, y) for x in range(48) for y in range(48)]
    painted = [pixel for pixel in pixels if pixel.alpha() == 255]
    assert painted
    assert {pixel.name() for pixel in painted} == {"#ff0000"}


def test_an_unknown_icon_is_named():
    with pytest.raises(KeyError, match="nonesuch"):
        icons.source("nonesuch")


def test_the_app_icon_comes_in_every_size(qapp):
    assert {size.width() for size in icons.app_icon().availableSizes()} == set(icons.APP_ICON_SIZES)


def test_icons_are_sharp_on_dense_screens(qapp):
    drawn = icons.pixmap("home", "#000000", 18, 2.0)
    assert (drawn.width(), drawn.deviceIndependentSize().width()) == (36, 18)


def test_each_state_has_an_icon_and_a_word():
    words = {state_word(state) for state in STATES}
    assert len(words) == 4
    assert set(STATES) <= set(icons.names())


def test_importing_the_widgets_pulls_in_nothing_foreign():
    code = (
        "import sys; before = set(sys.modules); import drydock.qt.widgets, drydock.qt.theme;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(name for name in new - set(sys.stdlib_module_names)"
        " if name not in {"
        "'PySide6', 'shiboken6', 'shibokensupport', 'signature_bootstrap', 'drydock', 'drydock_resources'}"
        " and not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
