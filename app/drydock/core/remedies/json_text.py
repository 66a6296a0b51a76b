"""Changes to the text of a JSON file that leave everything else in it as it was written."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]*)$")
_USUAL_INDENT = "    "


class _Member(NamedTuple):
    key: str
    start: int
    value: int
    end: int


class _Object(NamedTuple):
    start: int
    members: tuple[_Member, ...]
    end: int


def merged(text: str, changes: Mapping[str, Any]) -> str:
    """Return the text with these members in it, objects inside objects likewise.

    Order, spacing, unknown members and the way numbers are written stay. An empty text becomes a new object.

    Raises:
        ValueError: the text is no JSON object.
    """
    if not text.strip():
        return json.dumps(dict(changes), indent=4) + "\n"
    _check_object(text)
    start = _skip(text, 0)
    for key, value in changes.items():
        text = _with_member(text, start, key, value)
    return text


def _check_object(text: str) -> None:
    try:
        tree: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(tree, dict):
        raise ValueError("it holds no JSON object; it must begin with { and end with }")  # noqa: TRY004 - as for others


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _object_at(text: str, start: int) -> _Object:
    """Return the places of an object's members; the text is known to be JSON, and ``start`` is at its brace."""
    members: list[_Member] = []
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, after = cast("tuple[str, int]", _DECODER.raw_decode(text, at))
        value = _skip(text, _skip(text, after) + 1)
        end = _DECODER.raw_decode(text, value)[1]
        members.append(_Member(key, at, value, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return _Object(start, tuple(members), at + 1)


def _with_member(text: str, start: int, key: str, value: object) -> str:
    place = _object_at(text, start)
    # of two members with one name the last one counts, for the engine as for Python
    found = next((member for member in reversed(place.members) if member.key == key), None)
    if found is None:
        return _with_new_member(text, place, key, value)
    present: object = json.loads(text[found.value : found.end])
    if _are_objects(present, value):
        for inner, wanted in cast("Mapping[str, object]", value).items():
            text = _with_member(text, found.value, inner, wanted)
        return text
    if _same(present, value):
        return text
    written = _written(value, text, _line_indent(text, found.start))
    return text[: found.value] + written + text[found.end :]


def _are_objects(first: object, second: object) -> bool:
    return isinstance(first, dict) and isinstance(second, Mapping)


def _same(first: object, second: object) -> bool:
    # 1 and true are equal in Python
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def _with_new_member(text: str, place: _Object, key: str, value: object) -> str:
    if not place.members:
        indent = _line_indent(text, place.start)
        return text[: place.start] + _written({key: value}, text, indent) + text[place.end :]
    last = place.members[-1]
    before_first = text[place.start + 1 : place.members[0].start]
    own_line = _INDENT.search(before_first)
    if own_line is None:
        addition = f", {json.dumps(key)}: {json.dumps(value)}"
    else:
        newline = "\r\n" if "\r\n" in before_first else "\n"
        addition = f",{newline}{own_line[1]}{json.dumps(key)}: {_written(value, text, own_line[1])}"
    return text[: last.end] + addition + text[last.end :]


def _line_indent(text: str, at: int) -> str:
    """Return the white space that the line of a place begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _written(value: object, text: str, indent: str) -> str:
    """Write a value as the file does: on several lines, unless the whole file stands on one."""
    if "\n" not in text.strip() and text.strip() != "{}":
        return json.dumps(value)
    lines = json.dumps(value, indent=_unit(text)).split("\n")
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{newline}{indent}".join(lines)


def _unit(text: str) -> str:
    """Return what the file indents by."""
    found = re.search(r"\{[ \t]*\r?\n([ \t]+)\"", text)
    return found[1] if found else _USUAL_INDENT


_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?\*/)"
    r"|(?P<mark>[{}\[\]:,])"
    r"|(?P<space>\s+)"
    r"|(?P<word>[^\s{}\[\]:,\"]+)",
    re.DOTALL,
)


def corrected(text: str) -> str | None:
    """Return the text with comments taken out and commas put right; None when it is no JSON object even then."""
    pieces: list[str] = []
    last = -1  # place of the last piece that counts
    at = 0
    text = text.removeprefix("\ufeff")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        kind, piece, at = match.lastgroup, match[0], match.end()
        if kind == "space":
            pieces.append(piece)
        elif kind != "comment":
            last = _add(pieces, last, kind or "", piece)
    fixed = "".join(pieces)
    try:
        _check_object(fixed)
    except ValueError:
        return None
    return fixed


def _add(pieces: list[str], last: int, kind: str, piece: str) -> int:
    before = pieces[last] if last >= 0 else ""
    if piece in ("}", "]") and before == ",":
        pieces[last] = ""
    elif piece == "," and before in (",", "{", "["):
        return last
    elif (kind in ("string", "word") or piece in ("{", "[")) and before and before not in ("{", "[", ",", ":"):
        # two values side by side: a comma was left out behind the first
        pieces[last] = f"{before},"
    pieces.append(piece)
    return len(pieces) - 1
