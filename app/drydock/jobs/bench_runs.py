"""Earlier runs of the benchmark: looked up, compared, written to a file, and read from one of another computer."""

import csv
import io
from pathlib import Path

import msgspec

from drydock.core.bench import BenchSummary, decode_stream, summarise_run
from drydock.core.bench.comparison import Comparison, RunFacts, compare
from drydock.core.bench.judgement import Judgement
from drydock.core.trouble import Trouble
from drydock.jobs.ceilings import ceilings_of, judgement_of
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.report import make_redactor
from drydock.world import Stop

_SIZE_LIMIT = 64 << 20
_KIND = "bench"


class KeptRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the history or of a file.

    Attributes:
        name: its number in the history, or the file's name.
    """

    name: str
    facts: RunFacts
    summary: BenchSummary
    judgement: Judgement


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it was recorded: JSON Lines, and what is known of it besides."""

    name: str
    facts: RunFacts
    payload: bytes


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs and what is different."""

    before: KeptRun
    after: KeptRun
    comparison: Comparison


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """First line of an exported file: where and when. A reader of records passes over a type that it does not know."""

    v: int = 1
    seq: int = -1
    t: float = 0.0
    type: str = "place"
    at: str = ""
    where: str = ""
    image: str = ""
    digest: str = ""


class OpenRunJob(Job[KeptRun]):
    """Open a run.

    Args:
        context: the doors and the store.
        name: its number in the history, or the path of a file that was exported.
    """

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def run(self, tell: Tell, stop: Stop) -> KeptRun:
        """Find it.

        Raises:
            Trouble: ``bench-run-unknown``, ``bench-file-unreadable``.
        """
        payload, facts = _payload(self._context, self._name)
        return _kept(self._name, payload, facts)


class ReadRunJob(Job[RunFile]):
    """Read a run to be shown whole; arguments and troubles as :class:`OpenRunJob`."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def run(self, tell: Tell, stop: Stop) -> RunFile:
        """Read it, and see that it holds a run."""
        payload, facts = _payload(self._context, self._name)
        _kept(self._name, payload, facts)
        return RunFile(name=self._name, facts=facts, payload=payload)


class CompareRunsJob(Job[Compared]):
    """Compare two runs; each is a number of the history or a file."""

    def __init__(self, context: Context, before: str, after: str) -> None:
        self._context = context
        self._names = (before, after)

    def run(self, tell: Tell, stop: Stop) -> Compared:
        """Compare them; raises what :class:`OpenRunJob` raises."""
        before, after = (OpenRunJob(self._context, name).run(tell, stop) for name in self._names)
        comparison = compare(before.summary, after.summary, (before.facts, after.facts))
        return Compared(before=before, after=after, comparison=comparison)


class ExportRunJob(Job[str]):
    """Write a run to a file, and return its path: ``.jsonl`` (to be opened elsewhere), ``.json`` or ``.csv``.

    Personal things are taken out.
    """

    def __init__(self, context: Context, name: str, path: Path) -> None:
        self._context = context
        self._name = name
        self._path = path

    def run(self, tell: Tell, stop: Stop) -> str:
        """Write it.

        Raises:
            Trouble: ``bench-format-unknown``, ``bench-not-written``, or as :class:`OpenRunJob`.
        """
        ending = self._path.suffix.lower()
        if ending not in (".jsonl", ".json", ".csv"):
            raise Trouble("bench-format-unknown", path=str(self._path))
        payload, facts = _payload(self._context, self._name)
        kept = _kept(self._name, payload, facts)
        if ending == ".jsonl":
            content = msgspec.json.encode(_Place(**msgspec.structs.asdict(facts))) + b"\n" + payload
        elif ending == ".json":
            content = msgspec.json.format(msgspec.json.encode(kept)) + b"\n"
        else:
            content = csv_of(kept.summary).encode()
        # it may go to somebody else
        content = make_redactor(self._context).text(content.decode("utf-8", "replace")).encode()
        try:
            self._path.write_bytes(content)
        except OSError as error:
            raise Trouble("bench-not-written", path=str(self._path), text=error.strerror or str(error)) from error
        return str(self._path)


def csv_of(summary: BenchSummary) -> str:
    """Return the rungs as a table: speeds in tokens a second, milliseconds, TFLOP/s, bytes."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ("rung", "tokens_per_s", "low", "high", "n", "step_ms", "tflops", "against_fp32", "verdict", "peak_bytes")
    )
    for rung in summary.rungs:
        rate, against = rung.tokens_per_second, rung.against_baseline
        numbers = (rate.median, rate.low, rate.high, rate.count, rung.step_ms.median if rung.step_ms else "")
        rest = (rung.tflops, against.value if against else "", rung.verdict, rung.peak_memory or "")
        table.writerow((rung.id, *numbers, *rest))
    return text.getvalue()


def _payload(context: Context, name: str) -> tuple[bytes, RunFacts]:
    if name.isdecimal():
        return _from_history(context, int(name))
    path = Path(name)
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise Trouble("bench-file-unreadable", path=name, text="it is larger than any run")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise Trouble("bench-file-unreadable", path=name, text=text) from error
    return content, _facts_in(content)


def _from_history(context: Context, number: int) -> tuple[bytes, RunFacts]:
    records = context.store.records(_KIND, limit=10_000)
    record = next((record for record in records if record.id == number), None)
    if record is None:
        known = ", ".join(str(record.id) for record in records[:20]) or "none"
        raise Trouble("bench-run-unknown", number=number, known=known)
    said = {key: str(record.summary.get(key) or "") for key in ("where", "image", "digest")}
    return record.payload, RunFacts(at=record.at, **said)


def _facts_in(content: bytes) -> RunFacts:
    try:
        place = msgspec.json.decode(content.split(b"\n", 1)[0], type=_Place)
    except msgspec.MsgspecError:
        return RunFacts()
    return RunFacts(at=place.at, where=place.where, image=place.image, digest=place.digest)


def _kept(name: str, payload: bytes, facts: RunFacts) -> KeptRun:
    records = decode_stream(payload.splitlines()).records
    summary = summarise_run(records, ceilings_of(records))
    if summary.shape is None and not summary.rungs:
        raise Trouble("bench-file-unreadable", path=name, text="it holds no run of the benchmark")
    return KeptRun(name=name, facts=facts, summary=summary, judgement=judgement_of(summary))
