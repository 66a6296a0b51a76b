"""The way out of a probe: one JSON object a line on standard output, and nothing else there.

Every record has ``v`` (schema, 1), ``seq`` (counts from 0), ``t`` (monotonic seconds) and ``type``. What a library
prints goes to standard error: file descriptor 1 is pointed there, and records leave by a private copy of it.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from typing import Any, Dict, Mapping

SCHEMA = 1
Record = Dict[str, Any]


def finite(value: Any) -> Any:
    """Return the value with every number JSON has no word for (NaN, infinities) as None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


class Channel:
    """Writes records; made once, before anything else may print."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._lock = threading.Lock()
        self._seq = 0

    def emit(self, record_type: str, **fields: Any) -> None:
        """Write one record and flush it.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        with self._lock:
            record = {"v": SCHEMA, "seq": self._seq, "t": round(time.monotonic(), 4), "type": record_type}
            record.update(finite(fields))
            self._file.write(json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n")
            self._file.flush()
            self._seq += 1

    def forward(self, record: Record) -> None:
        """Write a child's record as our own: it gets our sequence number and time."""
        self.emit(record["type"], **{key: value for key, value in record.items() if key not in _HEAD})


_HEAD = frozenset({"v", "seq", "t", "type"})
