"""A session's log, and below it what its lines mean."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from drydock.core.symptoms.scan import on_line
from drydock.core.trouble import Trouble
from drydock.jobs.explain import Explained, ExplainLinesJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.pages.session_log_explanation import ExplanationBox
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button
from drydock.qt.widgets.log_panel import LogPanel
from drydock.qt.widgets.log_view import LogView

_SETTLED_MS = 60  # what was put into a layout has its size by then


class SessionLog(QWidget):
    """A log panel that can say what its lines mean; the log is read beside the main thread when that is asked for."""

    def __init__(self, app: App, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self._first = 0
        self.panel = LogPanel(title)
        self.panel.offer_explanation()
        self.panel.explain_wanted.connect(self.explain)
        self.explanation = ExplanationBox()
        self.explanation.hide()
        self.explanation.line_wanted.connect(self._show_line)
        self.explanation.doctor_wanted.connect(lambda: app.page_wanted.emit("doctor", None))
        self.explanation.closed.connect(self.panel.view.setFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addWidget(self.panel, 1)
        column.addWidget(self.explanation)

    @property
    def view(self) -> LogView:
        """Takes the lines."""
        return self.panel.view

    def explain(self, number: int | None) -> None:
        """Explain the whole log, or one of its lines."""
        self.close_job()
        view = self.panel.view
        view.drain()
        self._first = view.ring.first
        lines = tuple(view.ring.slice(view.ring.first, view.ring.end))
        self.explanation.show_waiting()
        QTimer.singleShot(0, self._bring_into_sight)
        self._running = self._app.bridge.start(
            ExplainLinesJob(lines),
            done=partial(self._explained, number),
            failed=self._failed,
            stopped=self._forget,
        )

    def explain_all(self) -> None:
        """Explain the whole log."""
        self.explain(None)

    def close_job(self) -> None:
        """Let go of an explanation that is on its way."""
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None

    def _forget(self) -> None:
        self._running = None

    def _failed(self, trouble: Trouble) -> None:
        self._forget()
        self.explanation.show_failure(trouble)

    def _explained(self, number: int | None, explained: Explained) -> None:
        self._forget()
        QTimer.singleShot(_SETTLED_MS, self._bring_into_sight)
        if number is not None:
            self._explain_line(number, explained)
        elif explained.explanation.root is not None:
            self.explanation.show_symptom(explained, explained.explanation.root, self._first)
        else:
            count = f"{explained.explanation.line_count:,}"
            words = self.tr("Drydock knows none of the {count} lines here as a failure. All may still not be well.")
            self.explanation.show_nothing(words.format(count=count))

    def _explain_line(self, number: int, explained: Explained) -> None:
        found = on_line(explained.explanation, number - self._first + 1)
        if found:
            self.explanation.show_symptom(explained, found[0], self._first)
            return
        whole = button(self.tr("Explain the whole log"), "plain", "search")
        whole.clicked.connect(self.explain_all)
        words = self.tr("Line {line} is not one of those that Drydock knows; the cause may stand in another.")
        self.explanation.show_nothing(words.format(line=f"{number + 1:,}"), whole=whole)

    def _bring_into_sight(self) -> None:
        """Scroll the page to the top of the explanation, which may lie below the window's edge."""
        area = _scroll_area_of(self)
        page = area.widget() if area is not None else None
        if area is None or page is None or self.explanation.isHidden():
            return
        top, room = self.explanation.mapTo(page, QPoint(0, 0)).y(), area.viewport().height()
        height, bar = min(self.explanation.height(), room), area.verticalScrollBar()
        if not bar.value() <= top <= bar.value() + room - height:
            bar.setValue(max(0, top + height - room))

    def _show_line(self, number: int) -> None:
        if not self.panel.view.go_to(number):
            # it is one of those that are left out
            self.panel.show_all()
            self.panel.view.go_to(number)
        self.panel.view.setFocus()


def _scroll_area_of(widget: QWidget) -> QScrollArea | None:
    above: QWidget | None = widget
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    return above
