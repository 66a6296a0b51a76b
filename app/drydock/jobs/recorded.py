"""What can be asked of a recorded machine."""

import msgspec

from drydock.core.facts import Snapshot
from drydock.core.findings import Diagnosis, Past
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.jobs.job import Job, Tell
from drydock.world import Stop


class DiagnoseRecordedJob(Job[Diagnosis]):
    """Conclude from a recorded machine's snapshot.

    Args:
        snapshot: what was recorded.
        past: what was known there of the time when its root cause was whole.
    """

    def __init__(self, snapshot: Snapshot, past: Past | None = None) -> None:
        self._snapshot = snapshot
        self._past = past

    def run(self, tell: Tell, stop: Stop) -> Diagnosis:
        """Conclude."""
        diagnosis = diagnose_snapshot(self._snapshot)
        root = diagnosis.root_cause
        # a newer Drydock may find another cause, of which the recorded past says nothing
        past = self._past if self._past and root and self._past.finding == root.id else None
        return msgspec.structs.replace(diagnosis, past=past)
