"""Facts from the kernel's log since the computer started."""

import msgspec

from drydock.core.facts.fact import Fact, Missing


class KernelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the kernel's log; ``seconds`` since the computer started."""

    seconds: float
    text: str


class KernelLog(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel said of GPUs, their driver, memory that ran out, and suspend.

    Attributes:
        source: the command that showed it.
        lines: the lines that matter, in their order; the newest are kept where there are many.
        uptime: seconds since the computer started.
    """

    source: str
    lines: tuple[KernelLine, ...]
    uptime: Fact[float] = Missing("not_asked")
