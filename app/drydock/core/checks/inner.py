"""What the checks of a container's inside share: how they say that nothing was measured."""

from typing import TypeVar

from drydock.core.checks.check import Answer, not_tested, seen
from drydock.core.facts import Fact, Known, Missing, Snapshot, missing_text
from drydock.core.facts.container import ContainerFacts

T = TypeVar("T")
_SOURCE = "container"


def walked(snapshot: Snapshot) -> ContainerFacts | Answer:
    """Return what was measured in a container, or the answer that says why nothing was."""
    fact = snapshot.container
    if isinstance(fact, Known):
        return fact.value
    return unmeasured(_SOURCE, fact)


def unmeasured(source: str, fact: Missing) -> Answer:
    """Answer that something was not measured: nobody asked for a container, or why it failed."""
    if fact.why == "not_asked":
        return not_tested("not_asked")
    if fact.why == "not_applicable" and source == _SOURCE:
        return not_tested("unknown", seen(source, fact), why="no image fits this machine, and none was named")
    if fact.why == "absent" and source == _SOURCE:
        return not_tested("unknown", seen(source, fact), why=f"the image {fact.detail} is not here")
    return not_tested("unknown", seen(source, fact), why=fact.detail or missing_text(fact))


def measured(snapshot: Snapshot, source: str, name: str) -> tuple[ContainerFacts, object] | Answer:
    """Return the walk and one of its facts, or the answer that says why it is not known.

    Args:
        snapshot: the machine.
        source: what asked, for the evidence.
        name: the field of :class:`ContainerFacts`.
    """
    facts = walked(snapshot)
    if isinstance(facts, Answer):
        return facts
    fact: Fact[object] = getattr(facts, name)
    if isinstance(fact, Missing):
        return unmeasured(source, fact)
    return facts, fact.value


def gib(count: float) -> str:
    """Write a size in bytes in binary units."""
    if count >= 1 << 30:
        return f"{count / (1 << 30):.1f} GiB"
    return f"{count / (1 << 20):.0f} MiB" if count >= 1 << 20 else f"{count / (1 << 10):.0f} KiB"


def limit_text(limit: int | None) -> str:
    """Write a limit in bytes; None is no limit."""
    return "unlimited" if limit is None else gib(limit)
