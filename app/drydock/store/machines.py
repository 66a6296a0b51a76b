"""The last states of this computer, kept so that a diagnosis can say what changed since something worked."""

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from drydock.core.changes import KeptMachine
from drydock.store.regular import read_regular

SCHEMA = 1
_SIZE_LIMIT = 16 << 20
"""Bytes. A state takes 10 to 100 KB, and a handful are kept."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    machines: tuple[msgspec.Raw, ...]


def read_machines(path: Path) -> tuple[tuple[KeptMachine, ...], tuple[str, ...]]:
    """Read the kept states, oldest first; one that is damaged, or of another version, is left out.

    Returns:
        The states, and a line for what was wrong.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return (), (f"{path} is larger than any history of this computer; it is begun anew",)
        kept = msgspec.json.decode(read_regular(path), type=_File)
    except FileNotFoundError:
        return (), ()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (), (f"{path} cannot be read ({error}); the history of this computer is begun anew",)
    if kept.schema != SCHEMA:
        return (), ()
    machines: list[KeptMachine] = []
    for raw in kept.machines:
        try:
            machines.append(msgspec.json.decode(raw, type=KeptMachine))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return tuple(machines), ()


def write_machines(path: Path, machines: Sequence[KeptMachine]) -> None:
    """Replace the file in one step.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # the window and a command may end a diagnosis at the same time
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    raw = tuple(msgspec.Raw(msgspec.json.encode(machine)) for machine in machines)
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(msgspec.json.encode(_File(schema=SCHEMA, machines=raw)))
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
