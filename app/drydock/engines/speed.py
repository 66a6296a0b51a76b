"""How fast something goes: traffic over the last few seconds. Pure; the clock is passed in."""

from collections import deque

SPEED_WINDOW = 5.0
"""Seconds over which the speed is taken: short enough to show a stall, long enough to be readable."""

_SHORTEST_WINDOW = 0.5


class SpeedMeter:
    """Remembers how much had come at which moment."""

    def __init__(self, now: float) -> None:
        self._marks: deque[tuple[float, int]] = deque(((now, 0),))

    @property
    def last(self) -> float:
        """Moment of the newest mark."""
        return self._marks[-1][0]

    def mark(self, now: float, traffic: int) -> None:
        """Remember the traffic (bytes so far); a clock that went back is passed over."""
        if now < self._marks[-1][0]:
            return
        self._marks.append((now, traffic))
        while len(self._marks) > 2 and self._marks[1][0] <= now - SPEED_WINDOW:
            self._marks.popleft()

    def speed(self, now: float, traffic: int) -> float:
        """Return bytes a second; 0 before there is half a second to tell it from."""
        then, before = self._marks[0]
        if now - then < _SHORTEST_WINDOW:
            return 0.0
        return max(0.0, (traffic - before) / (now - then))
