"""What can be asked of a recorded machine."""

from drydock.core.facts import Snapshot
from drydock.core.findings import Diagnosis
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.jobs.job import Job, Tell
from drydock.world import Stop


class DiagnoseRecordedJob(Job[Diagnosis]):
    """Conclude from a recorded machine's snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def run(self, tell: Tell, stop: Stop) -> Diagnosis:
        """Conclude."""
        return diagnose_snapshot(self._snapshot)
