"""Checks of what a container allows: shared memory, limits, processors, volumes, clock, network."""

import errno
from typing import cast

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok
from drydock.core.checks.inner import gib, limit_text, measured
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.facts.container import InnerLimits, Reached, VolumeTest
from drydock.core.findings import Evidence

_LEAST_SHM = 1 << 30
"""What DataLoader workers with batches of images fill soon; the engine's own default is 64 MiB."""

_LEAST_MEMLOCK = 64 << 10
"""Linux's own default before 5.16; NCCL over InfiniBand and io_uring need far more, CUDA itself none."""

_LEAST_STACK = 8 << 20
_LEAST_FILES = 1024
_LEAST_MEMORY = 4 << 30
_MOST_SKEW = 5.0
"""Seconds; certificates and tokens are judged by minutes, build times of files by seconds."""

_DENIED = (errno.EACCES, errno.EPERM)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def _limits(snapshot: Snapshot) -> InnerLimits | Answer:
    got = measured(snapshot, "limits inside", "limits")
    return got if isinstance(got, Answer) else cast("InnerLimits", got[1])


def ask_shm(snapshot: Snapshot) -> Answer:
    """Ask how much shared memory the container has."""
    got = measured(snapshot, "limits inside", "limits")
    if isinstance(got, Answer):
        return got
    facts, limits = got[0], cast("InnerLimits", got[1])
    size = limits.shm
    evidence = (
        Evidence("df /dev/shm, inside", "absent" if size is None else gib(size)),
        Evidence("asked for", gib(facts.shm_asked)),
    )
    if size is None:
        return attention("absent", *evidence)
    if facts.shm_asked and size < 0.9 * facts.shm_asked:
        return attention("less", *evidence, size=gib(size), asked=gib(facts.shm_asked))
    if size < _LEAST_SHM:
        return attention("small", *evidence, size=gib(size))
    return ok(*evidence, size=gib(size))


def ask_memlock(snapshot: Snapshot) -> Answer:
    """Ask how much memory a process inside may lock."""
    limits = _limits(snapshot)
    if isinstance(limits, Answer):
        return limits
    size = limit_text(limits.memlock)
    evidence = Evidence("ulimit -l, inside", size)
    # only traffic between GPUs or computers locks memory through this limit
    if limits.memlock is not None and limits.memlock <= _LEAST_MEMLOCK and len(snapshot.gpus) > 1:
        return attention("small", evidence, size=size)
    return ok(evidence, size=size)


def ask_stack(snapshot: Snapshot) -> Answer:
    """Ask how large a thread's stack may be."""
    limits = _limits(snapshot)
    if isinstance(limits, Answer):
        return limits
    size = limit_text(limits.stack)
    evidence = Evidence("ulimit -s, inside", size)
    if limits.stack is not None and limits.stack < _LEAST_STACK:
        return attention("small", evidence, size=size)
    return ok(evidence, size=size)


def ask_nofile(snapshot: Snapshot) -> Answer:
    """Ask how many files a process may hold open."""
    limits = _limits(snapshot)
    if isinstance(limits, Answer):
        return limits
    count = "unlimited" if limits.nofile is None else str(limits.nofile)
    evidence = Evidence("ulimit -n, inside", count)
    if limits.nofile is not None and limits.nofile < _LEAST_FILES:
        return attention("small", evidence, count=count)
    return ok(evidence, count=count)


def ask_memory(snapshot: Snapshot) -> Answer:
    """Ask whether a limit on memory lies on the container that nobody asked for."""
    limits = _limits(snapshot)
    if isinstance(limits, Answer):
        return limits
    evidence = Evidence("memory.max, inside", limit_text(limits.memory))
    if limits.memory is None:
        return ok(evidence)
    size = gib(limits.memory)
    if limits.memory < _LEAST_MEMORY:
        return attention("small", evidence, size=size)
    return ok(evidence, variant="limited", size=size)


def ask_cpus(snapshot: Snapshot) -> Answer:
    """Ask how many processors the container may use."""
    limits = _limits(snapshot)
    if isinstance(limits, Answer):
        return limits
    quota = limits.cpus
    evidence = Evidence(
        "cpu.max and affinity, inside",
        f"{'no quota' if quota is None else f'quota of {quota:g}'}, {limits.threads} threads",
    )
    usable = limits.threads if quota is None else min(quota, limits.threads)
    cpu = known_or(snapshot.host.cpu, None)
    if quota is not None and quota < limits.threads and not snapshot.engine.remote:
        return attention("quota", evidence, count=f"{quota:g}", threads=limits.threads)
    if cpu and limits.threads < cpu.threads and not snapshot.engine.remote:
        return attention("fewer", evidence, count=f"{usable:g}", threads=cpu.threads)
    return ok(evidence, count=f"{usable:g}")


def ask_volume(snapshot: Snapshot) -> Answer:
    """Ask whether what runs inside may write to a directory of the workspace, and whose the file is then."""
    got = measured(snapshot, "a file in a mounted directory", "volume")
    if isinstance(got, Answer):
        return got
    tested = cast("VolumeTest", got[1])
    where = f"write to {tested.path} as user {tested.uid}"
    if tested.step:
        evidence = Evidence(where, f"{tested.step}: {tested.error}")
        variant = "failed"
        if tested.number in _DENIED:
            variant = "denied"
        elif tested.number in _FULL:
            variant = "full"
        elif tested.number == errno.EROFS:
            variant = "read_only"
        return broken(variant, evidence, path=tested.path, uid=tested.uid, text=tested.error)
    owner, user = tested.owner, known_or(snapshot.host.user, None)
    if not isinstance(owner, Known):
        return attention("unseen", Evidence(where, "done; not to be seen on this computer"), path=tested.path)
    evidence = Evidence(where, f"done; on this computer the file belongs to user {owner.value}")
    if user and owner.value != user.uid:
        return ok(evidence, variant="other_owner", owner=owner.value, uid=user.uid)
    return ok(evidence)


def ask_clock(snapshot: Snapshot) -> Answer:
    """Ask whether the clock inside goes right."""
    got = measured(snapshot, "time inside", "clock_ahead")
    if isinstance(got, Answer):
        return got
    ahead = cast("float", got[1])
    evidence = Evidence("clock inside against this computer's", f"{ahead:+.1f} s")
    if abs(ahead) > _MOST_SKEW:
        return attention("skewed", evidence, seconds=f"{abs(ahead):.0f}", way="ahead" if ahead > 0 else "behind")
    return ok(evidence)


def ask_network(snapshot: Snapshot) -> Answer:
    """Ask whether the package index and the image's registry can be called from inside."""
    got = measured(snapshot, "calls from inside", "network")
    if isinstance(got, Answer):
        return got
    reached = cast("tuple[Reached, ...]", got[1])
    evidence = tuple(
        Evidence(f"{one.purpose} {one.host}:{one.port}", f"{one.step}: {one.error}" if one.step else "answered")
        for one in reached
    )
    if not reached:
        return not_tested("no_target")
    failed = [one for one in reached if one.step]
    if not failed:
        return ok(*evidence)
    first = failed[0]
    variant = {"name": "no_names", "tls": "certificate"}.get(first.step, "unreachable")
    return attention(variant, *evidence, host=first.host, port=first.port, text=first.error)
