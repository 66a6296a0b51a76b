"""Replaces one file in one step, if it is still as it was seen.

Run as a program it reads the new content, as Base64, from standard input. It is what runs as root, so it does nothing
else and imports nothing but the standard library (Python 3.8).

    python3 -I -c TEXT PATH SEEN MODE     SEEN: SHA-256 of the content as it was seen, or "absent"
                                          MODE: octal for a file that was not there, or "remove"

Exit codes: 0 done, 10 the file was changed meanwhile, 11 the place is not safe, 12 it could not be done.
"""

import base64
import contextlib
import hashlib
import os
import stat
import sys
from typing import List, Optional, Tuple

DONE, CHANGED, UNSAFE, FAILED = 0, 10, 11, 12
ABSENT, REMOVE = "absent", "remove"
SIZE_LIMIT = 4 << 20


def digest_of(content: Optional[bytes]) -> str:
    """Return what a content is known by; ``None`` is a file that is not there."""
    return ABSENT if content is None else hashlib.sha256(content).hexdigest()


def replace(path: str, seen: str, content: Optional[bytes], mode: int) -> Tuple[int, str]:
    """Replace, make or remove a file.

    Args:
        path: where it is; of a symbolic link, the file that it leads to is replaced.
        seen: ``digest_of`` its content when the person was asked.
        content: bytes; None removes it.
        mode: permission bits of a file that was not there; otherwise it keeps its own, and its owner.

    Returns:
        One of the exit codes, and a text.
    """
    try:
        real = os.path.realpath(path)
        risk = _risk(real)
        if risk:
            return UNSAFE, risk
        return _replace(real, seen, content, mode)
    except OSError as error:
        return FAILED, str(error)


def _replace(real: str, seen: str, content: Optional[bytes], mode: int) -> Tuple[int, str]:
    folder, name = os.path.split(real)
    if content is not None and not os.path.isdir(folder):
        os.mkdir(folder, 0o755)
    if digest_of(_read(real)) != seen:
        return CHANGED, real
    if content is None:
        if seen != ABSENT:
            os.unlink(real)
            _keep(folder)
        return DONE, real
    # a name that no program takes for a configuration
    fresh = os.path.join(folder, f".{name}.drydock-{os.getpid()}")
    try:
        _write(fresh, content, real, mode)
        if digest_of(_read(real)) != seen:
            return CHANGED, real
        os.rename(fresh, real)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
    _keep(folder)
    return DONE, real


def _risk(real: str) -> str:
    """Return why root must not write here: somebody else could exchange a directory on the way."""
    if os.geteuid() != 0:
        return ""
    folder = os.path.dirname(real)
    while True:
        if os.path.isdir(folder):
            status = os.stat(folder)
            shared = status.st_mode & 0o002 or (status.st_mode & 0o020 and status.st_gid != 0)
            if status.st_uid != 0 or (shared and not status.st_mode & stat.S_ISVTX):
                return f"{folder} can be changed by others than root"
        if folder == os.path.dirname(folder):
            return ""
        folder = os.path.dirname(folder)


def _read(path: str) -> Optional[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise OSError(f"{path} is larger than any settings file")
    return content


def _write(fresh: str, content: bytes, model: str, mode: int) -> None:
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        try:
            status = os.stat(model)
        except FileNotFoundError:
            os.fchmod(descriptor, mode)
        else:
            os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            _copy_label(model, descriptor)
        os.fsync(descriptor)


def _copy_label(model: str, descriptor: int) -> None:
    # SELinux knows files by a label; where there is none, or it may not be set, the directory's rule decides
    with contextlib.suppress(OSError, AttributeError):
        os.setxattr(descriptor, "security.selinux", os.getxattr(model, "security.selinux"))


def _keep(folder: str) -> None:
    """Make the change outlive a power cut; file systems that cannot do that for a directory do it by themselves."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def main(words: List[str]) -> int:
    """Do what the arguments say; return the exit code."""
    path, seen, mode = words
    content = None if mode == REMOVE else base64.b64decode(sys.stdin.buffer.read())
    code, text = replace(path, seen, content, 0 if mode == REMOVE else int(mode, 8))
    (sys.stdout if code == DONE else sys.stderr).write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
