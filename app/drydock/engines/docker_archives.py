"""Images from a file into the engine, and from the engine into a file."""

import contextlib
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from drydock.core.facts import Fact, Known
from drydock.core.trouble import Trouble
from drydock.engines.docker_api import FAILURES, Api
from drydock.engines.docker_errors import trouble_of_answer
from drydock.engines.image_archive import ImageArchive, ends_properly, look_into
from drydock.engines.interface import LoadProgress, SaveProgress
from drydock.engines.pull_meter import Detail, ErrorDetail
from drydock.engines.sizes import size_text
from drydock.engines.speed import SpeedMeter
from drydock.engines.stream_lines import LineCutter
from drydock.engines.wire import Body, BodyBroken, Refused, Silent
from drydock.world import Stop

SILENCE_LIMIT = 1800.0
"""Seconds: an engine may pack or unpack many gigabytes on a slow disk before its next word."""

TELL_INTERVAL = 0.1
"""Seconds between two tellings."""

_LOOK_INTERVAL = 1.0
_LOADED = ("Loaded image ID: ", "Loaded image(s): ", "Loaded image: ")


class _Event(msgspec.Struct):
    stream: str | None = None
    status: str | None = None
    id: str | None = None
    detail: Detail | None = msgspec.field(default=None, name="progressDetail")
    error: str | None = None
    error_detail: ErrorDetail | None = msgspec.field(default=None, name="errorDetail")

    @property
    def failure(self) -> str:
        return (self.error_detail.message if self.error_detail else "") or self.error or ""


_EVENT = msgspec.json.Decoder(_Event)


class _Clock:
    """Says when the next telling and the next look at the disk are due."""

    def __init__(self) -> None:
        self._next_tell = self._next_look = 0.0

    def tell_due(self, now: float) -> bool:
        due = now >= self._next_tell
        self._next_tell = now + TELL_INTERVAL if due else self._next_tell
        return due

    def look_due(self, now: float) -> bool:
        due = now >= self._next_look
        self._next_look = now + _LOOK_INTERVAL if due else self._next_look
        return due


class Load:
    """One file that is loaded."""

    def __init__(
        self, api: Api, path: str, tell: Callable[[LoadProgress], None], *, room: Callable[[], Fact[int]]
    ) -> None:
        """Prepare.

        Args:
            api: the engine.
            path: the file, on this computer.
            tell: takes the progress, at most about ten times a second.
            room: bytes free where the engine unpacks.
        """
        self._api = api
        self._path = path
        self._tell = tell
        self._room = room
        self._act = api.act("load", path)
        self._clock = _Clock()
        self._speed = SpeedMeter(time.monotonic())
        self._layers: dict[str, int] = {}
        self._names: list[str] = []

    def run(self, stop: Stop) -> tuple[str, ...]:
        """Load, and return the names (or ids, for images without a name) of what is here now.

        Raises:
            Trouble: it failed; the file is looked at before anything is sent.
            Stopped: the stop was asked for.
        """
        stop.check()
        archive = look_into(self._path)
        self._look_at_disk(archive, 0)
        try:
            file = Path(self._path).open("rb")  # noqa: SIM115 - closed below, when the thread that reads it has ended
        except OSError as error:
            raise Trouble("image-archive-unreadable", path=self._path, text=error.strerror or str(error)) from error
        with file:
            self._send(archive, Body(file, archive.size), stop)
        if not self._names:
            raise Trouble("image-archive-refused", path=self._path, text="it loaded nothing")
        self._tell(LoadProgress(phase="done", done=archive.size, total=archive.size, speed=0.0, seconds_left=0.0))
        return tuple(dict.fromkeys(self._names))

    def _send(self, archive: ImageArchive, body: Body, stop: Stop) -> None:
        headers = {"Content-Type": "application/x-tar"}
        parameters = {"quiet": "0"}
        with self._api.exchange(self._act, "POST", "/images/load", parameters, body=body, headers=headers) as exchange:
            cutter = LineCutter()
            try:
                for piece in exchange.chunks(stop, silence=SILENCE_LIMIT, tick=TELL_INTERVAL):
                    for line in cutter.feed(piece):
                        self._take(line)
                    self._say(archive, body.sent)
            except (Refused, Silent, *FAILURES) as error:
                raise self._trouble(error) from error
            for line in cutter.end():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            event = _EVENT.decode(line)
        except msgspec.MsgspecError:
            return
        if event.failure:
            raise trouble_of_answer(self._act, 0, event.failure)
        if event.stream:
            self._names.extend(_loaded(event.stream))
        elif event.id and event.detail and event.detail.current:
            self._layers[event.id] = max(self._layers.get(event.id, 0), int(event.detail.current))

    def _say(self, archive: ImageArchive, sent: int) -> None:
        now = time.monotonic()
        if self._clock.look_due(now):
            self._look_at_disk(archive, sent)
        if not self._clock.tell_due(now):
            return
        if sent < archive.size:
            self._speed.mark(now, sent)
            speed = self._speed.speed(now, sent)
            left = (archive.size - sent) / speed if speed else None
            progress = LoadProgress(phase="sending", done=sent, total=archive.size, speed=speed, seconds_left=left)
        else:
            unpacked = sum(self._layers.values())
            # layers that are here already are not told, and those of a packed file are larger than it
            total = None if archive.packed else max(archive.size, unpacked)
            progress = LoadProgress(phase="unpacking", done=unpacked, total=total, speed=0.0, seconds_left=None)
        self._tell(progress)

    def _look_at_disk(self, archive: ImageArchive, sent: int) -> None:
        free = self._room()
        # the engine puts the whole file down before it unpacks what is in it
        needed = archive.size - sent + archive.size
        if isinstance(free, Known) and needed > free.value and not self._layers:
            raise Trouble(
                "disk-full-ahead",
                reference=self._path,
                endpoint=self._act.endpoint,
                needed=size_text(needed),
                free=size_text(free.value),
            )

    def _trouble(self, error: BaseException) -> Trouble:
        if isinstance(error, BodyBroken):
            return Trouble("image-archive-unreadable", path=self._path, text=error.strerror or str(error))
        return self._api.trouble(self._act, error)


