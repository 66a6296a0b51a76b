"""A command run inside a running container: its output streamed, its time limited, its end brought about.

The engine has no call that ends such a command. So each one carries a variable with a random value, which its children
inherit; whatever process of the container has it is ended by a second, short command.
"""

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from drydock.core.trouble import Trouble
from drydock.engines.docker_answers import ContainerDetail, ExecDetail, Identity
from drydock.engines.docker_api import FAILURES, Api
from drydock.engines.docker_logs import OutputLines
from drydock.engines.interface import ExecResult
from drydock.engines.wire import Refused
from drydock.world import Stop

STDERR_LINES = 200
"""Lines of standard error that are kept."""

_LONGEST_KEPT = 4000
_MARK = "DRYDOCK_EXEC"
# one pass is not enough: while a child is being ended its parent may start another
_END_SCRIPT = """
pass=0
while [ "$pass" -lt "$3" ]; do
  found=
  for place in /proc/[0-9]*; do
    number=${place#/proc/}
    if [ "$number" != "$$" ] && grep -qs "$2" "$place/environ"; then
      found=1
      kill "-$1" "$number" 2>/dev/null
    fi
  done
  [ -n "$found" ] || exit 0
  pass=$((pass + 1))
done
"""
_KILL_PASSES = 20
_TERM_PATIENCE = 3.0
_KILL_PATIENCE = 2.0
_KILLED = 137
_NOT_STARTED = (126, 127)


class ContainerCommand:
    """One command in one container."""

    def __init__(
        self,
        api: Api,
        container: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        working_directory: str,
        limit: float,
    ) -> None:
        self._api = api
        self._container = container
        self._argv = list(argv)
        self._environment = environment
        self._directory = working_directory
        self._limit = limit
        self._act = api.act("container", container)
        self._mark = f"{_MARK}={secrets.token_hex(12)}"
        self._id = ""
        self._errors: deque[str] = deque(maxlen=STDERR_LINES)
        self._last_output = ""

    def run(self, tell: Callable[[str], None], stop: Stop) -> ExecResult:
        """Run to the end.

        Raises:
            Trouble: ``exec-timeout``, ``container-died``, ``container-not-running`` and what the engine says.
            Stopped: the stop was asked for, and the command was ended.
        """
        stop.check()
        self._id = self._create()
        try:
            self._stream(tell, stop)
        except TimeoutError:
            self._end()
            raise Trouble(
                "exec-timeout", container=self._container, command=" ".join(self._argv), limit=self._limit
            ) from None
        except BaseException:
            # a stop, or a listener that failed: nothing may go on inside for nobody
            self._end()
            raise
        return self._result()

    def _create(self) -> str:
        variables = [f"{name}={value}" for name, value in self._environment.items()]
        answer = self._api.call(
            self._act,
            lambda: self._api.client.exec_create(
                self._container,
                self._argv,
                environment=[*variables, self._mark],
                workdir=self._directory or None,
            ),
            Identity,
        )
        return answer.id

    def _stream(self, tell: Callable[[str], None], stop: Stop) -> None:
        deadline = time.monotonic() + self._limit
        body = json.dumps({"Detach": False, "Tty": False}).encode()
        lines = OutputLines(framed=True)
        with self._api.exchange(
            self._act,
            "POST",
            f"/exec/{self._id}/start",
            body=body,
            headers={"Content-Type": "application/json"},
        ) as exchange:
            try:
                for piece in exchange.chunks(stop, silence=None, tick=0.2):
                    for stream, line in lines.feed(piece):
                        self._take(stream, line, tell)
                    if time.monotonic() > deadline:
                        break
                else:
                    deadline = 0.0
            except (Refused, *FAILURES) as error:
                raise self._api.trouble(self._act, error) from error
        for stream, line in lines.end():
            self._take(stream, line, tell)
        if deadline:
            raise TimeoutError

    def _take(self, stream: int, line: str, tell: Callable[[str], None]) -> None:
        if stream == 2:
            self._errors.append(line[:_LONGEST_KEPT])
        else:
            self._last_output = line[:_LONGEST_KEPT]
            tell(line)

    def _result(self) -> ExecResult:
        detail = self._wait(_KILL_PATIENCE)
        if detail.exit_code is None or detail.exit_code == _KILLED:
            self._blame_the_container()
        if detail.exit_code is None:
            raise Trouble(
                "engine-error", endpoint=self._act.endpoint, text="the engine does not tell how the command ended"
            )
        if detail.exit_code in _NOT_STARTED:
            self._blame_the_image()
        return ExecResult(exit_code=detail.exit_code, output="\n".join(self._errors))

    def _blame_the_image(self) -> None:
        # the engine writes why it could not start the command where the command's output would be
        for text in (self._last_output, *self._errors):
            if "exec failed" in text:
                raise Trouble(
                    "program-not-in-image", container=self._container, command=" ".join(self._argv), text=text
                )

    def _blame_the_container(self) -> None:
        state = self._api.call(
            self._act, lambda: self._api.client.inspect_container(self._container), ContainerDetail
        ).state
        if not state.running:
            raise Trouble(
                "container-died",
                container=self._container,
                exit_code=state.exit_code,
                oom_killed="yes" if state.oom_killed else "no",
                text="\n".join(self._errors),
            )

    def _wait(self, patience: float) -> ExecDetail:
        deadline = time.monotonic() + patience
        while True:
            detail = self._api.call(self._act, lambda: self._api.client.exec_inspect(self._id), ExecDetail)
            if not detail.running or time.monotonic() > deadline:
                return detail
            time.sleep(0.05)

    def _end(self) -> None:
        # best effort: the container may be gone, or have no shell; the person's wish to stop comes first
        try:
            self._send("TERM", passes=1)
            self._wait(_TERM_PATIENCE)
            # also when the command has ended: its children may not have
            self._send("KILL", passes=_KILL_PASSES)
            self._wait(_KILL_PATIENCE)
        except Trouble:
            return

    def _send(self, signal: str, *, passes: int) -> None:
        client = self._api.client
        argv = ["/bin/sh", "-c", _END_SCRIPT, "drydock", signal, self._mark, str(passes)]
        answer = self._api.call(self._act, lambda: client.exec_create(self._container, argv), Identity)
        self._api.call(self._act, lambda: client.exec_start(answer.id), object)
