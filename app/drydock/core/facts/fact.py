"""Known(value) or Missing(why): nothing that was not read is ever shown as a value."""

from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")
D = TypeVar("D")

Why: TypeAlias = Literal[
    "absent",  # the thing itself is not there (no such file, program or device)
    "not_supported",  # it is there and says that it cannot tell
    "no_permission",  # it is there and this user may not read it
    "timeout",  # it did not answer within its limit
    "failed",  # it answered with an error
    "not_asked",  # nothing asked it (another fact made the question pointless)
    "not_applicable",  # the question makes no sense on this kind of machine
]


class Known(msgspec.Struct, Generic[T], frozen=True, tag="known", tag_field="state"):
    """A value that was read."""

    value: T


class Missing(msgspec.Struct, frozen=True, tag="missing", tag_field="state"):
    """A value that could not be read.

    Attributes:
        why: the kind of obstacle.
        detail: what came back, raw, for the evidence.
    """

    why: Why
    detail: str = ""


Fact: TypeAlias = Known[T] | Missing

_WORDS: dict[Why, str] = {
    "absent": "not there",
    "not_supported": "not supported here",
    "no_permission": "no permission to read it",
    "timeout": "no answer in time",
    "failed": "could not be read",
    "not_asked": "not looked at",
    "not_applicable": "does not apply here",
}


def known_or(fact: Known[T] | Missing, default: D) -> T | D:
    """Return the fact's value, or ``default`` where it is missing."""
    return fact.value if isinstance(fact, Known) else default


def missing_text(fact: Missing) -> str:
    """Return a short English phrase for why the value is missing."""
    return _WORDS[fact.why]
