"""Ask whether the engine keeps what an unfinished pull has finished."""

from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.world import Stop


class LayerKeepingJob(Job[bool | None]):
    """Ask whether layers of a pull that is broken off are kept; None where the engine does not say."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> bool | None:
        """Ask.

        Raises:
            Trouble: the engine does not answer.
        """
        engine = self._context.open_engine()
        try:
            keeps: bool | None = getattr(engine, "keeps_layers", None)
            return keeps
        finally:
            engine.close()
