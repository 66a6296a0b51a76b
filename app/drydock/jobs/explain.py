"""Explains a log: a file, what comes through a pipe, a session's, or the kernel's in a recorded machine."""

import codecs
import os
import select
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec

from drydock.core.facts import Known, Missing, missing_text
from drydock.core.launch.ending import Ending
from drydock.core.symptoms import Explanation, LogScanner, Symptom
from drydock.core.symptoms.learned import learned
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.data.symptoms import SymptomArticle, sign_table, symptom_article
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.session import ending_of_session, find_session, opened, session_of
from drydock.world import Stop

_BLOCK = 1 << 20
_WAIT = 0.25  # seconds after which a pipe that is silent lets the stop be looked at
_LOOKED_AT = 1 << 16
_BINARY_SHARE = 0.05
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_SIXTEEN_BITS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Read(msgspec.Struct, frozen=True):
    """How many bytes of a log were read so far."""

    size: int


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A log's explanation with its texts.

    Attributes:
        articles: of each symptom, by its id.
        ending: how the session ended, where it is one that has.
    """

    explanation: Explanation
    articles: Mapping[str, SymptomArticle]
    ending: Ending | None = None

    def told(self) -> Iterator[tuple[Symptom, SymptomArticle]]:
        """Return the symptoms with their texts, root cause first."""
        for symptom in self.explanation.symptoms:
            yield symptom, self.articles[symptom.id]


class ExplainLinesJob(Job[Explained]):
    """Explain lines that are here already."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def run(self, tell: Tell, stop: Stop) -> Explained:
        """Explain them."""
        return with_texts(_scan(_joined(self._lines), stop))


class ExplainFileJob(Job[Explained]):
    """Explain a file, or the log in a bundle; tells :class:`Read`.

    Args:
        path: of the file; ``-`` for what ``stream`` gives.
        stream: a pipe to read instead.
    """

    def __init__(self, path: str, stream: IO[bytes] | None = None) -> None:
        self._path = path
        self._stream = stream

    def run(self, tell: Tell, stop: Stop) -> Explained:
        """Read and explain it.

        Raises:
            Trouble: ``log-unreadable``, ``log-directory``, ``log-binary``, ``log-compressed``, ``log-not-recorded``,
                or what a bundle cannot be opened for.
        """
        if self._stream is not None:
            return with_texts(_scan(_decoded(_blocks(self._stream, tell, stop), "-"), stop))
        try:
            with Path(self._path).open("rb", buffering=0) as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and zipfile.is_zipfile(self._path):
                    return with_texts(_scan(_joined(_recorded_lines(self._path)), stop))
                return with_texts(_scan(_decoded(_blocks(file, tell, stop), self._path), stop))
        except IsADirectoryError as error:
            raise Trouble("log-directory", path=self._path) from error
        except (OSError, ValueError) as error:
            text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise Trouble("log-unreadable", path=self._path, text=text) from error


class ExplainSessionJob(Job[Explained]):
    """Explain a session's whole log, and how it ended.

    Args:
        name: of the session, or the start of its id.
    """

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def run(self, tell: Tell, stop: Stop) -> Explained:
        """Read and explain it."""
        with opened(self._context) as engine:
            container = find_session(engine, self._name)
            session = session_of(engine, engine.inspect(container.id))
            lines = engine.logs(container.id, stop, tail=None, follow=False)
            explained = with_texts(_scan(_joined(lines), stop))
        return msgspec.structs.replace(explained, ending=ending_of_session(session))


def with_texts(explanation: Explanation) -> Explained:
    """Return an explanation with its texts, and with what the catalogue knows of the versions in it."""
    catalogue = load_catalogue()
    articles = {symptom.id: symptom_article(symptom, learned(symptom, catalogue)) for symptom in explanation.symptoms}
    return Explained(explanation=explanation, articles=articles)


def _scan(pieces: Iterable[str], stop: Stop) -> Explanation:
    scanner = LogScanner(sign_table())
    for piece in pieces:
        stop.check()
        scanner.feed(piece)
    stop.check()
    return scanner.finish()


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Put lines together to pieces that are worth a search."""
    piece: list[str] = []
    size = 0
    for line in lines:
        piece.append(line.rstrip("\n"))
        size += len(line) + 1
        if size >= _BLOCK:
            yield "\n".join(piece) + "\n"
            piece, size = [], 0
    if piece:
        yield "\n".join(piece) + "\n"


def _blocks(file: IO[bytes], tell: Tell, stop: Stop) -> Iterator[bytes]:
    descriptor = file.fileno()
    waits = os.name == "posix" and not stat.S_ISREG(os.fstat(descriptor).st_mode)
    size = 0
    while True:
        stop.check()
        if waits and not select.select([descriptor], [], [], _WAIT)[0]:
            continue
        block = os.read(descriptor, _BLOCK)
        if not block:
            return
        size += len(block)
        tell(Read(size))
        yield block


def _decoded(blocks: Iterator[bytes], path: str) -> Iterator[str]:
    first = next(blocks, b"")
    encoding = _encoding(first, path)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(first)
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _encoding(first: bytes, path: str) -> str:
    if first.startswith(_SIXTEEN_BITS):
        # PowerShell writes what is redirected into a file this way
        return "utf-16"
    if first.startswith(_COMPRESSED):
        raise Trouble("log-compressed", path=path)
    looked_at = first[:_LOOKED_AT]
    odd = looked_at.count(0) + sum(looked_at.count(byte) for byte in (1, 2, 3, 4, 5, 6, 14, 15, 16))
    if looked_at and odd / len(looked_at) > _BINARY_SHARE:
        raise Trouble("log-binary", path=path)
    return "utf-8-sig"


def _recorded_lines(path: str) -> tuple[str, ...]:
    log = open_machine(path).snapshot.kernel_log
    if isinstance(log, Known) and log.value.lines:
        return tuple(line.text for line in log.value.lines)
    why = missing_text(log) if isinstance(log, Missing) else "no line of the kernel's log told of GPUs"
    raise Trouble("log-not-recorded", path=path, why=why)
