"""What the inspection card says of any image: what it is, by whose word, whether it runs here, and what would help."""

from typing import Literal, TypeAlias

import msgspec

from drydock.core.findings import State
from drydock.core.images.described import Described
from drydock.core.images.judged import Judgement, Verdict
from drydock.core.images.version import Version
from drydock.data.knowledge import trouble_article
from drydock.qt.models.image_confirm import MISSING, Asked, Line, full_stop
from drydock.qt.models.image_names import NeverMade
from drydock.qt.models.image_reasons import reason_lines, why_and_way
from drydock.qt.models.image_rows import VERDICT_STATES, VERDICT_WORDS, CatalogueRow

Stage: TypeAlias = Literal["asking", "told", "catalogue", "never_made", "failed"]

_WORDS: dict[Verdict, str] = {
    "runs": "Runs here",
    "may_run": "May run here",
    "cannot_run": "Cannot run here",
    "cannot_tell": "Cannot be told",
}
_STATES: dict[Verdict, State] = {
    "runs": "ok",
    "may_run": "attention",
    "cannot_run": "broken",
    "cannot_tell": "not_tested",
}
_NO_SUCH = frozenset(("image-not-found", "image-never-existed"))
_CUBINS_BY = {
    "catalogue": "measured in this build",
    "image": "as the image itself says",
    "assumed": "assumed from the nearest build that was measured",
}
_CUDA_BY = {"torch": "by its torch", "history": "by its history", "tag": "by its tag", "label": "by its label"}


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What to show of one image.

    Attributes:
        stage: what is known: nothing yet, what the image says, what the catalogue says, that there is none, or nothing.
        word: the verdict, with its ``state``.
        lines: what speaks against it, what to know, and what to do.
        facts: what is inside, as name and value; ``details`` likewise, longer.
    """

    stage: Stage
    word: str
    state: State
    lines: tuple[Line, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()


def inspection(asked: Asked | None, row: CatalogueRow | None, never: NeverMade | None) -> Inspection:
    """Return what to show.

    Args:
        asked: what came of asking; None while nobody has answered.
        row: the catalogue's entry, if it has one.
        never: why there is no such image, where that is known.
    """
    if asked and asked.confirmed and asked.confirmed.described:
        return told(asked.confirmed.described, asked.confirmed.judgement)
    if asked is None and row is None and not (never and never.known):
        return Inspection(stage="asking", word="Not known yet", state="not_tested")
    if row is not None and not (asked and asked.trouble and asked.trouble.id in _NO_SUCH):
        return _listed(row)
    if never is not None and (never.known or (asked and asked.trouble)):
        return Inspection(
            stage="never_made",
            word="No such image",
            state="broken",
            lines=(Line("broken", never.why),),
        )
    return _unknown(asked)


def contents(described: Described) -> tuple[tuple[str, str], ...]:
    """Return what is inside by the image's own words, as name and value."""
    torch = described.torch_text or (str(described.torch) if described.torch else "")
    cuda = str(described.cuda) if described.cuda else "none" if described.cpu_only or described.rocm else ""
    compiler = {True: "inside", False: "none", None: ""}[described.compiler]
    found = (
        ("torch", torch or (f"none ({described.framework})" if described.framework else "not told")),
        ("CUDA", cuda or "not told"),
        ("Python", described.python),
        ("cuDNN", described.cudnn),
        ("NCCL", described.nccl),
        ("Flavour", described.flavour or ""),
        ("C compiler", compiler),
        ("SSH server", "inside" if described.ssh_server else ""),
    )
    return tuple((name, value) for name, value in found if value)


def details(described: Described) -> tuple[tuple[str, str], ...]:
    """Return the rest that the image tells, as name and value."""
    found = (
        ("Code for", _code(described)),
        ("CUDA is read", _CUDA_BY.get(described.cuda_from, "")),
        ("Asks of the driver", _demand(described)),
        ("Platforms", ", ".join(described.platforms)),
        ("Runs as", described.user or "root"),
        ("Python is of", _python_of(described)),
        ("Starts", " ".join((*described.entrypoint, *described.command))),
        ("Made from", described.made_from or described.catalogue_reference),
        ("Made", " by ".join(part for part in (described.created[:10], described.made_by) if part)),
    )
    return tuple((name, value) for name, value in found if value)


def judged_lines(judgement: Judgement | None) -> tuple[Line, ...]:
    """Return what speaks against an image and what to know of it, each in words."""
    if judgement is None:
        return ()
    state: State = "broken" if judgement.verdict == "cannot_run" else "attention"
    against = [Line(state, why_and_way(reason)) for reason in judgement.against]
    notes = [Line("not_tested", why_and_way(note)) for note in judgement.notes]
    needed = " ".join(f"{name}={value}" for name, value in judgement.environment.items())
    if needed:
        notes.append(Line("not_tested", f"It starts with {needed}; a launch sets that by itself."))
    return (*against, *notes)


def told(described: Described, judgement: Judgement | None) -> Inspection:
    """Return what to show of an image that told what it is."""
    return Inspection(
        stage="told",
        word=_WORDS[judgement.verdict] if judgement else "Not judged",
        state=_STATES[judgement.verdict] if judgement else "not_tested",
        lines=judged_lines(judgement),
        facts=contents(described),
        details=details(described),
    )


def _listed(row: CatalogueRow) -> Inspection:
    state = VERDICT_STATES[row.verdict]
    return Inspection(
        stage="catalogue",
        word=VERDICT_WORDS[row.verdict],
        state=state,
        lines=reason_lines(row) or (Line("ok", "This is the recommended image."),),
        facts=(("torch", row.torch), ("CUDA", row.cuda), ("Flavour", row.flavour)),
    )


def _unknown(asked: Asked | None) -> Inspection:
    trouble = asked.trouble if asked else None
    if trouble is None:
        return Inspection(
            stage="failed",
            word="Not known",
            state="not_tested",
            lines=(
                Line("not_tested", "It is there, but what it holds was not told. After a pull it can be inspected."),
            ),
        )
    article = trouble_article(trouble)
    word = "No such image" if trouble.id in _NO_SUCH else "Not known"
    words = " ".join(full_stop(part) for part in (article.title, article.text, article.remedy) if part)
    state: State = "broken" if trouble.id in MISSING else "attention"
    return Inspection(stage="failed", word=word, state=state, lines=(Line(state, words),))


def _code(described: Described) -> str:
    if described.cubins:
        return f"{_versions(described.cubins)} ({_CUBINS_BY.get(described.cubins_from, 'source not known')})"
    if described.range:
        return f"{described.range[0]} to {described.range[1]} (the range its publisher names)"
    return "" if described.cpu_only else "not told"


def _versions(versions: tuple[Version, ...]) -> str:
    return ", ".join(map(str, versions))


def _demand(described: Described) -> str:
    if described.demand is None or not str(described.demand):
        return "nothing"
    return f"{described.demand} (turned off by the image itself)" if described.demand_off else str(described.demand)


def _python_of(described: Described) -> str:
    if described.virtual_environment:
        return f"a virtual environment in {described.virtual_environment}"
    return "a conda environment" if described.conda else ""
