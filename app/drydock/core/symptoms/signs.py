"""Signs: what is known of how a failure shows in a log. They are data; this module makes them searchable."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.symptoms.pattern import Pattern, compile_pattern, triggers_of

Rank: TypeAlias = Literal["cause", "general", "note", "context"]

# Short texts that the patterns have in common. A log is searched for these few, not for hundreds of patterns; none may
# hold a space, since white space is only made even in the lines that are looked at.
_TRIGGERS = (
    "Xid", "NVRM", "NVML", "nvidia-container", "nvidia", "NCCL", "CUDA", "cuda", "CUDNN", "cuDNN", "CUBLAS",
    "rror", "ailed", "not", "annot", "enied", "undefined", "illed", "memory", "already", "unable", "nable",
    "invalid", "nvalid", "nsupported", "conflict", "isMatch", "timed",
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


class SignTable:
    """All signs, by the trigger that leads to them.

    Raises:
        ValueError: a pattern cannot be used, or a sign names another that does not exist.
    """

    def __init__(self, signs: Sequence[Sign]) -> None:
        self.signs: Mapping[str, Sign] = {sign.id: sign for sign in signs}
        self.by_trigger: dict[str, list[tuple[Sign, Pattern, bool]]] = {}
        for sign in signs:
            unknown = [name for name in (*sign.explains, *sign.needs) if name not in self.signs]
            if unknown:
                raise ValueError(f"the sign {sign.id!r} names {', '.join(unknown)}, which there is not")
            for texts, in_context in ((sign.patterns, False), (sign.in_context, True)):
                patterns = [compile_pattern(text) for text in texts]
                for pattern, trigger in zip(patterns, triggers_of(patterns, _TRIGGERS), strict=True):
                    self.by_trigger.setdefault(trigger, []).append((sign, pattern, in_context))
