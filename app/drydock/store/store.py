"""Where Drydock keeps things, and what to do when a file there is bad."""

import datetime
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drydock.core.facts import TagList
from drydock.store.record import StoredRecord
from drydock.store.settings import Settings, read_settings, write_settings
from drydock.store.tag_lists import read_tag_lists, write_tag_lists

if TYPE_CHECKING:
    from drydock.core.changes import KeptMachine
    from drydock.store.history import History
    from drydock.store.ledger import Ledger

T = TypeVar("T")


def default_directory() -> Path:
    """Return the directory for settings and history: ``DRYDOCK_HOME``, else the platform's place for user data."""
    override = os.environ.get("DRYDOCK_HOME")
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_data_dir("drydock", appauthor=False))


class Store:
    """Settings and history of one person on one computer.

    Attributes:
        directory: where the files are.
        problems: a line for each file that was bad; it was set aside, never deleted.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or default_directory()
        self._history_file = self.directory / "history.sqlite"
        self._settings, problems = read_settings(self.directory / "settings.json")
        self.problems: list[str] = list(problems)
        self._tag_lists_file = self.directory / "tag_lists.json"
        self._tag_lists: tuple[TagList, ...] | None = None
        self._machines_file = self.directory / "machines.json"
        self._history: History | None = None
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """The present settings."""
        return self._settings

    def save_settings(self, settings: Settings) -> None:
        """Use these settings from now on, and keep them; what cannot be written is a problem line, not an error."""
        self._settings = settings
        try:
            write_settings(self.directory / "settings.json", settings)
        except OSError as error:
            self._say(f"settings could not be kept: {error}")

    @property
    def tag_lists(self) -> tuple[TagList, ...]:
        """The newest tag list of each repository that was ever asked for."""
        if self._tag_lists is None:
            self._tag_lists, problems = read_tag_lists(self._tag_lists_file)
            for problem in problems:
                self._say(problem)
        return self._tag_lists

    def save_tag_list(self, tags: TagList) -> None:
        """Keep a list in place of the repository's older one."""
        others = tuple(kept for kept in self.tag_lists if kept.repository != tags.repository)
        self._tag_lists = (*others, tags)
        try:
            write_tag_lists(self._tag_lists_file, self._tag_lists)
        except OSError as error:
            self._say(f"the list of tags could not be kept: {error}")

    @property
    def machines(self) -> "tuple[KeptMachine, ...]":
        """Earlier states of this computer, oldest first, as another Drydock may have left them a moment ago."""
        from drydock.store.machines import read_machines

        kept, problems = read_machines(self._machines_file)
        for problem in problems:
            self._say(problem)
        return kept

    def save_machines(self, machines: "tuple[KeptMachine, ...]") -> None:
        """Keep these states in place of the earlier ones."""
        from drydock.store.machines import write_machines

        try:
            write_machines(self._machines_file, machines)
        except OSError as error:
            self._say(f"the state of this computer could not be kept: {error}")

    @property
    def ledger(self) -> "Ledger":
        """The log of what was changed on this computer."""
        from drydock.store.ledger import Ledger

        return Ledger(self.directory)

    def add_record(
        self, kind: str, payload: bytes, summary: Mapping[str, str | int | float | bool | None]
    ) -> int | None:
        """Keep a result; return its id, or None (and a problem line) when it could not be written."""
        at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        history = self._open()
        if history is None:
            return None
        try:
            return history.add(kind, at, payload, summary)
        except OSError as error:
            self._say(f"the result could not be kept: {error}")
            return None

    def records(self, kind: str, limit: int = 200) -> tuple[StoredRecord, ...]:
        """Return the newest results of a kind, newest first; none (and a problem line) when they cannot be read."""
        return self._with_history(lambda history: history.records(kind, limit), ())

    def count_records(self) -> int:
        """Return how many results of all kinds are kept."""
        return self._with_history(lambda history: history.count(), 0)

    def remove_record(self, record_id: int) -> None:
        """Forget one result."""
        self._with_history(lambda history: history.remove(record_id), None)

    def clear_records(self) -> None:
        """Forget all results, and earlier states of this computer."""
        self._with_history(lambda history: history.clear(), None)
        try:
            self._machines_file.unlink(missing_ok=True)
        except OSError as error:
            self._say(f"the states of this computer could not be removed: {error}")

    def close(self) -> None:
        """Close the history file."""
        with self._lock:
            if self._history:
                self._history.close()
                self._history = None

    def _with_history(self, act: "Callable[[History], T]", otherwise: T) -> T:
        if self._nothing_kept():
            return otherwise
        history = self._open()
        if history is None:
            return otherwise
        try:
            return act(history)
        except OSError as error:
            self._say(f"the history could not be used: {error}")
            return otherwise

    def _nothing_kept(self) -> bool:
        """Say whether no result was ever kept, for which SQLite need not be loaded nor a file be made."""
        if self._history is not None:
            return False
        try:
            self._history_file.stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False  # opening it will say why
        return False

    def _say(self, problem: str) -> None:
        # what goes wrong again and again is told once
        if problem not in self.problems:
            self.problems.append(problem)

    def _open(self) -> "History | None":
        with self._lock:
            return self._open_once()

    def _open_once(self) -> "History | None":
        if self._history is None:
            # SQLite is not needed before something is kept or looked up
            from drydock.store.history import BadHistory, NewerHistory, open_history

            path = self._history_file
            try:
                self._history = open_history(path)
            except BadHistory as error:
                self._history = self._set_aside(path, error)
            except (OSError, NewerHistory) as error:
                self._say(f"the history could not be opened: {error}")
        return self._history

    def _set_aside(self, path: Path, error: Exception) -> "History | None":
        from drydock.store.history import BadHistory, open_history

        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
        aside = path.with_name(f"{path.name}.bad-{stamp}")
        try:
            path.replace(aside)
            history = open_history(path)
        except (OSError, BadHistory) as again:
            self._say(f"the history could not be opened: {again}")
            return None
        self._say(f"the history file was bad ({error}); it was kept as {aside.name} and a new one begun")
        return history
