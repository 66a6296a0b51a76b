"""Proves what works in an image, a session or on this computer, with real kernels on every GPU."""

from typing import Literal, TypeAlias

import msgspec

from drydock.core.bench.features import PREFIX, Feature, LoaderSetting, features_of, loader_settings
from drydock.core.bench.records import DeviceFacts, ErrorRecord, Final, Hello, Record, Result, TorchFacts
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.targets import HostTarget, ImageTarget, Place, Runner, SessionTarget, Target, entered
from drydock.probing import Probe, ProbeEnd
from drydock.world import Stop

__all__ = ["GpuProof", "HostTarget", "ImageTarget", "ProbeJob", "ProbeResult", "ProbeStep", "SessionTarget", "Target"]

ProbeName: TypeAlias = Literal["environment", "kernels", "features", "loader"]

PROBES: tuple[ProbeName, ...] = ("environment", "kernels", "features", "loader")
USUAL: tuple[ProbeName, ...] = ("environment", "kernels")
"""What proves that a GPU works, in seconds; the features of the framework and the loader take minutes more."""

_LIMITS: dict[ProbeName, float] = {"environment": 180.0, "kernels": 900.0, "features": 1200.0, "loader": 900.0}


class ProbeStep(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a probe wrote just now."""

    probe: Probe
    record: Record


class GpuProof(msgspec.Struct, frozen=True, kw_only=True):
    """What is proved of one GPU.

    Attributes:
        works: real kernels ran on it and every result matched its reference.
        at: when that was, ISO 8601, UTC.
        types: number formats whose results matched.
        failures: what did not work, each as one line.
    """

    device: DeviceFacts
    works: bool
    at: str
    types: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes found.

    Attributes:
        place: where they ran, with the image's digest.
        gpus: one for each GPU that torch sees; empty where it sees none.
        cpu_works: kernels on the CPU gave right results; None where that was not tried.
        complete: every probe came to its end.
        problems: failures that belong to no GPU, each as one line.
        features: what the framework can do beyond single kernels; empty where that was not asked.
        loading: the DataLoader setting for each kind of data; empty where that was not asked.
    """

    place: Place
    at: str
    torch: TorchFacts | None
    gpus: tuple[GpuProof, ...]
    cpu_works: bool | None
    complete: bool
    problems: tuple[str, ...]
    features: tuple[Feature, ...] = ()
    loading: tuple[LoaderSetting, ...] = ()
    records: tuple[Record, ...]

    @property
    def gpu_works(self) -> bool:
        """Whether torch sees a GPU and every one that it sees is proved to work."""
        return bool(self.gpus) and all(proof.works for proof in self.gpus)

    @property
    def broken(self) -> bool:
        """Whether something that was tried does not work; a GPU on which nothing was tried is not broken."""
        bad = [proof for proof in self.gpus if proof.failures or (self.tried_kernels and not proof.works)]
        failing = any(feature.state == "fails" for feature in self.features)
        return not self.complete or bool(self.problems) or bool(bad) or failing

    @property
    def tried_kernels(self) -> bool:
        """Whether kernels were run at all; without them no GPU is proved to work, and none to be broken."""
        return any(isinstance(record, Hello) and record.probe == "kernels" for record in self.records)


class ProbeJob(Job[ProbeResult]):
    """Run the probes and keep the result in the history. Tells ``PullProgress`` and :class:`ProbeStep`.

    Args:
        target: where.
        only: some of :data:`PROBES`.
    """

    def __init__(self, context: Context, target: Target, only: tuple[ProbeName, ...] = USUAL) -> None:
        self._context = context
        self._target = target
        self._only: tuple[ProbeName, ...] = tuple(name for name in PROBES if name in only)

    def run(self, tell: Tell, stop: Stop) -> ProbeResult:
        """Prove.

        Raises:
            Trouble: the place cannot be had, or a probe could not be run there.
            Stopped: the stop was asked for.
        """
        if not self._only:
            raise Trouble("probe-none-chosen", known=", ".join(PROBES))
        with entered(self._context, self._target, tell, stop) as (place, run):
            ends = tuple(self._probe(name, run, tell, stop) for name in self._only)
        result = result_of(place, self._context.world.now(), ends)
        payload = b"".join(end.payload for end in ends)
        self._context.store.add_record("probe", payload, _summary(result))
        return result

    def _probe(self, name: ProbeName, run: Runner, tell: Tell, stop: Stop) -> ProbeEnd:
        stop.check()
        return run(name, (), lambda record: tell(ProbeStep(probe=name, record=record)), _LIMITS[name])


def result_of(place: Place, at: str, ends: tuple[ProbeEnd, ...]) -> ProbeResult:
    """Conclude from the records of the probes, and from nothing else."""
    records = tuple(record for end in ends for record in end.stream.records)
    hellos = [record for record in records if isinstance(record, Hello)]
    devices = {device.index: device for hello in hellos for device in hello.devices}
    cpu = [record for record in records if isinstance(record, Result) and record.slot.startswith("kernel/cpu/")]
    return ProbeResult(
        place=place,
        at=at,
        torch=next((hello.torch for hello in hellos if hello.torch is not None), None),
        gpus=tuple(_proof(devices[index], records, at) for index in sorted(devices)),
        cpu_works=all(record.passed is True for record in cpu) if cpu else None,
        complete=all(end.final is not None and not end.final.stopped for end in ends),
        problems=_problems(records),
        features=features_of(records),
        loading=loader_settings(records),
        records=records,
    )


def _proof(device: DeviceFacts, records: tuple[Record, ...], at: str) -> GpuProof:
    kernel, coverage = f"kernel/cuda:{device.index}", f"coverage/cuda:{device.index}"
    types: list[str] = []
    failures: list[str] = []
    for record in records:
        if isinstance(record, Result) and record.slot.startswith(f"{kernel}/"):
            name = record.slot.removeprefix(f"{kernel}/")
            if record.passed is True:
                types.append(name)
            else:
                failures.append(f"{name}: {', '.join(record.flags) or 'not judged'}")
        elif isinstance(record, Result) and record.slot == coverage and record.passed is False:
            failures.append("the torch build has no code for this GPU")
        elif isinstance(record, Result) and record.slot == coverage and "properties-unreadable" in record.flags:
            failures.append("torch cannot read this GPU's properties")
        elif isinstance(record, ErrorRecord) and record.slot == kernel:
            failures.append(f"{record.kind}: {_first_line(record.text)}")
    return GpuProof(
        device=device, works=bool(types) and not failures, at=at, types=tuple(types), failures=tuple(failures)
    )


def _problems(records: tuple[Record, ...]) -> tuple[str, ...]:
    problems: list[str] = []
    for record in records:
        if isinstance(record, ErrorRecord) and not record.slot.startswith(("kernel/cuda:", PREFIX)):
            problems.append(f"{record.kind}: {_first_line(record.text)}")
        elif isinstance(record, Result) and record.slot.startswith("kernel/cpu/") and record.passed is False:
            problems.append(f"{record.slot}: {', '.join(record.flags)}")
    return tuple(dict.fromkeys(problems))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _summary(result: ProbeResult) -> dict[str, str | int | float | bool | None]:
    finals = [record for record in result.records if isinstance(record, Final)]
    return {
        "where": result.place.name,
        "kind": result.place.kind,
        "image": result.place.image,
        "digest": result.place.digest,
        "torch": result.torch.version if result.torch else None,
        "gpus": len(result.gpus),
        "gpus_proven": sum(proof.works for proof in result.gpus),
        "gpu_works": result.gpu_works,
        "complete": result.complete,
        "seconds": round(sum(final.wall_s for final in finals), 1),
    }
