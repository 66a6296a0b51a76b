"""One kept result."""

import msgspec


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One kept result.

    Attributes:
        kind: ``bench``, ``probe`` …
        at: ISO 8601, UTC.
        summary: a few values for lists.
        payload: the whole result, in the form its kind defines (JSON Lines for probes and benchmarks).
    """

    id: int
    kind: str
    at: str
    summary: dict[str, str | int | float | bool | None]
    payload: bytes
