"""Why a container or a build ended, from what it left: exit status and the last lines."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

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
    if oom_killed:
        return Trouble("launch-died-memory", name=name, code=code, log=tail)
    if code in (126, 127):
        return Trouble("launch-died-command", name=name, code=code, log=tail)
    if code > 128:
        signal = _SIGNALS.get(code - 128, f"signal {code - 128}")
        trouble_id = "launch-died-shm" if signal == "SIGBUS" else "launch-died-signal"
        return Trouble(trouble_id, name=name, code=code, signal=signal, log=tail)
    return Trouble("launch-died", name=name, code=code, log=tail)


def build_failure(lines: Sequence[str]) -> BuildFailure:
    """Return what kept the service image from being built, from the build's lines."""
    text = "\n".join(lines).lower()
    for failure, signs in _BUILD_SIGNS:
        if any(sign in text for sign in signs):
            return failure
    return "launch-build-failed"
