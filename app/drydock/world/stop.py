"""A wish to stop, shared by the person who has it and the job that obeys it."""

import contextlib
import threading
from collections.abc import Callable

from drydock.core.trouble import Stopped


class Stop:
    """A stop switch that can be waited on, asked, and given something to do when it is thrown."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._actions: list[Callable[[], None]] = []

    def request(self) -> None:
        """Throw the switch: waiting jobs wake, and registered actions run once, in this thread.

        All of them run, whatever one of them raises; the first error is raised at the end.
        """
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            actions, self._actions = self._actions, []
        with contextlib.ExitStack() as all_of_them:
            for action in reversed(actions):
                all_of_them.callback(action)

    @property
    def requested(self) -> bool:
        """Whether somebody asked for the stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise :class:`Stopped` if the stop was asked for."""
        if self._event.is_set():
            raise Stopped

    def wait(self, seconds: float) -> bool:
        """Sleep for at most ``seconds``; return at once, with True, when the stop is asked for."""
        return self._event.wait(seconds)

    def on_request(self, action: Callable[[], None]) -> Callable[[], None]:
        """Run ``action`` when the stop is asked for (at once if it already was).

        Returns:
            A function that takes the action back.
        """
        with self._lock:
            if not self._event.is_set():
                self._actions.append(action)
                return lambda: self._forget(action)
        action()
        return lambda: None

    def _forget(self, action: Callable[[], None]) -> None:
        with self._lock:
            if action in self._actions:
                self._actions.remove(action)
