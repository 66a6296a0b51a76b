"""The lines of the kernel's log that tell of GPUs, of their driver, and of memory that ran out."""

import re
from collections.abc import Iterator

from drydock.core.facts import Fact, KernelLine, KernelLog, Known, Missing
from drydock.world import Outcome, World

_LIMIT = 4.0
_MOST_LINES = 200
_NEWEST = 20_000
"""Lines asked of the journal: that of a computer which is up for months is longer than what is kept of an output."""
_LONGEST = 400

_WANTED = re.compile(
    r"NVRM|\bXid\b|nvidia|nouveau|\bnova|Out of memory|oom-kill|oom_reaper|Killed process|unsigned module"
    r"|PKCS#7|key was rejected|module .* is rejected"
    r"|IO_PAGE_FAULT|BAR \d+.*no space|PM: suspend|AER:.*(?:Fatal|Uncorrect)",
    re.IGNORECASE,
)
_NOISE = re.compile(r"audit: |apparmor=|input: .*HDMI|snd_hda|systemd\[1\]", re.IGNORECASE)
_STAMP = re.compile(r"^(?:<\d+>)?\[\s*(\d{1,12}\.\d{1,9})\]\s?(.*)$")
_HOST_AND_KERNEL = re.compile(r"^\S+ kernel: ")


def collect_kernel_log(world: World) -> Fact[KernelLog]:
    """Read the log of this start of the computer with dmesg, or with journalctl where dmesg may not."""
    if world.system() != "linux":
        return Missing("not_applicable")
    first = world.run(["dmesg"], limit=_LIMIT, keep_end=True)
    if first.succeeded and first.stdout.strip():
        return _log(world, "dmesg", first.stdout)
    arguments = ["journalctl", "-k", "-b", "-o", "short-monotonic", "--no-pager", "-q", "-n", str(_NEWEST)]
    second = world.run(arguments, limit=_LIMIT, keep_end=True)
    if second.succeeded and second.stdout.strip():
        return _log(world, "journalctl -k -b", second.stdout)
    return _why(first, second)


def _why(first: Outcome, second: Outcome) -> Missing:
    told = "; ".join(text for text in (_told(first), _told(second)) if text)
    words = told.lower()
    if "timeout" in (first.problem, second.problem):
        return Missing("timeout", told)
    if first.problem == second.problem == "not_found":
        return Missing("absent", told)
    if "not permitted" in words or "permission" in words or second.succeeded:
        # journalctl shows an empty log, and no error, to those who may not see the kernel's
        return Missing("no_permission", told)
    return Missing("failed", told)


def _told(outcome: Outcome) -> str:
    return outcome.stderr.strip()[:200] or (f"{outcome.argv[0]}: {outcome.problem}" if outcome.problem else "")


def _log(world: World, source: str, text: str) -> Known[KernelLog]:
    lines = tuple(parse_kernel_log(text))[-_MOST_LINES:]
    return Known(KernelLog(source=source, lines=lines, uptime=_uptime(world)))


def parse_kernel_log(text: str) -> Iterator[KernelLine]:
    """Yield the lines that matter; the further lines of one message have no time stamp and get that of its first."""
    seconds = 0.0
    for raw in text.splitlines():
        match = _STAMP.match(raw)
        if match:
            seconds = float(match[1])
        body = _HOST_AND_KERNEL.sub("", match[2] if match else raw).strip()
        if _WANTED.search(body) and not _NOISE.search(body):
            yield KernelLine(seconds=seconds, text=body[:_LONGEST])


def _uptime(world: World) -> Fact[float]:
    text = world.read_text("/proc/uptime", 256)
    if isinstance(text, Missing):
        return text
    match = re.match(r"\d{1,12}(?:\.\d{1,9})?\b", text.value)
    return Known(float(match[0])) if match else Missing("failed", text.value[:100])
