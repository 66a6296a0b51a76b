"""The doors through which something of this computer is changed: files, and programs that run as root."""

import base64
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Fact, Known, Missing
from drydock.world import files, processes
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

_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin", "/snap/bin",
                   "/run/current-system/sw/bin")  # fmt: skip
"""Only root can write here: what runs as root is never looked for in a person's own PATH."""

_PYTHONS = ("/usr/bin/python3", "/bin/python3", "/usr/libexec/platform-python")
"""The system's own Python; the one that runs Drydock may lie where a person can change it."""

_ASK_LIMIT = 180.0
"""Seconds to type a password."""

_WRITE_LIMIT = 30.0
_SIZE_LIMIT = 1 << 20

_NOT_RUN = frozenset((126, 127))
"""What pkexec ends with when its question was closed, and when the answer was no or nobody could be asked."""

_PKEXEC_SAYS = re.compile(
    r"^(Error (executing command as another user|getting authority|checking for authorization|initializing)"
    r"|pkexec must be setuid|This incident has been reported)",
    re.MULTILINE,
)
_SUDO_SAYS = re.compile(
    r"^(sudo(-rs)?: |Sorry, |\S+ (is not in the sudoers file|is not allowed to run sudo|may not run sudo))"
)
_PLAIN = {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}
"""Lets sudo and pkexec speak the language in which their refusals are known."""


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
    try:
        # without O_NONBLOCK, opening a FIFO would wait for a writer
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        return files.missing(error)
    try:
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Missing("failed", f"{path} is not a regular file")
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
    world: World,
    way: Way,
    argv: Sequence[str],
    *,
    limit: float,
    stdin: str = "",
    root: str = "",
    said: Callable[[str], None] | None = None,
) -> Outcome:
    """Run one program as root, by its place in the system's own directories.

    Args:
        world: the doors.
        way: how; see :func:`way_to_root`.
        argv: the program's name and its arguments; never a shell.
        limit: seconds, on top of those for typing a password.
        stdin: its standard input.
        root: directory whose programs come first.
        said: takes each line that it prints while it runs, in another thread.
    """
    program = Known(argv[0]) if argv[0].startswith("/") else system_program(argv[0], root)
    if isinstance(program, Missing):
        return Outcome(argv=tuple(argv), code=None, problem="not_found", stderr=program.detail)
    words = (program.value, *argv[1:])
    environment = {**world.environment(), **_PLAIN}
    if way == "terminal":
        return _run_at_terminal(words, environment, limit, stdin, said)
    asking = 0.0 if way == "root" else _ASK_LIMIT
    return processes.run((*_PREFIXES[way], *words), environment, limit + asking, stdin, said=said)


def run_as_person(
    world: World, argv: Sequence[str], *, limit: float, said: Callable[[str], None] | None = None
) -> Outcome:
    """Run one program that changes something as this person; the arguments are those of :func:`run_as_root`."""
    return processes.run(argv, world.environment(), limit, "", said=said)


def _run_at_terminal(
    words: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    stdin: str,
    said: Callable[[str], None] | None,
) -> Outcome:
    """Let sudo ask on the terminal first, and run the program where the terminal's Ctrl-C does not reach it.

    sudo remembers a password for a terminal, so all of it stays in this process's session.
    """

    def heard(line: str) -> None:
        if said and not _SUDO_SAYS.match(line):
            said(line)

    def quietly() -> Outcome:
        line = (*_PREFIXES["passwordless"], *words)
        return processes.run(line, environment, limit, stdin, group="own", said=heard)

    first = quietly()
    if not was_refused(first, "terminal"):
        return first
    asked = processes.run(("sudo", "-v"), environment, _ASK_LIMIT, "", group="shared")
    if not asked.succeeded:
        return asked
    again = quietly()
    if "is required" not in again.stderr or not was_refused(again, "terminal"):
        return again
    # one that remembers no password asks for each program
    line = (*_PREFIXES["terminal"], *words)
    return processes.run(line, environment, limit + _ASK_LIMIT, stdin, group="shared", said=heard)


def was_refused(outcome: Outcome, way: Way) -> bool:
    """Return whether the step did not run because the person, or the system's rules, did not allow it."""
    text = outcome.stderr.strip()
    if way == "pkexec":
        return outcome.code in _NOT_RUN and (not text or bool(_PKEXEC_SAYS.search(text)))
    if way in ("askpass", "terminal", "passwordless"):
        # the last line may tell to whom it was reported
        return outcome.code == 1 and any(_SUDO_SAYS.match(line) for line in text.splitlines()[-2:])
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
    writer = writer_as_root()
    if isinstance(writer, Missing):
        return "failed", writer.detail
    words = (*writer.value, path, seen, program.REMOVE if after is None else f"{mode:o}")
    # any bytes go through a text this way
    text = base64.b64encode(after or b"").decode("ascii")
    outcome = run_as_root(world, way, words, limit=_WRITE_LIMIT, stdin=text)
    said = outcome.stderr.strip()
    if was_refused(outcome, way):
        return "refused", said
    if outcome.code is None:
        return "failed", said or f"{words[0]} did not end ({outcome.problem})"
    return _BY_CODE.get(outcome.code, "failed"), said


def writer_as_root() -> Fact[tuple[str, ...]]:
    """Return how the command begins that replaces a file as root: the system's Python, or the packaged app itself.

    The app is taken only where nobody but root could have exchanged it.
    """
    from drydock_resources.mending import replace_file as program

    python = next((place for place in _PYTHONS if os.access(place, os.X_OK)), "")
    if python:
        source = (resources.files("drydock_resources") / "mending" / "replace_file.py").read_text("utf-8")
        return Known((python, "-I", "-S", "-c", source))
    if getattr(sys, "frozen", False) and sys.platform != "win32":
        try:
            own = program.settled(sys.executable, guarded=True)
            status = Path(own).stat()
            if status.st_uid == 0 and not status.st_mode & 0o022:
                return Known((own, program.OPTION))
        except (OSError, program.UnsafeError):
            pass
    return Missing("absent", f"none of {', '.join(_PYTHONS)} is there to write the file as root")


def is_at_terminal() -> bool:
    """Return whether a person sits at this process's terminal."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False
