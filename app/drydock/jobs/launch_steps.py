"""What a launch tells while it goes on."""

from typing import Literal

import msgspec


class Stage(msgspec.Struct, frozen=True):
    """A new stage began; ``text`` names what it is about (an image, a container).

    ``left-over``: the container that failed could not be removed; ``text`` is its id.
    """

    name: Literal["checking", "pulling", "building", "creating", "starting", "waiting", "left-over"]
    text: str


class BuildLine(msgspec.Struct, frozen=True):
    """A line of the derived image's build."""

    text: str


class Superseded(msgspec.Struct, frozen=True):
    """An image made earlier that no launch uses any more, now that a newer one was made from newer contents.

    Attributes:
        reference: of the older one, to be removed with.
        parent: what both were made from.
        size: bytes that it takes beside its parent; None when that is not known.
    """

    reference: str
    parent: str
    size: int | None


class LogLine(msgspec.Struct, frozen=True):
    """A line that the container wrote."""

    text: str


class Ready(msgspec.Struct, frozen=True):
    """Everything that was asked for answers.

    Attributes:
        url: for the browser, token included; empty without Jupyter, and where a remote engine
            publishes it on its own computer. Show it, never log it.
    """

    url: str = ""
