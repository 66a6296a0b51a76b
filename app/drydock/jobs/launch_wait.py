"""Waits until a started container's services answer, follows its log meanwhile, and says why it died if it does."""

import contextlib
import queue
import threading
import time
from collections import deque
from typing import Final
from urllib.parse import quote

from drydock.core.facts import Known
from drydock.core.launch import LaunchPlan
from drydock.core.launch.choice import Service
from drydock.core.launch.ending import ending_trouble
from drydock.core.launch.labels import INSIDE_PORTS
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import ContainerState, Engine
from drydock.jobs.job import Tell
from drydock.jobs.launch_steps import LogLine, Ready, Stage
from drydock.world import Stop
from drydock.world.http import get_status, read_greeting

SERVICE_LIMIT: Final = 180.0
"""Seconds until a service must answer: a first start from a slow disk reads some 100 MB of Python."""

STEADY_SECONDS: Final = 0.6
"""A container without services must live this long to count as started, or have ended with status 0."""

_ASK_LIMIT = 3.0
_PAUSE = 0.15
_LOG_PATIENCE = 2.0
_TAIL_LINES = 200
_MOST_WAITING = 2000
_LONGEST_LINE = 16_000


class _Log:
    """Follows a container's log in a thread of its own; the job takes the lines out in its own thread."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._lines: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._stop = Stop()
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._thread = threading.Thread(target=self._follow, args=(engine, container), name="launch-log", daemon=True)
        self._thread.start()

    def _follow(self, engine: Engine, container: str) -> None:
        try:
            for line in engine.logs(container, self._stop, follow=True):
                self._put(line[:_LONGEST_LINE])
        except (Trouble, Stopped):
            # what became of the container is asked of the engine, not of its log
            return

    def _put(self, line: str) -> None:
        # a container that writes faster than lines are told is read more slowly, as by a full pipe
        while not self._stop.requested:
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=0.1)
                return

    def tell(self, tell: Tell) -> None:
        """Tell the lines that have come until now, and no more: one that never stops writing must not keep us here."""
        for _ in range(self._lines.qsize()):
            line = self._lines.get()
            self.tail.append(line)
            tell(LogLine(line))

    def drain(self, tell: Tell) -> None:
        """Tell the rest of the log of a container that has ended."""
        until = time.monotonic() + _LOG_PATIENCE
        while self._thread.is_alive() and time.monotonic() < until:
            self._thread.join(0.05)
            self.tell(tell)
        self.tell(tell)

    def close(self) -> None:
        """Stop following."""
        self._stop.request()
        self._thread.join(_LOG_PATIENCE)


def wait_until_ready(
    engine: Engine, container: str, plan: LaunchPlan, token: str, tell: Tell, stop: Stop, limit: float = SERVICE_LIMIT
) -> None:
    """Return when every service answers (without services: when the container has proved to be up, or succeeded).

    Raises:
        Trouble: ``launch-died…`` or ``launch-service-silent``.
        Stopped: the stop was asked for.
    """
    tell(Stage("waiting", ", ".join(plan.services) or plan.name))
    log = _Log(engine, container)
    try:
        if plan.services:
            url = _wait_for_services(engine, container, plan, token, log, tell, stop, limit)
        else:
            _wait_steady(engine, container, plan, log, tell, stop)
            url = ""
        log.tell(tell)
        tell(Ready(url))
    finally:
        log.close()


def _wait_steady(engine: Engine, container: str, plan: LaunchPlan, log: _Log, tell: Tell, stop: Stop) -> None:
    until = time.monotonic() + STEADY_SECONDS
    while True:
        stop.check()
        state = engine.inspect(container)
        log.tell(tell)
        if not state.running:
            log.drain(tell)
            if state.exit_code == 0:
                return
            raise _died(plan, state, log)
        if time.monotonic() >= until:
            return
        stop.wait(_PAUSE)


def _wait_for_services(
    engine: Engine, container: str, plan: LaunchPlan, token: str, log: _Log, tell: Tell, stop: Stop, limit: float
) -> str:
    until = time.monotonic() + limit
    silent: list[Service] = list(plan.services)
    while True:
        stop.check()
        state = engine.inspect(container)
        log.tell(tell)
        if not state.running:
            log.drain(tell)
            raise _died(plan, state, log)
        silent = [service for service in silent if not _answers(engine, container, state, service, token, stop)]
        if not silent:
            return "" if engine.remote else _url(state, plan, token)
        if time.monotonic() >= until:
            tail = "\n".join(list(log.tail)[-15:])
            raise Trouble(
                "launch-service-silent", name=plan.name, service=", ".join(silent), limit=round(limit), log=tail
            )
        stop.wait(_PAUSE)


def _answers(engine: Engine, container: str, state: ContainerState, service: Service, token: str, stop: Stop) -> bool:
    inside = INSIDE_PORTS[service]
    if engine.remote:
        return _answers_inside(engine, container, inside, stop)
    port = state.ports.get(inside, ("", 0))[1]
    if not port:
        return False
    if service == "ssh":
        greeting = read_greeting(port, limit=_ASK_LIMIT)
        return isinstance(greeting, Known) and greeting.value.startswith("SSH-")
    if service == "jupyter":
        headers = {"Authorization": f"token {token}"}
        return get_status(port, "/api/status", limit=_ASK_LIMIT, headers=headers) == Known(200)
    return get_status(port, "/", limit=_ASK_LIMIT) == Known(200)


def _answers_inside(engine: Engine, container: str, port: int, stop: Stop) -> bool:
    """Ask from inside, since a remote engine publishes on the loopback address of its own computer."""
    program = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2).close()"
    return engine.exec(container, ("python3", "-c", program), lambda _line: None, stop, limit=20).exit_code == 0


def _url(state: ContainerState, plan: LaunchPlan, token: str) -> str:
    if "jupyter" not in plan.services:
        return ""
    return f"http://127.0.0.1:{state.ports[INSIDE_PORTS['jupyter']][1]}/lab?token={quote(token)}"


def _died(plan: LaunchPlan, state: ContainerState, log: _Log) -> Trouble:
    return ending_trouble(plan.name, state.exit_code, oom_killed=state.oom_killed, log=tuple(log.tail))
