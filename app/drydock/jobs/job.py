"""The shape of a job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from drydock.world import Stop

Result = TypeVar("Result", covariant=True)

Tell: TypeAlias = Callable[[Any], None]
"""Takes a step: a frozen struct of the job's own; the shells draw the kinds they know."""


class Job(ABC, Generic[Result]):
    """One thing a person can ask for. Made in any thread, run once, in one thread."""

    @abstractmethod
    def run(self, tell: Tell, stop: Stop) -> Result:
        """Do it.

        Raises:
            Trouble: it cannot go on, and why.
            Stopped: the stop was asked for and obeyed.
        """
