"""Sizes of memory as people and ``docker run`` write them: ``32g``, ``512m``, ``1.5g``. Units are powers of 1024."""

import re
from decimal import Decimal

from drydock.core.trouble import Trouble

_UNITS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,6})?) ?([bkmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
# the engine keeps sizes in a signed 64-bit number
_LARGEST = (1 << 63) - 1


def parse_size(text: str, field: str = "size") -> int:
    """Return the bytes that ``32g``, ``512m``, ``64k``, ``1.5 GiB`` or a plain number of bytes mean.

    Args:
        text: what the person wrote.
        field: what the size is for, named in the error.

    Raises:
        Trouble: ``launch-size-invalid`` with what would be right.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise Trouble("launch-size-invalid", text=text, field=field)
    size = int(Decimal(found[1]) * 1024 ** _UNITS[found[2].lower() or "b"])
    if not 0 < size <= _LARGEST:
        raise Trouble("launch-size-invalid", text=text, field=field)
    return size


def format_size(size: int) -> str:
    """Return the shortest exact form that ``docker run`` takes: ``32g``, ``1536m``, ``1000b``."""
    for unit in "gmk":
        whole, rest = divmod(size, 1024 ** _UNITS[unit])
        if whole and not rest:
            return f"{whole}{unit}"
    return f"{size}b"
