"""The doors through which something of this computer is changed: files, and programs that run as root."""

import base64
import os
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Fact, Known, Missing
from drydock.world import files
from drydock.world.interface import Outcome, World

Way: TypeAlias = Literal["root", "pkexec", "askpass", "terminal", "passwordless"]
"""How a step gets to run as root: it is root already; a window of the desktop asks; sudo's helper asks; sudo asks on
the terminal; sudo asks nothing."""

_PREFIXES: dict[Way, tuple[str, ...]] = {
    "root": (),
    "pkexec": ("pkexec",),
    "askpass": ("sudo", "-A", "--"),
    "terminal": ("sudo", "--"),
    "passwordless": ("sudo", "-n", "--"),
}

_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin", "/snap/bin")
"""Only root can write here: what runs as root is never looked for in a person's own PATH."""

_PYTHONS = ("/usr/bin/python3", "/bin/python3", "/usr/libexec/platform-python")
"""The system's own Python; the one that runs Drydock may lie where a person can change it."""

_ASK_LIMIT = 180.0
"""Seconds to type a password."""

_WRITE_LIMIT = 30.0
_SIZE_LIMIT = 1 << 20

_DISMISSED, _NOT_ALLOWED = 126, 127
"""What pkexec ends with when its question was closed, and when the answer was no."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs this process."""

    name: str
    uid: int
    gid: int
    home: str


def person() -> Fact[Person]:
    """Return who runs this process, by the user database and not by the environment."""
    try:
        import pwd
    except ImportError:
        return Missing("not_applicable")
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return Missing("absent", f"user {os.getuid()} has no entry in the user database")
    home = os.environ.get("HOME") or entry.pw_dir
    return Known(Person(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=home))


def read_bytes(path: str, size_limit: int = _SIZE_LIMIT) -> Fact[bytes]:
    """Read a whole regular file; one that is larger than the limit is not read in part."""
    status = files.file_status(path)
    if isinstance(status, Missing):
        return status
    if not Path(path).is_file():
        return Missing("failed", f"{path} is not a regular file")
    try:
        with Path(path).open("rb") as file:
            content = file.read(size_limit + 1)
    except OSError as error:
        return files.missing(error)
    if len(content) > size_limit:
        return Missing("failed", f"{path} is larger than {size_limit} bytes")
    return Known(content)


def files_of_root(directory: str, most: int = 200_000, examples: int = 10) -> Fact[tuple[int, tuple[str, ...]]]:
    """Count what belongs to root below a directory, on its file system; return (count, some paths)."""
    count, looked = 0, 0
    found: list[str] = []
    try:
        device = Path(directory).stat().st_dev
    except OSError as error:
        return files.missing(error)
    waiting = [directory]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    looked += 1
                    if looked > most:
                        return Missing("timeout", f"there are more than {most} files")
                    if status.st_uid == 0:
                        count += 1
                        found += [entry.path] if len(found) < examples else []
                    if entry.is_dir(follow_symlinks=False) and status.st_dev == device:
                        waiting.append(entry.path)
        except PermissionError:
            # a directory of root that this person may not look into; it was counted itself
            continue
        except OSError as error:
            return files.missing(error)
    return Known((count, tuple(found)))


def way_to_root(world: World, *, terminal: bool) -> Fact[Way]:
    """Return how a step can run as root here.

    Args:
        world: the doors.
        terminal: whether a person sits at this process's terminal.
    """
    user = world.user()
    if isinstance(user, Known) and user.value.uid == 0:
        return Known("root")
    environment = world.environment()
    desktop = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    sudo = isinstance(world.find_program("sudo"), Known)
    if sudo and terminal:
        return Known("terminal")
    if desktop and isinstance(world.find_program("pkexec"), Known):
        return Known("pkexec")
    if sudo and environment.get("SUDO_ASKPASS"):
        return Known("askpass")
    if sudo and world.run(("sudo", "-n", "true"), limit=10.0).succeeded:
        return Known("passwordless")
    return Missing("absent", "neither pkexec nor sudo can ask for a password here")


