"""Why a container or a build ended, from what it left: exit status and the last lines."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.trouble import Trouble

BuildFailure: TypeAlias = Literal[
    "launch-build-certificate",
    "launch-build-no-network",
    "launch-build-no-python",
    "launch-build-no-apt",
    "launch-build-disk-full",
    "launch-build-failed",
]

_TAIL_LINES = 15
_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}

EndingKind: TypeAlias = Literal[
    "well",
    "memory",
    "memory_inside",
    "shm",
    "killed",
    "terminated",
    "interrupted",
    "segfault",
    "abort",
    "illegal",
    "arithmetic",
    "signal",
    "engine",
    "not_runnable",
    "not_found",
    "failed",
]
_BY_CODE: dict[int, EndingKind] = {0: "well", 125: "engine", 126: "not_runnable", 127: "not_found"}
_BY_SIGNAL: dict[int, EndingKind] = {
    2: "interrupted",
    4: "illegal",
    6: "abort",
    7: "shm",
    8: "arithmetic",
    9: "killed",
    11: "segfault",
    15: "terminated",
}
_EXPECTED: frozenset[EndingKind] = frozenset(("well", "terminated", "interrupted"))


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a container's main program ended; the words are in resources, ``knowledge/endings.toml``.

    Attributes:
        signal: number of the signal that ended it; 0 where none did.
    """

    kind: EndingKind
    code: int
    signal: int = 0

    @property
    def expected(self) -> bool:
        """Whether it ended by itself or because it was asked to."""
        return self.kind in _EXPECTED


def ending_of(exit_code: int, *, oom_killed: bool) -> Ending:
    """Return how a container ended, from what the engine's inspection says.

    The engine's mark for an out-of-memory kill stays when only a child was killed, so that it explains the end of the
    main program only together with signal 9.
    """
    signal = exit_code - 128 if 128 < exit_code <= 128 + 64 else 0
    kind = _BY_CODE.get(exit_code) or (_BY_SIGNAL.get(signal, "signal") if signal else "failed")
    if oom_killed:
        kind = "memory" if kind == "killed" else kind if kind in ("well", "terminated") else "memory_inside"
    return Ending(kind=kind, code=exit_code, signal=signal)


# in this order: a failed certificate check is told as a failed connection later on
_BUILD_SIGNS: tuple[tuple[BuildFailure, tuple[str, ...]], ...] = (
    ("launch-build-disk-full", ("no space left on device",)),
    ("launch-build-certificate", ("certificate_verify_failed", "certificate verif")),
    (
        "launch-build-no-network",
        (
            "temporary failure in name resolution",
            "name or service not known",
            "failed to establish a new connection",
            "temporary failure resolving",
            "could not resolve",
            "network is unreachable",
            "connection refused",
            "connection timed out",
            "max retries exceeded",
            "read timed out",
            "(from versions: none)",
        ),
    ),
    ("launch-build-no-python", ("python3: not found", "python3: command not found", "no module named pip")),
    ("launch-build-no-apt", ("apt-get: not found", "apt-get: command not found")),
)  # fmt: skip


def ending_trouble(name: str, exit_code: int | None, *, oom_killed: bool, log: Sequence[str]) -> Trouble:
    """Return why a container that should be running is not, with the end of its log."""
    tail = "\n".join(log[-_TAIL_LINES:]) or "(it wrote nothing)"
    code = exit_code if exit_code is not None else -1
    ending = ending_of(code, oom_killed=oom_killed)
    if oom_killed:
        return Trouble("launch-died-memory", name=name, code=code, log=tail)
    if ending.kind in ("not_runnable", "not_found"):
        return Trouble("launch-died-command", name=name, code=code, log=tail)
    if ending.signal:
        signal = _SIGNALS.get(ending.signal, f"signal {ending.signal}")
        trouble_id = "launch-died-shm" if ending.kind == "shm" else "launch-died-signal"
        return Trouble(trouble_id, name=name, code=code, signal=signal, log=tail)
    return Trouble("launch-died", name=name, code=code, log=tail)


def build_failure(lines: Sequence[str]) -> BuildFailure:
    """Return what kept the service image from being built, from the build's lines."""
    text = "\n".join(lines).lower()
    for failure, signs in _BUILD_SIGNS:
        if any(sign in text for sign in signs):
            return failure
    return "launch-build-failed"
