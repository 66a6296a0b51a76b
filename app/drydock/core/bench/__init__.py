"""Arithmetic over a benchmark's records: statistics, formulas, ceilings, the summary of a run."""

from drydock.core.bench.records import decode_line, decode_stream
from drydock.core.bench.summary import BenchSummary, summarise_run

__all__ = ["BenchSummary", "decode_line", "decode_stream", "summarise_run"]
