"""What a GPU could do at most, for comparing a benchmark with it."""

from collections.abc import Sequence

from drydock.core.bench import CeilingFigures
from drydock.core.bench.ceilings import peak_flops
from drydock.core.bench.records import Hello, Record
from drydock.data.reference import part_for


def ceilings_of(records: Sequence[Record]) -> CeilingFigures | None:
    """Return the half precision ceiling of the GPU that was measured, where it is a known part.

    A part is known by its name and its number of multiprocessors; for any other GPU nothing is guessed.
    """
    hello = next((record for record in records if isinstance(record, Hello)), None)
    if hello is None or not (hello.device or "").startswith("cuda"):
        return None
    index = (hello.device or "").partition(":")[2] or "0"
    device = next((item for item in hello.devices if str(item.index) == index), None)
    part = part_for(device.name, device.sms) if device and device.name else None
    if part is None:
        return None
    peak = peak_flops(
        capability=part.compute_capability,
        multiprocessors=part.multiprocessors,
        clock_mhz=part.rated_mhz,
        kind=part.kind,
        precision="bf16" if part.compute_capability >= (8, 0) else "fp16",
    )
    return CeilingFigures(datasheet=peak)
