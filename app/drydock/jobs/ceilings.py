"""What a GPU could do at most, and what it should do, for comparing a benchmark with it."""

from collections.abc import Sequence

from drydock.core.bench import BenchSummary, CeilingFigures
from drydock.core.bench.ceilings import peak_flops
from drydock.core.bench.judgement import Judgement, judge
from drydock.core.bench.records import DeviceFacts, Hello, Record
from drydock.data.reference import Part, expected_gemm, expected_work, part_for


def ceilings_of(records: Sequence[Record]) -> CeilingFigures | None:
    """Return the half precision ceiling of the GPU that was measured, where it is a known part.

    A part is known by its name and its number of multiprocessors; for any other GPU nothing is guessed.
    """
    hello = next((record for record in records if isinstance(record, Hello)), None)
    if hello is None or not (hello.device or "").startswith("cuda"):
        return None
    index = (hello.device or "").partition(":")[2] or "0"
    part = _part(next((item for item in hello.devices if str(item.index) == index), None))
    return None if part is None else CeilingFigures(datasheet=_peak(part))


def judgement_of(summary: BenchSummary) -> Judgement:
    """Judge a run against what is published of its GPU; without a known part against nothing."""
    part = _part(summary.gpu)
    if part is None:
        return judge(summary)
    return judge(summary, _peak(part), expected_gemm(part), expected_work(part))


def _part(device: DeviceFacts | None) -> Part | None:
    return part_for(device.name, device.sms) if device and device.name else None


def _peak(part: Part) -> float | None:
    return peak_flops(
        capability=part.compute_capability,
        multiprocessors=part.multiprocessors,
        clock_mhz=part.rated_mhz,
        kind=part.kind,
        precision="bf16" if part.compute_capability >= (8, 0) else "fp16",
    )
