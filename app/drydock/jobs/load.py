"""The GPUs of a running container under load, watched from outside."""

import time
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from drydock.collect.load_samples import LoadWatch
from drydock.core.bench.records import ErrorRecord, Hello, Record, Result
from drydock.core.facts import Fact, Known, Missing
from drydock.core.facts.container import ContainerFacts
from drydock.core.facts.load import CopySpeed, DiskSpeed, GpuLoad, LoadFacts, MemoryTest, Soak
from drydock.core.trouble import Trouble
from drydock.engines import Engine
from drydock.jobs.inside import words_of
from drydock.probing import run_probe_in_container
from drydock.world import Stop

S = TypeVar("S", Soak, MemoryTest, CopySpeed)

_LONGEST_SOAK = 120.0
_SHARE = 0.55
"""Of the time that a GPU has, how much the products get; memory and copies get the rest."""
_DISK_SECONDS = 60.0
_LEAST_SECONDS = 15.0


def measure_load(
    engine: Engine, container: str, facts: ContainerFacts, folder: str, seconds: float, stop: Stop
) -> Fact[LoadFacts]:
    """Load one GPU after the other.

    Args:
        engine: where the container runs.
        container: its id.
        facts: what torch sees in it.
        folder: a directory of the workspace inside, whose disk is measured; empty: it is not.
        seconds: for everything.
        stop: ends it, in the container too.

    Raises:
        Stopped: the stop was asked for.
    """
    if not isinstance(facts.torch, Known):
        return Missing("not_applicable", "no torch could be used")
    end = time.monotonic() + seconds
    disk = _disk(engine, container, folder, stop) if folder else Missing("not_applicable", "nothing is mounted")
    loads: list[GpuLoad] = []
    gpus = facts.torch.value.gpus
    for number, gpu in enumerate(gpus):
        share = (end - time.monotonic()) / (len(gpus) - number)
        loads.append(load_device(engine, container, f"cuda:{gpu.index}", gpu.name, share, stop))
    return Known(LoadFacts(gpus=tuple(loads), disk=disk))


def load_device(
    engine: Engine,
    container: str,
    device: str,
    name: str,
    seconds: float,
    stop: Stop,
    *,
    arguments: Sequence[str] = (),
    library: str | None = None,
) -> GpuLoad:
    """Put a load on one device; ``arguments`` are added to the probe's, ``library`` is another NVML."""
    if seconds < _LEAST_SECONDS:
        late = Missing("timeout", "no time was left for it")
        return GpuLoad(device=device, name=name, soak=late, memory=late, copy=late, samples=late)
    told: list[Record] = []
    watches: list[LoadWatch] = []

    def tell(record: Record) -> None:
        told.append(record)
        if isinstance(record, Hello) and not engine.remote and not watches:
            uuid = next((found.uuid for found in record.devices if f"cuda:{found.index}" == device), None)
            if uuid:
                watches.append(LoadWatch(uuid, library=library))
                watches[0].start()

    soak = min(_LONGEST_SOAK, seconds * _SHARE)
    command = ("--device", device, "--seconds", f"{soak:.0f}", *arguments)
    missing = Missing("not_asked")
    try:
        run_probe_in_container(engine, container, "load", command, tell, stop, seconds, where=device)
    except Trouble as trouble:
        why = "timeout" if trouble.id == "probe-timeout" else "failed"
        missing = Missing(why, words_of(trouble))
    finally:
        samples = watches[0].end() if watches else Missing("not_asked", "NVML was not asked from here")
    slot = f"load/{device}"
    hello = next((record for record in told if isinstance(record, Hello)), None)
    found = next((one for one in hello.devices if f"cuda:{one.index}" == device), None) if hello else None
    return GpuLoad(
        device=device,
        name=name,
        uuid=(found.uuid or "") if found else "",
        soak=_part(told, f"{slot}/soak", Soak, missing),
        memory=_part(told, f"{slot}/memory", MemoryTest, missing),
        copy=_part(told, f"{slot}/copy", CopySpeed, missing),
        samples=samples,
    )


def _disk(engine: Engine, container: str, folder: str, stop: Stop) -> Fact[DiskSpeed]:
    told: list[Record] = []
    try:
        run_probe_in_container(engine, container, "load", ("--disk", folder), told.append, stop, _DISK_SECONDS)
    except Trouble as trouble:
        why = "timeout" if trouble.id == "probe-timeout" else "failed"
        return Missing(why, words_of(trouble))
    for record in told:
        if isinstance(record, ErrorRecord):
            return Missing("failed", record.text)
        if isinstance(record, Result):
            return Known(msgspec.convert(record.values, DiskSpeed))
    return Missing("failed", "the probe did not answer")


def _part(told: Sequence[Record], slot: str, kind: type[S], missing: Missing) -> Fact[S]:
    for record in told:
        if isinstance(record, Result) and record.slot == slot:
            return Known(msgspec.convert(record.values, kind))
        if isinstance(record, ErrorRecord) and record.slot == slot:
            return Known(kind(kind=record.kind, text=record.text))
    return missing
