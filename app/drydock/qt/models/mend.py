"""Remedies in words: what a plan means, how a step becomes root, what came of it, and what to do next."""

import msgspec
from PySide6.QtCore import QCoreApplication

from drydock.core.facts import Fact, Missing
from drydock.core.remedies.plan import Plan, WriteStep, command_line
from drydock.core.remedies.steps import EngineStep, RunStep
from drydock.data.knowledge import check_articles
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
    if progress.taking_back:
        return _tr("Taking back what was done…")
    line = progress.lines[progress.number - 1]
    words = _tr("Step {number} of {total}: {title}…")
    return words.format(number=progress.number, total=len(progress.lines), title=line.title)


def stop_words(progress: Progress) -> str:
    """Return what stopping means now, or what it does since it was asked for."""
    if progress.phase == "checking":
        return _tr("Everything was done already; stopping only ends the look at it.")
    if progress.taking_back:
        return _tr("The step that was done last is taken back first.")
    if progress.number == len(progress.lines):
        return _tr("This is the last step: it is finished in any case.")
    if progress.stopping and progress.awaited:
        words = _tr("“{title}” is not broken off; when it has ended, what was done is taken back.")
        return words.format(title=progress.awaited)
    if progress.stopping:
        return _tr("The step that runs is finished first, then what was done is taken back.")
    return _tr("Stopping waits for the step that runs, then takes back what was done.")


def can_stop(progress: Progress) -> bool:
    """Return whether stopping means anything now: the last step is finished in any case."""
    if progress.stopping or progress.taking_back:
        return False
    return progress.phase == "checking" or progress.number < len(progress.lines)


def asks_now(progress: Progress, way: Fact[Way] | None) -> bool:
    """Return whether a window may be asking for the password now."""
    if progress.phase != "steps" or way is None or isinstance(way, Missing) or not progress.touched:
        return False
    step = progress.plan.steps[progress.number - 1]
    return way.value in ("pkexec", "askpass") and not isinstance(step, EngineStep) and step.privileged


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
