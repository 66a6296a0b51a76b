"""What a registry wants before it answers: the WWW-Authenticate header, by RFC 9110. Pure."""

import re
from collections.abc import Iterable, Mapping

import msgspec

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(rf"\s*({_WORD})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_WORD}|[^\s\",;]+))", re.DOTALL)
_SCHEME = re.compile(rf"\s*({_WORD})(?=\s|,|$)")
_SEPARATOR = re.compile(r"[\s,]*")
_LENGTH_LIMIT = 16 * 1024


class Challenge(msgspec.Struct, frozen=True):
    """One way to prove who asks.

    Attributes:
        scheme: in small letters, such as ``bearer`` or ``basic``.
        parameters: names in small letters; the first of equal names counts.
    """

    scheme: str
    parameters: Mapping[str, str] = {}


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read the challenges of one answer; what cannot be read is left out.

    Args:
        headers: the values of all WWW-Authenticate headers.
    """
    return tuple(challenge for header in headers for challenge in _of_header(header[:_LENGTH_LIMIT]))


def _of_header(header: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = _skip(header, 0)
    while position < len(header):
        parameter = _PARAMETER.match(header, position)
        scheme = None if parameter else _SCHEME.match(header, position)
        if parameter and found:
            name, quoted, plain = parameter.groups()
            value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else plain
            found[-1][1].setdefault(name.lower(), value)
            position = parameter.end()
        elif scheme:
            found.append((scheme[1].lower(), {}))
            position = scheme.end()
        else:
            # go on behind the next comma
            comma = header.find(",", position)
            position = comma if comma >= 0 else len(header)
        position = _skip(header, position)
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _skip(header: str, position: int) -> int:
    separator = _SEPARATOR.match(header, position)
    return separator.end() if separator else position
