"""The last lines of a log, numbered for good: the text behind the log view, without Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 4000  # a line of a binary file must not make the window wait


def clean(line: str) -> str:
    """Return a line as a terminal would leave it: no escape codes, the last part after carriage returns."""
    if line.isprintable():
        return line if len(line) <= _LONGEST else line[:_LONGEST] + " …"
    line = line.rstrip("\r\n")
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if "\r" in line:
        line = line.rsplit("\r", 1)[1]
    line = _CONTROLS.sub("", line.expandtabs(8))
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " …"


class LogRing:
    """Keeps the last ``capacity`` lines; a line's number never changes, old numbers just disappear."""

    def __init__(self, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError("a log must keep at least one line")
        self.capacity = capacity
        self.longest = 0
        self._lines: list[str] = []
        self._first = 0

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def first(self) -> int:
        """The number of the oldest line kept."""
        return self._first

    @property
    def end(self) -> int:
        """One more than the newest line's number: how many lines ever came."""
        return self._first + len(self._lines)

    def extend(self, lines: Iterable[str]) -> None:
        """Add lines, cleaned; the oldest beyond the capacity go."""
        added = [clean(line) for line in lines]
        if not added:
            return
        self.longest = max(self.longest, *map(len, added))
        self._lines += added
        excess = len(self._lines) - self.capacity
        if excess > 0:
            del self._lines[:excess]
            self._first += excess

    def clear(self) -> None:
        """Forget the lines; numbering goes on."""
        self._first = self.end
        self._lines.clear()
        self.longest = 0

    def slice(self, start: int, end: int) -> Sequence[str]:
        """Return the lines numbered from ``start`` up to but not ``end``, as far as they are kept."""
        return self._lines[max(0, start - self._first) : max(0, end - self._first)]

    def find(self, text: str, start: int, *, backwards: bool = False) -> int | None:
        """Return the number of the first line at or after (or before) ``start`` that holds ``text``.

        Capitals do not matter. It does not wrap around.
        """
        wanted = text.casefold()
        if not wanted:
            return None
        here = start - self._first
        places = range(min(here, len(self._lines) - 1), -1, -1) if backwards else range(max(0, here), len(self._lines))
        for place in places:
            if wanted in self._lines[place].casefold():
                return place + self._first
        return None
