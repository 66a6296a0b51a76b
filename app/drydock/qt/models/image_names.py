"""A name that a person typed: whether it can be one, and if no such image was ever made, what comes nearest."""

import difflib
import fnmatch
import re

import msgspec

from drydock.core.facts import Snapshot
from drydock.core.images import Catalogue, Choice, Wish
from drydock.core.images.catalogue import NeverExisted
from drydock.core.trouble import Trouble
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.images import refusal_text
from drydock.registry.reference import Reference, parse_reference

_HUB = "pytorch/pytorch"
_TORCH = re.compile(r"(?<![\w.])v?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?![\w.])")
_CUDA = re.compile(r"(?:cuda|cu)[-_]?([0-9]{1,2})\.?([0-9]{1,2})(?![0-9.])", re.IGNORECASE)
_ALIKE = 3
_EXAMPLE = "pytorch/pytorch:TAG or registry.example.org/name:TAG"


class NeverMade(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no such image, and what comes nearest.

    Attributes:
        why: a sentence or two.
        known: whether the catalogue knows that it was never published, whoever else says nothing.
        ways: what works on this machine, the nearest first.
        alike: references of the catalogue that look like the name, where nothing better is known.
    """

    why: str
    known: bool = False
    ways: tuple[Choice, ...] = ()
    alike: tuple[str, ...] = ()


def read_name(text: str) -> tuple[Reference | None, str]:
    """Take a typed name apart; return it, or what is wrong with it in words (both empty for no text)."""
    typed = text.strip()
    if not typed:
        return None, ""
    try:
        return parse_reference(typed), ""
    except Trouble as trouble:
        why = trouble.values.get("text", trouble.id)
        return None, f"This cannot be the name of an image: {why}. It is written like {_EXAMPLE}."


def plain_name(reference: Reference) -> str:
    """Return the name as the catalogue and the engine list it: without Docker Hub's own name."""
    domain = "" if reference.on_hub else f"{reference.domain}/"
    path = reference.path.removeprefix("library/") if reference.on_hub else reference.path
    tag = f":{reference.tag}" if reference.tag else ""
    digest = f"@{reference.digest}" if reference.digest else ""
    return f"{domain}{path}{tag}{digest}"


def never_made(reference: Reference, snapshot: Snapshot, catalogue: Catalogue) -> NeverMade | None:
    """Return why there is no image of this name, and what comes nearest; None where nothing is known of it.

    Args:
        reference: the name, which the catalogue does not list or the registry does not have.
        snapshot: the machine that the nearest must run on.
        catalogue: what is known.
    """
    name = plain_name(reference)
    repository = name.partition("@")[0].removesuffix(f":{reference.tag}")
    known = _known_never(repository, reference.tag, catalogue)
    official = repository == _HUB or (known and known.cause == "repository")
    if not official or reference.digest:
        return None
    wish = _wish_of(reference.tag)
    if wish is None:
        alike = difflib.get_close_matches(name, [image.reference for image in catalogue.images], _ALIKE, 0.6)
        return NeverMade(why=f"{repository} has no tag {reference.tag}.", alike=tuple(alike)) if alike else None
    answer = recommend_for(snapshot, wish, catalogue)
    if answer.choice is not None:
        words = f"{_asked(wish)} is there under another name."
        if known and known.cause == "repository":
            words = f"There is no repository {repository}; the official one is {_HUB}. {words}"
        return NeverMade(why=words, known=known is not None, ways=(answer.choice,))
    refusal = answer.refusal
    ways = ((refusal.nearest,) if refusal and refusal.nearest else ()) + (refusal.others if refusal else ())
    sure = known is not None and known.confidence != "low"
    return NeverMade(why=refusal_text(refusal), known=sure, ways=ways)


def _known_never(repository: str, tag: str, catalogue: Catalogue) -> NeverExisted | None:
    return next(
        (
            entry
            for entry in catalogue.never_existed
            if fnmatch.fnmatchcase(repository, entry.repository) and fnmatch.fnmatchcase(tag, entry.tag)
        ),
        None,
    )


def _wish_of(tag: str) -> Wish | None:
    """Read what a tag asks for, however it is put together."""
    cuda = _CUDA.search(tag)
    torch = _TORCH.search(tag)
    if torch is None:
        return None
    flavour = "devel" if "devel" in tag else "runtime" if "runtime" in tag else None
    return Wish(torch=torch[1], cuda=f"{cuda[1]}.{cuda[2]}" if cuda else None, flavour=flavour)


def _asked(wish: Wish) -> str:
    parts = [f"torch {wish.torch}", f"CUDA {wish.cuda}" if wish.cuda else "", wish.flavour or ""]
    return " with ".join(part for part in parts[:2] if part) + (f" ({parts[2]})" if parts[2] else "")
