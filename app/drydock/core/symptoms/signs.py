"""Signs: what is known of how a failure shows in a log. They are data; this module makes them searchable."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.symptoms.pattern import Pattern, compile_pattern, triggers_of

Rank: TypeAlias = Literal["cause", "general", "note", "context"]

# Short texts that the patterns have in common: parts of "Error", "failed", "not found", "denied" and the like. A log is
# searched for these few, not for hundreds of patterns. None may hold white space, quotes or digits other than 0, since
# these are made even only later. A pattern that holds none of them gets a trigger of its own.
_TRIGGERS = (
    "rror", "iled", "ound", "NVRM:", "CUDA", "_STATUS_", "ocke", "defined", "file", "able", "sion", "ould", "tion",
    "port", "time", "ernel", "memory", "ected", "imit", "vice", "name", "lled", "denied", "ailure", "urrent", "annot",
    "alid", "GPU", "received", "address", "Active", "match", "have", "ternal", "nvidia", "system", "lookup", "/usr/",
    "cuda", "sign", "mage", "ERR", "LED", "onstrain", "no-cgrou", "Process", "source", "ontext", "space", "nding",
    "ende", "inte", "ited", "WARN", "NOT", "WSL",
)  # fmt: skip


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """How a known failure shows.

    Attributes:
        patterns: any of them is enough; see :mod:`drydock.core.symptoms.pattern`.
        in_context: patterns that count only where one of ``needs`` is in the same log.
        rank: ``cause`` names what went wrong; ``general`` wraps other errors, and is the answer only where nothing
            else was found; ``note`` is worth knowing and never the cause of another; ``context`` is not shown.
        explains: signs that are consequences of this one, or vaguer words for it.
        at_least: lines that must fit.
        catch_all: it does not count for a line that another sign fits.
        grave: it comes before other causes, wherever its line stands: hardware that fails.
    """

    id: str
    patterns: tuple[str, ...] = ()
    in_context: tuple[str, ...] = ()
    rank: Rank = "cause"
    explains: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    at_least: int = 1
    catch_all: bool = False
    grave: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One pattern of a sign, and whether it counts only in the context that the sign needs."""

    sign: Sign
    pattern: Pattern
    in_context: bool


class SignTable:
    """All signs, by the trigger that leads to them.

    Raises:
        ValueError: a pattern cannot be used, or a sign names another that does not exist.
    """

    def __init__(self, signs: Sequence[Sign]) -> None:
        self.signs: Mapping[str, Sign] = {sign.id: sign for sign in signs}
        self.by_trigger: dict[str, list[Entry]] = {}
        for sign in signs:
            unknown = [name for name in (*sign.explains, *sign.needs) if name not in self.signs]
            if unknown:
                raise ValueError(f"the sign {sign.id!r} names {', '.join(unknown)}, which there is not")
            for texts, in_context in ((sign.patterns, False), (sign.in_context, True)):
                patterns = [compile_pattern(text) for text in texts]
                for pattern, trigger in zip(patterns, triggers_of(patterns, _TRIGGERS), strict=True):
                    self.by_trigger.setdefault(trigger, []).append(Entry(sign, pattern, in_context))
