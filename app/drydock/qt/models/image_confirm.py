"""How sure what is shown of an image is, what pulling it would move, and what speaks against it, in words."""

import msgspec

from drydock.core.facts import Fact, Known, LocalImage
from drydock.core.findings import State
from drydock.core.images import Catalogue, Choice
from drydock.core.images.catalogue import Image
from drydock.core.images.judged import Judgement
from drydock.core.images.result import Support
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.reasons import text
from drydock.jobs.confirm import Confirmed
from drydock.qt.models.pull import size_text

_SHORT = 12
_UNKNOWN = "not known"
# a registry that answers "there is none" has answered
MISSING = frozenset(("image-not-found", "image-never-existed", "platform-missing"))
"""Troubles that say there is nothing to pull."""
_ANSWERS = MISSING | {"image-name-invalid"}
_UNMET = "REQUIREMENT_NOT_MET"
# what an image tells of itself that the catalogue could not expect
_TELLING = frozenset((
    _UNMET,
    "REQUIREMENT_OPEN",
    "REQUIREMENT_UNREADABLE",
    "TAG_SAYS_OTHERWISE",
    "COMPAT_LIBRARY_FIRST",
    "NO_COMPUTE_CAPABILITY",
))  # fmt: skip


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking about an image: an answer, or why there is none.

    Attributes:
        at: local time, for the eyes.
    """

    confirmed: Confirmed | None = None
    trouble: Trouble | None = None
    at: str


class Line(msgspec.Struct, frozen=True):
    """A sentence, and how grave it is."""

    state: State
    text: str


class Figure(msgspec.Struct, frozen=True):
    """A number for the eyes: name, value, and what it means."""

    name: str
    value: str
    hint: str = ""


def standing(asked: Asked | None, *, asking: bool, recorded: bool, made: str) -> Line:
    """Return by whose word what is shown is so.

    Args:
        asked: what came of asking; None when nobody was asked yet.
        asking: an answer is awaited.
        recorded: the machine is a recorded one, about which nobody is asked.
        made: date of the catalogue; empty for an image that it does not know.
    """
    source = f" From the catalogue of {made}." if made else ""
    if recorded:
        return Line("not_tested", f"Not confirmed: this is a recorded machine.{source}")
    if asking:
        until = f" Until it answers, this is from the catalogue of {made}." if made else ""
        return Line("not_tested", f"Asking the registry…{until}")
    if asked is None:
        return Line("not_tested", f"Not confirmed.{source}")
    if asked.trouble is not None:
        return _not_confirmed(asked.trouble, made, asked.at)
    return _confirmed(asked, made)


def figures(
    confirmed: Confirmed | None,
    *,
    image: Image | None,
    local: LocalImage | None,
    free: Fact[int] | None,
) -> tuple[Figure, ...]:
    """Return sizes and room.

    Args:
        confirmed: what the registry told; None while it is not known.
        image: the catalogue's entry, whose sizes are estimates.
        local: the copy that the engine has.
        free: bytes free on the engine's disk, as the diagnosis read it.
    """
    found = [_unpacked(confirmed, image, local)]
    if local is None or is_changed(confirmed, local) or (confirmed and confirmed.transfer):
        found = [_download(confirmed, image), _to_fetch(confirmed, local), *found]
    room = confirmed.transfer.free if confirmed and confirmed.transfer else free
    if not isinstance(room, Known) and isinstance(free, Known):
        room = free
    free_text = size_text(room.value) if isinstance(room, Known) else _UNKNOWN
    found.append(Figure("Free on the engine's disk", free_text))
    return tuple(figure for figure in found if figure is not None)


def supported(support: Support, today: str) -> tuple[str, ...]:
    """Return until when an image is looked after, and by whose word, as sentences; none where nothing is known.

    Args:
        support: what the catalogue knows.
        today: ISO 8601 day.
    """
    told = tuple(text(note.code, note.values) for note in support.notes)
    if support.until is None:
        return told
    # a month lasts until its end
    over = support.until < today[: len(support.until)]
    return (f"No more fixes since {support.until}." if over else f"Fixes until {support.until}.", *told)


def is_changed(confirmed: Confirmed | None, local: LocalImage | None) -> bool:
    """Whether the copy here is not what the registry has now.

    The copy may be another than at the time of asking, so it is compared anew.
    """
    if confirmed is None or confirmed.published is None or local is None or not local.digests:
        return False
    return not any(digest.endswith(f"@{confirmed.published.digest}") for digest in local.digests)


def problems(asked: Asked | None, choice: Choice | None, local: LocalImage | None) -> tuple[Line, ...]:
    """Return what must be known before the image is used, the gravest first.

    Args:
        asked: what was told of the image.
        choice: what the catalogue expects of it; None for an image that was asked for by name.
        local: the copy that the engine has.
    """
    confirmed = asked.confirmed if asked else None
    if asked and asked.trouble and asked.trouble.id in _ANSWERS and choice is not None:
        article = trouble_article(asked.trouble)
        return (Line("broken", f"{full_stop(article.title)} {full_stop(article.text)}"),)
    if confirmed is None:
        return ()
    found = [*_judged(confirmed.judgement, choice), *_differences(confirmed, choice)]
    if line := room(confirmed, local):
        found.append(line)
    if is_changed(confirmed, local):
        words = "The copy here is not what the registry has now under this name. Pull again to get the newer one."
        found.append(Line("attention", words))
    return tuple(sorted(found, key=lambda line: line.state != "broken"))


def room(confirmed: Confirmed | None, local: LocalImage | None) -> Line | None:
    """Return a warning when the engine's disk has not the room for the pull; a broken one when it surely has not."""
    move = confirmed.transfer if confirmed else None
    if move is None or move.fits is not False or (local is not None and not is_changed(confirmed, local)):
        return None
    free = size_text(move.free.value) if isinstance(move.free, Known) else _UNKNOWN
    words = f"The engine's disk has {free} free, and the pull needs about {size_text(move.needed)}"
    # unpacked layers are never smaller than what travels
    if isinstance(move.free, Known) and move.free.value < move.to_fetch:
        return Line("broken", f"{words}: it does not fit. Remove images that are not needed any more.")
    return Line("attention", f"{words}: it may not fit. Drydock stops the pull before the disk is full.")


