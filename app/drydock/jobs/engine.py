"""Asks whether a container engine can be used."""

import dataclasses

from drydock.core.facts import Engine
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.sessions import opened
from drydock.world import Stop


class CheckEngineJob(Job[Engine]):
    """Connect to an engine and ask what it is.

    Args:
        wish: an address or a context's name; empty follows the environment.
    """

    def __init__(self, context: Context, wish: str) -> None:
        self._context = dataclasses.replace(context, engine=wish)

    def run(self, tell: Tell, stop: Stop) -> Engine:
        """Ask.

        Raises:
            Trouble: ``engine-…`` with the reason.
        """
        with opened(self._context) as engine:
            return engine.facts()
