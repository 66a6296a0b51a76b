"""The top of the Doctor page: what came of the look, how far the next one goes, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from drydock.jobs.diagnose import Depth
from drydock.qt.models.doctor import gpus_in_use
from drydock.qt.pages.doctor_depth import ContainerRow, DepthBox
from drydock.qt.pages.doctor_report import ReportButton
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.confirm import confirm
from drydock.qt.widgets.labels import button
from drydock.qt.widgets.page_header import PageHeader

if TYPE_CHECKING:
    from drydock.qt.app import App

_STOP_AFTER_MS = 900
"""A quick look is over by then; a button that changed for a moment would only flicker."""


class DoctorHead(QWidget):
    """Begins looks, and stops them.

    Signals:
        begun: the person wants a look, which starts now.
        history_toggled: the person wants to see the history, or to come back from it.
    """

    begun = Signal()
    history_toggled = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._at_now = True
        self.header = PageHeader(self.tr("Doctor"), action=self.tr("Check again"), icon="refresh")
        self.report = ReportButton(app)
        self.history = button(self.tr("History"), "plain", "clock")
        self.depths = DepthBox()
        for widget in (self.report, self.history, self.depths):
            self.header.add_beside(widget)
        self.container_row = ContainerRow(app)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addWidget(self.header)
        column.addWidget(self.container_row)
        self._late = QTimer(self, singleShot=True, interval=_STOP_AFTER_MS)
        self._late.timeout.connect(self._offer_stop)
        self.header.chosen.connect(self._act)
        self.history.clicked.connect(self.history_toggled)
        self.depths.currentIndexChanged.connect(self.follow)
        self.container_row.images_wanted.connect(self._go_to_images)
        app.images_changed.connect(self.follow)

    def say(self, words: str, title: str = "") -> None:
        """Show what is going on, or came out."""
        self.header.say(title or self.tr("Doctor"), words)

    def check_again(self) -> None:
        """Look anew, as far as is chosen; where GPUs are in use a load needs a yes."""
        if self._app.busy:
            return
        busy = gpus_in_use(self._app.diagnosis) if self._wanted() == "deep" and self._app.diagnosis else ()
        if not busy:
            self._look()
            return
        names = ", ".join(busy[:4]) + ("…" if len(busy) > 4 else "")
        words = self.tr("Computing there now: {names}. It would get slower, and may run out of memory.")
        confirm(
            self,
            self.tr("Put a load on GPUs that are in use?"),
            words.format(names=names),
            self.tr("Look deeply"),
            self._look,
            self.tr("Not now"),
        )

    def wait(self) -> None:
        """A look began."""
        for widget in (self.depths, self.container_row, self.report, self.header.main_button):
            widget.setEnabled(False)
        self._late.start()

    def rest(self) -> None:
        """It ended, or another machine is shown."""
        self._late.stop()
        recorded = self._app.recorded
        self._set_main(self.tr("Check again"), "refresh", "F5")
        self.header.main_button.setEnabled(True)
        self.container_row.setEnabled(True)
        self.depths.allow(not recorded, self.tr("Of a recorded machine there is only what was recorded."))
        self.report.setEnabled(not recorded)
        self.history.setEnabled(not recorded)
        no_history = self.tr("What is kept is the history of this computer, not of a recorded machine.")
        self.history.setToolTip(no_history if recorded else self.tr("Earlier diagnoses, and what was changed"))
        self.follow()

    def follow(self, _index: int = 0) -> None:
        """Bring the choice of images up to date."""
        self.container_row.follow(self._app.diagnosis, self.depths.wanted)
        if not self._at_now:
            self.container_row.hide()

    def say_view(self, view: str) -> None:
        """Say what is on show below: ``now``, ``history`` or ``kept``."""
        words = self.tr("Back to now") if view == "history" else self.tr("History")
        self.history.setText(words)
        self.history.setAccessibleName(words)
        self._at_now = view == "now"
        self.follow()

    def _wanted(self) -> Depth:
        return self.depths.wanted

    def _look(self) -> None:
        self.begun.emit()
        self._app.diagnose(depth=self._wanted(), image=self.container_row.image)

    def _act(self) -> None:
        if self._app.busy:
            self._app.stop_diagnosis()
            self.header.main_button.setEnabled(False)
        else:
            self.check_again()

    def _offer_stop(self) -> None:
        if self._app.busy:
            self._set_main(self.tr("Stop"), "stop", self.tr("What was found until then is kept"))
            self.header.main_button.setEnabled(True)

    def _set_main(self, words: str, icon: str, tip: str) -> None:
        main = self.header.main_button
        main.setText(words)
        main.setAccessibleName(words)
        main.setToolTip(tip)
        theme().bind_icon(main, icon, "on_accent")

    def _go_to_images(self, reference: str) -> None:
        self._app.page_wanted.emit("images", reference or None)