class Save:
    """Images that are written to a file."""

    def __init__(
        self,
        api: Api,
        references: Sequence[str],
        path: str,
        tell: Callable[[SaveProgress], None],
        *,
        room: Callable[[str], Fact[int]],
        expected: int,
    ) -> None:
        """Prepare.

        Args:
            api: the engine.
            references: the images.
            path: the file to write, on this computer.
            tell: takes the progress, at most about ten times a second.
            room: bytes free in a directory of this computer.
            expected: bytes that the file will have at about.
        """
        self._api = api
        self._references = tuple(references)
        self._path = Path(path)
        self._tell = tell
        self._room = room
        self._expected = expected
        self._act = api.act("image", ", ".join(references))
        self._clock = _Clock()
        self._speed = SpeedMeter(time.monotonic())
        self._done = 0

    def run(self, stop: Stop, *, replace: bool) -> None:
        """Write.

        Raises:
            Trouble: it failed; nothing is left behind.
            Stopped: the stop was asked for; nothing is left behind.
        """
        stop.check()
        if self._path.exists() and not replace:
            raise Trouble("image-archive-exists", path=str(self._path))
        self._look_at_disk()
        with self._part() as part:
            with _naming_failures(self._path), part.open("wb") as file:
                self._write(file, stop)
            _look_at_written(part, self._path)
            stop.check()
            with _naming_failures(self._path):
                part.replace(self._path)
        self._tell(SaveProgress(phase="done", done=self._done, total=self._done, speed=0.0, seconds_left=0.0))

    @contextlib.contextmanager
    def _part(self) -> Generator[Path]:
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            yield part
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _write(self, file: BinaryIO, stop: Stop) -> None:
        query = [("names", reference) for reference in self._references]
        with self._api.exchange(self._act, "GET", "/images/get", query) as exchange:
            pieces = exchange.chunks(stop, silence=SILENCE_LIMIT)
            while True:
                try:
                    piece = next(pieces, None)
                except (Refused, Silent, *FAILURES) as error:
                    raise self._api.trouble(self._act, error) from error
                if piece is None:
                    return
                file.write(piece)
                self._done += len(piece)
                self._say()

    def _say(self) -> None:
        now = time.monotonic()
        if self._clock.look_due(now):
            self._look_at_disk()
        if not self._clock.tell_due(now):
            return
        self._speed.mark(now, self._done)
        speed = self._speed.speed(now, self._done)
        total = max(self._expected, self._done)
        self._tell(
            SaveProgress(
                phase="writing" if self._done else "preparing",
                done=self._done,
                total=total,
                speed=speed,
                seconds_left=(total - self._done) / speed if speed else None,
            )
        )

    def _look_at_disk(self) -> None:
        free = self._room(str(self._path.parent))
        needed = self._expected - self._done
        if isinstance(free, Known) and needed > free.value:
            raise Trouble(
                "image-archive-no-room",
                path=str(self._path),
                needed=size_text(needed),
                free=size_text(free.value),
            )


@contextlib.contextmanager
def _naming_failures(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise Trouble("image-archive-not-written", path=str(path), text=error.strerror or str(error)) from error


def _look_at_written(part: Path, path: Path) -> None:
    if not ends_properly(str(part)):
        # an engine that fails in the middle puts its error behind what it had written
        raise Trouble("image-archive-broken", path=str(path), text=_last_words(part))
    try:
        look_into(str(part))
    except Trouble as trouble:
        text = str(trouble.values.get("text", trouble.id))
        raise Trouble("image-archive-broken", path=str(path), text=text) from trouble


def _loaded(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for beginning in _LOADED:
            if line.startswith(beginning):
                yield from (name.strip() for name in line.removeprefix(beginning).split(",") if name.strip())


def _last_words(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 1000))
        tail = file.read().rpartition(b'{"')
    return (tail[1] + tail[2]).decode("utf-8", "replace") if tail[1] else "the answer of the engine ended too soon"
