"""Many lines, one cause: which of the failures found in a log explains the others."""

from collections.abc import Iterable, Mapping

import msgspec

from drydock.core.symptoms.signs import Rank, Sign

_ORDER: dict[Rank, int] = {"cause": 0, "general": 1, "note": 2, "context": 3}
MOST_LINES = 20
"""Line numbers that are kept of one symptom; the rest is counted."""


class Symptom(msgspec.Struct, frozen=True, kw_only=True):
    """A known failure, as found in a log.

    Attributes:
        lines: numbers of the first lines that show it, counted from 1; at most :data:`MOST_LINES`.
        count: how many lines show it.
        evidence: the first of the lines, cleaned and shortened.
        values: what the lines name, such as sizes, paths and versions.
        under: the symptom whose consequence it is; empty for one that stands for itself.
    """

    id: str
    rank: Rank
    lines: tuple[int, ...]
    count: int
    evidence: str
    values: Mapping[str, str]
    under: str = ""

    @property
    def confidence(self) -> str:
        """How far the lines speak for this as the cause: ``high``, ``medium`` (a general error) or ``low``."""
        if self.under or self.rank == "note":
            return "low"
        return "high" if self.rank == "cause" else "medium"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known in a log.

    Attributes:
        line_count: lines that were read.
        symptoms: the root cause first, then other causes in the order of their lines, then consequences.
    """

    line_count: int
    symptoms: tuple[Symptom, ...]

    @property
    def root(self) -> Symptom | None:
        """The first cause."""
        return next(iter(self.symptoms), None)

    def under(self, name: str) -> tuple[Symptom, ...]:
        """Return the consequences of a symptom."""
        return tuple(one for one in self.symptoms if one.under == name)


def ranked(found: Mapping[str, Symptom], signs: Mapping[str, Sign]) -> tuple[Symptom, ...]:
    """Return what was found in the order of cause, with consequences put under their causes."""
    shown = sorted(
        (one for one in found.values() if one.rank != "context"),
        key=lambda one: (_ORDER[one.rank], not signs[one.id].grave, one.lines[0]),
    )
    above = {one.id: _explained_by(one, shown, signs) for one in shown}
    roots = [one for one in shown if not above[one.id]]
    if roots and roots[0].rank == "cause":
        # what only wraps other errors is one of the consequences as soon as a cause is known
        for one in roots:
            if one.rank == "general":
                above[one.id] = roots[0].id
    put = [msgspec.structs.replace(one, under=_top(one.id, above)) for one in shown]
    return (*(one for one in put if not one.under), *(one for one in put if one.under))


def _explained_by(one: Symptom, shown: Iterable[Symptom], signs: Mapping[str, Sign]) -> str:
    return next((other.id for other in shown if other.id != one.id and one.id in signs[other.id].explains), "")


def _top(name: str, above: Mapping[str, str]) -> str:
    """Follow the chain of causes up; two that explain each other stop it."""
    passed = {name}
    top = above[name]
    while top and above[top] and above[top] not in passed:
        passed.add(top)
        top = above[top]
    return top
