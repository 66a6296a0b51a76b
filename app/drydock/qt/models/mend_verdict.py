"""What came of a plan, or why there is none, in words: how it went, what is left, and what to do next."""

import re
from typing import Literal

import msgspec
from PySide6.QtCore import QCoreApplication

from drydock.core.findings import Finding
from drydock.core.trouble import Trouble
from drydock.data.knowledge import finding_article, trouble_article
from drydock.qt.models.mend import by_hand, takes_back
from drydock.qt.models.mend_progress import Progress
from drydock.qt.theme import State

_SAID = 12
"""Lines of what a step said that are shown with its failure; the step itself shows all."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Mend", text)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check that was asked again says."""

    state: State
    title: str
    text: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        tone: how good that is.
        title: in a few words.
        text: the whole of it.
        next: what to do now.
        answers: those of the checks that were asked again that deserve to be read.
        fine: how many others are fine.
        output: what the step said that failed.
        commands: lines that do the same by hand.
        diff: what somebody else did to a file.
    """

    tone: Literal["ok", "attention", "broken"]
    title: str
    text: str = ""
    next: str = ""
    output: str = ""
    answers: tuple[Answer, ...] = ()
    fine: int = 0
    commands: tuple[str, ...] = ()
    diff: str = ""


def verdict(progress: Progress) -> Verdict:
    """Return what came of a plan that ended."""
    if progress.phase == "done":
        return _done(progress)
    if progress.phase == "stopped":
        return _stopped(progress)
    assert progress.trouble is not None
    return _failed(progress, progress.trouble)


def _done(progress: Progress) -> Verdict:
    mended = progress.mended
    assert mended is not None
    findings = mended.diagnosis.findings if mended.diagnosis else ()
    answers, fine = _answers(findings, progress.finding or next(iter(mended.plan.recheck), ""))
    left = _tr("Left as it is: {titles}.").format(titles="; ".join(mended.left)) if mended.left else ""
    found = Verdict(tone="ok", title=_tr("Done"), text=left, answers=answers, fine=fine)
    if takes_back(mended.plan):
        return msgspec.structs.replace(found, title=_tr("Taken back"))
    if mended.helped:
        return msgspec.structs.replace(found, title=_tr("It helped"))
    if mended.helped is None:
        unasked = _tr("The checks were not asked again.") if mended.diagnosis is None and mended.plan.recheck else ""
        return msgspec.structs.replace(found, text=_joined(left, unasked))
    return msgspec.structs.replace(
        found,
        tone="attention",
        title=_tr("Done, but it did not help yet"),
        text=_joined(left, _tr("It was done, and the finding is still there.")),
        next=_joined(
            _tr("What the note above says may still be missing.") if progress.plan.note else "",
            _tr("It can be taken back.") if can_undo(progress) else "",
        ),
    )


def _answers(findings: tuple[Finding, ...], wanted: str) -> tuple[tuple[Answer, ...], int]:
    shown = [item for item in findings if item.id == wanted or item.state in ("broken", "attention")]
    shown.sort(key=lambda item: item.id != wanted)
    fine = sum(item.state == "ok" for item in findings if item not in shown)
    return tuple(_answer(item) for item in shown), fine


def _answer(finding: Finding) -> Answer:
    article = finding_article(finding)
    return Answer(state=finding.state, title=article.title, text=article.text)


def _stopped(progress: Progress) -> Verdict:
    if not progress.touched:
        return Verdict(tone="attention", title=_tr("Stopped"), text=_tr("Nothing was changed."))
    return Verdict(tone="attention", title=_tr("Stopped"), text=_back_words(progress), next=_left_words(progress))


def _failed(progress: Progress, trouble: Trouble) -> Verdict:
    found = trouble_words(trouble)
    if not progress.touched:
        return msgspec.structs.replace(found, text=_joined(_tr("Nothing was changed."), found.text))
    number = next((index for index, line in enumerate(progress.lines, 1) if line.state == "failed"), 0)
    line = progress.lines[number - 1] if number else None
    where = _tr("Step {number}, “{title}”.").format(number=number, title=line.title) if line else ""
    text = _joined(where, _back_words(progress))
    return msgspec.structs.replace(
        found,
        text=text,
        output=_end_of(line.text) if line else "",
        next=_joined(_left_words(progress), found.next),
        commands=found.commands or by_hand(progress.plan),
    )


def _end_of(text: str) -> str:
    lines = text.split("\n")
    return text if len(lines) <= _SAID else "\n".join(("…", *lines[-_SAID:]))


def can_undo(progress: Progress) -> bool:
    """Return whether something is there to be taken back when a plan has ended."""
    lasting = {step.title for step in progress.plan.lasting}
    there = progress.still_there if progress.phase != "done" else tuple(line.title for line in progress.lines)
    return any(title not in lasting for title in there)


def _back_words(progress: Progress) -> str:
    back = progress.taken_back
    if back is None or not (back.taken_back or back.left):
        return _tr("Nothing had been changed before.") if progress.phase == "failed" else _tr("Nothing was changed.")
    parts: list[str] = []
    if back.taken_back:
        parts.append(_tr("Taken back: {titles}.").format(titles="; ".join(back.taken_back)))
    if back.left:
        parts.append(_tr("Still there: {titles}.").format(titles="; ".join(back.left)))
    return " ".join(parts)


def _left_words(progress: Progress) -> str:
    if not progress.still_there:
        return ""
    if not can_undo(progress):
        return _tr("What is still there cannot be taken back.")
    if progress.entry:
        return _tr("What is still there can be taken back with “Undo…”.")
    return _tr("What is still there stands in the history of the Doctor page, with a way to take it back.")


def trouble_words(trouble: Trouble) -> Verdict:
    """Return why something cannot be done, with the next step in this window."""
    values = dict(trouble.values)
    diff, lines = str(values.pop("diff", "")), str(values.pop("commands", ""))
    article = trouble_article(Trouble(trouble.id, **values, diff="", commands=""))
    return Verdict(
        tone="attention" if trouble.id in _MILD else "broken",
        title=article.title,
        text=article.text.strip(),
        next=_next_words(trouble.id) or _without_commands(article.remedy.strip()),
        commands=tuple(line for line in lines.split("\n") if line),
        diff=diff,
    )


def _without_commands(text: str) -> str:
    """Return a text without the sentences that speak of the command line."""
    return " ".join(part for part in re.split(r"(?<=[.;])\s+", text) if "drydock mend" not in part)


_MILD = frozenset(
    ("mend-nothing-to-do", "mend-already-undone", "mend-nothing-to-undo", "mend-file-changed", "mend-refused")
)


def _next_words(trouble: str) -> str:
    """Return what to do in the window where the article speaks of the command line."""
    return {
        "mend-by-hand": _tr("Type these lines in a terminal, and read what they say."),
        "mend-nothing-to-do": _tr("Check again: the finding is most likely gone."),
        "mend-file-not-json": _tr(
            "Correct it first; the finding about the engine's settings file offers to, where the engine reads it."
        ),
        "mend-file-not-toml": _tr("Correct it in an editor, then look at it again."),
        "mend-not-correctable": _tr("Correct it in an editor, or begin a new settings file; the old one is kept."),
        "mend-program-missing": _tr("Nothing was changed. Install it, or do it by hand."),
        "mend-no-root": _tr("Type these lines where you can become root, or start Drydock from a terminal with sudo."),
        "mend-not-agreed": _tr("Look at it again; what would be done now is another thing."),
        "mend-file-changed": _tr("Look at it again: the new preview starts from the file as it is now."),
        "mend-refused": _tr("Try again when you know the password, or ask who looks after this computer."),
        "mend-step-failed": _tr("Mend what the step said, then look at it again."),
        "mend-entry-unknown": _tr("Look at the list of changes again."),
        "mend-already-undone": _tr("To have it once more, apply the remedy again."),
        "mend-nothing-to-undo": _tr("The list of changes tells what was done."),
    }.get(trouble, "")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
