"""Reads a log, in pieces of any size, for known failures.

Most lines of a log are of no interest, so the whole piece is searched for the few triggers first; only the lines in
which one stands are looked at.
"""

from collections.abc import Iterable

import msgspec

from drydock.core.symptoms.pattern import plain, without_escapes
from drydock.core.symptoms.ranking import MOST_LINES, Explanation, Symptom, ranked
from drydock.core.symptoms.signs import Sign, SignTable

_REACH = 2000  # characters to both sides of a trigger that are looked at, in a line without end
_EVIDENCE = 400
_LONGEST_TAIL = 1 << 20


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
        first, second = (self, other) if self.lines <= other.lines else (other, self)
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

    def feed(self, text: str) -> None:
        """Take the next piece; it may end anywhere."""
        text = self._tail + text
        cut = text.rfind("\n") + 1
        if not cut and len(text) > _LONGEST_TAIL:
            # one line without end: search what there is, and keep so much that nothing is cut apart
            self._search(text)
            self._tail = text[-_REACH:]
            return
        self._search(text[:cut])
        self._lines += text.count("\n", 0, cut)
        self._tail = text[cut:]

    def finish(self) -> Explanation:
        """Take the end of the log, and return what was found."""
        if self._tail:
            self._search(self._tail)
            self._lines += 1
            self._tail = ""
        return Explanation(line_count=self._lines, symptoms=ranked(self._counted(), self._table.signs))

    def _search(self, text: str) -> None:
        text = without_escapes(text)
        spots: dict[tuple[int, int], list[str]] = {}
        for trigger in self._table.by_trigger:
            at = text.find(trigger)
            while at >= 0:
                start, end = _segment(text, at)
                spots.setdefault((start, end), []).append(trigger)
                at = text.find(trigger, end)
        line, counted = self._lines, 0
        for start, end in sorted(spots):
            line += text.count("\n", counted, start)
            counted = start
            self._look(plain(text[start:end]), line + 1, spots[start, end])

    def _look(self, line: str, number: int, triggers: Iterable[str]) -> None:
        fitting: dict[tuple[str, bool], tuple[Sign, dict[str, str]]] = {}
        for trigger in triggers:
            for sign, pattern, in_context in self._table.by_trigger[trigger]:
                if (sign.id, in_context) in fitting:
                    continue
                values = pattern.values_in(line)
                if values is not None:
                    fitting[sign.id, in_context] = (sign, values)
        named = any(not sign.catch_all and sign.rank != "context" for sign, _ in fitting.values())
        for (name, in_context), (sign, values) in fitting.items():
            if not (sign.catch_all and named):
                place = self._in_context if in_context else self._found
                place.setdefault(name, _Found(sign, line)).add(number, values)

    def _counted(self) -> dict[str, Symptom]:
        """Return what counts: the signs of their own, and those for which the context was found."""
        counted = dict(self._found)
        for name, found in self._in_context.items():
            if any(need in self._found for need in found.sign.needs):
                counted[name] = counted[name].joined(found) if name in counted else found
        return {name: one.symptom() for name, one in counted.items() if one.count >= one.sign.at_least}


def _segment(text: str, at: int) -> tuple[int, int]:
    """Return the part of a line around a place: a carriage return begins it anew, as a progress bar does."""
    start = max(text.rfind("\n", max(0, at - _REACH), at), text.rfind("\r", max(0, at - _REACH), at)) + 1
    ends = [end for end in (text.find("\n", at, at + _REACH), text.find("\r", at, at + _REACH)) if end >= 0]
    return max(start, at - _REACH), min(ends, default=min(len(text), at + _REACH))


def explain_text(text: str, table: SignTable) -> Explanation:
    """Return what is known in a whole log."""
    scanner = LogScanner(table)
    scanner.feed(text)
    return scanner.finish()


def on_line(explanation: Explanation, number: int) -> tuple[Symptom, ...]:
    """Return the symptoms that a line shows."""
    return tuple(one for one in explanation.symptoms if number in one.lines)


def shifted(explanation: Explanation, by: int) -> Explanation:
    """Return the same with other line numbers, for a log whose beginning was not read."""
    symptoms = tuple(
        msgspec.structs.replace(one, lines=tuple(number + by for number in one.lines)) for one in explanation.symptoms
    )
    return msgspec.structs.replace(explanation, symptoms=symptoms)
