"""Which of the engine's images Drydock made for sessions, from what, and whether anybody needs them still."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Container, LocalImage
from drydock.core.launch.choice import PARTS, Part
from drydock.core.launch.contents import find_local
from drydock.core.launch.service_image import (
    LABEL_PARENT,
    LABEL_PARENT_DIGEST,
    LABEL_PARENT_ID,
    LABEL_PARTS,
    LABEL_SERVICE_IMAGE,
    image_key,
)

DerivedState: TypeAlias = Literal["current", "parent_changed", "recipe_changed", "parent_gone"]
"""``parent_changed``: its reference stands for other contents now; ``recipe_changed``: this version of Drydock makes
it differently; ``parent_gone``: the engine no longer has what it was made from, a later pull can bring it back."""

_SHORT_ID = 12


class DerivedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that Drydock made from another one. Sizes in bytes, unpacked.

    Attributes:
        parent: reference of the image it was made from; ``parent_digest`` and ``parent_id`` name its contents then.
        parts: what was added.
        size: with everything that is shared with the parent.
        added_size: what it takes beside its parent; None when the parent is not here.
        containers: names of the containers that were made from it, running or not.
    """

    id: str
    reference: str
    key: str
    parent: str
    parent_digest: str
    parent_id: str
    parts: tuple[Part, ...]
    size: int
    added_size: int | None
    created: str
    state: DerivedState
    containers: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether no launch will use it again, so that it may go."""
        return self.state in ("parent_changed", "recipe_changed")

    @property
    def name(self) -> str:
        """What the engine is told to remove: its reference, or the id where it has none."""
        return self.reference or self.id


def derived_of(images: Sequence[LocalImage], containers: Iterable[Container] = ()) -> tuple[DerivedImage, ...]:
    """Return the derived ones among an engine's images, in their order.

    Args:
        images: all that the engine has, so that parents are found.
        containers: all that the engine has, running or not; tells which images are in use.
    """
    known = tuple(containers)
    return tuple(_derived(image, images, known) for image in images if image.labels.get(LABEL_SERVICE_IMAGE))


def _derived(image: LocalImage, images: Sequence[LocalImage], containers: tuple[Container, ...]) -> DerivedImage:
    labels = image.labels
    parent_id, parent = labels.get(LABEL_PARENT_ID, ""), labels.get(LABEL_PARENT, "")
    named = labels.get(LABEL_PARTS, "").split(",")
    parts: tuple[Part, ...] = tuple(part for part in PARTS if part in named)
    base = next((one for one in images if one.id == parent_id), None)
    return DerivedImage(
        id=image.id,
        reference=image.references[0] if image.references else "",
        key=labels[LABEL_SERVICE_IMAGE],
        parent=parent,
        parent_digest=labels.get(LABEL_PARENT_DIGEST, ""),
        parent_id=parent_id,
        parts=parts,
        size=image.size,
        added_size=max(0, image.size - base.size) if base else None,
        created=image.created,
        state=_state(labels[LABEL_SERVICE_IMAGE], image_key(parent_id or parent, parts), parent, parent_id, images),
        containers=tuple(one.name for one in containers if _made_from(one, image)),
    )


def _state(key: str, key_today: str, parent: str, parent_id: str, images: Sequence[LocalImage]) -> DerivedState:
    now = find_local(images, parent)
    if now is not None and now.id != parent_id:
        return "parent_changed"
    if key != key_today:
        return "recipe_changed"
    # under another name they are the same contents; without any, no launch can name them
    named = any(one.id == parent_id and (one.references or one.digests) for one in images)
    return "current" if named else "parent_gone"


def _made_from(container: Container, image: LocalImage) -> bool:
    if container.image in image.references or container.image == image.id:
        return True
    # the engine names an image without a name by the beginning of its id
    digits = container.image.removeprefix("sha256:")
    return len(digits) >= _SHORT_ID and image.id.removeprefix("sha256:").startswith(digits)
