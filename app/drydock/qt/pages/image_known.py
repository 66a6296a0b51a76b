"""Puts together what the two cards show of an image: the catalogue's word, the registry's, and the engine's."""

from datetime import date

from drydock.core.facts import Fact, LocalImage
from drydock.core.findings import State
from drydock.core.images import Catalogue, Choice
from drydock.qt.app import App
from drydock.qt.models.image_confirm import (
    MISSING,
    Asked,
    Line,
    digest_of,
    entry_of,
    figures,
    is_changed,
    local_digest,
    problems,
    standing,
    supported,
    why_not_pull,
)
from drydock.qt.models.image_inspection import inspection
from drydock.qt.models.image_names import NeverMade, never_made, read_name
from drydock.qt.models.image_rows import CatalogueRow
from drydock.qt.models.images import find_local
from drydock.qt.pages.image_card import Known
from drydock.qt.pages.image_inspection_card import Inspected
from drydock.qt.pages.image_questions import ImageQuestions


def known_of(
    app: App, questions: ImageQuestions, choice: Choice, local: tuple[LocalImage, ...] | None, catalogue: Catalogue
) -> Known:
    """Return what is known of the recommended image.

    Args:
        app: the machine, and the pull that may be on its way.
        questions: what registries were asked.
        choice: the recommended image.
        local: the engine's images; None while they are not known.
        catalogue: the images that Drydock knows.
    """
    reference = choice.reference
    here = find_local(reference, local or ())
    asked, confirmed = questions.answer(reference), questions.confirmed(reference)
    return Known(
        place=_place(app, reference, here=None if local is None else here is not None),
        standing=_standing(app, questions, reference, catalogue),
        figures=figures(
            confirmed,
            image=entry_of(catalogue, reference),
            local=here,
            free=_free(app),
        ),
        support="\n".join(supported(choice.support, date.today().isoformat())),
        problems=problems(asked, choice, here),
        digest=digest_of(confirmed, here),
        again="" if app.recorded else _again(asked, asking=questions.asking(reference)),
        can_ask=not questions.why_not and not questions.asking(reference),
        renew=is_changed(confirmed, here),
    )


def inspected_of(
    app: App,
    questions: ImageQuestions,
    reference: str,
    local: tuple[LocalImage, ...] | None,
    catalogue: Catalogue,
    row: CatalogueRow | None,
    why_not: str,
) -> Inspected:
    """Return what is known of an image that was asked for by its name.

    Args:
        app: the machine.
        questions: what registries were asked.
        reference: the name, as it is listed.
        local: the engine's images; None while they are not known.
        catalogue: the images that Drydock knows.
        row: the catalogue's verdict of the image; None when it is not in the catalogue.
        why_not: why nothing can be pulled now; empty when it can.
    """
    here = find_local(reference, local or ())
    asked, confirmed = questions.answer(reference), questions.confirmed(reference)
    asking = questions.asking(reference)
    never = _never(app, reference, row, asked, catalogue, here=here is not None)
    found = inspection(asked, row, never)
    missing = found.stage == "never_made" or (asked is not None and asked.trouble is not None and row is None)
    sizes = (
        ()
        if missing or found.stage == "asking"
        else figures(confirmed, image=entry_of(catalogue, reference), local=here, free=_free(app))
    )
    surely_never = never is not None and never.known and confirmed is None
    exists = here is not None or confirmed is not None
    return Inspected(
        reference=reference,
        inspection=found,
        standing=_standing(app, questions, reference, catalogue, in_catalogue=row is not None),
        figures=sizes,
        problems=problems(asked, None, here),
        ways=never.ways if never and found.stage == "never_made" else (),
        alike=never.alike if never and found.stage == "never_made" else (),
        here=here is not None,
        exists=exists,
        # an unanswered question leaves the decision to the person: the engine may reach what Drydock cannot
        pullable=(here is None or is_changed(confirmed, here)) and not _surely_missing(asked) and not surely_never,
        why_not=why_not or why_not_pull(asked, here),
        digest=digest_of(confirmed, here, reference),
        pin=local_digest(here, confirmed),
        again="" if app.recorded else _again(asked, asking=asking),
        can_ask=not questions.why_not and not asking,
    )


def _never(
    app: App,
    reference: str,
    row: CatalogueRow | None,
    asked: Asked | None,
    catalogue: Catalogue,
    *,
    here: bool,
) -> NeverMade | None:
    parsed, _ = read_name(reference)
    if parsed is None or app.diagnosis is None or here:
        return None
    if row is not None and not _surely_missing(asked):
        return None
    return never_made(parsed, app.diagnosis.snapshot, catalogue)


def _surely_missing(asked: Asked | None) -> bool:
    return asked is not None and asked.trouble is not None and asked.trouble.id in MISSING


def _place(app: App, reference: str, *, here: bool | None) -> tuple[State, str]:
    pull = app.activities.pull_of(reference)
    if pull is not None and pull.on_its_way:
        return "not_tested", f"Being pulled · {pull.share:.0%}" if pull.share is not None else "Being pulled"
    if here is None:
        return "not_tested", "Not known whether it is here"
    return ("ok", "Here") if here else ("not_tested", "Not here yet")


def _standing(
    app: App, questions: ImageQuestions, reference: str, catalogue: Catalogue, *, in_catalogue: bool = True
) -> Line:
    return standing(
        questions.answer(reference),
        asking=questions.asking(reference),
        recorded=app.recorded,
        made=catalogue.made if in_catalogue else "",
    )


def _again(asked: Asked | None, *, asking: bool) -> str:
    if asking:
        return ""
    return "Ask the registry" if asked is None else "Ask again"


def _free(app: App) -> Fact[int] | None:
    return app.diagnosis.snapshot.engine.data_root_free if app.diagnosis else None
