"""From the records that probes write in a container to facts about it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from drydock.core.bench.records import DeviceFacts, ErrorRecord, Hello, Json, Record, Result
from drydock.core.facts import Fact, Known, Missing
from drydock.core.facts.container import (
    ContainerFacts,
    InnerDriver,
    InnerGpu,
    InnerLibrary,
    InnerLimits,
    InnerNode,
    InnerTools,
    InnerTorch,
    KernelRun,
    LibrarySearch,
    Reached,
    VolumeTest,
)
from drydock.core.trouble import Trouble

T = TypeVar("T")
F = TypeVar("F")
_SLOT = "container/"


class _Driver(msgspec.Struct):
    code: int | None
    name: str = ""
    text: str = ""
    count: int | None = None
    version: str | None = None
    devices: tuple[str, ...] = ()


class _Clock(msgspec.Struct):
    time: float


class _Nodes(msgspec.Struct):
    nodes: tuple[InnerNode, ...]


class _Libraries(msgspec.Struct):
    libraries: tuple[InnerLibrary, ...]


class _Network(msgspec.Struct):
    reached: tuple[Reached, ...]


def with_part(facts: ContainerFacts, record: Record, now: Callable[[], float]) -> ContainerFacts:
    """Return the facts with what one record of the probe ``container`` tells; ``now``: seconds since 1970 here."""
    if isinstance(record, Hello):
        return msgspec.structs.replace(facts, python=Known(record.python))
    if not isinstance(record, Result) or not record.slot.startswith(_SLOT):
        return facts
    part = record.slot.removeprefix(_SLOT)
    if part == "clock":
        here = now()
        ahead = _read(record.values, _Clock, lambda got: round(got.time - here, 1))
        return msgspec.structs.replace(facts, clock_ahead=ahead)
    read = _READERS.get(part)
    return msgspec.structs.replace(facts, **{part: read(record.values)}) if read else facts


def nvml_of(records: Sequence[Record]) -> Fact[InnerDriver]:
    """Return NVML's answer in the records of a probe that asked nothing else."""
    asked = [record for record in records if isinstance(record, Result) and record.slot == f"{_SLOT}nvml"]
    return _read(asked[-1].values, _Driver, _driver) if asked else Missing("failed", "the probe did not answer")


def _read(values: dict[str, Json], kind: type[T], take: Callable[[T], F]) -> Known[F] | Missing:
    failed = values.get("failed")
    if failed:
        return Missing("timeout" if failed == "timeout" else "failed", str(values.get("text", ""))[:500])
    try:
        return Known(take(msgspec.convert(values, kind)))
    except msgspec.ValidationError as error:
        return Missing("failed", f"the probe's answer cannot be read: {error}")


def _whole(kind: type[T]) -> Callable[[dict[str, Json]], Known[T] | Missing]:
    return lambda values: _read(values, kind, lambda got: got)


def _driver(got: _Driver) -> InnerDriver:
    return InnerDriver(
        code=got.code,
        name=got.name,
        text=got.text,
        count=Missing("not_asked") if got.count is None else Known(got.count),
        version=Missing("not_asked") if got.version is None else Known(got.version),
        devices=got.devices,
    )


_READERS: dict[str, Callable[[dict[str, Json]], object]] = {
    "nodes": lambda values: _read(values, _Nodes, lambda got: got.nodes),
    "libraries": lambda values: _read(values, _Libraries, lambda got: got.libraries),
    "search": _whole(LibrarySearch),
    "nvml": lambda values: _read(values, _Driver, _driver),
    "cuda": lambda values: _read(values, _Driver, _driver),
    "limits": _whole(InnerLimits),
    "tools": _whole(InnerTools),
    "volume": _whole(VolumeTest),
    "network": lambda values: _read(values, _Network, lambda got: got.reached),
}
"""How each part of the probe is read, by the name that the fact has too."""


def torch_of(records: Sequence[Record]) -> Fact[InnerTorch]:
    """Return what the probe ``environment`` tells of torch."""
    hello = next((record for record in records if isinstance(record, Hello)), None)
    if hello is not None and hello.torch is not None:
        torch = hello.torch
        return Known(
            InnerTorch(
                version=torch.version,
                cuda=torch.cuda or "",
                hip=torch.hip or "",
                cudnn=str(torch.cudnn or ""),
                nccl=str(torch.nccl or ""),
                architectures=torch.arch_list,
                gpus=tuple(map(_gpu, hello.devices)),
                problem=torch.cuda_problem.kind if torch.cuda_problem else "",
                problem_text=torch.cuda_problem.text if torch.cuda_problem else "",
            )
        )
    error = next((record for record in records if isinstance(record, ErrorRecord)), None)
    if error is None:
        return Missing("failed", "the probe ended without an answer")
    return Missing("absent" if error.kind == "torch-missing" else "failed", error.text)


def _gpu(device: DeviceFacts) -> InnerGpu:
    name = device.name or f"GPU {device.index}"
    return InnerGpu(index=device.index, name=name, capability=device.cc, coverage=device.coverage)


def kernels_of(records: Sequence[Record]) -> tuple[KernelRun, ...]:
    """Return what the probe ``kernels`` tells, one run for each format, and one for each failure."""
    runs: list[KernelRun] = []
    for record in records:
        if isinstance(record, Result) and record.slot.startswith("kernel/"):
            _, device, name = record.slot.split("/", 2)
            kind = "" if record.passed is True else next(iter(record.flags), "not-judged")
            text = "" if not kind else f"errors {record.values.get('errors')}, allowed {record.values.get('tolerance')}"
            runs.append(KernelRun(device=device, format=name, kind=kind, text=text))
        elif isinstance(record, ErrorRecord):
            device = record.slot.removeprefix("kernel/") or "?"
            runs.append(KernelRun(device=device, kind=record.kind, text=record.text[:500]))
    return tuple(runs)


def words_of(trouble: Trouble) -> str:
    """Return in a line why a probe or an engine told nothing, as the detail of what is missing."""
    if trouble.id == "probe-silent":
        return f"Python exited with status {trouble.values['code']}, and said: {trouble.values['text']}"[:1000]
    return str(trouble.values.get("text") or trouble.values.get("reason") or trouble)[:1000]
