"""Writes YAML of the plain kind: block mappings and lists, and quotes around all that is not surely a plain word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Node: TypeAlias = "str | int | bool | Sequence[Node] | Mapping[str, Node]"

# what no YAML reader takes for anything but this text: neither a number, a date, a boolean nor a mark of the language
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*", re.ASCII)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(node: Mapping[str, Node]) -> str:
    """Return a mapping as a YAML document, in the mapping's order, with a line end at the end."""
    return "".join(f"{line}\n" for line in _mapping(node))


def comment(text: str) -> str:
    """Return text as lines of a comment; a line end within goes on as comment."""
    return "".join(f"# {''.join(sign if sign.isprintable() else ' ' for sign in line)}\n" for line in text.split("\n"))


def scalar(value: str | int | bool) -> str:
    """Return a value as it stands in YAML 1.1 and 1.2 alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return '"' + "".join(_ESCAPES.get(sign) or _sign(sign) for sign in value) + '"'


def _sign(sign: str) -> str:
    if sign.isprintable():
        return sign
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _mapping(node: Mapping[str, Node]) -> Iterator[str]:
    for key, value in node.items():
        yield from _entry(f"{scalar(key)}:", value)


def _entry(head: str, value: Node) -> Iterator[str]:
    if isinstance(value, str | int):
        yield f"{head} {scalar(value)}"
    elif not value:
        yield f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"
    else:
        yield head
        lines = _mapping(value) if isinstance(value, Mapping) else _sequence(value)
        yield from (f"  {line}" for line in lines)


def _sequence(items: Sequence[Node]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
        else:
            yield from _entry("-", item)
