"""A container's log, line by line, through the logs endpoint: it survives what an attached stream does not."""

import time
from collections import deque
from collections.abc import Iterator, Sequence

from drydock.core.trouble import Stopped, Trouble
from drydock.engines.docker_answers import ContainerDetail
from drydock.engines.docker_api import FAILURES, Api, quoted
from drydock.engines.docker_errors import Act
from drydock.engines.stream_lines import FrameCutter, LineCutter, text_of
from drydock.engines.wire import Refused
from drydock.world import Stop

REREAD_LINES = 500
"""Lines at the end of a log that are read once more when its container has ended."""

_REREAD_SILENCE = 10.0
_LOOK_INTERVAL = 3.0
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


def count_new(told: Sequence[str], read: Sequence[str], *, from_the_start: bool) -> int:
    """Return how many lines at the end of ``read`` were not told yet: the fewest that make both fit.

    Args:
        told: the last lines that were told.
        read: the last lines of the log.
        from_the_start: nothing of the log was left out before the first line that was told.
    """
    if not told:
        return len(read) if from_the_start else 0
    for new in range(len(read) + 1):
        known = read[: len(read) - new]
        length = min(len(known), len(told))
        if length and list(known[-length:]) == list(told[-length:]):
            return new
    # some engines tell an unfinished line differently the second time: only the count is left to go by
    return max(0, len(read) - len(told))


class ContainerLog:
    """The log of one container, read once."""

    def __init__(self, api: Api, container: str, stop: Stop, tail: int | None) -> None:
        self._api = api
        self._container = container
        self._stop = stop
        self._tail = tail
        self._act = api.act("container", container)
        self._told = {stream: deque[str](maxlen=REREAD_LINES) for stream in (1, 2)}

    def lines(self, *, follow: bool) -> Iterator[str]:
        """Yield lines until the container ends or the stop is asked for.

        Raises:
            Trouble: ``container-not-found``, or ``engine-lost`` when the stream ended and the container did not: an
                engine that dies ends this stream as if the container had ended.
        """
        framed = not self._inspect().config.tty
        output = OutputLines(framed=framed)
        try:
            for stream, line in self._read(output, self._tail, follow=follow):
                self._told[stream].append(line)
                yield line
        except Stopped:
            return
        if not follow or not self._ended():
            yield from (line for _stream, line in output.end())
            return
        yield from self._missed(output, framed=framed)

    def _read(self, output: OutputLines, tail: int | None, *, follow: bool) -> Iterator[tuple[int, str]]:
        parameters = {
            "stdout": "1",
            "stderr": "1",
            "follow": "1" if follow else "0",
            "tail": "all" if tail is None else str(tail),
        }
        silence = None if follow else _REREAD_SILENCE
        look_at = time.monotonic() + _LOOK_INTERVAL
        path = f"/containers/{quoted(self._container)}/logs"
        with self._api.exchange(self._act, "GET", path, parameters) as exchange:
            try:
                for piece in exchange.chunks(self._stop, silence=silence):
                    yield from output.feed(piece)
                    if piece or not follow:
                        look_at = time.monotonic() + _LOOK_INTERVAL
                    elif time.monotonic() > look_at:
                        # Podman 4 was seen to keep the log of an ended container open for ever
                        if not self._inspect().state.running:
                            return
                        look_at = time.monotonic() + _LOOK_INTERVAL
            except (Refused, *FAILURES) as error:
                raise self._api.trouble(self._act, error) from error

    def _missed(self, output: OutputLines, *, framed: bool) -> Iterator[str]:
        # an engine may close a followed log before it has sent the container's last words, so they are read once more
        again = OutputLines(framed=framed)
        try:
            read = [*self._read(again, REREAD_LINES, follow=False), *again.end()]
        except Stopped:
            return
        except Trouble as trouble:
            if trouble.id != "container-not-found":
                raise
            yield from (line for _stream, line in output.end())
            return
        from_the_start = self._tail != 0
        for stream, line in _new_lines(read, self._told, from_the_start=from_the_start):
            self._told[stream].append(line)
            yield line

    def _ended(self) -> bool:
        """Whether the container has ended, and is still there to be asked."""
        for _ in range(_END_LOOKS):
            try:
                running = self._inspect().state.running
            except Trouble as trouble:
                if trouble.id == "container-not-found":
                    return False
                raise
            if not running:
                return True
            # the log may close a moment before the state changes
            if self._stop.wait(_END_PAUSE):
                return False
        raise Trouble(
            "engine-lost",
            endpoint=self._act.endpoint,
            text="the log ended while the container went on: the engine was restarted",
        )

    def _inspect(self) -> ContainerDetail:
        act: Act = self._act
        return self._api.call(act, lambda: self._api.client.inspect_container(self._container), ContainerDetail)


def _new_lines(
    read: Sequence[tuple[int, str]], told: dict[int, deque[str]], *, from_the_start: bool
) -> list[tuple[int, str]]:
    first_new: dict[int, int] = {}
    for stream, lines in told.items():
        of_stream = [line for number, line in read if number == stream]
        new = count_new(list(lines), of_stream, from_the_start=from_the_start)
        first_new[stream] = len(of_stream) - new
    seen = dict.fromkeys(told, 0)
    found: list[tuple[int, str]] = []
    for stream, line in read:
        if seen[stream] >= first_new[stream]:
            found.append((stream, line))
        seen[stream] += 1
    return found
