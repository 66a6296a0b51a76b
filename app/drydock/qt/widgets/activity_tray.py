"""The icon in the system's tray while the window is closed and something goes on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from drydock.qt.theme import icons


def tray_available() -> bool:
    """Return whether this desktop has a tray now."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class ActivityTray(QObject):
    """Shows how far things are, says how they ended, and leads back to the window.

    Signals:
        open_wanted: the icon, its menu or a notification was clicked.
        quit_wanted: the person wants to end the app.
    """

    open_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._icon = QSystemTrayIcon(icons.app_icon(), self)
        self.menu = QMenu(window)  # so that it goes with the window
        self.menu.addAction(self.tr("Open Drydock")).triggered.connect(self.open_wanted)
        self.menu.addAction(self.tr("Quit")).triggered.connect(self.quit_wanted)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._clicked)
        self._icon.messageClicked.connect(self.open_wanted)

    @property
    def shown(self) -> bool:
        """Whether the icon is in the tray."""
        return self._icon.isVisible()

    @property
    def tooltip(self) -> str:
        """What is said under the pointer."""
        return self._icon.toolTip()

    def show(self) -> None:
        """Put the icon into the tray."""
        self._icon.show()

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def set_tooltip(self, text: str) -> None:
        """Say how far things are."""
        if text != self._icon.toolTip():
            self._icon.setToolTip(text)

    def notify(self, title: str, text: str, *, well: bool) -> None:
        """Tell how something ended."""
        icon = QSystemTrayIcon.MessageIcon.Information if well else QSystemTrayIcon.MessageIcon.Warning
        self._icon.showMessage(title, text, icon)

    def _clicked(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.open_wanted.emit()
