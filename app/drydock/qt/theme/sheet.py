"""The palette and the one style sheet, made from the tokens."""

from __future__ import annotations

import pkgutil
from dataclasses import fields
from functools import cache
from string import Template

from PySide6.QtGui import QColor, QPalette

from drydock.qt.theme import fonts, tokens
from drydock.qt.theme.tokens import Colours


@cache
def _template() -> Template:
    text = pkgutil.get_data("drydock_resources.style", "drydock.qss")
    assert text is not None
    return Template(text.decode())


def style_sheet(colours: Colours, images: dict[str, str]) -> str:
    """Return the application's style sheet.

    Args:
        colours: the theme.
        images: paths of the images ``chevron_down``, ``chevron_up`` and ``check``.
    """
    values: dict[str, object] = {
        field.name: getattr(colours, field.name) for field in fields(colours) if field.name != "series"
    }
    base = fonts.body_points()
    values |= {role: round(base * factor, 2) for role, factor in tokens.SCALE.items()}
    values |= {"s4": tokens.S4, "s8": tokens.S8, "s12": tokens.S12, "s16": tokens.S16, "s24": tokens.S24}
    values |= {
        "r_small": tokens.RADIUS_SMALL,
        "r_control": tokens.RADIUS_CONTROL,
        "r_card": tokens.RADIUS_CARD,
        # min-height excludes the border: 1 px at rest, 2 px with the focus
        "control": tokens.CONTROL_HEIGHT - 2,
        "control_focus": tokens.CONTROL_HEIGHT - 4,
        "mono": fonts.mono_family(),
    } | images
    return _template().substitute(values)


def palette(colours: Colours) -> QPalette:
    """Return the palette for everything that the style sheet does not name."""
    made = QPalette()
    role = QPalette.ColorRole
    for target, colour in (
        (role.Window, colours.canvas),
        (role.WindowText, colours.ink),
        (role.Base, colours.field),
        (role.AlternateBase, colours.inset),
        (role.Text, colours.ink),
        (role.Button, colours.surface),
        (role.ButtonText, colours.ink),
        (role.BrightText, colours.on_accent),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.ink),
        (role.PlaceholderText, colours.muted),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Light, colours.raised),
        (role.Midlight, colours.hover),
        (role.Mid, colours.control_line),
        (role.Dark, colours.handle),
        (role.Shadow, colours.line),
    ):
        made.setColor(target, QColor(colour))
    for target in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, target, QColor(colours.disabled))
    return made
