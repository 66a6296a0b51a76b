"""Results of earlier runs, in SQLite: probes, benchmarks, diagnoses."""

import contextlib
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from drydock.store.record import StoredRecord

SCHEMA = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    summary TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS record_kind ON record (kind, id);
"""


class NewerHistory(Exception):  # noqa: N818 - nothing is wrong with the file
    """The history was written by a newer Drydock; it is left alone."""


class BadHistory(Exception):  # noqa: N818
    """The file is no database, or a damaged one."""


def open_history(path: Path) -> "History":
    """Open the history, or begin one.

    Raises:
        BadHistory: the file is no database.
        NewerHistory: the file has a schema this version does not know.
        OSError: the place cannot be used.
    """
    try:
        return History(path)
    except sqlite3.Error as error:
        if _is_damage(error):
            raise BadHistory(str(error)) from error
        # a locked file, a full disk, no permission: nothing is wrong with what is in it
        raise OSError(str(error)) from error


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    # the low byte is the kind of error, the rest says more of it
    return isinstance(code, int) and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class History:
    """The table of results. Safe to use from several threads; made by :func:`open_history`, ended by ``close``."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._database.close()
            raise

    def _prepare(self, path: Path) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise NewerHistory(f"{path} was written by a newer Drydock (schema {version}); it is left alone")
        self._database.executescript(_CREATE)
        self._database.execute(f"PRAGMA user_version = {SCHEMA}")
        self._database.commit()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def add(self, kind: str, at: str, payload: bytes, summary: Mapping[str, str | int | float | bool | None]) -> int:
        """Keep a result and return its id.

        Raises:
            OSError: it could not be written (a full disk, a locked file).
        """
        row = (kind, at, msgspec.json.encode(dict(summary)).decode(), payload)
        try:
            with self._lock, contextlib.closing(self._database.cursor()) as cursor:
                cursor.execute("INSERT INTO record (kind, at, summary, payload) VALUES (?, ?, ?, ?)", row)
                self._database.commit()
                return int(cursor.lastrowid or 0)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error

    def records(self, kind: str, limit: int) -> tuple[StoredRecord, ...]:
        """Return the newest results of a kind, newest first; a damaged row is left out.

        Raises:
            OSError: the file cannot be read (a locked file, a bad disk).
        """
        rows = self._execute(
            "SELECT id, kind, at, summary, payload FROM record WHERE kind = ? ORDER BY id DESC LIMIT ?", (kind, limit)
        )
        return tuple(record for row in rows if (record := _record_of(row)))

    def count(self) -> int:
        """Return how many results are kept; raises OSError as :meth:`records`."""
        return int(self._execute("SELECT COUNT(*) FROM record")[0][0])

    def remove(self, record_id: int) -> None:
        """Forget one result; raises OSError as :meth:`add`."""
        self._execute("DELETE FROM record WHERE id = ?", (record_id,))

    def clear(self) -> None:
        """Forget all results, and give their room back; raises OSError as :meth:`add`."""
        self._execute("DELETE FROM record")
        self._execute("VACUUM")

    def _execute(self, statement: str, values: tuple[str | int, ...] = ()) -> list[Any]:
        try:
            with self._lock:
                rows = self._database.execute(statement, values).fetchall()
                self._database.commit()
                return rows
        except sqlite3.Error as error:
            raise OSError(str(error)) from error


def _record_of(row: Any) -> StoredRecord | None:
    """Return a row as a record; None for one whose columns hold something else (SQLite lets them)."""
    number, kind, at, text, payload = row
    if not (isinstance(at, str) and isinstance(text, str | bytes) and isinstance(payload, bytes)):
        return None
    try:
        summary = msgspec.json.decode(text, type=dict[str, str | int | float | bool | None])
    except msgspec.MsgspecError:
        return None
    return StoredRecord(id=number, kind=kind, at=at, summary=summary, payload=payload)
