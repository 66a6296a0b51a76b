"""Reads recorded machines: a support bundle (one zip file), a directory of the same files, or a shipped sample.

Files: ``machine.json`` (what it is), ``snapshot.json``, and optionally ``trace.jsonl`` (a live trace),
``records/*.jsonl`` (results of probes and benchmarks), ``removed.json`` (what was redacted), ``past.json`` (what
changed since the root cause was last whole). Other files, such as raw evidence, are for people and are not read.
"""

from collections.abc import Callable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, TypeVar, cast

import msgspec

from drydock.core.facts import MonitorSample, Snapshot
from drydock.core.facts.snapshot import SCHEMA
from drydock.core.findings import Past
from drydock.core.redact import Removed
from drydock.core.trouble import Trouble

if TYPE_CHECKING:
    from zipfile import ZipFile

MACHINE_SCHEMA = 1
_FILE_LIMIT = 64 << 20
_SMALL_FILE_LIMIT = 16 << 20
"""Bytes. A snapshot of the largest servers takes some hundred KB; only traces and records grow with time."""

_FILES_LIMIT = 200
_BUNDLE_LIMIT = 256 << 20
"""Bytes of all files unpacked: a bundle that says more of itself is made to fill the memory."""
_LARGEST = 1 << 63

T = TypeVar("T")
D = TypeVar("D")


class MachineCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a recorded machine is.

    Attributes:
        kind: a shipped ``sample`` is composed from published specifications; a ``bundle`` was read from a computer.
        sources: addresses of what a composed machine was composed from.
    """

    schema: int = MACHINE_SCHEMA
    kind: Literal["bundle", "sample"]
    title: str
    description: str = ""
    made_at: str = ""
    app_version: str = ""
    sources: tuple[str, ...] = ()


class RecordedMachine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that is not this one."""

    name: str
    card: MachineCard
    snapshot: Snapshot
    trace: tuple[MonitorSample, ...] = ()
    records: Mapping[str, bytes] = {}
    removed: tuple[Removed, ...] = ()
    past: Past | None = None


def open_machine(where: str) -> RecordedMachine:
    """Open a bundle file, a directory, or a sample by its name.

    Raises:
        Trouble: ``machine-not-found``, ``machine-unreadable`` or ``machine-newer``, with the reason.
    """
    path = Path(where)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise Trouble("machine-unreadable", where=where, text=str(error)) from error
    if is_folder:
        return _decode(where, _read_directory(path))
    if is_file:
        return _decode(where, _read_zip(path))
    samples = _sample_folders()
    if where in samples:
        return _decode(where, _read_directory(samples[where]))
    raise Trouble("machine-not-found", where=where, samples=", ".join(samples))


def sample_machines() -> dict[str, MachineCard]:
    """Return the shipped samples' cards by name."""
    return {
        name: msgspec.json.decode((folder / "machine.json").read_bytes(), type=MachineCard)
        for name, folder in _sample_folders().items()
    }


def _sample_folders() -> dict[str, Traversable]:
    root = resources.files("drydock_resources") / "machines"
    if not root.is_dir():
        return {}
    folders = [entry for entry in root.iterdir() if entry.is_dir() and (entry / "machine.json").is_file()]
    return {entry.name: entry for entry in sorted(folders, key=lambda entry: entry.name)}


def _read_directory(folder: Traversable) -> Callable[[str], bytes | None]:
    def read(name: str) -> bytes | None:
        entry = folder.joinpath(*name.split("/"))
        if not entry.is_file():
            return None
        with entry.open("rb") as file:
            return _limited(name, file)

    return read


def _limited(name: str, file: IO[bytes]) -> bytes:
    limit = _FILE_LIMIT if name.endswith(".jsonl") else _SMALL_FILE_LIMIT
    content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{name} is larger than {limit >> 20} MiB")
    return content


def _read_zip(path: Path) -> Callable[[str], bytes | None]:
    import zipfile

    def read(name: str) -> bytes | None:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive)
            try:
                entry = archive.getinfo(_folder_in(archive) + name)
            except KeyError:
                return None
            with archive.open(entry) as file:
                # the size in the directory may lie, so what is read is limited too
                return _limited(name, file)

    return read