def why_not_pull(asked: Asked | None, local: LocalImage | None) -> str:
    """Return why pulling is of no use; empty when it may be."""
    if asked and asked.trouble and asked.trouble.id in MISSING:
        return full_stop(trouble_article(asked.trouble).title)
    line = room(asked.confirmed if asked else None, local)
    return line.text if line is not None and line.state == "broken" else ""


def digest_of(confirmed: Confirmed | None, local: LocalImage | None, reference: str = "") -> str:
    """Return the whole digest that pins the image; empty when it is not known."""
    if confirmed is not None and confirmed.digest:
        return confirmed.digest
    if "@" in reference:
        return reference.rpartition("@")[2]
    return local.digests[0].rpartition("@")[2] if local and local.digests else ""


def local_digest(local: LocalImage | None, confirmed: Confirmed | None) -> str:
    """Return the digest that pins the copy that is here: what starts without pulling anything."""
    if local is None or not local.digests:
        return digest_of(confirmed, None)
    mine = [digest.rpartition("@")[2] for digest in local.digests]
    told = digest_of(confirmed, None)
    return told if told in mine else mine[0]


def short_digest(digest: str) -> str:
    """Return the beginning of a digest, enough to compare by eye."""
    kind, colon, digits = digest.partition(":")
    return f"{kind}{colon}{digits[:_SHORT]}" if colon else digest[:_SHORT]


def reasons_text(judgement: Judgement) -> str:
    """Return what speaks against an image, in words."""
    return " ".join(text(reason.code, reason.values) for reason in judgement.against)


def entry_of(catalogue: Catalogue, reference: str) -> Image | None:
    """Return the catalogue's entry of a name."""
    return next((image for image in catalogue.images if image.reference == reference), None)


