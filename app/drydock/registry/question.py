"""One question to a registry: asked in a thread of its own, so that a limit or a wish to stop ends it at any point.

A read that waits for a silent server, or for one that sends a byte now and then, ends only when its socket is shut
down from outside. So the thread that asked waits and holds that switch, and another one talks.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from drydock.world import Stop

_FAREWELL = 0.1
"""Seconds that a thread which was cut off gets to end."""

T = TypeVar("T")


class OutOfTime(Exception):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The time for the whole question is over."""


class PartOver(Exception):  # noqa: N818 - caught by whoever limited the part
    """The time for a part of the question is over."""


class Question:
    """A limit in time, a stop switch, and the sockets that are cut when either says so."""

    def __init__(self, stop: Stop, seconds: float) -> None:
        self._stop = stop
        self._end = time.monotonic() + seconds
        self._part_end: float | None = None
        self._changed = threading.Condition()
        self._sockets: list[socket.socket] = []
        self._over = False
        self._answered = False

    def answer(self, work: Callable[[], T]) -> T:
        """Do the work in a thread and return what it returns.

        Raises:
            Stopped: the stop was asked for.
            OutOfTime: the limit has passed.
        """
        results: list[T] = []
        errors: list[BaseException] = []
        thread = threading.Thread(
            target=self._work, args=(work, results, errors), name="registry question", daemon=True
        )
        forget = self._stop.on_request(self._wake)
        try:
            thread.start()
            self._watch()
        finally:
            forget()
            self._cut(for_good=True)
            thread.join(_FAREWELL)
        if errors:
            raise errors[0]
        if results:
            return results[0]
        self._stop.check()
        raise OutOfTime

    def check(self) -> None:
        """Raise when the work is to end.

        Raises:
            Stopped: the stop was asked for.
            OutOfTime: the limit has passed.
            PartOver: the limit of this part has passed.
        """
        self._stop.check()
        with self._changed:
            if self._over or time.monotonic() >= self._end:
                raise OutOfTime
            if self._part_end is not None and time.monotonic() >= self._part_end:
                raise PartOver

    def hold(self, connection: socket.socket) -> socket.socket:
        """Take note of a new connection, so that it can be cut; return it."""
        # TLS takes the socket object over, a duplicate goes on naming the connection
        switch = connection.dup()
        with self._changed:
            self._sockets.append(switch)
        try:
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def rest(self, seconds: float) -> None:
        """Wait, unless the work is to end before."""
        self._stop.wait(min(seconds, max(0.0, self._end - time.monotonic())))
        self.check()

    @contextlib.contextmanager
    def part(self, seconds: float) -> Generator[None]:
        """Limit what is done inside; to be used in the work's thread."""
        self._limit_part(time.monotonic() + seconds)
        try:
            yield
        finally:
            self._limit_part(None)

    def _limit_part(self, end: float | None) -> None:
        with self._changed:
            self._part_end = end
            self._changed.notify_all()

    def _work(self, work: Callable[[], T], results: list[T], errors: list[BaseException]) -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the question was asked
            errors.append(error)
        with self._changed:
            self._answered = True
            self._changed.notify_all()
            for switch in self._sockets:
                switch.close()
            self._sockets.clear()

    def _watch(self) -> None:
        with self._changed:
            while not self._answered and not self._stop.requested:
                now = time.monotonic()
                if now >= self._end:
                    return
                if self._part_end is not None and now >= self._part_end:
                    self._shut_down()
                    # the part ends by what this does to it
                    self._changed.wait(0.05)
                    continue
                self._changed.wait(min(self._end, self._part_end or self._end) - now)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _cut(self, *, for_good: bool) -> None:
        with self._changed:
            self._over = self._over or for_good
            self._shut_down()

    def _shut_down(self) -> None:
        for switch in self._sockets:
            with contextlib.suppress(OSError):
                switch.shutdown(socket.SHUT_RDWR)
