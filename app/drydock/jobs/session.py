"""What a session is, and how it is found in the engine."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal, TypeAlias, cast

import msgspec

from drydock.core.facts import Container
from drydock.core.launch import labels
from drydock.core.launch.choice import SERVICES, Service
from drydock.core.launch.ending import Ending, ending_of
from drydock.core.trouble import Trouble
from drydock.engines import ContainerState, Engine
from drydock.jobs.context import Context

SessionState: TypeAlias = Literal["running", "exited", "created", "paused", "restarting", "other"]


class ServiceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service of a running session is published. ``port`` 0: it is not published now."""

    service: Service
    address: str
    port: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A container that Drydock launched.

    Attributes:
        image: the image that was chosen (the container may run one derived from it).
        gpus: ``all``, ``none`` or UUIDs with commas between them.
        exit_code: None while it runs or has never run.
        remote: it runs on another computer, so its ports are open there.
    """

    id: str
    name: str
    image: str
    digest: str
    gpus: str
    workspace: str
    state: SessionState
    services: tuple[ServiceAddress, ...]
    exit_code: int | None
    oom_killed: bool
    started_at: str
    finished_at: str
    remote: bool

    @property
    def running(self) -> bool:
        """Whether the work inside goes on."""
        return self.state == "running"

    def port_of(self, service: Service) -> int | None:
        """Return the host port of a service, where it is published."""
        return next((one.port for one in self.services if one.service == service and one.port), None)


def ending_of_session(session: Session) -> Ending | None:
    """Return how a session ended; None for one that has not."""
    if session.state != "exited" or session.exit_code is None:
        return None
    return ending_of(session.exit_code, oom_killed=session.oom_killed)


@contextmanager
def opened(context: Context) -> Generator[Engine]:
    """Connect to the chosen engine for the time of a job."""
    engine = context.open_engine()
    try:
        yield engine
    finally:
        engine.close()


def find_session(engine: Engine, name: str) -> Container:
    """Return a session's container by its name or the start of its id.

    Raises:
        Trouble: ``session-not-found`` with the names there are.
    """
    found = engine.containers(label=labels.SESSION)
    exact = [one for one in found if one.name == name]
    begun = [one for one in found if len(name) >= 4 and one.id.startswith(name)]
    if exact:
        return exact[0]
    if len(begun) == 1:
        return begun[0]
    raise Trouble("session-not-found", name=name, known=", ".join(one.name for one in found) or "none")


def session_of(engine: Engine, state: ContainerState) -> Session:
    """Return what a container's labels and state say of its session."""
    container = state.container
    tags = container.labels
    wanted = tags.get(labels.SERVICES, "").split(",")
    status = container.status
    known = ("running", "exited", "created", "paused", "restarting")
    return Session(
        id=container.id,
        name=container.name,
        image=tags.get(labels.IMAGE, container.image),
        digest=tags.get(labels.DIGEST, ""),
        gpus=tags.get(labels.GPUS, ""),
        workspace=tags.get(labels.WORKSPACE, ""),
        state=cast("SessionState", status) if status in known else "other",
        services=tuple(_address(state, service) for service in SERVICES if service in wanted),
        exit_code=None if state.running else state.exit_code,
        oom_killed=state.oom_killed,
        started_at=state.started_at,
        finished_at=state.finished_at,
        remote=engine.remote,
    )


def _address(state: ContainerState, service: Service) -> ServiceAddress:
    address, port = state.ports.get(labels.INSIDE_PORTS[service], ("127.0.0.1", 0))
    return ServiceAddress(service=service, address=address, port=port)
