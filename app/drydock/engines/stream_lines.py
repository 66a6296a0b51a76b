"""Bytes of a stream into lines, and the engine's framed streams into stdout and stderr. Pure."""

from collections.abc import Iterator

LONGEST_LINE = 1 << 20
"""Bytes; a longer line is handed out in parts, so that a stream without line ends cannot fill the memory."""

_HEADER = 8
_LARGEST_FRAME = 1 << 24


class LineCutter:
    """Cuts pieces of any size into lines without their ends; undecodable bytes are replaced."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that this piece completes."""
        self._rest += piece
        if b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
            for line in lines:
                yield line.removesuffix(b"\r")
        while len(self._rest) > LONGEST_LINE:
            yield bytes(self._rest[:LONGEST_LINE])
            del self._rest[:LONGEST_LINE]

    def end(self) -> Iterator[bytes]:
        """Yield what is left without a line end."""
        if self._rest:
            yield bytes(self._rest).removesuffix(b"\r")
            self._rest.clear()


class FrameCutter:
    """Takes a multiplexed stream apart: frames of an eight-byte header (stream number, length) and a payload.

    What does not begin like a frame (some engines write an error of theirs unframed) is handed out as standard error.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._raw = False

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (stream number, payload): 1 is standard output, 2 is standard error."""
        self._rest += piece
        while self._rest:
            if not self._raw and not self._looks_framed():
                self._raw = True
            if self._raw:
                yield 2, bytes(self._rest)
                self._rest.clear()
                return
            if len(self._rest) < _HEADER:
                return
            length = int.from_bytes(self._rest[4:_HEADER], "big")
            if len(self._rest) < _HEADER + length:
                return
            yield self._rest[0] or 1, bytes(self._rest[_HEADER : _HEADER + length])
            del self._rest[: _HEADER + length]

    def _looks_framed(self) -> bool:
        head = self._rest[:_HEADER]
        if head[0] > 3 or any(head[1:4]):
            return False
        return len(head) < _HEADER or int.from_bytes(head[4:_HEADER], "big") <= _LARGEST_FRAME


def text_of(line: bytes) -> str:
    """Decode a line; undecodable bytes are replaced."""
    return line.decode("utf-8", "replace")
