"""What a run of a probe left, and a reader that fills it while the probe runs."""

from collections.abc import Callable

import msgspec

from drydock.core.bench.records import BadLine, Final, Record, Stream, Unknown, decode_line
from drydock.core.trouble import Trouble

_TAIL = 2000
_MOST_BAD = 200
_LEAST_STATUS_OF_SHELL = 126


class ProbeEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A probe that came to an end.

    Attributes:
        stream: its records.
        payload: the same as it wrote them, JSON Lines.
        exit_code: 0 completed, 1 something is broken, 2 wrong usage, 3 torch cannot be imported.
        errors: the end of its standard error.
    """

    stream: Stream
    payload: bytes
    exit_code: int
    errors: str

    @property
    def final(self) -> Final | None:
        """The last record; without it the probe died."""
        return self.stream.final


class Reader:
    """Takes the lines of a probe's output as they come, and tells each record."""

    def __init__(self, tell: Callable[[Record], None]) -> None:
        self._tell = tell
        self._records: list[Record] = []
        self._bad: list[BadLine] = []
        self._unknown = 0
        self._lines: list[bytes] = []

    def take(self, line: str) -> None:
        """Read one line."""
        raw = line.encode("utf-8", "surrogatepass")
        record = decode_line(raw)
        if record is None:
            return
        if isinstance(record, BadLine):
            if len(self._bad) < _MOST_BAD:
                self._bad.append(record)
            return
        self._lines.append(raw.strip())
        if isinstance(record, Unknown):
            self._unknown += 1
            return
        self._records.append(record)
        self._tell(record)

    def end(self, probe: str, where: str, exit_code: int, errors: str) -> ProbeEnd:
        """Return what was read.

        Raises:
            Trouble: ``probe-no-python`` or ``probe-silent`` where it wrote no record at all.
        """
        if not self._records:
            said = _printable("\n".join([*(bad.text for bad in self._bad), errors])[-_TAIL:]).strip() or "nothing"
            missing = exit_code in (_LEAST_STATUS_OF_SHELL, _LEAST_STATUS_OF_SHELL + 1)
            trouble_id = "probe-no-python" if missing else "probe-silent"
            raise Trouble(trouble_id, probe=probe, where=where, code=exit_code, text=said)
        return ProbeEnd(
            stream=Stream(records=tuple(self._records), bad_lines=tuple(self._bad), unknown=self._unknown),
            payload=b"".join(line + b"\n" for line in self._lines),
            exit_code=exit_code,
            errors=errors[-_TAIL:],
        )


def _printable(text: str) -> str:
    """Return a text without what a terminal would obey, such as a program may print in place of records."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text)
