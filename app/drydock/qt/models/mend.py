"""Remedies in words: what a plan means, how a step becomes root, what came of it, and what to do next."""

import re
from typing import Literal

import msgspec
from PySide6.QtCore import QCoreApplication

from drydock.core.facts import Fact, Missing
from drydock.core.findings import Finding
from drydock.core.remedies.plan import Plan, WriteStep, command_line
from drydock.core.remedies.steps import EngineStep, RunStep
from drydock.core.trouble import Trouble
from drydock.data.knowledge import check_articles, finding_article, trouble_article
from drydock.jobs.mend_plan import TAKE_BACK
from drydock.jobs.mend_preview import Preview
from drydock.qt.models.mend_progress import Phase, Progress, StepState
from drydock.qt.models.pull import size_text
from drydock.qt.theme import State
from drydock.store.ledger import Entry
from drydock.world.changes import Way

_NAMED = 3
_LONGEST = 70
_WORD = 48
"""Letters of a word that is broken where there is no room for it: paths."""

_SAID = 12
"""Lines of what a step said that are shown with its failure; the step itself shows all."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Mend", text)


def breakable(text: str) -> str:
    """Return a text that may be broken after the slashes of long paths, where a label would grow instead."""
    words = text.split(" ")
    return " ".join(word.replace("/", "/\u200b") if len(word) > _WORD else word for word in words)


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of one step.

    Attributes:
        command: the line that is run; empty where none is.
        path: the file that is changed; empty where none is.
        fate: what becomes of the file as a whole, where it is made or removed.
        size: what it frees, as text.
        lasting: nothing takes it back, other than most of the plan.
    """

    number: int
    title: str
    command: str = ""
    path: str = ""
    fate: str = ""
    diff: str = ""
    size: str = ""
    privileged: bool = False
    lasting: bool = False


def step_views(plan: Plan) -> tuple[StepView, ...]:
    """Return what is shown of each step of a plan."""
    views: list[StepView] = []
    lasting = plan.lasting
    # where nothing can be taken back, that is said once for all of it
    marked = lasting if len(lasting) < len(plan.steps) else ()
    for number, step in enumerate(plan.steps, 1):
        view = StepView(number=number, title=step.title, lasting=step in marked)
        if isinstance(step, RunStep):
            view = msgspec.structs.replace(view, command=command_line(step), privileged=step.privileged)
        elif isinstance(step, WriteStep):
            fate = _tr("a new file") if step.before is None else _tr("is removed") if step.after is None else ""
            view = msgspec.structs.replace(view, path=step.path, fate=fate, diff=step.diff, privileged=step.privileged)
        elif step.size is not None:
            view = msgspec.structs.replace(view, size=size_text(step.size))
        views.append(view)
    return tuple(views)


def takes_back(plan: Plan) -> bool:
    """Return whether a plan takes something back, other than a taking back."""
    return bool(plan.undoes) and plan.title.startswith(TAKE_BACK)


def deed(plan: Plan) -> str:
    """Return the words on the button that does it."""
    if takes_back(plan):
        return _tr("Take it back")
    title = plan.title
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST // 2]}…{title[-_LONGEST // 2 :]}"


def root_words(preview: Preview) -> str:
    """Return what needs root, and how that is asked for."""
    steps = [step for step in preview.plan.steps if not isinstance(step, EngineStep)]
    number = sum(step.privileged for step in steps)
    if not number:
        return _tr("Nothing here needs root.")
    total = len(preview.plan.steps)
    if number == 1:
        which = _tr("The one step needs root.") if total == 1 else _tr("1 of {total} steps needs root.")
    else:
        which = _tr("All {total} steps need root.") if number == total else _tr("{number} of {total} steps need root.")
    return f"{which.format(number=number, total=total)} {_way_words(preview.way, several=number > 1)}"


def _way_words(way: Fact[Way] | None, *, several: bool) -> str:
    if way is None or isinstance(way, Missing):
        return _tr("There is no way to ask for a password here: neither pkexec nor sudo can.")
    each = _tr(", for each of them alone") if several else ""
    return {
        "root": _tr("Drydock runs as root, so nothing asks for a password."),
        "pkexec": _tr("Your desktop asks for the password in a window of its own (pkexec){each}.").format(each=each),
        "askpass": _tr("sudo asks for the password in a window of its own{each}.").format(each=each),
        "terminal": _tr("sudo asks for the password in the terminal."),
        "passwordless": _tr("sudo is set up here to ask for no password."),
    }[way.value]


