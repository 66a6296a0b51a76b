"""The four states: each always shown as an icon and a word beside its colour."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QCoreApplication

State: TypeAlias = Literal["ok", "attention", "broken", "not_tested"]
STATES: tuple[State, ...] = ("ok", "attention", "broken", "not_tested")


def state_word(state: State) -> str:
    """Return the word for a state in the user's language."""
    words = {
        "ok": QCoreApplication.translate("State", "OK"),
        "attention": QCoreApplication.translate("State", "Attention"),
        "broken": QCoreApplication.translate("State", "Broken"),
        "not_tested": QCoreApplication.translate("State", "Not tested"),
    }
    return words[state]
