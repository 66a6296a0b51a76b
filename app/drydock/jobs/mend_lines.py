"""What a program prints, thinned out to what can be read: the newest line, a few times a second at most."""

import threading
import time
from collections.abc import Callable

PAUSE = 0.2
"""Seconds between two lines that are told; a package manager prints hundreds in one."""

LENGTH = 300
"""Letters of a line that are told."""


class NewestLine:
    """Tells the first line at once, and of those that follow too fast the newest, as soon as the pause is over.

    Args:
        tell: takes a line, in the thread of whoever said it or in one of its own; never two at a time.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._next = 0.0
        self._line = ""
        self._timer: threading.Timer | None = None
        self._over = False

    def said(self, line: str) -> None:
        """Take a line."""
        with self._lock:
            self._line = line
            if self._over or self._timer:
                return
            wait = self._next - time.monotonic()
            if wait <= 0:
                self._tell_newest()
                return
            self._timer = threading.Timer(wait, self._pause_over)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Tell no more."""
        with self._lock:
            self._over = True
            if self._timer:
                self._timer.cancel()

    def _pause_over(self) -> None:
        with self._lock:
            self._timer = None
            if not self._over:
                self._tell_newest()

    def _tell_newest(self) -> None:
        self._next = time.monotonic() + PAUSE
        self._tell(self._line[:LENGTH])
