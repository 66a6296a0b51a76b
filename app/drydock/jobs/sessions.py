"""Sessions: containers that Drydock launched. Their labels tell everything, so the engine is the database."""

import contextlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal, TypeAlias, cast
from urllib.parse import quote

import msgspec

from drydock.core.facts import Container
from drydock.core.launch import labels
from drydock.core.launch.choice import SERVICES, Service
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import ContainerState, Engine
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.world import Stop

READ_LIMIT = 20.0
"""Seconds for reading a small file out of a container."""

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


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to get into a running session. Holds a secret: show it, never log it.

    Attributes:
        remote: the addresses are those of the engine's computer; they need forwarding to be used here.
        jupyter_url: address for the browser, token included; empty without Jupyter. Likewise ``tensorboard_url``.
        ssh_command: for a terminal; empty without SSH.
        ssh_host_key: line for ``known_hosts`` that names the one right host key.
    """

    name: str
    remote: bool = False
    jupyter_url: str = ""
    jupyter_token: str = ""
    tensorboard_url: str = ""
    ssh_command: tuple[str, ...] = ()
    ssh_host_key: str = ""


class SessionLine(msgspec.Struct, frozen=True):
    """A line that a session wrote."""

    text: str


@contextmanager
def opened(context: Context) -> Generator[Engine]:
    """Connect to the chosen engine for the time of a job."""
    engine = context.open_engine()
    try:
        yield engine
    finally:
        engine.close()


class ListSessionsJob(Job[tuple[Session, ...]]):
    """Find the sessions of the engine, running or not, in the engine's order, newest first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> tuple[Session, ...]:
        """Ask the engine."""
        sessions: list[Session] = []
        with opened(self._context) as engine:
            for container in engine.containers(label=labels.SESSION):
                stop.check()
                # one that is removed while we look is no session any more
                with contextlib.suppress(Trouble):
                    sessions.append(session_of(engine, engine.inspect(container.id)))
        return tuple(sessions)


class FollowLogsJob(Job[None]):
    """Tell the lines of a session as :class:`SessionLine`, until it ends or the stop.

    Args:
        tail: lines of the past to begin with; None begins at the start.
        follow: go on with lines to come.
    """

    def __init__(self, context: Context, name: str, *, tail: int | None = 1000, follow: bool = True) -> None:
        self._context = context
        self._name = name
        self._tail = tail
        self._follow = follow

    def run(self, tell: Tell, stop: Stop) -> None:
        """Follow."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            for line in engine.logs(container.id, stop, tail=self._tail, follow=self._follow):
                tell(SessionLine(line))
        stop.check()


class StopSessionJob(Job[Session]):
    """Ask a session to end; it is kept and can be started again.

    Args:
        grace: seconds the work inside has for its end.
    """

    def __init__(self, context: Context, name: str, *, grace: int = 10) -> None:
        self._context = context
        self._name = name
        self._grace = grace

    def run(self, tell: Tell, stop: Stop) -> Session:
        """Stop it."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            engine.stop(container.id, self._grace)
            return session_of(engine, engine.inspect(container.id))


class StartSessionJob(Job[Session]):
    """Start a session again that was stopped or ended."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def run(self, tell: Tell, stop: Stop) -> Session:
        """Start it."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            engine.start(container.id)
            return session_of(engine, engine.inspect(container.id))


class RemoveSessionJob(Job[None]):
    """Remove a session's container. Directories of the host, named volumes and images stay.

    Args:
        force: end it first when it runs.
    """

    def __init__(self, context: Context, name: str, *, force: bool = False) -> None:
        self._context = context
        self._name = name
        self._force = force

    def run(self, tell: Tell, stop: Stop) -> None:
        """Remove it."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            if container.status == "running" and not self._force:
                raise Trouble("session-running", name=self._name)
            engine.remove(container.id, force=self._force)


class ConnectJob(Job[Connection]):
    """Find out how to get into a running session; the token is read back out of the container."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def run(self, tell: Tell, stop: Stop) -> Connection:
        """Ask the engine and the container."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            session = session_of(engine, engine.inspect(container.id))
            if not session.running:
                raise Trouble("session-not-running", name=session.name, state=session.state)
            return connection_of(engine, session, stop)


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


def connection_of(engine: Engine, session: Session, stop: Stop) -> Connection:
    """Return how to get into a running session."""
    token = jupyter = tensorboard = host_key = ""
    command: tuple[str, ...] = ()
    if port := session.port_of("jupyter"):
        token = read_token(engine, session.id, stop)
        jupyter = f"http://127.0.0.1:{port}/lab?token={quote(token)}"
    if port := session.port_of("tensorboard"):
        tensorboard = f"http://127.0.0.1:{port}/"
    if port := session.port_of("ssh"):
        command = ("ssh", "-p", str(port), "root@127.0.0.1")
        key = _read(engine, session.id, "/etc/ssh/ssh_host_ed25519_key.pub", stop)
        host_key = f"[127.0.0.1]:{port} {' '.join(key.split()[:2])}"
    return Connection(
        name=session.name,
        remote=session.remote,
        jupyter_url=jupyter,
        jupyter_token=token,
        tensorboard_url=tensorboard,
        ssh_command=command,
        ssh_host_key=host_key,
    )


def read_token(engine: Engine, container: str, stop: Stop) -> str:
    """Read Jupyter's token out of a running container.

    Raises:
        Trouble: ``session-token-unreadable``.
    """
    token = _read(engine, container, f"{labels.PRIVATE_DIRECTORY}/{labels.TOKEN_FILE}", stop)
    if not token:
        raise Trouble("session-token-unreadable", name=container[:12])
    return token


def _read(engine: Engine, container: str, path: str, stop: Stop) -> str:
    lines: list[str] = []
    try:
        engine.exec(container, ("cat", path), lines.append, stop, limit=READ_LIMIT)
    except Stopped:
        raise
    except Trouble as trouble:
        if trouble.id in ("engine-lost", "container-died", "container-not-running"):
            raise
        return ""
    return "\n".join(lines).strip()


def _address(state: ContainerState, service: Service) -> ServiceAddress:
    address, port = state.ports.get(labels.INSIDE_PORTS[service], ("127.0.0.1", 0))
    return ServiceAddress(service=service, address=address, port=port)
