"""The live theme: follows the system, or what the person chose."""

from __future__ import annotations

import atexit
import contextlib
import os
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Literal, TypeAlias

from PySide6.QtCore import QDir, QObject, QSize, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton

from drydock.qt.theme import fonts, icons, sheet, tokens
from drydock.qt.theme.tokens import DARK, LIGHT, Colours

Choice: TypeAlias = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")
VARIABLE = "DRYDOCK_THEME"
STYLE_ARGUMENTS = ("-style", "Fusion")
"""What a QApplication is made with. To set the style later costs 10 ms more, for the names of ``QStyle``."""


class Theme(QObject):
    """Holds the colours in use and tells when they change.

    ``DRYDOCK_THEME`` (``light``, ``dark`` or ``system``) wins over what was chosen in the settings.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._choice: Choice = "system"
        self._app: QApplication | None = None
        self._system_dark = False
        self._palette_dark = False
        self._colours = LIGHT
        self._files: QTemporaryDir | None = None

    @property
    def colours(self) -> Colours:
        """The colours in use now."""
        return self._colours

    @property
    def choice(self) -> Choice:
        """What decides: ``system``, ``light`` or ``dark``."""
        forced = os.environ.get(VARIABLE, "").strip().lower()
        return forced if forced in CHOICES else self._choice

    def install(self, app: QApplication, choice: Choice = "system") -> None:
        """Dress the application and follow the system from now on. Call once, before the first window.

        Args:
            app: made with :data:`STYLE_ARGUMENTS`.
            choice: what decides.
        """
        self._app = app
        ground, ink = app.palette().window().color(), app.palette().windowText().color()
        self._palette_dark = ground.lightness() < ink.lightness()
        app.setFont(fonts.font())
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._choice = choice
        self._tell_platform()
        self._dress(self._wanted())

    def choose(self, choice: Choice) -> None:
        """Set what decides; takes effect at once.

        Raises:
            ValueError: not one of ``system``, ``light``, ``dark``.
        """
        if choice not in CHOICES:
            raise ValueError(f"unknown theme {choice!r}: use one of {', '.join(CHOICES)}")
        self._choice = choice
        self._tell_platform()
        self._follow()

    def icon(self, name: str, role: str = "ink", *, gap: int = 0) -> QIcon:
        """Return a line icon in a colour of the theme in use (``gap``: see ``icons.icon``)."""
        return icons.icon(name, self._colours.role(role), self._colours.disabled, gap=gap)

    def bind_icon(self, button: QAbstractButton, name: str, role: str = "ink") -> None:
        """Give a button an icon that keeps to the theme; call again to change it."""
        gap = 0 if isinstance(button, QToolButton) else tokens.S4
        button.setIconSize(QSize(tokens.ICON + gap, tokens.ICON))
        _IconKeeper.of(button).keep(name, role, gap)

    def _wanted(self) -> Colours:
        choice = self.choice
        dark = self._system_dark if choice == "system" else choice == "dark"
        return DARK if dark else LIGHT

    def _tell_platform(self) -> None:
        # so that the window's own frame and the system's dialogs match
        if self._app is None:
            return
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        hints = self._app.styleHints()
        hints.setColorScheme(schemes.get(self.choice, Qt.ColorScheme.Unknown))
        self._learn(hints.colorScheme())

    def _learn(self, scheme: Qt.ColorScheme) -> None:
        # a desktop that tells no scheme still brings its own palette
        unknown = scheme == Qt.ColorScheme.Unknown
        self._system_dark = self._palette_dark if unknown else scheme == Qt.ColorScheme.Dark

    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._learn(scheme)
        self._follow()

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted is not self._colours:
            self._dress(wanted)

    def _dress(self, colours: Colours) -> None:
        self._colours = colours
        if self._app is not None:
            self._app.setPalette(sheet.palette(colours))
            self._app.setStyleSheet(sheet.style_sheet(colours, self._image_files()))
        self.changed.emit()

    def _image_files(self) -> dict[str, str]:
        # a style sheet can only name files, and the theme's colours are known only here
        if self._files is None:
            self._files = QTemporaryDir(QDir(gettempdir()).filePath("drydock-style-XXXXXX"))
            # the theme lives as long as the process, whose end destroys no Qt objects
            atexit.register(self._files.remove)
        made: dict[str, str] = {}
        inks = {
            "chevron_down": self._colours.muted,
            "chevron_up": self._colours.muted,
            "check": self._colours.on_accent,
        }
        for name, ink in inks.items():
            made[name] = self._files.filePath(f"{name}-{'dark' if self._colours.dark else 'light'}.svg")
            with contextlib.suppress(OSError):  # a full disk costs the arrows and ticks, not the window
                Path(made[name]).write_text(icons.source(name, ink), "utf-8")
        return made


class _IconKeeper(QObject):
    """Sits under a button and redraws its icon when the theme changes."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._name = ""
        self._role = "ink"
        self._gap = 0
        theme().changed.connect(self._redraw)

    @classmethod
    def of(cls, button: QAbstractButton) -> _IconKeeper:
        found = button.findChild(cls, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return found if found is not None else cls(button)

    def keep(self, name: str, role: str, gap: int) -> None:
        self._name, self._role, self._gap = name, role, gap
        self._redraw()

    def _redraw(self) -> None:
        self._button.setIcon(theme().icon(self._name, self._role, gap=self._gap))


@cache
def theme() -> Theme:
    """Return the one theme of this process."""
    return Theme()
