"""The lines of a log that are grave enough, beside the ring that holds them all; without Qt."""

from __future__ import annotations

import bisect

from drydock.core.symptoms.severity import Severity, SeverityReader
from drydock.qt.widgets.log_ring import LogRing

_GRAVITY: dict[Severity, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3}
_READ_AT_ONCE = 1500  # lines: about ten milliseconds


class LogFilter:
    """Chooses which lines are shown.

    Attributes:
        shown: the lines that are; the whole ring while nothing is left out.
    """

    def __init__(self, ring: LogRing) -> None:
        self._ring = ring
        self._numbers: list[int] = []  # of the shown lines in the ring, while lines are left out
        self._reader = SeverityReader()
        self._read_to = 0
        self.least: Severity | None = None
        self.shown = ring

    def show_from(self, least: Severity | None) -> None:
        """Leave out what is less grave, beginning anew; None leaves nothing out."""
        self.least = least
        self._numbers.clear()
        self._reader = SeverityReader()
        self._read_to = self._ring.first
        self.shown = self._ring if least is None else LogRing(self._ring.capacity)

    def read_on(self) -> bool:
        """Read the severity of some more lines; True where there are still more."""
        if self.least is None:
            return False
        start = max(self._read_to, self._ring.first)
        self._read_to = min(self._ring.end, start + _READ_AT_ONCE)
        fresh: list[str] = []
        for number, line in enumerate(self._ring.slice(start, self._read_to), start):
            if _GRAVITY[self._reader.read(line)] >= _GRAVITY[self.least]:
                fresh.append(line)
                self._numbers.append(number)
        self.shown.extend(fresh)
        del self._numbers[: len(self._numbers) - len(self.shown)]
        return self._read_to < self._ring.end

    def number_of(self, place: int) -> int | None:
        """Return the number in the whole log of a line that is shown."""
        if not self.shown.first <= place < self.shown.end:
            return None
        return place if self.least is None else self._numbers[place - self.shown.first]

    def place_of(self, number: int) -> int | None:
        """Return the place of a line among those that are shown; None where it is not one of them."""
        if self.least is None:
            return number if self._ring.first <= number < self._ring.end else None
        place = bisect.bisect_left(self._numbers, number)
        found = place < len(self._numbers) and self._numbers[place] == number
        return self.shown.first + place if found else None
