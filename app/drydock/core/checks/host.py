"""Checks of the computer itself."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.situation import gigabytes, is_wsl
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

SMALL_MEMORY = 8 * 10**9
"""Bytes. Importing torch with CUDA takes one to two gigabytes and weights pass through main memory on their way."""

SMALL_ROOM = 2 * 10**9
"""Bytes free in the home and temporary directories: settings and history are small, but checkpoints are not."""

SMALL_SHM = 10**9
"""Bytes. Workers of a DataLoader pass batches through /dev/shm; an engine gives a container 64 MiB unless told."""


def ask_system(snapshot: Snapshot) -> Answer:
    """Ask whether Drydock's way (Linux containers with an NVIDIA GPU) exists on this system at all."""
    host = snapshot.host
    evidence = (
        seen("system", Known(host.system)),
        seen("kernel release", host.kernel),
        seen("architecture", Known(host.architecture)),
    )
    if host.system == "other" and isinstance(host.kernel, Missing):
        # every system names its kernel: this one was not looked at
        return unknown("kernel release", host.kernel)
    if host.system not in ("linux", "windows"):
        return attention("no_cuda", *evidence, system=host.system)
    if is_wsl(snapshot) and _is_wsl1(known_or(host.kernel, "")):
        return broken("wsl1", *evidence, kernel=known_or(host.kernel, ""))
    if host.architecture not in ("amd64", "arm64"):
        return attention("architecture", *evidence, architecture=host.architecture)
    name = host.distribution.value.pretty if isinstance(host.distribution, Known) else host.system
    if is_wsl(snapshot):
        return ok(*evidence, variant="wsl2", name=name)
    return ok(*evidence, name=name, architecture=host.architecture)


def _is_wsl1(kernel: str) -> bool:
    # WSL 1 imitates a fixed 4.4 kernel; WSL 2 runs a real one, which has been newer from the start
    return kernel.startswith("4.4.") and "microsoft" in kernel.lower()


def ask_memory(snapshot: Snapshot) -> Answer:
    """Ask whether main memory is enough to load a framework and a model."""
    memory = snapshot.host.memory
    if isinstance(memory, Missing):
        return unknown("memory", memory)
    total, available = memory.value.total, memory.value.available
    swap = "unknown" if memory.value.swap_total is None else memory.value.swap_total
    evidence = Evidence("memory", f"bytes: total {total}, available {available}, swap {swap}")
    values = {"total": gigabytes(total), "available": gigabytes(available)}
    if total < SMALL_MEMORY:
        return attention("small", evidence, **values)
    if available < SMALL_MEMORY // 4:
        return attention("full", evidence, **values)
    return ok(evidence, **values)


def ask_disk(snapshot: Snapshot) -> Answer:
    """Ask whether the home and temporary directories have room."""
    places = [disk for disk in snapshot.host.disks if disk.purpose != "engine data"]
    evidence = tuple(seen(f"free bytes at {disk.path}", disk.free) for disk in places)
    measured = [(disk.free.value, disk.path) for disk in places if isinstance(disk.free, Known)]
    if not measured:
        return not_tested("unknown", *evidence, why="no file system could be measured")
    free, path = min(measured)
    if free < SMALL_ROOM:
        return attention("small", *evidence, path=path, free=gigabytes(free))
    return ok(*evidence, path=path, free=gigabytes(free))


def ask_shm(snapshot: Snapshot) -> Answer:
    """Ask whether shared memory on the host is large enough for programs that run on the host or share its IPC."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    total = snapshot.host.shm_total
    if isinstance(total, Missing):
        return unknown("shared memory of the host", total)
    evidence = Evidence("shared memory of the host", f"{total.value} bytes")
    if total.value < SMALL_SHM:
        return attention("small", evidence, size=gigabytes(total.value))
    return ok(evidence, size=gigabytes(total.value))


def ask_libraries(snapshot: Snapshot) -> Answer:
    """Ask whether LD_LIBRARY_PATH puts other CUDA libraries before those that torch brings."""
    value = snapshot.host.environment.get("LD_LIBRARY_PATH", "")
    if not value:
        return ok()
    evidence = Evidence("LD_LIBRARY_PATH", value)
    entries = [entry for entry in value.split(":") if entry]
    for variant, words in (("stubs", ("stubs",)), ("compat", ("compat",)), ("cuda", ("cuda", "cudnn", "nccl"))):
        found = [entry for entry in entries if any(word in entry.lower() for word in words)]
        if found:
            return attention(variant, evidence, entry=found[0])
    return ok(evidence, variant="harmless")
