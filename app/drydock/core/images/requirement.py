"""What an image demands of the driver before it starts: NVIDIA_REQUIRE_CUDA and the variables beside it.

A space means OR, a comma means AND: ``cuda>=12.8 brand=tesla,driver>=535,driver<536`` is met by a driver with CUDA
12.8, and by a Tesla on branch 535. Numbers compare part by part, and missing parts count as zero. The grammar and the
order of evaluation are those of libnvidia-container (src/cli/dsl.c), which asks once for each GPU that will be visible;
all variables must be met. It stops with an error when it comes to a condition it cannot read, so behind such a
condition nothing can be told here either.
"""

import itertools
import re
from collections.abc import Iterable, Sequence

import msgspec

from drydock.core.images.version import Version

_CONDITION = re.compile(r"([^<>=!]+)([<>=!]+)(.+)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.+[0-9]{1,9})*\.*")
_OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OF_TEXT = frozenset({"brand"})
_OF_NUMBER = frozenset({"cuda", "driver", "arch"})


class GpuFacts(msgspec.Struct, frozen=True):
    """What a demand asks of a machine, for one GPU. None is not known."""

    cuda: Version | None
    driver: Version | None
    brand: str | None
    arch: Version | None


class Condition(msgspec.Struct, frozen=True):
    """One comparison.

    Attributes:
        subject: ``cuda``, ``driver``, ``arch`` or ``brand``; of a condition that cannot be read, its whole text.
        operator: empty when the condition cannot be read.
        version: of ``value``; None for a brand.
    """

    subject: str
    operator: str = ""
    value: str = ""
    version: Version | None = None

    def __str__(self) -> str:
        return f"{self.subject}{self.operator}{self.value}"

    @property
    def readable(self) -> bool:
        """Whether it says something."""
        return bool(self.operator)

    def met_by(self, facts: GpuFacts) -> bool | None:
        """Whether it holds; None when that cannot be told."""
        if not self.readable:
            return None
        if self.version is None:
            if facts.brand is None:
                return None
            return (facts.brand.casefold() == self.value.casefold()) is (self.operator == "=")
        have = {"cuda": facts.cuda, "driver": facts.driver, "arch": facts.arch}[self.subject]
        return None if have is None else _compare(have, self.operator, self.version)


Alternative = tuple[Condition, ...]
"""Conditions that must all hold."""


class Clause(msgspec.Struct, frozen=True):
    """What one variable demands: one of the alternatives."""

    alternatives: tuple[Alternative, ...]

    def __str__(self) -> str:
        return " ".join(map(alternative_text, self.alternatives))

    def first_met(self, facts: GpuFacts) -> Alternative | None:
        """Return the alternative that is certainly met, tried in their order, or None."""
        for alternative in self.alternatives:
            outcomes = _outcomes(alternative, facts)
            if _stops(alternative, outcomes):
                return None
            if all(outcomes):
                return alternative
        return None

    def met_by(self, facts: GpuFacts) -> bool | None:
        """Whether one of the alternatives holds; None when that cannot be told."""
        if not self.alternatives or self.first_met(facts) is not None:
            return True
        seen = [_outcomes(alternative, facts) for alternative in self.alternatives]
        return False if all(False in outcomes for outcomes in seen) else None


