"""Reading files with limits; nothing here blocks on a pipe or a device, and nothing raises."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from drydock.core.facts import Known, Missing, Why
from drydock.world.interface import FileStatus

_MOST_NAMES = 20_000


def missing(error: OSError) -> Missing:
    """Translate an operating system error."""
    why: Why = "failed"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        why = "absent"
    elif isinstance(error, PermissionError):
        why = "no_permission"
    elif error.errno in {errno.ENODEV, errno.EOPNOTSUPP, errno.ENXIO}:
        why = "not_supported"
    return Missing(why, str(error))


def read_text(path: str, size_limit: int) -> Known[str] | Missing:
    """Read at most ``size_limit`` bytes of a regular file (files of /proc and /sys are regular)."""
    try:
        # without O_NONBLOCK, opening a FIFO would wait for a writer
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        return missing(error)
    except ValueError as error:
        return Missing("failed", str(error))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Missing("failed", f"{path} is not a regular file")
        return Known(_read_up_to(descriptor, size_limit).decode("utf-8", "replace"))
    except OSError as error:
        return missing(error)
    finally:
        os.close(descriptor)


def _read_up_to(descriptor: int, size_limit: int) -> bytes:
    content = bytearray()
    while len(content) < size_limit:
        # the size that /proc reports is 0, so reading goes on until nothing comes
        piece = os.read(descriptor, min(1 << 16, size_limit - len(content)))
        if not piece:
            break
        content += piece
    return bytes(content)


def list_directory(path: str) -> Known[tuple[str, ...]] | Missing:
    """Return the sorted names in a directory."""
    names: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) >= _MOST_NAMES:
                    break
    except OSError as error:
        return missing(error)
    except ValueError as error:
        return Missing("failed", str(error))
    return Known(tuple(sorted(names)))


def file_status(path: str) -> Known[FileStatus] | Missing:
    """Return owner, mode and time of a file, directory or node; links are followed."""
    try:
        found = Path(path).stat()
        return Known(
            FileStatus(
                mode=stat.S_IMODE(found.st_mode),
                owner=_owner(Path(path).owner, found.st_uid),
                group=_owner(Path(path).group, found.st_gid),
                modified=found.st_mtime,
                readable=os.access(path, os.R_OK),
                writable=os.access(path, os.W_OK),
                changed=found.st_ctime,
            )
        )
    except OSError as error:
        return missing(error)
    except ValueError as error:
        return Missing("failed", str(error))


def _owner(name: Callable[[], str], number: int) -> str:
    try:
        return name()
    except (KeyError, OSError, NotImplementedError):
        # no entry in the user database, or a system without one
        return str(number)


def resolve_link(path: str) -> Known[str] | Missing:
    """Return the name of the file that a symbolic link leads to in the end."""
    link = Path(path)
    try:
        if not link.is_symlink():
            return Missing("failed", f"{path} is not a symbolic link") if link.exists() else Missing("absent", path)
        return Known(link.resolve().name)
    except OSError as error:
        return missing(error)
    except (ValueError, RuntimeError) as error:
        return Missing("failed", str(error))