def full_stop(sentence: str) -> str:
    """Return a sentence with a full stop, so that another may follow."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _not_confirmed(trouble: Trouble, made: str, at: str) -> Line:
    article = trouble_article(trouble)
    if trouble.id == "image-never-existed":
        return Line("attention", "Not confirmed: by all that the catalogue knows, there was never such an image.")
    if trouble.id in _ANSWERS:
        return Line("attention", f"The registry answered at {at}: {full_stop(article.title)}")
    source = f" What is shown is from the catalogue of {made};" if made else ""
    works = "pulling works as soon as the engine reaches the registry."
    works = f"{source} {works}" if made else f" {works.capitalize()}"
    return Line("not_tested", f"Not confirmed: {full_stop(article.title)}{works}")


def _confirmed(asked: Asked, made: str) -> Line:
    confirmed = asked.confirmed
    assert confirmed is not None
    title = trouble_article(confirmed.unconfirmed).title if confirmed.unconfirmed else ""
    why = f" ({title.rstrip('.')})" if title else ""
    if confirmed.source == "registry" and confirmed.published:
        return Line("ok", f"Confirmed by {confirmed.published.registry_name} at {asked.at}.")
    if confirmed.source == "engine":
        words = f"The engine found it in the registry at {asked.at}; Drydock itself could not ask{why}."
        source = f" Sizes and contents are from the catalogue of {made}." if made else ""
        return Line("ok", f"{words}{source}")
    reason = full_stop(f"Not confirmed: {title}" if title else "Not confirmed by a registry")
    return Line("not_tested", f"{reason} Read at {asked.at} from the copy that is here.")


def _download(confirmed: Confirmed | None, image: Image | None) -> Figure:
    if confirmed and confirmed.transfer:
        layers = confirmed.transfer.layers
        return Figure("Download", size_text(confirmed.transfer.download), f"compressed, in {layers} layers")
    return Figure(
        "Download", _range(image.download_size if image else None), "an estimate by the catalogue" if image else ""
    )


def _to_fetch(confirmed: Confirmed | None, local: LocalImage | None) -> Figure | None:
    if local is not None and not is_changed(confirmed, local):
        return Figure("Still to fetch", "nothing", "the engine has it")
    move = confirmed.transfer if confirmed else None
    if move is None:
        return None
    kept = f"{move.layers_here} of {move.layers} layers are here already" if move.layers_here else ""
    return Figure("Still to fetch", size_text(move.to_fetch), kept)


def _unpacked(confirmed: Confirmed | None, image: Image | None, local: LocalImage | None) -> Figure:
    if local is not None and not is_changed(confirmed, local):
        return Figure("Unpacked", size_text(local.size), "as the engine tells it")
    if image is not None and image.unpacked_size:
        return Figure("Unpacked", _range(image.unpacked_size), "an estimate by the catalogue")
    if confirmed and confirmed.transfer:
        return Figure("Unpacked", f"about {size_text(confirmed.transfer.unpacked)}", "an estimate from the download")
    return Figure("Unpacked", _UNKNOWN)


def _range(sizes: tuple[int, int] | None) -> str:
    if sizes is None:
        return _UNKNOWN
    least, most = size_text(sizes[0]), size_text(sizes[1])
    # one unit is enough where both have the same
    return f"about {least}" if least == most else f"{least.removesuffix(most[-3:])} to {most}"


def _judged(judgement: Judgement | None, choice: Choice | None) -> list[Line]:
    if judgement is None or judgement.verdict == "runs" or choice is None:
        return []
    why = reasons_text(judgement)
    if judgement.verdict == "cannot_run":
        return [Line("broken", f"By its own words this image cannot run here. {why}".strip())]
    found = [Line("attention", f"The image itself leaves this open. {why}")] if why else []
    # what the catalogue expects anyway is among its reasons
    expected = choice.environment == judgement.environment
    told = (note for note in judgement.notes if note.code in _TELLING and not (expected and note.code == _UNMET))
    return [*found, *(Line("attention", text(note.code, note.values)) for note in told)]


def _differences(confirmed: Confirmed, choice: Choice | None) -> list[Line]:
    described = confirmed.described
    if choice is None or described is None:
        return []
    told = (
        ("torch", str(described.torch) if described.torch else "", choice.torch or ""),
        ("CUDA", str(described.cuda) if described.cuda else "", choice.cuda),
    )
    return [
        Line("attention", f"The image says that it holds {name} {says}; the catalogue expects {name} {expected}.")
        for name, says, expected in told
        if says and expected and not (f"{says}.".startswith(f"{expected}.") or f"{expected}.".startswith(f"{says}."))
    ]
