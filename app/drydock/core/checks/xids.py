"""Xid codes: the numbers with which the driver reports an error of a GPU to the kernel's log, and what they call for.

The classes follow the immediate actions of NVIDIA's Xid catalogue
(https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html, read 2025-10). What each code means is in
resources, ``knowledge/xids.toml``.
"""

import re
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import KernelLog

XidKind: TypeAlias = Literal["off_bus", "power", "memory", "reset", "link", "recovery", "other", "program", "harmless"]

_CODES: dict[XidKind, tuple[int, ...]] = {
    "off_bus": (79, 167),
    "power": (54,),
    "memory": (48, 64, 95, 140, 157, 171, 172),
    "reset": (46, 62, 109, 110, 119, 120, 136, 143, 155, 156, 158),
    "link": (74, *range(144, 151)),
    "recovery": (154,),
    "other": (61, 78, 142, 151, 168, 169),
    "program": (
        *(8, 11, 13, 25, 31, 32, 39, 40, 41, 60, 75, 76, 77, 80, 94, 139),
        *(*range(68, 73), *range(82, 90), *range(96, 106), *range(126, 136)),
    ),
    "harmless": (37, 38, 43, 44, 45, 63, 66, 67, 92, 93, 106, 107, 121, 137, 141, 152, 153, *range(159, 167), 170),
}
_KIND_OF: dict[int, XidKind] = {code: kind for kind, codes in _CODES.items() for code in codes}
_GRAVITY: tuple[XidKind, ...] = tuple(_CODES)
_XID = re.compile(r"Xid \((?:PCI:)?([0-9a-fA-F:.]+)\): (\d{1,4})(?:, ?(.*))?")


class Xid(msgspec.Struct, frozen=True, kw_only=True):
    """One report.

    Attributes:
        gpu: PCI address.
        seconds: since the computer started.
    """

    code: int
    gpu: str
    text: str
    seconds: float

    @property
    def kind(self) -> XidKind:
        """What it calls for; ``other`` for a code that is not known."""
        return _KIND_OF.get(self.code, "other")


def xids_of(log: KernelLog) -> tuple[Xid, ...]:
    """Return the reports in the log, in their order."""
    found: list[Xid] = []
    for line in log.lines:
        match = _XID.search(line.text)
        if match:
            found.append(Xid(code=int(match[2]), gpu=match[1], text=line.text, seconds=line.seconds))
    return tuple(found)


def gravest(xids: tuple[Xid, ...]) -> Xid:
    """Return the gravest report, and the first of its kind: what follows it is mostly clean-up."""
    return min(xids, key=lambda xid: (_GRAVITY.index(xid.kind), xid.seconds))
