"""One activity in the list: what it is, its bar, its figures, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.qt.activities import Activity
from drydock.qt.models.activities import heading, pause_words, state_line
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.labels import Glyph, label, tool_button
from drydock.qt.widgets.progress_panel import ProgressLine

_GLYPHS = {
    "waiting": ("clock", "muted"),
    "paused": ("pause", "muted"),
    "done": ("ok", "ok"),
    "failed": ("broken", "broken"),
    "stopped": ("stop", "muted"),
}
_KINDS = {"pull": "download", "import": "folder", "export": "upload", "build": "work", "mend": "doctor"}


def _failure(trouble: Trouble) -> str:
    article = trouble_article(trouble)
    return f"{article.title}. {article.remedy}" if article.remedy else article.text


class ElidedLabel(QLabel):
    """One line that leaves out its middle where room is short: names of images differ at both ends."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "strong")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._whole = ""

    def show_text(self, text: str) -> None:
        """Show a text; its whole is the tooltip."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def _fit(self) -> None:
        self.setText(QFontMetrics(self.font()).elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


class ActivityRow(QWidget):
    """Shows one activity; :meth:`show_activity` brings it up to date in place.

    Signals:
        pause_wanted, resume_wanted, cancel_wanted, dismiss_wanted, page_wanted: the person pressed that button; each
            carries the activity's id.
    """

    pause_wanted = Signal(int)
    resume_wanted = Signal(int)
    cancel_wanted = Signal(int)
    dismiss_wanted = Signal(int)
    page_wanted = Signal(int)

    def __init__(self, activity: Activity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._id = activity.id
        self._glyph = Glyph(_KINDS[activity.kind], "accent")
        self._title = ElidedLabel()
        self.line = ProgressLine()
        self._done = label("", "small", wrap=False)
        self._left = label("", "small", wrap=False)
        self._state = label("", "small")
        self.page = self._button("chevron_right", self.tr("Show its page"), self.page_wanted)
        self.pause = self._button("pause", self.tr("Pause"), self.pause_wanted)
        self.resume = self._button("play", self.tr("Go on"), self.resume_wanted)
        self.cancel = self._button("stop", self.tr("Cancel"), self.cancel_wanted)
        self.dismiss = self._button("close", self.tr("Take off the list"), self.dismiss_wanted)
        self._place()
        self.show_activity(activity)

    @property
    def words(self) -> str:
        """Everything it says, as one text."""
        parts = (self._title.toolTip(), self._done.text(), self._left.text(), self._state.text())
        return "\n".join(part for part in parts if part)

    def show_activity(self, activity: Activity) -> None:
        """Show the present moment of the activity."""
        running, state = activity.state == "running", activity.state
        icon, role = _GLYPHS.get(state, (_KINDS[activity.kind], "accent"))
        self._glyph.show_icon(icon, role)
        self._title.show_text(heading(activity))
        self.line.setVisible(running or (state == "paused" and activity.share is not None))
        self.line.set_colour("accent" if running else "handle_hover")
        self.line.set_share(activity.share)
        self._say(self._done, activity.done if running else "")
        self._say(self._left, activity.left if running and not activity.ending else "")
        self._say(self._state, _failure(activity.trouble) if activity.trouble else state_line(activity))
        self._offer(activity)
        percent = self.tr("{share} done").format(share=f"{activity.share:.0%}") if running and activity.share else ""
        self.setAccessibleName(heading(activity))
        said = (percent, self._done.text(), self._left.text(), self._state.text())
        self.setAccessibleDescription(", ".join(part for part in said if part))

    def _offer(self, activity: Activity) -> None:
        state = activity.state
        again = activity.can_repeat
        self.pause.setVisible(activity.can_pause and activity.on_its_way)
        self.pause.setToolTip(pause_words(activity))
        self.resume.setVisible(state == "paused" or again)
        words = self.tr("Try again") if state == "failed" else self.tr("Start again") if again else self.tr("Go on")
        self.resume.setToolTip(words)
        theme().bind_icon(self.resume, "refresh" if again else "play", "muted")
        self.cancel.setVisible(activity.on_its_way or state == "paused")
        self.dismiss.setVisible(activity.ended)
        for button in (self.pause, self.cancel):
            button.setEnabled(not activity.ending)
        names = (self.tr("Pause"), words, self.tr("Cancel"), self.tr("Take off the list"), self.tr("Show its page"))
        buttons = (self.pause, self.resume, self.cancel, self.dismiss, self.page)
        for button, name in zip(buttons, names, strict=True):
            button.setAccessibleName(f"{name}: {heading(activity)}")

    def _place(self) -> None:
        figures = QHBoxLayout()
        figures.setSpacing(tokens.S12)
        figures.addWidget(self._done)
        figures.addStretch(1)
        figures.addWidget(self._left)
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self._title, 1)
        head.addSpacing(tokens.S8)
        for button in (self.pause, self.resume, self.cancel, self.dismiss, self.page):
            head.addWidget(button)
        inner = QVBoxLayout()
        inner.setSpacing(tokens.S4)
        inner.addLayout(head)
        inner.addWidget(self.line)
        inner.addLayout(figures)
        inner.addWidget(self._state)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.S16, tokens.S8, tokens.S12, tokens.S12)
        row.setSpacing(tokens.S12)
        glyph = QVBoxLayout()
        # on the line of the title, which is centred beside the buttons
        glyph.setContentsMargins(0, (self.page.sizeHint().height() - tokens.ICON) // 2, 0, 0)
        glyph.addWidget(self._glyph)
        glyph.addStretch(1)
        row.addLayout(glyph)
        row.addLayout(inner, 1)

    def _button(self, icon: str, name: str, wanted: SignalInstance) -> QToolButton:
        made = tool_button(icon, name)
        made.clicked.connect(partial(wanted.emit, self._id))
        return made

    @staticmethod
    def _say(where: QLabel, text: str) -> None:
        if where.text() != text:
            where.setText(text)
        where.setVisible(bool(text))