def system_program(name: str, root: str = "") -> Fact[str]:
    """Return the path of a program in the directories that belong to the system, those below ``root`` first."""
    places = [f"{root}{folder}/{name}" for folder in _SYSTEM_FOLDERS] if root else []
    places += [f"{folder}/{name}" for folder in _SYSTEM_FOLDERS]
    found = next((place for place in places if Path(place).is_file() and os.access(place, os.X_OK)), None)
    return Known(found) if found else Missing("absent", f"{name} is not among this computer's programs")


def run_as_root(
    world: World, way: Way, argv: Sequence[str], *, limit: float, stdin: str = "", root: str = ""
) -> Outcome:
    """Run one program as root, by its place in the system's own directories.

    Args:
        world: the doors.
        way: how; see :func:`way_to_root`.
        argv: the program's name and its arguments; never a shell.
        limit: seconds, on top of those for typing a password.
        stdin: its standard input.
        root: directory whose programs come first.
    """
    program = Known(argv[0]) if argv[0].startswith("/") else system_program(argv[0], root)
    if isinstance(program, Missing):
        return Outcome(argv=tuple(argv), code=None, problem="not_found", stderr=program.detail)
    line = (*_PREFIXES[way], program.value, *argv[1:])
    if way != "terminal":
        asking = 0.0 if way == "root" else _ASK_LIMIT
        return world.run(line, limit=limit + asking, stdin=stdin)
    from drydock.world import processes

    # sudo remembers a password for a terminal, and asks on it; a session of its own would have none
    return processes.run(line, world.environment(), limit + _ASK_LIMIT, stdin, own_session=False)


def was_refused(outcome: Outcome, way: Way) -> bool:
    """Return whether the step did not run because the person, or the system's rules, did not allow it."""
    if way == "pkexec":
        said = "authoriz" in outcome.stderr.lower() or "dismissed" in outcome.stderr.lower()
        return outcome.code in (_DISMISSED, _NOT_ALLOWED) and (said or not outcome.stderr.strip())
    if way in ("askpass", "terminal", "passwordless"):
        last = outcome.stderr.strip().splitlines()[-1:] or [""]
        return outcome.code == 1 and last[0].startswith(("sudo:", "Sorry, "))
    return False


Replaced: TypeAlias = Literal["done", "changed", "unsafe", "refused", "failed"]

_BY_CODE: dict[int, Replaced] = {0: "done", 10: "changed", 11: "unsafe", 12: "failed"}


def replace_file(
    world: World, path: str, *, before: bytes | None, after: bytes | None, mode: int, way: Way | None
) -> tuple[Replaced, str]:
    """Replace a file in one step, if it is still as it was seen.

    Args:
        world: the doors.
        path: where it is.
        before: its content as it was seen; None: it was not there.
        after: the new content; None removes it.
        mode: permission bits of a file that was not there.
        way: how to become root for it; None writes as this person.

    Returns:
        What became of it, and what was said.
    """
    from drydock_resources.mending import replace_file as program

    seen = program.digest_of(before)
    if way is None or way == "root":
        code, text = program.replace(path, seen, after, mode)
        return _BY_CODE[code], text
    python = next((place for place in _PYTHONS if os.access(place, os.X_OK)), "")
    if not python:
        return "failed", f"none of {', '.join(_PYTHONS)} is there to write the file as root"
    source = (resources.files("drydock_resources") / "mending" / "replace_file.py").read_text("utf-8")
    words = (python, "-I", "-c", source, path, seen, program.REMOVE if after is None else f"{mode:o}")
    # any bytes go through a text this way
    text = base64.b64encode(after or b"").decode("ascii")
    outcome = run_as_root(world, way, words, limit=_WRITE_LIMIT, stdin=text)
    if was_refused(outcome, way):
        return "refused", outcome.stderr.strip()
    return _BY_CODE.get(outcome.code if outcome.code is not None else 12, "failed"), outcome.stderr.strip()


def is_at_terminal() -> bool:
    """Return whether a person sits at this process's terminal."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False
