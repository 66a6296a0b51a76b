"""The points of one line: polygons in data space, broken where samples are missing."""

from __future__ import annotations

import math
from bisect import bisect_left

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF


class Series:
    """A rolling line. Time in seconds, any origin, never going back.

    Old points are dropped in blocks (when a quarter of the line is out of the window), so that an append costs little.
    """

    def __init__(self, key: str, label: str, colour_role: str) -> None:
        self.key, self.label, self.colour_role = key, label, colour_role
        self.parts: list[QPolygonF] = []
        self._times: list[float] = []
        self._values: list[float | None] = []

    def __len__(self) -> int:
        return len(self._times)

    @property
    def last_time(self) -> float | None:
        """When the newest sample was taken."""
        return self._times[-1] if self._times else None

    @property
    def last_value(self) -> float | None:
        """The newest sample; None when it is missing or there is none."""
        return self._values[-1] if self._values else None

    def append(self, time: float, value: float | None) -> None:
        """Add a sample; None (or a value that is no number) makes a gap.

        Raises:
            ValueError: the sample is older than the newest one.
        """
        if self._times and time < self._times[-1]:
            raise ValueError(f"sample of {self.key!r} goes back in time: {time} after {self._times[-1]}")
        if value is not None and not math.isfinite(value):
            value = None
        if value is not None:
            if not self.parts or not self._values or self._values[-1] is None:
                self.parts.append(QPolygonF())
            self.parts[-1].append(QPointF(time, value))
        self._times.append(time)
        self._values.append(value)

    def drop_before(self, time: float) -> None:
        """Forget samples older than ``time``, keeping one so that the line reaches the edge."""
        old = bisect_left(self._times, time) - 1
        if old < max(8, len(self._times) // 4):
            return
        kept_from = self._times[old]
        del self._times[:old], self._values[:old]
        while self.parts and self.parts[0].last().x() < kept_from:
            self.parts.pop(0)
        if self.parts:
            part = self.parts[0]
            outside = 0
            while outside < part.size() and part.at(outside).x() < kept_from:
                outside += 1
            if outside:
                part.remove(0, outside)

    def bounds(self) -> QRectF | None:
        """Return the box around all points kept, None without any."""
        boxes = [part.boundingRect() for part in self.parts]
        if not boxes:
            return None
        left, right = min(box.left() for box in boxes), max(box.right() for box in boxes)
        top, bottom = min(box.top() for box in boxes), max(box.bottom() for box in boxes)
        return QRectF(left, top, right - left, bottom - top)

    def at(self, time: float) -> tuple[float, float | None] | None:
        """Return the sample nearest to ``time`` as (time, value)."""
        if not self._times:
            return None
        after = bisect_left(self._times, time)
        near = [index for index in (after - 1, after) if 0 <= index < len(self._times)]
        best = min(near, key=lambda index: abs(self._times[index] - time))
        return self._times[best], self._values[best]

    def since(self, time: float) -> list[tuple[float, float | None]]:
        """Return the samples from ``time`` on."""
        first = bisect_left(self._times, time)
        return list(zip(self._times[first:], self._values[first:], strict=True))


def nice_step(span: float, parts: int) -> float:
    """Return a step of 1, 2, 2.5 or 5 times a power of ten that cuts ``span`` into about ``parts``."""
    rough = span / max(1, parts)
    if not math.isfinite(rough) or rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if rough <= factor * power * 1.0001:
            return factor * power
    return 10.0 * power
