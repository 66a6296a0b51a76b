"""Facts that the operating system tells about the computer. psutil is imported only when asked."""

import contextlib
import os
import platform
import shutil
from pathlib import Path
from typing import Literal

from drydock.core.facts import Cpu, Fact, Known, Memory, Missing, User
from drydock.world import files

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS: dict[str, Literal["linux", "windows", "macos"]] = {
    "Linux": "linux",
    "Windows": "windows",
    "Darwin": "macos",
}


def system() -> Literal["linux", "windows", "macos", "other"]:
    """Return the kind of operating system."""
    return _SYSTEMS.get(platform.system(), "other")


def architecture() -> str:
    """Return the architecture in the words of container images, else the machine's own word."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)


def kernel_release() -> Fact[str]:
    """Return the kernel release."""
    release = platform.release()
    return Known(release) if release else Missing("absent")


def cpu() -> Fact[Cpu]:
    """Return the processor's name, physical cores, and the hardware threads this process may use."""
    import psutil

    try:
        cores = psutil.cpu_count(logical=False)
    except (OSError, psutil.Error):
        cores = None
    threads = _usable_threads()
    return Known(Cpu(model=_cpu_model(), cores=cores, threads=threads))


def _usable_threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        with contextlib.suppress(OSError):
            return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    text = files.read_text("/proc/cpuinfo", 1 << 16)
    if isinstance(text, Known):
        for line in text.value.splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model") and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown"


def memory() -> Fact[Memory]:
    """Return main memory and swap."""
    import psutil

    try:
        main = psutil.virtual_memory()
    except (OSError, psutil.Error, ValueError) as error:
        return Missing("failed", str(error))
    try:
        swap = psutil.swap_memory().total
    except (OSError, psutil.Error, ValueError, RuntimeWarning):
        # some containers hide the counters that psutil reads besides the size
        swap = None
    return Known(Memory(total=main.total, available=main.available, swap_total=swap))


def disk_room(path: str) -> Fact[tuple[int, int]]:
    """Return (total, free for this user) of the file system of ``path``, or of its nearest directory that exists."""
    place = Path(path)
    while True:
        try:
            usage = shutil.disk_usage(place)
        except FileNotFoundError as error:
            if place == place.parent:
                return files.missing(error)
            place = place.parent
        except OSError as error:
            return files.missing(error)
        except ValueError as error:
            return Missing("failed", str(error))
        else:
            return Known((usage.total, usage.free))


def inode_room(path: str) -> Fact[tuple[int, int]]:
    """Return how many files the file system of ``path`` can hold and how many more; some count none beforehand."""
    ask = getattr(os, "statvfs", None)
    if ask is None:
        return Missing("not_applicable")
    try:
        told = ask(path)
    except OSError as error:
        return files.missing(error)
    except ValueError as error:
        return Missing("failed", str(error))
    if not told.f_files:
        return Missing("not_supported", "this file system makes room for files as they come")
    return Known((told.f_files, told.f_favail))


def user() -> Fact[User]:
    """Return who runs this process, with the groups of the session and those of the user database."""
    try:
        import grp
        import pwd
    except ImportError:
        return Missing("not_applicable")
    uid = os.getuid()
    session = {os.getegid(), *os.getgroups()}
    try:
        entry = pwd.getpwuid(uid)
        database = set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    except (KeyError, OSError):
        # a numeric user without an entry, as in containers
        database = session

    def names(numbers: set[int]) -> tuple[str, ...]:
        found: list[str] = []
        for number in sorted(numbers):
            try:
                found.append(grp.getgrgid(number).gr_name)
            except (KeyError, OSError):
                found.append(str(number))
        return tuple(found)

    return Known(User(uid=uid, groups=names(session), database_groups=names(database)))
