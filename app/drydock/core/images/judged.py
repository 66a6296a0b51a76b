"""Whether an image runs on a machine, by what it says of itself."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.images.result import Note, Reason

Verdict = Literal["runs", "may_run", "cannot_run", "cannot_tell"]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected of an image on a machine.

    Attributes:
        verdict: ``runs`` when its code was measured and the driver starts it; ``may_run`` when a part of that is
            assumed; ``cannot_run`` when what is in ``against`` is certain; ``cannot_tell`` when it says what is missing.
        against: what speaks against it, or what is not known.
        notes: what to know about it.
        environment: variables the container needs to start.
    """

    verdict: Verdict
    against: tuple[Reason, ...] = ()
    notes: tuple[Note, ...] = ()
    environment: Mapping[str, str] = {}
