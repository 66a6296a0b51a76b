"""Where a benchmark can run: what is offered, and what to say about each choice."""

from collections.abc import Sequence

import msgspec

from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.images import Recommendation


class PlaceWords(msgspec.Struct, frozen=True, kw_only=True):
    """An offer: what is used (a path, a reference, a name) and how it is shown."""

    value: str
    text: str


def pythons(snapshot: Snapshot | None) -> tuple[PlaceWords, ...]:
    """Return the Pythons of this computer, those that have torch first."""
    found = snapshot.host_torch if snapshot else ()
    ordered = sorted(found, key=lambda item: not isinstance(item.version, Known))
    offers = [
        PlaceWords(
            value=item.python,
            text=f"{item.python}  (torch {item.version.value})" if isinstance(item.version, Known) else item.python,
        )
        for item in ordered
    ]
    return tuple(offers) or (PlaceWords(value="python3", text="python3"),)


def images(snapshot: Snapshot | None, recommendation: Recommendation | None) -> tuple[PlaceWords, ...]:
    """Return the recommended image, then those that are here and look as if they had torch."""
    chosen = recommendation.choice.reference if recommendation and recommendation.choice else ""
    here = [ref for image in (known_or(snapshot.engine.images, ()) if snapshot else ()) for ref in image.references]
    names = dict.fromkeys(([chosen] if chosen else []) + [ref for ref in here if "torch" in ref.lower()])
    return tuple(PlaceWords(value=ref, text=f"{ref}  (recommended)" if ref == chosen else ref) for ref in names)


def has_gpu(snapshot: Snapshot | None) -> bool:
    """Whether a container may be given GPUs: those of this computer, or unknown ones of a remote engine."""
    return snapshot is not None and (bool(snapshot.gpus) or snapshot.engine.remote)


def python_hint(snapshot: Snapshot | None, python: str) -> str:
    """Say whether a Python has torch, as far as that is known."""
    if snapshot is None:
        return ""
    known = next((item for item in snapshot.host_torch if item.python == python), None)
    if known is None:
        return "Any Python with torch will do: type its whole path."
    if isinstance(known.version, Known):
        return f"It has torch {known.version.value}."
    return "It has no torch. Name a Python that has it, with its whole path, or use an image."


def image_hint(snapshot: Snapshot | None, reference: str) -> str:
    """Say whether an image must be pulled first."""
    if snapshot is None or not reference:
        return "Type the name of an image that has PyTorch in it."
    here = any(reference in image.references for image in known_or(snapshot.engine.images, ()))
    first = "It is here. " if here else "It will be pulled first. "
    return f"{first}A container of its own is made, and removed when it is done."


def default_kind(snapshot: Snapshot | None, sessions: Sequence[str]) -> str:
    """Return the place to propose: ``session``, ``image`` or ``host``."""
    if snapshot is None:
        return "host"
    ready = snapshot.engine.reach.kind == "ready"
    if ready and sessions:
        return "session"
    with_torch = any(isinstance(item.version, Known) for item in snapshot.host_torch)
    if with_torch and not snapshot.gpus:
        return "host"
    return "image" if ready else "host"
