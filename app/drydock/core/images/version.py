"""Version numbers, and what a person writes to ask for some of them."""

import functools
import re
from collections.abc import Callable
from typing import Self

import msgspec

from drydock.core.trouble import Trouble


class Version(tuple[int, ...]):
    """A dotted number: of torch, CUDA, a driver, or a compute capability. Compares number by number."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``570.124.06``.

        Raises:
            ValueError: the text is no dotted number.
        """
        version = cls.find(text)
        if version is None:
            raise ValueError(f"not a version number: {text!r}")
        return version

    @classmethod
    def find(cls, text: str | None) -> Self | None:
        """Read a version, or return None when the text is none."""
        # nine digits a part: int() of a very long run of digits is slow, and refused by Python
        if text is None or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){0,5}", text.strip()):
            return None
        return cls(int(part) for part in text.strip().split("."))

    def __str__(self) -> str:
        return _dotted(self)


@functools.lru_cache(1024)  # the same few hundred are written again and again
def _dotted(parts: tuple[int, ...]) -> str:
    return ".".join(map(str, parts))


def driver_text(version: Version) -> str:
    """Write a driver version the way NVIDIA does: every part but the first has two digits at least."""
    return ".".join([str(version[0]), *(f"{part:02d}" for part in version[1:])])


class _Clause(msgspec.Struct, frozen=True):
    operator: str
    version: Version
    prefix: bool


class Requirement(msgspec.Struct, frozen=True):
    """Which versions are wanted: all clauses must hold.

    A number with fewer parts than a full version means all below it: ``2.1`` and ``==2.1`` are any 2.1.x.
    """

    text: str
    clauses: tuple[_Clause, ...]

    def admits(self, version: Version) -> bool:
        """Whether the version is one of those wanted."""
        for clause in self.clauses:  # noqa: SIM110 - asked of every image, and a generator costs twice the time
            if not _holds(clause, version):
                return False
        return True

    @property
    def exact(self) -> bool:
        """Whether a certain version is named, and not a range."""
        return any(clause.operator in ("==", "~=") for clause in self.clauses)

    @property
    def anchor(self) -> Version:
        """The version the wish is about, from which the nearest other is sought."""
        return self.clauses[0].version


_CLAUSE = re.compile(r"(===?|!=|~=|<=|>=|<|>)?\s*v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(\.\*)?")


def parse_torch(text: str) -> Requirement:
    """Read a wish for torch, such as ``2.9``, ``==2.9.*``, ``>=2.6,<2.9``, ``~=2.7``.

    Raises:
        Trouble: ``torch-wish-unreadable``.
    """
    return _parse(text, "torch-wish-unreadable", full=3)


def parse_cuda(text: str) -> Requirement:
    """Read a wish for CUDA, such as ``12.6``, ``cu126``, ``>=12.1``. Image tags know major and minor only.

    Raises:
        Trouble: ``cuda-wish-unreadable``.
    """
    short = re.fullmatch(r"\s*(?:cu|cuda)([0-9]{2})([0-9])\s*", text)
    requirement = _parse(f"{short[1]}.{short[2]}" if short else text, "cuda-wish-unreadable", full=2)
    if any(len(clause.version) > 2 for clause in requirement.clauses):
        raise Trouble("cuda-wish-unreadable", text=text)
    return requirement


def _parse(text: str, trouble: str, *, full: int) -> Requirement:
    body = re.sub(r"^\s*(torch|pytorch|cuda)\s*(?=[=!~<>])", "", text)
    clauses: list[_Clause] = []
    for part in body.split(","):
        match = _CLAUSE.fullmatch(part.strip())
        operator = (match[1] or "==").replace("===", "==") if match else ""
        if match is None or (match[3] and operator not in ("==", "!=")):
            raise Trouble(trouble, text=text)
        version = Version.parse(match[2])
        if operator == "~=" and len(version) < 2:
            raise Trouble(trouble, text=text)
        prefix = bool(match[3]) or (operator in ("==", "!=") and len(version) < full)
        clauses.append(_Clause(operator, version, prefix))
    return Requirement(text.strip(), tuple(clauses))


def _padded(version: Version) -> tuple[int, ...]:
    return (*version, 0, 0, 0, 0)[:4]


def _compatible(have: Version, want: Version) -> bool:
    return _padded(have) >= _padded(want) and have[: len(want) - 1] == want[:-1]


_ORDER: dict[str, Callable[[Version, Version], bool]] = {
    "==": lambda have, want: _padded(have) == _padded(want),
    "!=": lambda have, want: _padded(have) != _padded(want),
    ">=": lambda have, want: _padded(have) >= _padded(want),
    "<=": lambda have, want: _padded(have) <= _padded(want),
    ">": lambda have, want: _padded(have) > _padded(want),
    "<": lambda have, want: _padded(have) < _padded(want),
    "~=": _compatible,
}


def _holds(clause: _Clause, version: Version) -> bool:
    if clause.prefix:
        same = version[: len(clause.version)] == clause.version
        return same if clause.operator == "==" else not same
    return _ORDER[clause.operator](version, clause.version)
