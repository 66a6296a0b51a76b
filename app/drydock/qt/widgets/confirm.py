"""A question before something is lost: the safe answer is the default, and the window goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def confirm(
    parent: QWidget, question: str, detail: str, act: str, then: Callable[[], None], otherwise: str = ""
) -> QMessageBox:
    """Ask, and call ``then`` only when the person says so.

    Args:
        parent: what the question belongs to.
        question: in a few words.
        detail: what would be lost.
        act: the word on the button that does it.
        then: does it.
        otherwise: the word on the button that leaves all as it is.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(question)
    box.setInformativeText(detail)
    yes = box.addButton(act, QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(otherwise or QCoreApplication.translate("Confirm", "Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    yes.clicked.connect(then)
    box.open()
    return box
