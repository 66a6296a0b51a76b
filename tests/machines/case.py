"""The shape of a composed machine and of what is expected of the doctor."""

import msgspec

from drydock.core.facts import Snapshot


class Cause(msgspec.Struct, frozen=True):
    """A check, and which of its answers."""

    check: str
    variant: str


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the doctor must say.

    Attributes:
        root_cause: what it must name first; None: nothing may be called broken.
        accepted: checks that may be named first instead, as they lead to the same repair.
        attention: checks that must ask for attention (a machine that works, but not as it should).
    """

    root_cause: Cause | None = None
    accepted: tuple[str, ...] = ()
    attention: tuple[Cause, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A composed machine.

    Attributes:
        sources: addresses of the reports or documents that it follows.
    """

    name: str
    title: str
    description: str
    sources: tuple[str, ...]
    snapshot: Snapshot
    expected: Expected


def healthy(*attention: str) -> Expected:
    """Expect that nothing is broken; ``attention`` lists ``check/variant``."""
    return Expected(attention=tuple(Cause(*text.split("/")) for text in attention))


def broken(cause: str, *accepted: str) -> Expected:
    """Expect a root cause, ``check/variant``."""
    return Expected(root_cause=Cause(*cause.split("/")), accepted=accepted)
