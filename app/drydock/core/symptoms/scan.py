"""Reads a log, in pieces of any size, for known failures.

Most lines of a log are of no interest, and most are like many others but for their numbers. So digits are masked, every
line shape is searched once for the few triggers, and only lines of a shape that may fit a pattern are looked at.
"""

import bisect
import itertools
from collections.abc import Iterable, Iterator

from drydock.core.symptoms.pattern import masked, plain, without_escapes
from drydock.core.symptoms.ranking import MOST_LINES, Explanation, Symptom, ranked
from drydock.core.symptoms.signs import Entry, Sign, SignTable

_REACH = 2000  # characters to both sides of a trigger that are looked at, in a line without end
_EVIDENCE = 400
_LONGEST_TAIL = 1 << 20
_MOST_SHAPES = 1 << 25  # characters of line shapes that are remembered


class _Found:
    def __init__(self, sign: Sign, evidence: str) -> None:
        self.sign = sign
        self.lines: list[int] = []
        self.count = 0
        self.evidence = evidence if len(evidence) <= _EVIDENCE else evidence[:_EVIDENCE] + " …"
        self.values: dict[str, str] = {}

    def add(self, line: int, values: dict[str, str]) -> None:
        self.count += 1
        if len(self.lines) < MOST_LINES:
            self.lines.append(line)
        for name, text in values.items():
            self.values.setdefault(name, text)

    def joined(self, other: "_Found") -> "_Found":
        first, second = (self, other) if self.lines[0] <= other.lines[0] else (other, self)
        made = _Found(first.sign, first.evidence)
        made.lines = sorted({*first.lines, *second.lines})[:MOST_LINES]
        made.count = first.count + second.count
        made.values = {**second.values, **first.values}
        return made

    def symptom(self) -> Symptom:
        return Symptom(
            id=self.sign.id,
            rank=self.sign.rank,
            lines=tuple(self.lines),
            count=self.count,
            evidence=self.evidence,
            values=self.values,
        )


class LogScanner:
    """Takes a log piece by piece."""

    def __init__(self, table: SignTable) -> None:
        self._table = table
        self._found: dict[str, _Found] = {}
        self._in_context: dict[str, _Found] = {}
        self._tail: str = ""
        self._lines: int = 0  # complete lines before the tail
        self._shapes: dict[str, tuple[Entry, ...]] = {}
        self._shapes_size: int = 0

    def feed(self, text: str) -> None:
        """Take the next piece; it may end anywhere."""
        text = self._tail + text
        cut = text.rfind("\n") + 1
        if not cut and len(text) > _LONGEST_TAIL:
            # one line without end: search what there is, and keep so much that nothing is cut apart
            self._search(text)
            self._tail = text[-_REACH:]
            return
        if cut:
            self._search(text[: cut - 1])
            self._lines += text.count("\n", 0, cut)
        self._tail = text[cut:]

    def finish(self) -> Explanation:
        """Take the end of the log, and return what was found."""
        if self._tail:
            self._search(self._tail)
            self._lines += 1
            self._tail = ""
        return Explanation(line_count=self._lines, symptoms=ranked(self._counted(), self._table.signs))

    def _counted(self) -> dict[str, Symptom]:
        """Return what counts: the signs of their own, and those for which the context was found."""
        counted = dict(self._found)
        for name, found in self._in_context.items():
            if any(need in self._found for need in found.sign.needs):
                counted[name] = counted[name].joined(found) if name in counted else found
        return {name: one.symptom() for name, one in counted.items() if one.count >= one.sign.at_least}

    def _search(self, text: str) -> None:
        text = without_escapes(text)
        shapes = masked(text).split("\n")
        fresh = set(shapes).difference(self._shapes)
        if fresh:
            self._learn(fresh)
        hot = {shape for shape in set(shapes) if self._shapes[shape]}
        if not hot:
            return
        lines = text.split("\n")
        for place, shape in enumerate(shapes):
            if shape in hot:
                self._look(lines[place], self._lines + place + 1, self._shapes[shape])

    def _learn(self, fresh: set[str]) -> None:
        """Find out which patterns lines of new shapes may fit."""
        self._shapes_size += sum(map(len, fresh))
        if self._shapes_size > _MOST_SHAPES:
            self._shapes.clear()
            self._shapes_size = sum(map(len, fresh))
        shapes = list(fresh)
        self._shapes.update(dict.fromkeys(shapes, ()))
        joined = "\n".join(shapes)
        ends = list(itertools.accumulate(len(shape) + 1 for shape in shapes))
        triggered: dict[int, list[str]] = {}
        for trigger in self._table.by_trigger:
            at = joined.find(trigger)
            while at >= 0:
                place = bisect.bisect_right(ends, at)
                triggered.setdefault(place, []).append(trigger)
                at = joined.find(trigger, ends[place])
        for place, triggers in triggered.items():
            shape = plain(shapes[place])
            entries = (entry for trigger in triggers for entry in self._table.by_trigger[trigger])
            self._shapes[shapes[place]] = tuple(entry for entry in entries if entry.pattern.may_fit(shape))

    def _look(self, line: str, number: int, entries: Iterable[Entry]) -> None:
        for piece in _pieces(line):
            fitting: dict[tuple[str, bool], tuple[Sign, dict[str, str]]] = {}
            for entry in entries:
                key = (entry.sign.id, entry.in_context)
                values = entry.pattern.values_in(piece)
                if values is not None:
                    # another pattern of the sign may have captured what this one does not
                    before = fitting[key][1] if key in fitting else {}
                    fitting[key] = (entry.sign, {**values, **before})
            self._take(fitting, piece, number)

    def _take(self, fitting: dict[tuple[str, bool], tuple[Sign, dict[str, str]]], line: str, number: int) -> None:
        named = any(not sign.catch_all and sign.rank != "context" for sign, _ in fitting.values())
        for (name, in_context), (sign, values) in fitting.items():
            if not (sign.catch_all and named):
                place = self._in_context if in_context else self._found
                place.setdefault(name, _Found(sign, line)).add(number, values)


def _pieces(line: str) -> Iterator[str]:
    """Return a line made plain, in pieces that are not too long.

    A carriage return begins a line anew, as a progress bar does; pieces of a line without end overlap.
    """
    for part in line.split("\r"):
        if len(part) <= 2 * _REACH:
            yield plain(part)
        else:
            for start in range(0, len(part), _REACH):
                yield plain(part[start : start + 2 * _REACH])


def explain_text(text: str, table: SignTable) -> Explanation:
    """Return what is known in a whole log."""
    scanner = LogScanner(table)
    scanner.feed(text)
    return scanner.finish()


def on_line(explanation: Explanation, number: int) -> tuple[Symptom, ...]:
    """Return the symptoms that a line shows."""
    return tuple(one for one in explanation.symptoms if number in one.lines)