class Demand(msgspec.Struct, frozen=True):
    """What an image demands: every clause, for every GPU that will be visible."""

    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.clauses))

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The conditions that cannot be read, as they stand."""
        return tuple(
            str(condition)
            for clause in self.clauses
            for alternative in clause.alternatives
            for condition in alternative
            if not condition.readable
        )

    def met_by(
        self,
        cuda: Version | None,
        driver: Version | None,
        brands: Iterable[str | None] = (),
        archs: Iterable[Version | None] = (),
    ) -> bool | None:
        """Whether the machine meets the demand; None when that cannot be told.

        Args:
            cuda: newest CUDA the driver runs natively.
            driver: its version.
            brands: of every GPU that will be visible (see :func:`brand_of`); of none, of one that is not known.
            archs: their compute capabilities, in the same order.
        """
        pairs = tuple(itertools.zip_longest(brands, archs)) or ((None, None),)
        outcomes = {
            clause.met_by(GpuFacts(cuda, driver, brand, arch)) for brand, arch in pairs for clause in self.clauses
        }
        if False in outcomes:
            return False
        return None if None in outcomes else True


def parse_requirement(*texts: str) -> Demand:
    """Read what one or more NVIDIA_REQUIRE_* variables hold. What cannot be read is kept and never met for certain."""
    return Demand(tuple(clause for text in texts if (clause := _clause(text)).alternatives))


def alternative_text(alternative: Iterable[Condition]) -> str:
    """Write an alternative the way images write it."""
    return ",".join(map(str, alternative))


def _clause(text: str) -> Clause:
    parts = (tuple(map(_condition, filter(None, word.split(",")))) for word in text.split())
    return Clause(tuple(part for part in parts if part))


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        return Condition(text)
    subject, operator, value = match[1].casefold(), match[2], match[3]
    if subject in _OF_TEXT and operator in ("=", "!="):
        return Condition(subject, operator, value)
    if subject in _OF_NUMBER and operator in _OPERATORS and _NUMBER.fullmatch(value):
        version = Version(int(part) for part in value.split(".") if part)
        return Condition(subject, operator, value, version)
    return Condition(text)


def _outcomes(alternative: Alternative, facts: GpuFacts) -> list[bool | None]:
    return [condition.met_by(facts) for condition in alternative]


def _stops(alternative: Alternative, outcomes: Sequence[bool | None]) -> bool:
    """Whether the evaluation comes to a condition that cannot be read: nothing before it in the alternative fails."""
    for condition, outcome in zip(alternative, outcomes, strict=True):
        if outcome is False:
            return False
        if not condition.readable:
            return True
    return False


def _compare(have: Version, operator: str, want: Version) -> bool:
    length = max(len(have), len(want))
    one = (*have, *[0] * (length - len(have)))
    other = (*want, *[0] * (length - len(want)))
    if operator in ("=", "!="):
        return (one == other) is (operator == "=")
    if one == other:
        return operator in ("<=", ">=")
    return (one < other) is (operator[0] == "<")


_SHARED_OUT = re.compile(r"\bGRID\b|-[0-9]+[ABCQ]\b")
_BRANDS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), brands)
    for pattern, brands in (
        (r"\bGeForce\b", ("geforce",)),
        (r"\bTITAN\b", ("titan",)),
        (r"\bQuadro RTX\b", ("quadrortx", "quadro")),
        (r"\bQuadro\b", ("quadro",)),
        (r"\bNVS\b", ("nvs",)),
        # one and the same Tesla T4 is of the brand Tesla for some drivers and of the brand NVIDIA for others (530.30)
        (r"\bTesla\b", ("tesla", "nvidia")),
        (r"\bNVIDIA RTX\b", ("nvidiartx",)),
        (
            r"\b(A(2|10|16|30|40|100|800)|[HB][1-3]00|H20|H800|L(2|4|20|40S?)|GH200|GB[23]00)(?![0-9])",
            ("nvidia", "tesla"),
        ),
        (r"\bNVIDIA T(400|500|600|1000|1200)\b", ("nvidia", "nvidiartx", "quadro")),
    )
)


def brands_of(name: str) -> tuple[str, ...]:
    """Return the brands that drivers report for a GPU of this name, in the words of NVIDIA_REQUIRE_CUDA.

    Empty where the name does not tell: a GPU shared out by a hypervisor has the brand of its licence, for one.
    """
    if _SHARED_OUT.search(name):
        return ()
    return next((brands for pattern, brands in _BRANDS if pattern.search(name)), ())


def brand_of(name: str) -> str | None:
    """Return the one brand that drivers report for a GPU of this name; None when it is unknown or depends on them."""
    brands = brands_of(name)
    return brands[0] if len(brands) == 1 else None
