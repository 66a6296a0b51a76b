"""A container's log, line by line, through the logs endpoint: it survives what an attached stream does not."""

from collections.abc import Iterator

from drydock.core.trouble import Stopped, Trouble
from drydock.engines.docker_answers import ContainerDetail
from drydock.engines.docker_api import FAILURES, Api, quoted
from drydock.engines.stream_lines import FrameCutter, LineCutter, text_of
from drydock.engines.wire import Refused
from drydock.world import Stop

_END_LOOKS = 15
_END_PAUSE = 0.2


class OutputLines:
    """Pieces of a container's output, framed or raw, into lines; stdout and stderr are never mixed in one line."""

    def __init__(self, *, framed: bool) -> None:
        self._frames = FrameCutter() if framed else None
        self._lines = {1: LineCutter(), 2: LineCutter()}

    def feed(self, piece: bytes) -> Iterator[tuple[int, str]]:
        """Yield (stream number, line)."""
        parts = self._frames.feed(piece) if self._frames else iter([(1, piece)])
        for number, payload in parts:
            stream = 2 if number == 2 else 1
            for line in self._lines[stream].feed(payload):
                yield stream, text_of(line)

    def end(self) -> Iterator[tuple[int, str]]:
        """Yield what is left without a line end."""
        for stream, cutter in self._lines.items():
            for line in cutter.end():
                yield stream, text_of(line)


def log_lines(api: Api, container: str, stop: Stop, tail: int | None, *, follow: bool) -> Iterator[str]:
    """Yield log lines until the container ends or the stop is asked for.

    Raises:
        Trouble: ``container-not-found``, or ``engine-lost`` when the stream ended and the container did not: an engine
            that dies ends this stream as if the container had ended.
    """
    act = api.act("container", container)
    detail = api.call(act, lambda: api.client.inspect_container(container), ContainerDetail)
    parameters = {
        "stdout": "1",
        "stderr": "1",
        "follow": "1" if follow else "0",
        "tail": "all" if tail is None else str(tail),
    }
    lines = OutputLines(framed=not detail.config.tty)
    with api.exchange(act, "GET", f"/containers/{quoted(container)}/logs", parameters) as exchange:
        try:
            for piece in exchange.chunks(stop, silence=None):
                for _stream, line in lines.feed(piece):
                    yield line
        except Stopped:
            return
        except (Refused, *FAILURES) as error:
            raise api.trouble(act, error) from error
    for _stream, line in lines.end():
        yield line
    if follow:
        _make_sure_it_ended(api, container, stop)


def _make_sure_it_ended(api: Api, container: str, stop: Stop) -> None:
    act = api.act("container", container)
    for _ in range(_END_LOOKS):
        try:
            detail = api.call(act, lambda: api.client.inspect_container(container), ContainerDetail)
        except Trouble as trouble:
            if trouble.id == "container-not-found":
                return
            raise
        # the log may close a moment before the state changes
        if not detail.state.running or stop.wait(_END_PAUSE):
            return
    raise Trouble(
        "engine-lost", endpoint=act.endpoint, text="the log ended while the container went on: the engine was restarted"
    )
