"""Arithmetic over a benchmark's records: statistics, formulas, ceilings, the summary of a run."""

from drydock.core.bench.outcome import BenchSummary, CeilingFigures
from drydock.core.bench.records import decode_line, decode_stream
from drydock.core.bench.summary import summarise_run

__all__ = ["BenchSummary", "CeilingFigures", "decode_line", "decode_stream", "summarise_run"]
