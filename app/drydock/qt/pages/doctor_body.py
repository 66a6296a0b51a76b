"""What a finding's row unfolds to: cause, consequence, what to do, evidence, where to read more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis, Finding
from drydock.core.remedies import Remedy, remedies_for
from drydock.data.knowledge import finding_article
from drydock.qt.models.doctor import evidence_text, finding_text
from drydock.qt.models.mend import breakable
from drydock.qt.theme import theme
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import button, label

if TYPE_CHECKING:
    from drydock.qt.app import App

_FEEDBACK_MS = 1600


def _tr(text: str) -> str:
    return QCoreApplication.translate("Doctor", text)


def remedies_of(finding: Finding, diagnosis: Diagnosis | None) -> tuple[Remedy, ...]:
    """Return what would help; nothing before the machine is known as a whole."""
    return tuple(remedies_for(finding, diagnosis.snapshot)) if diagnosis else ()


def fill_body(column: QVBoxLayout, app: App, finding: Finding, remedies: tuple[Remedy, ...], *, now: bool) -> None:
    """Put the story of a finding into an empty column.

    Args:
        column: the row's body.
        app: applies remedies.
        finding: what is told.
        remedies: what would help.
        now: whether it is how things are; what was in the past is only told, with no button that acts.
    """
    article = finding_article(finding)
    column.addWidget(label(breakable(article.text), "body", selectable=True))
    if article.consequence:
        column.addWidget(label(breakable(article.consequence), "body", selectable=True))
    if article.remedy or article.commands or remedies:
        column.addWidget(label(_tr("What to do"), "strong"))
    if article.remedy:
        column.addWidget(label(breakable(article.remedy), "body", selectable=True))
    if article.commands:
        column.addWidget(CommandBox("\n".join(article.commands)))
    for remedy in remedies:
        column.addWidget(_remedy(app, finding, remedy, now=now))
    evidence = evidence_text(finding)
    if evidence:
        column.addWidget(label(_tr("Evidence"), "strong"))
        column.addWidget(CommandBox(evidence, name=_tr("Evidence")))
    if article.links:
        column.addWidget(label(_tr("Read more"), "strong"))
        links = QVBoxLayout()
        links.setSpacing(0)
        for address in article.links:
            links.addWidget(_Link(address), 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(links)
    column.addLayout(_foot(finding, remedies))


def clear_body(column: QVBoxLayout) -> None:
    """Take everything out of a body."""
    while (item := column.takeAt(0)) is not None:
        widget, layout = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(layout, QVBoxLayout | QHBoxLayout):
            clear_body(layout)  # pyright: ignore[reportArgumentType]


def _remedy(app: App, finding: Finding, remedy: Remedy, *, now: bool) -> QWidget:
    if now:
        from drydock.qt.pages.mend_box import MendBox

        return MendBox(app, finding, remedy)
    told = QWidget()
    column = QVBoxLayout(told)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(label(breakable(remedy.title), "strong"))
    if remedy.commands:
        column.addWidget(CommandBox("\n".join(remedy.commands)))
    return told


class _Link(QPushButton):
    """A web address that opens in the browser; what has no room is left out of its middle."""

    def __init__(self, address: str) -> None:
        self._words = address.removeprefix("https://")
        super().__init__(self._words)
        self.setProperty("kind", "quiet")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme().bind_icon(self, "external", "accent")
        self.setToolTip(address)
        self.setAccessibleName(address)
        self.clicked.connect(partial(QDesktopServices.openUrl, QUrl(address)))

    def sizeHint(self) -> QSize:
        shown = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return super().sizeHint() + QSize(QFontMetrics(self.font()).horizontalAdvance(self._words) - shown, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = QFontMetrics(self.font())
        room = self.width() - (self.sizeHint().width() - metrics.horizontalAdvance(self._words))
        self.setText(metrics.elidedText(self._words, Qt.TextElideMode.ElideMiddle, room))


def _foot(finding: Finding, remedies: tuple[Remedy, ...]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(label(_tr("Check: {id}").format(id=finding.id), "small", selectable=True), 1)
    copy = button(_tr("Copy as text"), "quiet", "copy")
    copy.clicked.connect(partial(_copy, copy, finding, remedies))
    row.addWidget(copy)
    return row


def _copy(copy: QPushButton, finding: Finding, remedies: tuple[Remedy, ...]) -> None:
    told = [(remedy.title, remedy.commands) for remedy in remedies]
    QGuiApplication.clipboard().setText(finding_text(finding, told))
    copy.setText(_tr("Copied"))
    theme().bind_icon(copy, "check", "ok")
    QTimer.singleShot(_FEEDBACK_MS, copy, partial(_rest, copy))


def _rest(copy: QPushButton) -> None:
    copy.setText(_tr("Copy as text"))
    theme().bind_icon(copy, "copy", "accent")
