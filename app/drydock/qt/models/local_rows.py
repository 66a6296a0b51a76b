"""The list of what the engine holds: what each image is to Drydock, how old it is, and who uses it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import LocalImage
from drydock.core.images import Catalogue
from drydock.core.launch.derived import DerivedImage, derived_of
from drydock.qt.models.pull import size_text

LocalKind: TypeAlias = Literal["recommended", "catalogue", "derived", "own", "leftover"]

_SHORT = 12
_STALE = {
    "parent_changed": "Made by Drydock, outdated since its parent changed",
    "recipe_changed": "Made by an older Drydock, not used any more",
}


class LocalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One name of an image that the engine has.

    Attributes:
        key: what removes exactly this name: a reference, or the id of an image without any.
        id: of the image; two names of one image share it.
        size: bytes, unpacked.
        made: ISO 8601; empty where the image does not say.
        kind: what it is to Drydock; ``what`` says it in words.
        sessions: names of the sessions that were launched from it.
    """

    key: str
    id: str
    name: str
    size: int
    made: str
    kind: LocalKind
    what: str
    sessions: tuple[str, ...] = ()

    @property
    def size_text(self) -> str:
        """The size for the eyes."""
        return size_text(self.size)

    @property
    def used_by(self) -> str:
        """The sessions for the eyes."""
        return ", ".join(self.sessions)


def local_rows(
    local: tuple[LocalImage, ...],
    catalogue: Catalogue,
    recommended: str = "",
    sessions: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[LocalRow, ...]:
    """Return what the engine holds, one row a name.

    Args:
        local: the engine's images.
        catalogue: the images that Drydock knows.
        recommended: reference of the recommended one.
        sessions: names of sessions by the image they were launched with.
    """
    known = {image.reference for image in catalogue.images}
    derived = {image.id: image for image in derived_of(local)}
    used = sessions or {}
    rows: list[LocalRow] = []
    for image in local:
        for reference in image.references or ("",):
            kind = _kind(reference, known, recommended, derived=image.id in derived)
            rows.append(
                LocalRow(
                    key=reference or image.id,
                    id=image.id,
                    name=reference or f"(no name) {image.id.removeprefix('sha256:')[:_SHORT]}",
                    size=image.size,
                    made=image.created,
                    kind=kind,
                    what=_words(kind, derived.get(image.id)),
                    sessions=used.get(reference, ()) if reference else (),
                )
            )
    return tuple(rows)


def total_size(rows: tuple[LocalRow, ...]) -> int:
    """Return the bytes of the images, each counted once; layers that several share are counted with each."""
    return sum({row.id: row.size for row in rows}.values())


def age_text(made: str, now: datetime) -> str:
    """Return how long ago an image was made; empty where that is not known."""
    try:
        then = datetime.fromisoformat(made)
    except ValueError:
        return ""
    if then.tzinfo is None:
        then = then.replace(tzinfo=now.tzinfo)
    days = (now - then).days
    # some builders write the year 1 or 1970 to make their images reproducible
    if then.year < 2000:
        return ""
    if days < 1:
        return "today"
    if days < 60:
        return f"{days} day{'s' if days > 1 else ''}"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"


def removal_question(rows: tuple[LocalRow, ...]) -> tuple[str, str]:
    """Return the question before images are removed, and what it would mean."""
    question = f"Remove {rows[0].name}?" if len(rows) == 1 else f"Remove {len(rows)} images?"
    detail = [f"Up to {size_text(total_size(rows))} become free. To use them again they must be pulled again."]
    if len(rows) == 1:
        detail = [f"Up to {rows[0].size_text} become free. To use it again it must be pulled again."]
    if any(row.kind in ("own", "leftover") for row in rows):
        detail.append("What was built on this computer and lies in no registry cannot be pulled: it is gone for good.")
    derived = [row for row in rows if row.kind == "derived"]
    if derived and len(derived) == len(rows):
        detail = ["Drydock makes it again when a session needs these services."]
    used = sorted({session for row in rows for session in row.sessions})
    if used:
        detail.append(f"Used by: {', '.join(used)}. The engine refuses while a container of it is there.")
    if len(rows) > 1:
        names = [row.name for row in rows[:6]]
        names += [f"and {len(rows) - len(names)} more"] if len(rows) > len(names) else []
        detail.insert(0, "\n".join(names) + "\n")
    return question, "\n".join(detail)


def _kind(reference: str, known: set[str], recommended: str, *, derived: bool) -> LocalKind:
    if derived:
        return "derived"
    if not reference:
        return "leftover"
    if reference == recommended:
        return "recommended"
    return "catalogue" if reference in known else "own"


def _words(kind: LocalKind, derived: DerivedImage | None) -> str:
    if derived is not None:
        parts = f" with {', '.join(derived.parts)}" if derived.parts else ""
        return f"{_STALE.get(derived.state, 'Made by Drydock')}: {derived.parent or 'an image'}{parts}"
    return {
        "recommended": "Recommended for this machine",
        "catalogue": "In the catalogue",
        "own": "Not in the catalogue",
    }.get(kind, "Leftover: an older copy that lost its name, or a part of a build")
