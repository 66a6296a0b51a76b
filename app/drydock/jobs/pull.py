"""Pull an image, trying again where trying again can help."""

import contextlib
from collections.abc import Callable

import msgspec

from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine, PullProgress
from drydock.jobs.absent import better_known
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.registries import check_named, open_registry, own_platform
from drydock.world import Stop

PAUSES = (2.0, 5.0, 15.0)
"""Seconds before each further attempt; the engine itself has already tried each layer several times."""

TRANSIENT = frozenset(("registry-error", "registry-unreachable", "pull-interrupted", "pull-corrupt"))
"""Troubles that may be gone a moment later."""

SIZE_LIMIT = 5.0
"""Seconds for the question how large an image is: a bar without an end is better than a late one."""

LONGEST_WAIT = 300.0
"""Seconds: a registry that wants to be left alone for longer is not waited for; the person is told instead."""

# a name that nobody knows, a computer that refuses, and a request the registry does not understand stay so
_LASTING = ("no such host", "connection refused", "400 bad request", "405 method not allowed", "410 gone")


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is here now.

    Attributes:
        digest: ``sha256:…`` of what was pulled.
    """

    reference: str
    digest: str


class PullJob(Job[Pulled]):
    """Pull an image through the engine. Tells :class:`~drydock.engines.PullProgress`.

    A stop ends the download in the engine too, and to go on after a pause is to pull again: layers that were complete
    are kept where the engine's image store keeps them (``Engine.keeps_layers``), and are then told as present.
    """

    def __init__(
        self,
        context: Context,
        reference: str,
        *,
        platform: str = "",
        expected: int | None = None,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        """Prepare.

        Args:
            context: the doors.
            reference: the image's name.
            platform: e.g. ``linux/amd64``; empty leaves it to the engine.
            expected: compressed bytes of the whole image, where they are known already; else the registry is asked.
            pauses: seconds before each further attempt.
        """
        self._context = context
        self._reference = reference
        self._platform = platform
        self._expected = expected
        self._pauses = pauses
        self.keeps_layers: bool | None = None
        """After a stop: whether layers that were complete are here for the next pull; None when that is not known."""

    def run(self, tell: Tell, stop: Stop) -> Pulled:
        """Pull.

        Raises:
            Trouble: the last attempt's reason, or that there is nothing for this platform.
            Stopped: the stop was asked for, and the engine has given the download up.
        """
        engine = self._context.open_engine()
        try:
            return self.run_with(engine, tell, stop)
        finally:
            engine.close()

    def run_with(self, engine: Engine, tell: Tell, stop: Stop) -> Pulled:
        """Pull through an engine that is already open (it stays open)."""
        try:
            return self._pull(engine, tell, stop)
        except Stopped:
            with contextlib.suppress(Trouble):
                self.keeps_layers = engine.keeps_layers
            raise

    def _pull(self, engine: Engine, tell: Tell, stop: Stop) -> Pulled:
        check_named(self._reference)
        if self._expected is None:
            self._expected = self._ask_size(engine, stop)
        silences = 0
        for attempt, pause in enumerate((*self._pauses, None), start=1):
            try:
                digest = engine.pull(self._reference, _numbered(tell, attempt), stop, self._platform, self._expected)
            except Trouble as trouble:
                wait = None if pause is None else seconds_before_retry(trouble, pause)
                silences += "silent_for" in trouble.values
                if silences > 1:
                    wait = None  # each silence was minutes long already
                if wait is None:
                    raise better_known(trouble, self._reference, self._context.catalogue()) from trouble
                self._wait(trouble, attempt, wait, tell, stop)
            else:
                return Pulled(reference=self._reference, digest=digest)
        raise AssertionError("the last attempt returns or raises")

    def _ask_size(self, engine: Engine, stop: Stop) -> int | None:
        """Ask the registry, so that the bar knows its end from the beginning; None when it does not tell soon."""
        try:
            with open_registry(self._context, engine, SIZE_LIMIT) as registry:
                platform = self._platform or own_platform(self._context, engine)
                return registry.image(self._reference, platform, stop).download_size
        except Trouble as trouble:
            if trouble.id == "platform-missing":
                raise  # engines bring an image for another processor all the same, if it is the only one
            # the engine asks again in its own way, and its word counts
            return None

    def _wait(self, trouble: Trouble, attempt: int, pause: float, tell: Tell, stop: Stop) -> None:
        count = len(self._pauses) + 1
        tell(
            PullProgress(
                phase="asking",
                done=0,
                total=self._expected,
                layers=0,
                layers_done=0,
                layers_present=0,
                speed=0.0,
                seconds_left=None,
                detail=f"attempt {attempt} of {count} failed ({trouble.values.get('text', trouble.id)}); "
                f"the next begins in {pause:.0f} s",
            )
        )
        stop.wait(pause)
        stop.check()


def seconds_before_retry(trouble: Trouble, pause: float) -> float | None:
    """Return the seconds to wait before the next attempt; None when there is no point in one."""
    if trouble.id == "registry-rate-limit":
        # only the registry knows when its limit ends, and asking on without its word makes it longer
        told = trouble.values.get("retry_after")
        if not isinstance(told, int | float) or told > LONGEST_WAIT:
            return None
        return max(pause, float(told))
    if trouble.id not in TRANSIENT:
        return None
    text = str(trouble.values.get("text", "")).lower()
    lasting = trouble.id in ("registry-unreachable", "registry-error") and any(sign in text for sign in _LASTING)
    return None if lasting else pause


def _numbered(tell: Tell, attempt: int) -> Callable[[PullProgress], None]:
    if attempt == 1:
        return tell

    def told(progress: PullProgress) -> None:
        detail = f"attempt {attempt}" + (f": {progress.detail}" if progress.detail else "")
        tell(msgspec.structs.replace(progress, detail=detail))

    return told
