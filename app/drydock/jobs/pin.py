"""Finds what pins an image to exactly its contents, and tells when what was pinned is not what a launch would meet."""

from typing import Literal

import msgspec

from drydock.core.launch import Choice, Problem, contents_of, digest_of, holds, parse_image, short_digest
from drydock.core.trouble import Trouble, Value
from drydock.engines import Engine
from drydock.jobs.confirm import ConfirmJob
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.session import opened
from drydock.world import Stop

# the registry answered, and has nothing of that digest
_GONE = "image-not-found"


class Pinned(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference stands for today.

    Attributes:
        reference: without a digest.
        source: ``local`` where the engine has a copy, whose contents are pinned; else the registry's, which a pull
            brings; ``given`` where the reference named a digest itself.
    """

    reference: str
    digest: str
    source: Literal["local", "registry", "given"]


class PinJob(Job[Pinned]):
    """Resolve a reference to the digest that a launch of it meets: of the copy here, else of the registry's image."""

    def __init__(self, context: Context, reference: str) -> None:
        self._context = context
        self._reference = reference

    def run(self, tell: Tell, stop: Stop) -> Pinned:
        """Ask the engine, and the registry where the engine has no copy.

        Raises:
            Trouble: ``launch-pin-no-digest`` for an image that never was in a registry; or why nobody told.
            Stopped: the stop was asked for.
        """
        reference, given = parse_image(self._reference)
        if given:
            return Pinned(reference=reference, digest=given, source="given")
        with opened(self._context) as engine:
            local = engine.find_image(reference)
            if local is not None:
                digest = digest_of(reference, local)
                if not digest:
                    raise Trouble("launch-pin-no-digest", image=reference, id=short_digest(local.id))
                return Pinned(reference=reference, digest=digest, source="local")
            confirmed = ConfirmJob(self._context, reference).run_with(engine, tell, stop)
        if not confirmed.digest:
            raise Trouble("launch-pin-no-digest", image=reference, id="")
        return Pinned(reference=reference, digest=confirmed.digest, source="registry")


def pin_problems(context: Context, engine: Engine, choice: Choice, stop: Stop) -> tuple[Problem, ...]:
    """Return what is to be said of a pinned choice before it is started.

    A copy that is here needs no registry. That a registry does not answer is no problem of the choice: the pull will
    say it.
    """
    if not choice.digest:
        return ()
    if engine.find_image(choice.pinned_image) is not None:
        return _other_copy(engine, choice)
    try:
        ConfirmJob(context, choice.pinned_image).run_with(engine, lambda _step: None, stop)
    except Trouble as trouble:
        if trouble.id == _GONE:
            gone = pin_gone(choice)
            return (Problem(field="image", state="blocker", id=gone.id, values=gone.values),)
    return _other_copy(engine, choice)


def pin_gone(choice: Choice) -> Trouble:
    """Return that what the choice is pinned to can be had nowhere."""
    return Trouble("launch-pin-gone", image=choice.image, digest=short_digest(choice.digest))


def _other_copy(engine: Engine, choice: Choice) -> tuple[Problem, ...]:
    local = engine.find_image(choice.image)
    if local is None or holds(local, choice.digest):
        return ()
    values: dict[str, Value] = {
        "image": choice.image,
        "digest": short_digest(choice.digest),
        "here": short_digest(contents_of(choice.image, local)),
    }
    return (Problem(field="image", state="warning", id="launch-pin-differs", values=values),)
