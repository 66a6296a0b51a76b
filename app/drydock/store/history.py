"""Results of earlier runs, in SQLite: probes, benchmarks, diagnoses."""

import contextlib
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

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
    except sqlite3.DatabaseError as error:
        raise BadHistory(str(error)) from error


class History:
    """The table of results. Safe to use from several threads; made by :func:`open_history`, ended by ``close``."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
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
        """Return the newest results of a kind, newest first; a damaged row is left out."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, kind, at, summary, payload FROM record WHERE kind = ? ORDER BY id DESC LIMIT ?",
                (kind, limit),
            ).fetchall()
        found: list[StoredRecord] = []
        for row in rows:
            with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
                summary = msgspec.json.decode(row[3], type=dict[str, str | int | float | bool | None])
                found.append(StoredRecord(id=row[0], kind=row[1], at=row[2], summary=summary, payload=bytes(row[4])))
        return tuple(found)

    def remove(self, record_id: int) -> None:
        """Forget one result."""
        with self._lock:
            self._database.execute("DELETE FROM record WHERE id = ?", (record_id,))
            self._database.commit()
