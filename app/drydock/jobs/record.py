"""Records this machine as a directory: what was read, redacted, with the raw texts that it was read from.

Drydock opens the directory as it opens a bundle, which is a zip file of the same files.
"""

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from drydock.core.facts import Known, known_or
from drydock.core.redact import Redactor, Removed
from drydock.core.trouble import Trouble
from drydock.data.machine import open_machine
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.job import Job, Tell
from drydock.jobs.report import bundle_files, make_redactor
from drydock.world import Stop, World

EVIDENCE = "evidence"
"""Folder of the raw texts, each a file named after where it came from."""

_OWN = ("machine.json", "snapshot.json", "findings.json", "removed.json", "past.json", "trace.jsonl")
_OWN_FOLDERS = (EVIDENCE, "records")
_TEXT_LIMIT = 1 << 18

_FILES = (
    "/etc/os-release",
    "/proc/version",
    "/proc/driver/nvidia/version",
    "/proc/driver/nvidia/params",
    "/etc/docker/daemon.json",
    "/etc/nvidia-container-runtime/config.toml",
    "/etc/wsl.conf",
)
_COMMAND_LINE = "/proc/cmdline"
_SWITCHES = re.compile(r"(?:\S*(?:nvidia|nouveau|nova|vfio|iommu|pci|secure|modeset|mem|cgroup|noapic)\S*)")
"""Of the kernel's command line only what may matter to a GPU: the rest names disks and computers."""

_FOLDERS = ("/etc/cdi", "/var/run/cdi", "/etc/modprobe.d")
_COMMANDS = (("nvidia-smi", "-q"), ("nvidia-ctk", "cdi", "list"), ("docker", "version"))
_COMMAND_LIMIT = 10.0


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A written recording: its directory, the files in it, and what was taken out."""

    path: str
    files: tuple[str, ...]
    removed: tuple[Removed, ...]


class RecordJob(Job[Recording]):
    """Diagnose this machine and write it down, redacted, with raw evidence.

    Args:
        path: the directory to write; made where it is not there.
        force: write into one that is not empty; only files that a recording has are replaced.
    """

    def __init__(self, context: Context, path: Path, *, force: bool = False) -> None:
        self._context = context
        self._path = path
        self._force = force

    def run(self, tell: Tell, stop: Stop) -> Recording:
        """Write the recording, and open it once to prove that it can be.

        Raises:
            Trouble: ``record-not-empty`` or ``record-not-written``.
        """
        _refuse_full(self._path, force=self._force)
        diagnosis = DiagnoseJob(self._context).run(tell, stop)
        redactor = make_redactor(self._context)
        evidence = evidence_files(self._context.world, redactor, stop)
        files = {**bundle_files(diagnosis, {}, redactor), **evidence}
        # once more at the end: the evidence may have had something taken out, too
        files["removed.json"] = msgspec.json.format(msgspec.json.encode(redactor.removed)) + b"\n"
        stop.check()
        _write(self._path, files)
        open_machine(str(self._path))
        return Recording(path=str(self._path), files=tuple(files), removed=redactor.removed)


def evidence_files(world: World, redactor: Redactor, stop: Stop) -> dict[str, bytes]:
    """Return the raw texts that decide most diagnoses, redacted, by the names of their files."""
    paths = list(_FILES)
    for folder in _FOLDERS:
        names = known_or(world.list_directory(folder), ())
        paths += [f"{folder}/{name}" for name in names if name.endswith((".json", ".yaml", ".yml", ".conf"))][:20]
    found: dict[str, bytes] = {}
    for path in paths:
        text = world.read_text(path, _TEXT_LIMIT)
        if isinstance(text, Known):
            found[_name(path)] = _redacted(text.value, redactor)
    line = world.read_text(_COMMAND_LINE, _TEXT_LIMIT)
    if isinstance(line, Known):
        found[_name(_COMMAND_LINE)] = _redacted(" ".join(_SWITCHES.findall(line.value)), redactor)
    for argv in _COMMANDS:
        stop.check()
        if isinstance(world.find_program(argv[0]), Known):
            outcome = world.run(argv, limit=_COMMAND_LIMIT)
            said = "\n".join(part for part in (outcome.stdout, outcome.stderr, outcome.problem) if part)
            found[_name(" ".join(argv))] = _redacted(said[:_TEXT_LIMIT], redactor)
    return found


def _name(source: str) -> str:
    return f"{EVIDENCE}/{source.strip('/').replace('/', '_').replace(' ', '_')}.txt"


def _redacted(text: str, redactor: Redactor) -> bytes:
    """Redact a text; one that is a JSON object by the names in it, too, as they tell which values are secret."""
    try:
        tree: Any = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return redactor.text(text).encode("utf-8", "replace")
    return msgspec.json.format(msgspec.json.encode(redactor.tree(tree))) + b"\n"


def _refuse_full(path: Path, *, force: bool) -> None:
    try:
        if path.is_dir():
            inside = sorted(entry.name for entry in path.iterdir())
            if inside and not force:
                raise Trouble("record-not-empty", path=str(path), first=inside[0])
        elif path.exists() or path.is_symlink():
            raise Trouble("record-not-written", path=str(path), text="this is no directory")
    except OSError as error:
        raise Trouble("record-not-written", path=str(path), text=error.strerror or str(error)) from error


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the files, and take away those of an earlier recording that this one does not have."""
    fresh = path
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name in _left_over(path, files):
            with contextlib.suppress(FileNotFoundError):
                (path / name).unlink()
        for name, content in files.items():
            target = path / name
            target.parent.mkdir(exist_ok=True)
            fresh = target.with_name(f".{target.name}.{os.getpid()}")
            fresh.write_bytes(content)
            fresh.replace(target)
    except OSError as error:
        if fresh != path:
            with contextlib.suppress(OSError):
                fresh.unlink()
        raise Trouble("record-not-written", path=str(path), text=error.strerror or str(error)) from error


def _left_over(path: Path, files: Mapping[str, bytes]) -> list[str]:
    own = list(_OWN)
    for folder in _OWN_FOLDERS:
        if (path / folder).is_dir():
            own += [f"{folder}/{entry.name}" for entry in (path / folder).iterdir() if entry.is_file()]
    return [name for name in own if name not in files]
