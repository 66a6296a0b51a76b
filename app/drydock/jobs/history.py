"""Looks up and clears what was kept of earlier runs."""

from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.store import StoredRecord
from drydock.world import Stop


class ListRecordsJob(Job[tuple[StoredRecord, ...]]):
    """Return the newest results of a kind (``bench``, ``probe``), newest first."""

    def __init__(self, context: Context, kind: str, limit: int = 50) -> None:
        self._context = context
        self._kind = kind
        self._limit = limit

    def run(self, tell: Tell, stop: Stop) -> tuple[StoredRecord, ...]:
        """Look them up."""
        return self._context.store.records(self._kind, self._limit)


class CountRecordsJob(Job[int]):
    """Count all results that are kept."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> int:
        """Count."""
        return self._context.store.count_records()


class ClearHistoryJob(Job[int]):
    """Forget all results; returns how many there were."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> int:
        """Clear."""
        found = self._context.store.count_records()
        self._context.store.clear_records()
        return found - self._context.store.count_records()
