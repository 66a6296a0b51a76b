"""The activities in words: the order of the list, the line of one, and what a title or a tooltip says of all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from drydock.qt.activities import Activity

_ORDER = {"running": 0, "waiting": 1, "paused": 2, "failed": 3, "done": 4, "stopped": 4}


def in_order(activities: "Sequence[Activity]") -> "tuple[Activity, ...]":
    """Return what runs, then what waits in its order, then what is paused, then what ended, the newest first."""
    from_new = sorted(activities, key=lambda one: one.id if one.on_its_way else -one.id)
    return tuple(sorted(from_new, key=lambda one: _ORDER[one.state]))


def heading(activity: "Activity") -> str:
    """Return what it is about: the image of a pull, else its title."""
    return activity.reference if activity.kind == "pull" else activity.title


def state_line(activity: "Activity") -> str:
    """Return the state in words; empty while figures say it."""
    tr = QCoreApplication.translate
    if activity.ending:
        return tr("Activities", "Pausing…") if activity.ending == "pause" else tr("Activities", "Stopping…")
    lines = {
        "waiting": activity.detail or tr("Activities", "Waiting"),
        "running": activity.detail,
        "paused": _joined(tr("Activities", "Paused."), activity.detail),
        "stopped": _joined(tr("Activities", "Stopped."), activity.detail),
        "done": activity.detail or tr("Activities", "Done."),
        "failed": activity.detail,
    }
    return lines[activity.state]


def pause_words(activity: "Activity") -> str:
    """Return what the pause button does, in the sense that the engine allows."""
    tr = QCoreApplication.translate
    if activity.keeps is None:
        return tr("Activities", "Pause")
    if activity.keeps:
        return tr("Activities", "Pause: the engine keeps the finished layers")
    return tr("Activities", "Pause: this engine keeps nothing of an unfinished pull, going on begins anew")


def summary(activities: "Sequence[Activity]") -> str:
    """Return one line on everything that is on its way; empty when nothing is."""
    tr = QCoreApplication.translate
    running = [one for one in activities if one.state == "running"]
    waiting = sum(one.state == "waiting" for one in activities)
    if not running:
        return ""
    first = running[0]
    percent = "" if first.share is None else f"{first.share:.0%}"
    more = len(running) - 1 + waiting
    also = tr("Activities", "{count} more").format(count=more) if more else ""
    return "  ·  ".join(part for part in (first.title, percent, first.left, also) if part)


def would_stop(activities: "Sequence[Activity]") -> tuple[str, ...]:
    """Return a sentence for each activity that closing would stop."""
    tr = QCoreApplication.translate
    sentences: list[str] = []
    for one in activities:
        if one.state == "running" and one.kind == "pull":
            sentences.append(tr("Activities", "{image} is still being pulled.").format(image=one.reference))
        elif one.state == "waiting":
            sentences.append(tr("Activities", "{image} waits to be pulled.").format(image=one.reference))
        elif one.kind == "mend":
            words = tr("Activities", "{title}: the step that runs is finished first, and what was done is taken back.")
            sentences.append(words.format(title=one.title))
        elif one.state == "running":
            sentences.append(f"{one.title}.")
    return tuple(sentences)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
