"""Diagnose this machine: look at everything side by side, and conclude as facts come in."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from drydock.collect.assemble import Pieces, assemble
from drydock.collect.disks import collect_disks
from drydock.collect.driver import collect_driver
from drydock.collect.engine import collect_engine
from drydock.collect.engine_contents import collect_engine_contents
from drydock.collect.engine_setup import collect_engine_setup
from drydock.collect.gpu import collect_nvml
from drydock.collect.host import collect_host
from drydock.collect.host_torch import collect_host_torch
from drydock.collect.kernel_log import collect_kernel_log
from drydock.collect.network import collect_network
from drydock.collect.ports import collect_ports
from drydock.collect.setup import collect_setup
from drydock.collect.side_by_side import Collected, Collector, run_side_by_side
from drydock.collect.toolkit import collect_toolkit
from drydock.collect.wsl import collect_wsl
from drydock.core.checks.check import INNER_SUBJECTS, Subject
from drydock.core.checks.run import ask_ready_checks, conclude, in_reading_order
from drydock.core.checks.table import CHECKS
from drydock.core.facts import CollectorRun, Missing, Snapshot
from drydock.core.findings import Diagnosis, Finding
from drydock.core.trouble import Stopped
from drydock.data.catalogue import load_catalogue
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.remember import compare_and_keep
from drydock.world import Stop

if TYPE_CHECKING:
    from drydock.jobs.walk import Walked

Depth: TypeAlias = Literal["quick", "standard", "deep"]
"""``quick``: the host alone; ``standard``: a container too, about a minute; ``deep``: a load too, ten minutes."""


class CollectorStarted(msgspec.Struct, frozen=True):
    """Step: a collector was started."""

    name: str


class CollectorEnded(msgspec.Struct, frozen=True):
    """Step: a collector brought its facts, crashed, or took too long."""

    run: CollectorRun


class FindingReached(msgspec.Struct, frozen=True):
    """Step: a check was answered. They come as facts come in, not in reading order."""

    finding: Finding


class DiagnosisSoFar(msgspec.Struct, frozen=True):
    """Step: the look was stopped on its way through the container; what was found until then. ``Stopped`` follows."""

    diagnosis: Diagnosis


def standard_collectors(context: Context) -> tuple[Collector, ...]:
    """Return the collectors of the quick diagnosis, each named after the subject it looks at."""
    world = context.world

    def collector(name: Subject, limit: float, collect: Callable[[], object]) -> Collector:
        return Collector(name=name, limit=limit, collect=collect)

    return (
        # the slow ones first, so that they are on their way while the others look at files
        collector("engine", 12.0, lambda: collect_engine(world, context.engine)),
        collector("nvml", 12.0, lambda: collect_nvml(name_of=world.process_name)),
        collector("host_torch", 11.0, lambda: collect_host_torch(world)),
        collector("engine_contents", 14.0, lambda: collect_engine_contents(world, context.engine)),
        collector("toolkit", 6.0, lambda: collect_toolkit(world)),
        collector("kernel_log", 9.0, lambda: collect_kernel_log(world)),
        collector("setup", 9.0, lambda: collect_setup(world)),
        collector("wsl", 6.0, lambda: collect_wsl(world)),
        collector("host", 6.0, lambda: collect_host(world)),
        collector("driver", 6.0, lambda: collect_driver(world)),
        collector("engine_setup", 6.0, lambda: collect_engine_setup(world)),
        collector("network", 6.0, lambda: collect_network(world)),
        collector("disks", 6.0, lambda: collect_disks(world)),
        collector("ports", 6.0, lambda: collect_ports(world)),
    )


class DiagnoseJob(Job[Diagnosis]):
    """Looks at this machine and concludes.

    Args:
        context: the doors, and the engine that was chosen.
        only: ids of checks; only these (and those they need) are asked. None asks all.
        collectors: what looks; the standard ones unless given.
        depth: how far it goes.
        image: the image whose container is walked through; empty takes the recommended one. Nothing is pulled.
        workspace: a directory of this computer in which the container's right to write, and the disk, are tested.
    """

    def __init__(
        self,
        context: Context,
        only: Collection[str] | None = None,
        collectors: Sequence[Collector] | None = None,
        *,
        depth: Depth = "quick",
        image: str = "",
        workspace: str = "",
    ) -> None:
        self._context = context
        self._depth: Depth = depth
        self._image = image
        self._workspace = workspace
        self._only = frozenset(only) if only else None
        self._collectors = tuple(collectors or standard_collectors(context))

    def run(self, tell: Tell, stop: Stop) -> Diagnosis:
        """Do it. Ends in time whatever hangs: each collector has its limit.

        Raises:
            Stopped: the stop was asked for.
        """
        wanted = _with_needs(self._only) if self._only else frozenset(check.id for check in CHECKS)
        subjects: set[Subject] = {subject for check in CHECKS if check.id in wanted for subject in check.reads}
        collectors = [collector for collector in self._collectors if collector.name in subjects]
        for collector in collectors:
            tell(CollectorStarted(collector.name))
        steps = self._steps(subjects)
        gathering = _Gathering(self._context, wanted, untaken=set(INNER_SUBJECTS) - set(steps))
        # a machine where a check must wait for nothing has its first finding before the slowest collector ends
        for collected in run_side_by_side(collectors, stop):
            gathering.add(collected)
            tell(CollectorEnded(collected.run))
            self._conclude(gathering, tell)
        if steps:
            try:
                self._walk(gathering, steps, tell, stop)
            except Stopped:
                # this computer was looked at as a whole, which is worth keeping
                gathering.end_steps(steps)
                self._conclude(gathering, tell)
                tell(DiagnosisSoFar(self._compared(gathering.diagnosis(self._only or wanted))))
                raise
        return self._compared(gathering.diagnosis(self._only or wanted))

    def _compared(self, diagnosis: Diagnosis) -> Diagnosis:
        return diagnosis if self._only else compare_and_keep(self._context.store, diagnosis)

    def _steps(self, subjects: Collection[Subject]) -> tuple[Subject, ...]:
        """Return the steps inside a container that are to be taken: all up to the last that is wanted."""
        if self._depth == "quick":
            return ()
        there = INNER_SUBJECTS if self._depth == "deep" else INNER_SUBJECTS[:-1]
        last = max((there.index(subject) for subject in subjects if subject in there), default=-1)
        return there[: last + 1]

    def _walk(self, gathering: "_Gathering", steps: tuple[Subject, ...], tell: Tell, stop: Stop) -> None:
        # what it needs is not loaded for a quick look
        from drydock.jobs.walk import Walk

        walk = Walk(
            self._context,
            gathering.snapshot(),
            image=self._image,
            workspace=self._workspace,
            deep="load" in steps,
        )
        waiting = list(steps)
        tell(CollectorStarted(waiting[0]))
        # closing it removes the container, whatever ends the loop
        with contextlib.closing(walk.steps(stop)) as walked:
            for step in walked:
                gathering.add_step(step)
                tell(CollectorEnded(step.run))
                self._conclude(gathering, tell)
                waiting = [subject for subject in waiting if subject != step.subject]
                if not waiting:
                    break
                tell(CollectorStarted(waiting[0]))
        gathering.end_steps(steps)
        self._conclude(gathering, tell)

    def _conclude(self, gathering: "_Gathering", tell: Tell) -> None:
        for finding in gathering.conclude():
            if self._only is None or finding.id in self._only:
                tell(FindingReached(finding))


class _Gathering:
    """Facts and findings so far."""

    def __init__(self, context: Context, wanted: Collection[str], untaken: Collection[Subject]) -> None:
        self._context = context
        self._wanted = wanted
        self._step: Walked | None = None
        self._taken_at = context.world.now()
        self._pieces = Pieces()
        self._runs: list[CollectorRun] = []
        self._collected: set[Subject] = set(untaken)
        self._findings: dict[str, Finding] = {}

    def add(self, collected: Collected) -> None:
        name = collected.run.name
        self._runs.append(collected.run)
        self._collected.add(_subject(name))
        if isinstance(collected.piece, Missing):
            self._pieces.reasons[name] = collected.piece
        else:
            setattr(self._pieces, name, collected.piece)

    def add_step(self, step: "Walked") -> None:
        """Take what a step inside a container brought."""
        self._runs.append(step.run)
        self._collected.add(step.subject)
        self._step = step

    def end_steps(self, steps: Collection[Subject]) -> None:
        """Say that no step comes any more: what was not reached is missing, with the reason among the facts."""
        self._collected.update(steps)

    def conclude(self) -> list[Finding]:
        """Ask the checks that can be asked now."""
        catalogue = self._context.catalogue()
        reached = ask_ready_checks(self.snapshot(), catalogue, self._collected, self._findings)
        self._findings.update(reached)
        return [finding for finding in reached.values() if finding.id in self._wanted]

    def diagnosis(self, wanted: Collection[str]) -> Diagnosis:
        findings = in_reading_order({name: item for name, item in self._findings.items() if name in wanted})
        return Diagnosis(snapshot=self.snapshot(), findings=findings)

    def snapshot(self) -> Snapshot:
        """Return everything that is known so far."""
        known = assemble(self._pieces, self._taken_at, tuple(self._runs), self._context.engine)
        if self._step is None:
            return known
        return msgspec.structs.replace(known, container=self._step.container, load=self._step.load)


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
