"""Changes to the text of a TOML file that leave everything else in it as it was written."""

import re
import tomllib
from typing import Any, TypeAlias, cast

Scalar: TypeAlias = str | bool

_TABLE = re.compile(r"^[ \t]*\[([^\[\]]+)\][ \t]*(?:#.*)?$")
_ANY_TABLE = re.compile(r"^[ \t]*\[")


def with_setting(text: str, table: str, key: str, value: Scalar) -> str:
    """Return the text with one setting in it; comments, order and spacing stay.

    Args:
        text: of the file; empty becomes a new one.
        table: name of the table that the setting stands in.
        key: its name, a bare key.
        value: what it shall be.

    Raises:
        ValueError: the text is no TOML, or holds the table in a form that cannot be changed line by line.
    """
    wanted: dict[str, Any] = tomllib.loads(text)
    place = wanted.setdefault(table, {})
    if not isinstance(place, dict):
        raise ValueError(f"{table} is no table in it")  # noqa: TRY004 - as for other wrong contents
    members = cast("dict[str, object]", place)
    if key in members and members[key] is value:
        return text
    if isinstance(value, str) and members.get(key) == value:
        return text
    members[key] = value
    changed = _changed(text, table, key, f'"{value}"' if isinstance(value, str) else str(value).lower())
    # several lines in one string, or a table on one line, can deceive a look at single lines
    if _parsed(changed) != wanted:
        raise ValueError(f"{table}.{key} is written in a form that only a person can change")
    return changed


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _changed(text: str, table: str, key: str, value: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    first, last = _lines_of(lines, table)
    if first is None:
        gap = newline if text.strip() else ""
        end = "" if not text or text.endswith(newline) else newline
        return f"{text}{end}{gap}[{table}]{newline}{key} = {value}{newline}"
    setting = re.compile(rf"^([ \t]*)(#?)[ \t]*{re.escape(key)}[ \t]*=")
    found = [(number, match) for number in range(first, last) if (match := setting.match(lines[number]))]
    present = next(((number, match) for number, match in found if not match[2]), None)
    if present:
        number, match = present
        lines[number] = f"{match[1]}{key} = {value}{_comment(lines[number])}"
        return newline.join(lines)
    # a setting that is shown as a comment marks the place where people look for it
    number, indent = (found[0][0] + 1, found[0][1][1]) if found else (first, "")
    lines.insert(number, f"{indent}{key} = {value}")
    return newline.join(lines)


def _lines_of(lines: list[str], table: str) -> tuple[int | None, int]:
    """Return the first line inside a table, and the line after its last; None where the table has no header."""
    first: int | None = None
    for number, line in enumerate(lines):
        if first is not None and _ANY_TABLE.match(line):
            return first, number
        match = _TABLE.match(line)
        if match and match[1].strip().strip('"') == table:
            first = number + 1
    return first, len(lines)


def _comment(line: str) -> str:
    """Return the comment behind a value that holds no comment sign itself."""
    match = re.search(r'=[ \t]*(?:"[^"]*"|[^"#]*?)([ \t]+#.*)$', line)
    return match[1] if match else ""
