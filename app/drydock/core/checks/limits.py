"""Checks of limits, clock and variables of the host that make programs fail in ways that do not name them."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.situation import duration
from drydock.core.facts import Missing, Snapshot, known_or
from drydock.core.findings import Evidence

_SMALL_STACK = 2 << 20
_FEW_FILES = 1024
"""Soft limits below what Linux distributions give: 8 MiB of stack, 1024 open files."""
_LITTLE_LOCKED = 64 << 20
"""Bytes of locked memory. Only InfiniBand needs more than a few: its buffers count, CUDA's do not."""

_DAY = 86_400
_LATE = 600


def ask_limits(snapshot: Snapshot) -> Answer:
    """Ask whether the limits that programs of this session inherit are low."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    limits = snapshot.host.limits
    if isinstance(limits, Missing):
        return unknown("/proc/self/limits", limits)
    found = limits.value
    words = (("locked memory", found.locked_memory), ("stack", found.stack), ("open files", found.open_files))
    evidence = tuple(
        Evidence(f"limit of {name}", "unlimited" if value is None else str(value)) for name, value in words
    )
    if found.stack is not None and found.stack < _SMALL_STACK:
        return attention("stack", *evidence, kib=found.stack >> 10)
    if found.open_files is not None and found.open_files < _FEW_FILES:
        return attention("files", *evidence, count=found.open_files)
    adapters = known_or(snapshot.setup.infiniband, ())
    if adapters and found.locked_memory is not None and found.locked_memory < _LITTLE_LOCKED:
        return attention("locked", *evidence, mib=found.locked_memory >> 20, adapters=", ".join(adapters))
    return ok(*evidence)


def ask_overcommit(snapshot: Snapshot) -> Answer:
    """Ask whether the kernel refuses to promise more memory than there is, which CUDA relies on."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    rule = snapshot.host.overcommit
    if isinstance(rule, Missing):
        return unknown("vm.overcommit_memory", rule)
    evidence = seen("vm.overcommit_memory", rule)
    return attention("strict", evidence) if rule.value == 2 else ok(evidence)


def ask_clock(snapshot: Snapshot) -> Answer:
    """Ask whether the system clock is plausible: certificates are valid only in their time."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    clock = snapshot.host.clock
    if isinstance(clock, Missing):
        return unknown("system clock", clock)
    evidence = (
        Evidence("system clock", snapshot.taken_at),
        seen("seconds by which the newest system file lies ahead", clock.value.files_ahead),
        seen("seconds by which the hardware clock is ahead", clock.value.hardware_ahead),
        seen("set by systemd's time service", clock.value.synchronized),
    )
    behind = known_or(clock.value.files_ahead, 0)
    if behind > _LATE:
        answer = broken if behind > _DAY else attention
        return answer("behind", *evidence, time=snapshot.taken_at, late=duration(behind))
    apart = known_or(clock.value.hardware_ahead, 0)
    if abs(apart) > _DAY:
        # less may be a hardware clock that keeps local time, as Windows wants it
        return attention("apart", *evidence, time=snapshot.taken_at, difference=duration(abs(apart)))
    if isinstance(clock.value.files_ahead, Missing) and isinstance(clock.value.hardware_ahead, Missing):
        return not_tested("unknown", *evidence, why="there is nothing to compare it with")
    return ok(*evidence, time=snapshot.taken_at)


def ask_restart(snapshot: Snapshot) -> Answer:
    """Ask whether an update waits for a restart."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    wanted = snapshot.host.restart_wanted
    if isinstance(wanted, Missing):
        return unknown("/run/reboot-required", wanted)
    evidence = seen("/run/reboot-required.pkgs", wanted)
    if not wanted.value:
        return ok(evidence)
    ours = [name for name in wanted.value if "nvidia" in name or name.startswith("linux-")]
    if ours:
        return attention("driver", evidence, packages=", ".join(ours))
    return ok(evidence, variant="other", packages=", ".join(wanted.value))


_CUDA_WORDS = ("cuda", "nvidia", "stubs", "nccl", "cudnn")


def ask_preload(snapshot: Snapshot) -> Answer:
    """Ask whether LD_PRELOAD pushes a CUDA library into every program."""
    value = snapshot.host.environment.get("LD_PRELOAD", "")
    if not value:
        return ok()
    evidence = Evidence("LD_PRELOAD", value)
    found = [entry for entry in value.replace(":", " ").split() if any(word in entry.lower() for word in _CUDA_WORDS)]
    return attention("cuda", evidence, entry=found[0]) if found else ok(evidence, variant="other", value=value)
