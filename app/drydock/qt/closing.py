"""What closing the window means while something goes on: a question, and perhaps a life in the tray.

Once it is hidden, the window stays in the tray until the person opens it or quits, also after everything has ended: an
app that ends by itself would take its messages along. A wish from outside (the end of the desktop session, SIGTERM) is
obeyed without a question; only a step that changes this computer is finished first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from drydock.qt.activities import Activities, Activity
from drydock.qt.models.activities import heading, summary

if TYPE_CHECKING:
    from drydock.qt.widgets.activity_tray import ActivityTray


class Closing(QObject):
    """Decides whether the window may close, and hides it instead when the person wants that.

    Attributes:
        question: the question that is open, or None.
        tray: the icon in the tray; None before it was needed.

    Signals:
        hidden: the window went into the tray (True) or came back (False).
    """

    hidden = Signal(bool)

    def __init__(self, window: QWidget, activities: Activities, on_its_way: Callable[[], Sequence[str]]) -> None:
        """Prepare.

        Args:
            window: what is closed.
            activities: whose progress and endings the tray tells.
            on_its_way: returns a sentence for each thing that closing would stop.
        """
        super().__init__(window)
        self._window = window
        self._activities = activities
        self._on_its_way = on_its_way
        self._for_good = False
        self._awaiting = False
        self.question: QMessageBox | None = None
        self.tray: ActivityTray | None = None

    @property
    def in_tray(self) -> bool:
        """Whether the window lives in the tray now."""
        return self.tray is not None and self.tray.shown

    def stop_and_close(self) -> None:
        """Close without a question, as soon as no step that changes this computer is on its way."""
        self._for_good = True
        if self._awaiting:
            return
        if not self._mending():
            self._window.close()
            return
        # such a step is not broken off: unseen, its end is awaited
        self._awaiting = True
        self._activities.ended.connect(self._close_when_mended)
        self._stop_mending()
        self._wait_unseen()

    def finish_mending(self) -> None:
        """Return when no step that changes this computer is on its way; from now on closing needs no question.

        For the end of the desktop session, which waits for this process's answer. Events are handled meanwhile.
        """
        self._for_good = True
        if not self._mending():
            return
        loop = QEventLoop()

        def look() -> None:
            if not self._mending():
                loop.quit()

        self._activities.ended.connect(look)
        self._stop_mending()
        if self._mending():
            loop.exec()
        self._activities.ended.disconnect(look)

    def may_close(self) -> bool:
        """Return whether the window may close at once; otherwise the person is being asked."""
        if self._for_good:
            return True
        warnings = tuple(dict.fromkeys(self._on_its_way()))
        if not warnings:
            return True
        self._ask(warnings)
        return False

    def end(self) -> None:
        """Take question and tray icon away: the window closes."""
        self._for_good = True
        if self.question:
            self.question.close()
        if self.tray:
            self.tray.hide()
            QApplication.setQuitOnLastWindowClosed(True)

    def hide_in_tray(self) -> None:
        """Hide the window and go on in the tray."""
        tray = self._tray_icon()
        tray.set_tooltip(self._tooltip())
        tray.show()
        # otherwise the app would end with its last visible window
        QApplication.setQuitOnLastWindowClosed(False)
        self._window.hide()
        self.hidden.emit(True)

    def come_back(self) -> None:
        """Show the window again."""
        if self.tray:
            self.tray.hide()
        QApplication.setQuitOnLastWindowClosed(True)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        self.hidden.emit(False)

    # the question

    def _ask(self, warnings: Sequence[str]) -> None:
        from drydock.qt.widgets.activity_tray import tray_available

        if self.in_tray:
            self.come_back()
        if self.question:
            self.question.raise_()
            return
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Close Drydock?"))
        box.setInformativeText("\n".join(warnings))
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        stop.clicked.connect(self.stop_and_close)
        stay = box.addButton(self.tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(stay)
        box.setDefaultButton(stay)
        if tray_available():
            go_on = box.addButton(self.tr("Keep going in the background"), QMessageBox.ButtonRole.AcceptRole)
            go_on.clicked.connect(self.hide_in_tray)
            box.setDefaultButton(go_on)
        box.finished.connect(self._answered)
        self.question = box
        box.open()

    def _answered(self, _result: int) -> None:
        self.question = None

    def _mending(self) -> list[Activity]:
        return [one for one in self._activities.on_their_way if one.kind == "mend"]

    def _stop_mending(self) -> None:
        for one in self._mending():
            self._activities.cancel(one)

    def _wait_unseen(self) -> None:
        from drydock.qt.widgets.activity_tray import tray_available

        if tray_available():
            self.hide_in_tray()
            return
        QApplication.setQuitOnLastWindowClosed(False)
        self._window.hide()
        self.hidden.emit(True)

    def _close_when_mended(self) -> None:
        if not self._mending():
            self._activities.ended.disconnect(self._close_when_mended)
            # the signal has others to tell first
            QTimer.singleShot(0, self._window, self._window.close)

    # the tray

    def _tray_icon(self) -> ActivityTray:
        if self.tray is None:
            from drydock.qt.widgets.activity_tray import ActivityTray

            self.tray = ActivityTray(self._window)
            self.tray.open_wanted.connect(self.come_back)
            self.tray.quit_wanted.connect(self._window.close)
            self._activities.changed.connect(self._tell_progress)
            self._activities.ended.connect(self._tell_ending)
        return self.tray

    def _tooltip(self) -> str:
        return summary(self._activities.items) or self.tr("Drydock")

    def _tell_progress(self, _activity: int) -> None:
        if self.tray and self.in_tray:
            self.tray.set_tooltip(self._tooltip())

    def _tell_ending(self, activity: Activity) -> None:
        from drydock.qt.widgets.activity_tray import tray_available

        if self.tray is None or not self.in_tray:
            return
        if not tray_available():
            # the tray is gone, and with it every other way back
            self.come_back()
            return
        self.tray.notify(heading(activity), activity.detail, well=activity.state == "done")
