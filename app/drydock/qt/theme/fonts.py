"""Fonts: the system's own, in a small scale; digits of equal width so that numbers do not dance."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from drydock.qt.theme import tokens


def _with_tabular_digits(font: QFont) -> QFont:
    # fonts without the OpenType feature ignore it
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@cache
def body_points() -> float:
    """Return the body size in points: the system's, but never smaller than readable."""
    size = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).pointSizeF()
    return max(size, tokens.SMALLEST_BODY_PT)


@cache  # painting asks many times a second; treat what comes back as read-only
def font(role: str = "body", *, strong: bool = False) -> QFont:
    """Return the interface font at a step of the scale (``display`` to ``small``).

    Raises:
        KeyError: the scale has no such step.
    """
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    made.setPointSizeF(body_points() * tokens.SCALE[role])
    if strong:
        made.setWeight(QFont.Weight.DemiBold)
    return _with_tabular_digits(made)


@cache
def mono(role: str = "body") -> QFont:
    """Return the system's fixed-width font at a step of the scale."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPointSizeF(body_points() * tokens.SCALE[role])
    made.setStyleHint(QFont.StyleHint.Monospace)
    made.setFixedPitch(True)
    return made


def mono_family() -> str:
    """Return the name of the system's fixed-width family (it may stand for another: asking loads fonts)."""
    return mono().family()
