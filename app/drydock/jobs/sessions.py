"""Sessions: containers that Drydock launched. Their labels tell everything, so the engine is the database."""

from urllib.parse import quote

import msgspec

from drydock.core.launch import labels
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.session import ServiceAddress, Session, SessionState, find_session, opened, session_of
from drydock.world import Stop

__all__ = [
    "ConnectJob",
    "Connection",
    "FollowLogsJob",
    "ListSessionsJob",
    "RemoveSessionJob",
    "ServiceAddress",
    "Session",
    "SessionLine",
    "SessionState",
    "StartSessionJob",
    "StopSessionJob",
]

READ_LIMIT = 20.0
"""Seconds for reading a small file out of a container."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to get into a running session. Holds a secret: show it, never log it.

    Attributes:
        remote: the addresses are those of the engine's computer; they need forwarding to be used here.
        jupyter_url: address for the browser, token included; empty without Jupyter. Likewise ``tensorboard_url``.
        ssh_command: for a terminal; empty without SSH.
        ssh_host_key: line for ``known_hosts`` that names the one right host key; empty where it could not be read.
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
                try:
                    sessions.append(session_of(engine, engine.inspect(container.id)))
                except Trouble as trouble:
                    # one that is removed while we look is no session any more
                    if trouble.id != "container-not-found":
                        raise
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


class RemoveSessionJob(Job[str]):
    """Remove a session's container; returns its name. Directories of the host, named volumes and images stay.

    Args:
        force: end it first when it runs.
    """

    def __init__(self, context: Context, name: str, *, force: bool = False) -> None:
        self._context = context
        self._name = name
        self._force = force

    def run(self, tell: Tell, stop: Stop) -> str:
        """Remove it."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            if container.status == "running" and not self._force:
                raise Trouble("session-running", name=container.name)
            engine.remove(container.id, force=self._force)
            return container.name


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
        host_key = f"[127.0.0.1]:{port} {' '.join(key.split()[:2])}" if key else ""
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
