"""Colours, type, icons and the style sheet of the window."""

from drydock.qt.theme.states import STATES, State, state_word
from drydock.qt.theme.theme import CHOICES, STYLE_ARGUMENTS, Choice, Theme, theme
from drydock.qt.theme.tokens import DARK, LIGHT, Colours

__all__ = [
    "CHOICES",
    "DARK",
    "LIGHT",
    "STATES",
    "STYLE_ARGUMENTS",
    "Choice",
    "Colours",
    "State",
    "Theme",
    "state_word",
    "theme",
]
