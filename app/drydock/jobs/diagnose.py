"""Diagnose this machine: look at everything side by side, and conclude as facts come in."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from drydock.collect.assemble import Pieces, assemble
from drydock.collect.disks import collect_disks
from drydock.collect.driver import collect_driver
from drydock.collect.engine import collect_engine
from drydock.collect.gpu import collect_nvml
from drydock.collect.host import collect_host
from drydock.collect.host_torch import collect_host_torch
from drydock.collect.ports import collect_ports
from drydock.collect.side_by_side import Collected, Collector, run_side_by_side
from drydock.collect.toolkit import collect_toolkit
from drydock.core.checks.check import Subject
from drydock.core.checks.run import ask_ready_checks, conclude, in_reading_order
from drydock.core.checks.table import CHECKS
from drydock.core.facts import CollectorRun, Missing, Snapshot
from drydock.core.findings import Diagnosis, Finding
from drydock.data.catalogue import load_catalogue
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.remember import compare_and_keep
from drydock.world import Stop


class CollectorStarted(msgspec.Struct, frozen=True):
    """Step: a collector was started."""

    name: str


class CollectorEnded(msgspec.Struct, frozen=True):
    """Step: a collector brought its facts, crashed, or took too long."""

    run: CollectorRun


class FindingReached(msgspec.Struct, frozen=True):
    """Step: a check was answered. They come as facts come in, not in reading order."""

    finding: Finding


def standard_collectors(context: Context) -> tuple[Collector, ...]:
    """Return the collectors of the quick diagnosis, each named after the subject it looks at."""
    world = context.world

    def collector(name: Subject, limit: float, collect: Callable[[], object]) -> Collector:
        return Collector(name=name, limit=limit, collect=collect)

    return (
        # the slow ones first, so that they are on their way while the others look at files
        collector("engine", 12.0, lambda: collect_engine(world, context.engine)),
        collector("nvml", 12.0, collect_nvml),
        collector("host_torch", 11.0, lambda: collect_host_torch(world)),
        collector("toolkit", 6.0, lambda: collect_toolkit(world)),
        collector("host", 6.0, lambda: collect_host(world)),
        collector("driver", 6.0, lambda: collect_driver(world)),
        collector("disks", 6.0, lambda: collect_disks(world)),
        collector("ports", 6.0, lambda: collect_ports(world)),
    )


class DiagnoseJob(Job[Diagnosis]):
    """Looks at this machine and concludes.

    Args:
        context: the doors, and the engine that was chosen.
        only: ids of checks; only these (and those they need) are asked. None asks all.
        collectors: what looks; the standard ones unless given.
    """

    def __init__(
        self,
        context: Context,
        only: Collection[str] | None = None,
        collectors: Sequence[Collector] | None = None,
    ) -> None:
        self._context = context
        self._only = frozenset(only) if only else None
        self._collectors = tuple(collectors or standard_collectors(context))

    def run(self, tell: Tell, stop: Stop) -> Diagnosis:
        """Do it. Ends in time whatever hangs: each collector has its limit.

        Raises:
            Stopped: the stop was asked for.
        """
        wanted = _with_needs(self._only) if self._only else frozenset(check.id for check in CHECKS)
        subjects = {subject for check in CHECKS if check.id in wanted for subject in check.reads}
        collectors = [collector for collector in self._collectors if collector.name in subjects]
        for collector in collectors:
            tell(CollectorStarted(collector.name))
        gathering = _Gathering(self._context, wanted)
        # a machine where a check must wait for nothing has its first finding before the slowest collector ends
        for collected in run_side_by_side(collectors, stop):
            gathering.add(collected)
            tell(CollectorEnded(collected.run))
            for finding in gathering.conclude():
                if self._only is None or finding.id in self._only:
                    tell(FindingReached(finding))
        diagnosis = gathering.diagnosis(self._only or wanted)
        return diagnosis if self._only else compare_and_keep(self._context.store, diagnosis)


class _Gathering:
    """Facts and findings so far."""

    def __init__(self, context: Context, wanted: Collection[str]) -> None:
        self._context = context
        self._wanted = wanted
        self._taken_at = context.world.now()
        self._pieces = Pieces()
        self._runs: list[CollectorRun] = []
        self._collected: set[Subject] = set()
        self._findings: dict[str, Finding] = {}

    def add(self, collected: Collected) -> None:
        name = collected.run.name
        self._runs.append(collected.run)
        self._collected.add(_subject(name))
        if isinstance(collected.piece, Missing):
            self._pieces.reasons[name] = collected.piece
        else:
            setattr(self._pieces, name, collected.piece)

    def conclude(self) -> list[Finding]:
        """Ask the checks that can be asked now."""
        reached = ask_ready_checks(self._snapshot(), load_catalogue(), self._collected, self._findings)
        self._findings.update(reached)
        return [finding for finding in reached.values() if finding.id in self._wanted]

    def diagnosis(self, wanted: Collection[str]) -> Diagnosis:
        findings = in_reading_order({name: item for name, item in self._findings.items() if name in wanted})
        return Diagnosis(snapshot=self._snapshot(), findings=findings)

    def _snapshot(self) -> Snapshot:
        return assemble(self._pieces, self._taken_at, tuple(self._runs), self._context.engine)


def _subject(name: str) -> Subject:
    return msgspec.convert(name, Subject)


def _with_needs(ids: Collection[str]) -> frozenset[str]:
    needs = {check.id: check.needs for check in CHECKS}
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        check = waiting.pop()
        if check not in found and check in needs:
            found.add(check)
            waiting += needs[check]
    return frozenset(found)


def diagnose_snapshot(snapshot: Snapshot) -> Diagnosis:
    """Conclude from a recorded machine."""
    return Diagnosis(snapshot=snapshot, findings=conclude(snapshot, load_catalogue()))
