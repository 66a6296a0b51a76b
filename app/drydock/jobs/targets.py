"""Where a probe runs: with a Python of this computer, in a session, or in a container of its own."""

import contextlib
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import msgspec

from drydock import __version__
from drydock.core.bench.records import Record
from drydock.core.facts import Known
from drydock.core.launch import Choice, GpuWish, contents_of, default_shm_size, gpu_way, labels
from drydock.core.launch.planning import plan
from drydock.core.trouble import Trouble
from drydock.engines import Engine, PullProgress
from drydock.jobs.context import Context
from drydock.jobs.launch import create_request
from drydock.jobs.session import find_session, opened
from drydock.probing import Probe, ProbeEnd, run_probe_in_container, run_probe_on_host
from drydock.world import Stop

# longer than all probes together; a container that an app which was killed left behind gives its GPUs back then
_WAIT = ("sleep", "7200")


class HostTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A Python of this computer: a path, or a name on PATH."""

    python: str = "python3"


class ImageTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A container of its own from an image, pulled when it is not here, removed in any case."""

    image: str
    digest: str = ""
    gpus: GpuWish = "all"


class SessionTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A running session, by name or the start of its id."""

    name: str


Target: TypeAlias = HostTarget | ImageTarget | SessionTarget


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a probe ran, for the record. ``digest`` names the image's contents; empty on the host."""

    kind: str
    name: str
    image: str = ""
    digest: str = ""


Runner: TypeAlias = Callable[[Probe, Sequence[str], Callable[[Record], None], float], ProbeEnd]


@contextmanager
def entered(
    context: Context, target: Target, tell: Callable[[PullProgress], None], stop: Stop
) -> Generator[tuple[Place, Runner]]:
    """Get to the place, and leave nothing behind there.

    Raises:
        Trouble: the place cannot be had, and why.
        Stopped: the stop was asked for.
    """
    if isinstance(target, HostTarget):
        yield _host(context, target, stop)
        return
    with opened(context) as engine:
        if isinstance(target, SessionTarget):
            yield _session(engine, target, stop)
            return
        with _container(engine, target, tell, stop) as (place, container):
            yield place, _runner(engine, container, place, stop)


def _host(context: Context, target: HostTarget, stop: Stop) -> tuple[Place, Runner]:
    python = target.python
    if "/" not in python and "\\" not in python:
        found = context.world.find_program(python)
        if not isinstance(found, Known):
            raise Trouble("probe-host-python-missing", python=python)
        python = found.value

    def run(probe: Probe, arguments: Sequence[str], tell: Callable[[Record], None], limit: float) -> ProbeEnd:
        return run_probe_on_host(context.world, python, probe, arguments, tell, stop, limit)

    return Place(kind="host", name=python), run


def _session(engine: Engine, target: SessionTarget, stop: Stop) -> tuple[Place, Runner]:
    found = find_session(engine, target.name)
    if found.status != "running":
        raise Trouble("session-not-running", name=found.name, state=found.status)
    place = Place(
        kind="session",
        name=found.name,
        image=found.labels.get(labels.IMAGE, found.image),
        digest=found.labels.get(labels.DIGEST, ""),
    )
    return place, _runner(engine, found.id, place, stop)


def _runner(engine: Engine, container: str, place: Place, stop: Stop) -> Runner:
    def run(probe: Probe, arguments: Sequence[str], tell: Callable[[Record], None], limit: float) -> ProbeEnd:
        return run_probe_in_container(engine, container, probe, arguments, tell, stop, limit, where=place.name)

    return run


@contextmanager
def _container(
    engine: Engine, target: ImageTarget, tell: Callable[[PullProgress], None], stop: Stop
) -> Generator[tuple[Place, str]]:
    choice = Choice(image=target.image, digest=target.digest, gpus=target.gpus, command=_WAIT)
    reference = choice.pinned_image
    local = engine.find_image(reference)
    if local is None:
        engine.pull(reference, tell, stop)
        local = engine.find_image(reference)
    stop.check()
    facts = engine.facts()
    digest = choice.digest or (contents_of(choice.image, local) if local else "")
    name = f"drydock-probe-{secrets.token_hex(4)}"
    way = gpu_way(facts) or "hook"
    made = plan(choice, facts, name=name, version=__version__, parent_digest=digest, gpu_by=way)
    request = msgspec.structs.replace(
        create_request(made), labels={labels.PROBE: name, labels.VERSION: __version__}, entrypoint=_WAIT[:1],
        command=_WAIT[1:], shm_size=default_shm_size(None, None),
    )  # fmt: skip
    container = engine.create(request)
    try:
        stop.check()
        engine.start(container)
        yield Place(kind="image", name=reference, image=target.image, digest=digest), container
    finally:
        with contextlib.suppress(Trouble):
            engine.remove(container, force=True)