def _folder_in(archive: "ZipFile") -> str:
    """Return the folder that a recording lies in where somebody zipped the directory itself; else nothing."""
    cards = [name for name in archive.namelist() if name.rpartition("/")[2] == "machine.json"]
    return cards[0].removesuffix("machine.json") if len(cards) == 1 else ""


def _check_entries(archive: "ZipFile") -> None:
    """Refuse what no bundle has: names that lead out of it, two files of one name, far too much.

    Nothing is ever unpacked to the disk here, but who opens it may do so with another program.

    Raises:
        ValueError: with the reason.
    """
    entries = archive.infolist()
    if len(entries) > _FILES_LIMIT:
        raise ValueError(f"it holds more than {_FILES_LIMIT} files")
    if sum(entry.file_size for entry in entries) > _BUNDLE_LIMIT:
        raise ValueError(f"its files would take more than {_BUNDLE_LIMIT >> 20} MiB unpacked")
    names = [entry.filename for entry in entries]
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]:
            raise ValueError(f"the file name {name[:80]!r} in it leads out of the bundle")
    if len(set(names)) < len(names):
        raise ValueError("two files in it have the same name")


def _decode(where: str, read: Callable[[str], bytes | None]) -> RecordedMachine:
    try:
        card = _need(read, "machine.json", MachineCard)
        _check_schema("machine.json", card.schema)
        if card.schema > MACHINE_SCHEMA:
            raise Trouble("machine-newer", where=where, version=card.app_version or "?")
        snapshot = _need(read, "snapshot.json", Snapshot)
        _check_schema("snapshot.json", snapshot.schema)
        if snapshot.schema > SCHEMA:
            raise Trouble("machine-newer", where=where, version=snapshot.app_version or "?")
        _check_numbers(msgspec.to_builtins(snapshot))
        trace = _trace(read)
        removed = _may(read, "removed.json", tuple[Removed, ...], ())
        past = _may(read, "past.json", Past, None)
        records = {name: content for name in ("probe", "bench") if (content := read(f"records/{name}.jsonl"))}
    except _unreadable() as error:
        raise Trouble("machine-unreadable", where=where, text=str(error)) from error
    snapshot = msgspec.structs.replace(snapshot, label=card.title)
    return RecordedMachine(
        name=where, card=card, snapshot=snapshot, trace=tuple(trace), records=records, removed=removed, past=past
    )


def _check_schema(name: str, schema: int) -> None:
    if schema < 1:
        raise ValueError(f"{name}: there is no schema {schema}")


def _unreadable() -> tuple[type[Exception], ...]:
    """Return what zipfile, its decompressors and the decoder raise for damaged input."""
    import lzma
    import zipfile
    import zlib

    of_zip = (EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
    return (OSError, ValueError, msgspec.MsgspecError, *of_zip)


def _check_numbers(tree: object) -> None:
    """Refuse numbers that no computer reads of itself: arithmetic with them would fail much later.

    Raises:
        ValueError: a number is out of range.
    """
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += cast("dict[str, object]", item).values()
        elif isinstance(item, list | tuple):
            waiting += cast("list[object]", item)
        elif isinstance(item, int | float) and not -_LARGEST <= item <= _LARGEST:
            raise ValueError(f"the number {str(item)[:20]}… is out of range")


def _trace(read: Callable[[str], bytes | None]) -> list[MonitorSample]:
    try:
        samples = msgspec.json.Decoder(MonitorSample).decode_lines(read("trace.jsonl") or b"")
    except msgspec.MsgspecError as error:
        raise ValueError(f"trace.jsonl: {error}") from error
    _check_numbers(msgspec.to_builtins(samples))
    return samples


def _may(read: Callable[[str], bytes | None], name: str, kind: type[T], otherwise: D) -> T | D:
    """Return a file that need not be there."""
    return otherwise if read(name) is None else _need(read, name, kind)


def _need(read: Callable[[str], bytes | None], name: str, kind: type[T]) -> T:
    content = read(name)
    if content is None:
        raise ValueError(f"{name} is missing from it")
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError as error:
        raise ValueError(f"{name} is nested too deeply") from error
    except msgspec.MsgspecError as error:
        raise ValueError(f"{name}: {error}") from error
