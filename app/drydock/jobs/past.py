"""Looks up the diagnoses that are kept of this computer."""

from collections.abc import Sequence

import msgspec

from drydock.core.changes import KeptMachine, changes_since, past_of
from drydock.core.checks.run import conclude
from drydock.core.facts import Known
from drydock.core.findings import Change, Diagnosis
from drydock.core.images.catalogue import Catalogue
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.diagnose import Depth
from drydock.jobs.job import Job, Tell
from drydock.world import Stop


class KeptDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What was found while this computer stayed in one state.

    Attributes:
        id: when the state was first seen; ISO 8601, UTC.
        last: when it was last seen; likewise.
        depth: how far the last look went.
        diagnosis: concluded anew from what was read at that last look.
        changes: what was otherwise before, in the state kept before this one.
        oldest: whether none is kept before it.
    """

    id: str
    last: str
    depth: Depth
    diagnosis: Diagnosis
    changes: tuple[Change, ...] = ()
    oldest: bool = False


class ListDiagnosesJob(Job[tuple[KeptDiagnosis, ...]]):
    """Return the kept diagnoses, newest first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> tuple[KeptDiagnosis, ...]:
        """Conclude from each kept state; takes some ten milliseconds each.

        Raises:
            Stopped: the stop was asked for.
        """
        history, catalogue = self._context.store.machines, self._context.catalogue()
        found: list[KeptDiagnosis] = []
        for place in range(len(history)):
            stop.check()
            found.append(_kept(history[: place + 1], catalogue))
        return tuple(reversed(found))


def _kept(history: Sequence[KeptMachine], catalogue: Catalogue) -> KeptDiagnosis:
    """Return the newest of ``history`` as it is shown."""
    *earlier, machine = history
    diagnosis = Diagnosis(snapshot=machine.snapshot, findings=conclude(machine.snapshot, catalogue))
    root = diagnosis.root_cause
    rung = root.rung if root else "driver"
    return KeptDiagnosis(
        id=machine.first,
        last=machine.last,
        depth=_depth(machine),
        diagnosis=msgspec.structs.replace(diagnosis, past=past_of(root, earlier, machine)),
        changes=changes_since(earlier[-1], (machine,), rung) if earlier else (),
        oldest=not earlier,
    )


def _depth(machine: KeptMachine) -> Depth:
    if isinstance(machine.snapshot.load, Known):
        return "deep"
    return "standard" if isinstance(machine.snapshot.container, Known) else "quick"


def kept_diagnosis(kept: Sequence[KeptDiagnosis], wanted: str) -> KeptDiagnosis:
    """Return the one that an id, or its beginning, names.

    Raises:
        Trouble: ``diagnosis-not-kept``: none or several have it.
    """
    found = [one for one in kept if one.id == wanted] or [one for one in kept if wanted and one.id.startswith(wanted)]
    if len(found) != 1:
        raise Trouble("diagnosis-not-kept", id=wanted, known=", ".join(one.id for one in kept) or "none is kept")
    return found[0]
