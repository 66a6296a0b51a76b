"""Replaces one file in one step, if it is still as it was seen.

Run as a program it reads the new content, as Base64, from standard input. It is what runs as root, so it does nothing
else and imports nothing but the standard library (Python 3.8).

    python3 -I -S -c TEXT PATH SEEN MODE  SEEN: SHA-256 of the content as it was seen, or "absent"
                                          MODE: octal for a file that was not there, or "remove"

Exit codes: 0 done, 10 the file was changed meanwhile, 11 the place is not safe, 12 it could not be done (which includes
that arguments or input are wrong). Other than by 0 nothing was changed, and standard error says why.
"""

import base64
import contextlib
import errno
import hashlib
import os
import stat
import sys
from typing import List, NoReturn, Optional, Tuple

DONE, CHANGED, UNSAFE, FAILED = 0, 10, 11, 12
ABSENT, REMOVE = "absent", "remove"
OPTION = "--replace-file"
"""By this first argument the packaged app is this program."""

SIZE_LIMIT = 4 << 20
_MARK = ".drydock-"
_MOST_LINKS = 40
_ACL = "system.posix_acl_access"
_OF_THE_CONTENT = ("security.ima", "security.evm", "security.capability")
"""Attributes that vouch for a content, and are wrong for another."""


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
        real = settled(path, guarded=os.geteuid() == 0)
        return _replace(real, seen, content, mode)
    except UnsafeError as error:
        return UNSAFE, str(error)
    except OSError as error:
        return FAILED, f"{error.filename or path}: {error.strerror or error}"


class UnsafeError(Exception):
    """Somebody else than root could exchange what lies on the way to a file."""


def settled(path: str, guarded: bool) -> str:
    """Follow a path name by name and return where it ends without links; its last part need not be there.

    Args:
        path: an absolute path.
        guarded: whether every directory and link on the way must be root's alone.

    Raises:
        UnsafeError: one of them is not.
    """
    waiting = _names(path)
    real = "/"
    links = 0
    while waiting:
        if guarded:
            _check(real, last=False)
        name = waiting.pop()
        if name == "..":
            real = os.path.dirname(real)
            continue
        here = os.path.join(real, name)
        try:
            status = os.lstat(here)
        except FileNotFoundError:
            if ".." in waiting:
                _fail(errno.ENOENT, here)
            real = os.path.join(here, *reversed(waiting))
            break
        if not stat.S_ISLNK(status.st_mode):
            real = here
            continue
        links += 1
        if links > _MOST_LINKS:
            _fail(errno.ELOOP, path)
        if guarded and status.st_uid != 0:
            raise UnsafeError(f"the link {here} can be changed by others than root")
        target = os.readlink(here)
        real = "/" if target.startswith("/") else real
        waiting += _names(target)
    if guarded:
        _check(os.path.dirname(real), last=True)
    return real


def _names(path: str) -> List[str]:
    return [name for name in path.split("/") if name not in ("", ".")][::-1]


def _check(folder: str, last: bool) -> None:
    try:
        status = os.stat(folder)
    except FileNotFoundError:
        # it will be made, in one that was looked at
        return
    shared = status.st_mode & 0o002 or (status.st_mode & 0o020 and (status.st_gid != 0 or _has_acl(folder)))
    # where names are kept by their owners (as in /tmp), what root owns stays, but a new name can be taken by others
    kept = status.st_mode & stat.S_ISVTX and not last
    if status.st_uid != 0 or (shared and not kept):
        raise UnsafeError(f"{folder} can be changed by others than root")


def _has_acl(path: str) -> bool:
    try:
        return bool(os.getxattr(path, _ACL))
    except (OSError, AttributeError):
        return False


def _fail(number: int, path: str) -> NoReturn:
    raise OSError(number, os.strerror(number), path)


def _replace(real: str, seen: str, content: Optional[bytes], mode: int) -> Tuple[int, str]:
    folder, name = os.path.split(real)
    if digest_of(_read(real)) != seen:
        return CHANGED, real
    if content is None:
        if seen != ABSENT:
            os.unlink(real)
            _keep(folder)
        return DONE, real
    if not os.path.isdir(folder):
        os.mkdir(folder)
        # whatever the mask is, who could look before must be able to look again
        os.chmod(folder, 0o755)  # noqa: S103
        _keep(os.path.dirname(folder))
    _sweep(folder, name)
    # a name that no program takes for a configuration
    fresh = os.path.join(folder, f".{name}{_MARK}{os.getpid()}")
    try:
        _write(fresh, content, real, mode)
        if not _move(fresh, real, seen):
            return CHANGED, real
    finally:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
    _keep(folder)
    return DONE, real


def _move(fresh: str, real: str, seen: str) -> bool:
    """Give a file its name, unless somebody else did something there meanwhile."""
    if digest_of(_read(real)) != seen:
        return False
    if seen == ABSENT:
        try:
            # takes no name that is there
            os.link(fresh, real)
        except FileExistsError:
            return False
        except OSError:
            # a file system without second names
            os.rename(fresh, real)
        return True
    os.rename(fresh, real)
    return True


def _sweep(folder: str, name: str) -> None:
    """Remove what was left by one of these that was killed in the middle."""
    start = f".{name}{_MARK}"
    for left in os.listdir(folder):
        number = left[len(start) :] if left.startswith(start) else ""
        if number.isdigit() and not os.path.isdir(f"/proc/{number}") and os.path.isdir("/proc/self"):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, left))


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
            own = os.fstat(descriptor)
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                _give(descriptor, status, model)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            _copy_attributes(model, descriptor)
        os.fsync(descriptor)


def _give(descriptor: int, status: os.stat_result, model: str) -> None:
    try:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    except OSError as error:
        raise OSError(error.errno, f"its owner and group cannot be kept ({error.strerror})", model) from error


def _copy_attributes(model: str, descriptor: int) -> None:
    """Keep rights beyond owner, group and others, the label by which SELinux knows the file, and a person's notes."""
    try:
        names = os.listxattr(model)
    except (OSError, AttributeError):
        return
    for name in names:
        if name in _OF_THE_CONTENT:
            continue
        try:
            os.setxattr(descriptor, name, os.getxattr(model, name))
        except OSError:
            # without its list of rights the group could do more than before; for the rest the system has a rule
            if name == _ACL:
                raise


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
    try:
        path, seen, mode = words
        content, bits = None, 0
        if mode != REMOVE:
            bits = int(mode, 8)
            # what is no Base64 is not skipped: half of a file must not become a file
            content = base64.b64decode(b"".join(sys.stdin.buffer.read().split()), validate=True)
    except ValueError as error:
        sys.stderr.write(f"PATH SEEN MODE are needed, and the content as Base64 on standard input: {error}\n")
        return FAILED
    code, text = replace(path, seen, content, bits)
    (sys.stdout if code == DONE else sys.stderr).write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
