"""Words that several parts of the Doctor page share."""

from PySide6.QtCore import QCoreApplication

from drydock.core.findings import Diagnosis, Rung
from drydock.jobs.diagnose import Depth
from drydock.qt.models.doctor_ladder import RungLine
from drydock.qt.widgets.ladder import Step


def _tr(text: str) -> str:
    return QCoreApplication.translate("Doctor", text)


def rung_title(rung: Rung) -> str:
    """Return a rung's name."""
    return {
        "host": _tr("This computer"),
        "gpu": _tr("GPU"),
        "driver": _tr("Driver"),
        "engine": _tr("Container engine"),
        "toolkit": _tr("NVIDIA Container Toolkit"),
        "image": _tr("Image"),
        "container": _tr("Inside the container"),
        "torch": _tr("PyTorch"),
        "load": _tr("Under load"),
        "work": _tr("Your work"),
    }[rung]


def short_title(rung: Rung) -> str:
    """Return a rung's name for the ladder, where there is little room."""
    return {"toolkit": _tr("NVIDIA toolkit"), "container": _tr("In the container")}.get(rung) or rung_title(rung)


def depth_title(depth: Depth) -> str:
    """Return the name of a depth."""
    return {"quick": _tr("Quick"), "standard": _tr("Standard"), "deep": _tr("Deep")}[depth]


def step_title(name: str) -> str:
    """Return what a step inside the container does; empty for a step that looks at the computer."""
    return {
        "container": _tr("Starting a container"),
        "inside": _tr("Asking the driver inside it"),
        "inside_network": _tr("Calling out from inside"),
        "torch": _tr("Importing torch"),
        "kernels": _tr("Running real kernels"),
        "load": _tr("Putting a load on the GPUs"),
    }.get(name, "")


def counts(diagnosis: Diagnosis, *first: str) -> str:
    """Return how many checks came to what, the worst first; ``first`` are words before them."""
    states = [finding.state for finding in diagnosis.findings]
    parts = (
        (states.count("broken"), _tr("{count} broken")),
        (states.count("attention"), _tr("{count} to look at")),
        (states.count("ok"), _tr("{count} fine")),
        (states.count("not_tested"), _tr("{count} not tested")),
    )
    told = (words.format(count=count) for count, words in parts if count)
    # a line breaks only between the parts, and never before a dot
    return "\u00a0\u00a0·  ".join(part.replace(" ", "\u00a0") for part in (*first, *told))


def step_of(line: RungLine, depth: Depth | None, *, busy: bool, seconds: int | None = None) -> Step:
    """Return a rung as it is drawn.

    Args:
        line: what is known of it.
        depth: of the look; None for a recorded machine.
        busy: whether the look is on its way.
        seconds: how long the step in this rung has taken; None where it is not at one.
    """
    return Step(
        id=line.rung,
        title=short_title(line.rung),
        state=line.state,
        words=_looking_words(line, seconds) if line.looking else _words(line, depth, busy=busy),
        share=line.answered / line.total if line.looking else None,
        marked=line.first_broken and not line.looking,
        faint=line.state == "not_tested" and not line.looking,
    )


def _looking_words(line: RungLine, seconds: int | None) -> str:
    if seconds is not None:
        return _tr("Looking, {seconds} s").format(seconds=seconds)
    return _tr("Looking, {answered} of {total}").format(answered=line.answered, total=line.total)


def _words(line: RungLine, depth: Depth | None, *, busy: bool) -> str:
    if not line.reached:
        return _tr("Comes later") if busy else _tr("Not reached")
    if line.broken or line.attention:
        parts = ((line.broken, _tr("{count} broken")), (line.attention, _tr("{count} to look at")))
        return ", ".join(words.format(count=count) for count, words in parts if count)
    if line.waits_for:
        if line.waits_for == "container":
            return _tr("Waits for the container")
        return _tr("Waits for {rung}").format(rung=short_title(line.waits_for))
    if line.state == "ok":
        return _tr("{count} fine").format(count=line.fine)
    if line.rung not in ("container", "torch", "load"):
        return _tr("Not tested")
    if depth is None:
        return _tr("Not recorded")
    if line.rung == "load" and depth != "deep":
        return _tr("Needs a deep look")
    if depth == "quick":
        return _tr("Needs a standard look")
    return _tr("Comes later") if busy else _tr("Not tested")