def can_apply(preview: Preview) -> bool:
    """Return whether it can be done from here."""
    return not isinstance(preview.way, Missing)


def undo_words(plan: Plan) -> str:
    """Return what of a plan can be taken back."""
    lasting = plan.lasting
    if not lasting:
        return _tr("All of it can be taken back.")
    if len(lasting) == len(plan.steps):
        return _tr("None of it can be taken back.") if len(lasting) > 1 else _tr("It cannot be taken back.")
    titles = "; ".join(step.title for step in lasting)
    return _tr("All but this can be taken back: {titles}.").format(titles=titles)


def recheck_words(plan: Plan) -> str:
    """Return which checks are asked afterwards; empty where none are."""
    articles = check_articles()
    titles = [articles[check].title if check in articles else check for check in plan.recheck]
    if not titles:
        return ""
    named = ", ".join(titles[:_NAMED])
    more = len(titles) - _NAMED
    return _tr("{named}, and {count} more").format(named=named, count=more) if more > 0 else named


def by_hand(plan: Plan) -> tuple[str, ...]:
    """Return the lines that do the same in a terminal."""
    return plan.commands or tuple(command_line(step) for step in plan.steps if isinstance(step, RunStep))


def state_words(state: StepState, phase: Phase) -> str:
    """Return the state of a step."""
    if state == "waiting":
        return _tr("Next") if phase in ("steps", "checking") else _tr("Not done")
    return {
        "running": _tr("Running…"),
        "done": _tr("Done"),
        "failed": _tr("Failed"),
        "left": _tr("Left as it is"),
        "taken_back": _tr("Taken back"),
    }[state]


def now_words(progress: Progress) -> str:
    """Return what goes on now."""
    if progress.phase == "checking":
        return _tr("Looking whether it helped…")
    if progress.taken_back is not None:
        return _tr("Taking back what was done…")
    line = progress.lines[progress.number - 1]
    words = _tr("Step {number} of {total}: {title}…")
    return words.format(number=progress.number, total=len(progress.lines), title=line.title)


def stop_words(progress: Progress) -> str:
    """Return what stopping means now, or what it does since it was asked for."""
    if progress.phase == "checking":
        return _tr("Everything was done already; stopping only ends the look at it.")
    if progress.stopping:
        return _tr("The step that runs is finished first, then what was done is taken back.")
    if not can_stop(progress):
        return _tr("This is the last step: it is finished in any case.")
    return _tr("Stopping waits for the step that runs, then takes back what was done.")


def can_stop(progress: Progress) -> bool:
    """Return whether stopping means anything now: the last step is finished in any case."""
    if progress.stopping or progress.taken_back is not None:
        return False
    return progress.phase == "checking" or progress.number < len(progress.lines)


def asks_now(progress: Progress, way: Fact[Way] | None) -> bool:
    """Return whether a window may be asking for the password now."""
    if progress.phase != "steps" or way is None or isinstance(way, Missing) or not progress.touched:
        return False
    step = progress.plan.steps[progress.number - 1]
    return way.value in ("pkexec", "askpass") and not isinstance(step, EngineStep) and step.privileged


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
    return _tr("What is still there is in the list of changes of the Doctor page.")


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


def outcome_words(entry: Entry, *, running: bool) -> tuple[State, str]:
    """Return what became of an entry of the log, as a state and a word.

    Args:
        entry: the entry.
        running: whether something is being carried out now.
    """
    if entry.undone_by:
        return "not_tested", _tr("Taken back")
    if entry.outcome == "open":
        return ("not_tested", _tr("Goes on")) if running else ("attention", _tr("Broken off"))
    found: dict[str, tuple[State, str]] = {
        "applied": ("ok", _tr("Done")),
        "failed": ("broken", _tr("Failed")),
        "stopped": ("attention", _tr("Stopped")),
    }
    return found[entry.outcome]


def by_words(entry: Entry) -> str:
    """Return by what steps became root; empty where none did."""
    ways = {step.by for step in entry.begun.steps if step.by}
    if not ways:
        return ""
    words = {
        "root": _tr("Drydock ran as root"),
        "pkexec": _tr("as root, with a password (pkexec)"),
        "askpass": _tr("as root, with a password (sudo)"),
        "terminal": _tr("as root, with a password (sudo)"),
        "passwordless": _tr("as root, without a password (sudo)"),
    }
    return ", ".join(dict.fromkeys(words.get(way, way) for way in sorted(ways)))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
