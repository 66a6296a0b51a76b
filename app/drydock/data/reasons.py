"""The English texts for the codes of the image choice."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec

from drydock.core.trouble import Value
from drydock.data.knowledge import fill


@functools.cache
def texts() -> dict[str, str]:
    """Return every text by its code."""
    content = (resources.files("drydock_resources") / "catalogue" / "reasons.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(content), dict[str, str])


def way(code: str, values: Mapping[str, Value]) -> str:
    """Return what would make it possible, filled with the reason's values; empty where nothing is to be said."""
    variant = values.get("way", "")
    key = f"{code}.way.{variant}" if variant else f"{code}.way"
    return fill(texts().get(key, ""), values)


def text(code: str, values: Mapping[str, Value]) -> str:
    """Return the text for a reason, a note or a refusal, filled with its values."""
    cause = values.get("cause", "")
    return fill(texts().get(f"{code}.{cause}") or texts().get(code) or code, values)


def explained(code: str, values: Mapping[str, Value]) -> str:
    """Return the text of a reason and, where there is one, the way out."""
    return " ".join(part for part in (text(code, values), way(code, values)) if part)
