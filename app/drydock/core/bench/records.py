"""The records a probe writes, as typed values, and a reader that survives whatever else stands in the stream.

One JSON object a line. Unknown types and unknown fields are passed over, so that an older app reads a newer probe; a
line that is no record (a banner, half a line of a killed process) becomes a :class:`BadLine` and is counted.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec

SCHEMA = 1
_LONGEST = 1 << 20
_SHOWN = 200
R = TypeVar("R")

Json: TypeAlias = Any  # a value of a ``values`` table: whatever JSON holds


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    v: int
    seq: int
    t: float


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something cannot be used: a stable kind and the library's own text."""

    kind: str
    text: str


class TorchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The torch build of the process.

    Attributes:
        cuda: CUDA version of the build; None for a CPU build.
        arch_list: what the build has code for (``sm_80``, ``compute_90`` …).
        import_s: seconds the import took.
    """

    version: str
    cuda: str | None = None
    hip: str | None = None
    cudnn: int | None = None
    nccl: str | int | None = None
    arch_list: tuple[str, ...] = ()
    cuda_available: bool = False
    cuda_problem: Problem | None = None
    import_s: float = 0.0
    threads: int = 0


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU as torch sees it.

    Attributes:
        cc: compute capability.
        sms: multiprocessors.
        memory: bytes.
        coverage: ``binary``, ``ptx`` (compiled at the first use), ``none`` or ``unknown``.
    """

    index: int
    name: str | None = None
    uuid: str | None = None
    cc: tuple[int, int] | None = None
    sms: int = 0
    memory: int = 0
    coverage: str = "unknown"


class CpuFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The processor; ``threads`` are those the process may use."""

    name: str = ""
    threads: int = 0


class SharedMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of /dev/shm."""

    total: int
    free: int


class Hello(_Record, frozen=True, kw_only=True):
    """First record: what the process sees. ``device``, ``mode``, ``budget_s``, ``seed`` only from the benchmark."""

    probe: str = ""
    python: str = ""
    platform: str = ""
    architecture: str = ""
    cpu: CpuFacts = CpuFacts()
    shm: SharedMemory | None = None
    limits: dict[str, int | None] = {}
    memory_limit: int | None = None
    environment: dict[str, str] = {}
    torch: TorchFacts | None = None
    devices: tuple[DeviceFacts, ...] = ()
    device: str | None = None
    mode: str | None = None
    budget_s: float | None = None
    seed: int | None = None


class Skip(msgspec.Struct, frozen=True, kw_only=True):
    """Why a slot is not run."""

    code: str
    text: str = ""


class PlannedSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot of the plan, with its expected seconds."""

    id: str
    est_s: float = 0.0
    skipped: Skip | None = None


class ModelShape(msgspec.Struct, frozen=True, kw_only=True):
    """The decoder that is trained."""

    name: str
    layers: int
    width: int
    heads: int
    context: int
    vocabulary: int
    batch: int


class Plan(_Record, frozen=True, kw_only=True):
    """What will be measured. ``scaled``: the model is smaller than GPT-2 124M, and the numbers are not comparable."""

    slots: tuple[PlannedSlot, ...] = ()
    scaled: bool = False
    shape: ModelShape | None = None
    tokens_per_step: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)] = 0
    matmul_parameters: int = 0
    flops_per_token: float = 0.0
    flops_per_token_causal: float = 0.0


class SlotStart(_Record, frozen=True, kw_only=True):
    """A slot begins."""

    slot: str


class Progress(_Record, frozen=True, kw_only=True):
    """How far the whole run is: ``done`` from 0 to 1, ``est_left_s`` seconds."""

    slot: str
    done: float = 0.0
    est_left_s: float = 0.0


class Sample(_Record, frozen=True, kw_only=True):
    """Milliseconds of the steps of one block."""

    slot: str
    arm: str = ""
    block: int = 0
    step_ms: tuple[float, ...] = ()


class Telemetry(_Record, frozen=True, kw_only=True):
    """State of a GPU while something ran: MHz, watts, degrees Celsius, NVML's event reason bits."""

    gpu: str = ""
    sm: float | None = None
    mem: float | None = None
    W: float | None = None
    C: float | None = None
    reasons: int | None = None


class Warn(_Record, frozen=True, kw_only=True):
    """Something worth knowing that breaks nothing."""

    code: str
    text: str = ""
    slot: str = ""
    values: dict[str, Json] = {}


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A measured value with its spread; ``ci`` is the 95 % interval of the median."""

    median: float
    ci: tuple[float, float]
    n: int
    iqr: float = 0.0
    cv: float = 0.0
    p95: float | None = None
    unit: str = ""
    converged: bool = False


class Result(_Record, frozen=True, kw_only=True):
    """A slot's outcome. ``passed`` is None where nothing was judged (a slot that was cut)."""

    slot: str
    passed: bool | None = None
    values: dict[str, Json] = {}
    metrics: dict[str, Metric] = {}
    flags: tuple[str, ...] = ()


class Compare(_Record, frozen=True, kw_only=True):
    """How many times faster ``a`` is than ``b``."""

    a: str
    b: str
    ratio: float
    ci: tuple[float, float]
    parity: bool | None = None
    verdict: str = ""


class ErrorRecord(_Record, frozen=True, kw_only=True):
    """Something failed: a stable kind and what came back."""

    slot: str
    kind: str
    text: str = ""
    number: int | None = None


class Final(_Record, frozen=True, kw_only=True):
    """Last record. A stream without it is that of a probe that died."""

    ok: bool
    stopped: bool = False
    invalid_reasons: tuple[str, ...] = ()
    results: dict[str, float] = {}
    wall_s: float = 0.0


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no record."""

    text: str
    reason: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a type this version does not know."""

    type: str


Record: TypeAlias = (
    Hello | Plan | SlotStart | Progress | Sample | Telemetry | Warn | Result | Compare | ErrorRecord | Final
)
Line: TypeAlias = Record | BadLine | Unknown


class _Head(msgspec.Struct):
    type: str
    v: int


class _Decoder(Generic[R]):
    def __init__(self, kind: type[R]) -> None:
        self.decode = msgspec.json.Decoder(kind).decode


_HEAD = msgspec.json.Decoder(_Head)
_DECODERS: dict[str, _Decoder[Any]] = {
    "hello": _Decoder(Hello),
    "plan": _Decoder(Plan),
    "slot_start": _Decoder(SlotStart),
    "progress": _Decoder(Progress),
    "sample": _Decoder(Sample),
    "telemetry": _Decoder(Telemetry),
    "warn": _Decoder(Warn),
    "result": _Decoder(Result),
    "compare": _Decoder(Compare),
    "error": _Decoder(ErrorRecord),
    "final": _Decoder(Final),
}


def decode_line(line: bytes) -> Line | None:
    """Read one line; None for an empty one. Never raises."""
    stripped = line.strip()
    if not stripped:
        return None
    if len(stripped) > _LONGEST:
        return _bad(stripped, "longer than a record can be")
    try:
        head = _HEAD.decode(stripped)
        if head.v < SCHEMA:
            return _bad(stripped, f"schema {head.v}")
        decoder = _DECODERS.get(head.type)
        if decoder is None:
            return Unknown(type=head.type[:_SHOWN])
        record: Record = decoder.decode(stripped)
        return record
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return _bad(stripped, str(error))


_TYPES: dict[type, str] = {
    Hello: "hello",
    Plan: "plan",
    SlotStart: "slot_start",
    Progress: "progress",
    Sample: "sample",
    Telemetry: "telemetry",
    Warn: "warn",
    Result: "result",
    Compare: "compare",
    ErrorRecord: "error",
    Final: "final",
}


def encode_line(record: Record) -> bytes:
    """Return a record as the line that :func:`decode_line` reads it from."""
    return msgspec.json.encode({"type": _TYPES[type(record)], **msgspec.to_builtins(record)}) + b"\n"


def _bad(line: bytes, reason: str) -> BadLine:
    return BadLine(text=line[:_SHOWN].decode("utf-8", "replace"), reason=reason[:_SHOWN])


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read of a probe's output, in order."""

    records: tuple[Record, ...]
    bad_lines: tuple[BadLine, ...] = ()
    unknown: int = 0

    @property
    def final(self) -> Final | None:
        """The last record of a probe that came to its end."""
        return next((record for record in reversed(self.records) if isinstance(record, Final)), None)


def decode_stream(lines: Iterable[bytes]) -> Stream:
    """Read a whole output, line by line."""
    records: list[Record] = []
    bad_lines: list[BadLine] = []
    unknown = 0
    for line in lines:
        match decode_line(line):
            case None:
                pass
            case BadLine() as bad:
                bad_lines.append(bad)
            case Unknown():
                unknown += 1
            case record:
                records.append(record)
    return Stream(records=tuple(records), bad_lines=tuple(bad_lines), unknown=unknown)
