"""What to tell a person when a registry did not answer as wanted. Pure."""

import re
from typing import Any, cast

import msgspec

from drydock.core.trouble import Trouble
from drydock.registry.manifests import Unreadable

_WORDS_LIMIT = 300
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_UNREADABLE = {"old": "image-format-old", "other": "image-format-other", "nonsense": "registry-error"}


def trouble_of_status(
    status: int, words: str, reference: str, *, limits: str = "", on_hub: bool = False, proven: bool = False
) -> Trouble:
    """Name what an error status means.

    Args:
        status: of HTTP.
        words: the server's own.
        reference: what was asked for.
        limits: what the server told of its limits.
        on_hub: Docker Hub was asked.
        proven: the server had already given a token, and still refused.
    """
    text = words or f"HTTP {status}"
    if status == 404:
        return Trouble("image-not-found", reference=reference, text=text)
    if status in {401, 403}:
        # Docker Hub refuses what does not exist in the same way as what is private
        missing = on_hub and proven
        return Trouble("image-not-found" if missing else "registry-auth", reference=reference, text=text)
    if status == 429:
        return Trouble(
            "registry-rate-limit", reference=reference, text="; ".join(part for part in (text, limits) if part)
        )
    return Trouble("registry-error", reference=reference, text=text if not words else f"{words} (HTTP {status})")


def trouble_of_silence(kind: str, text: str, reference: str) -> Trouble:
    """Name what it means that no answer came; ``kind`` is that of :class:`~drydock.registry.wire.Unanswered`."""
    ids = {"tls": "registry-tls", "nonsense": "registry-error"}
    return Trouble(ids.get(kind, "registry-unreachable"), reference=reference, text=text)


def trouble_of_unreadable(error: Unreadable, host: str, reference: str) -> Trouble:
    """Name what it means that an answer is no image."""
    text = f"{host} sent {error}" if error.kind == "nonsense" else str(error)
    return Trouble(_UNREADABLE[error.kind], reference=reference, text=text)


def words_of(body: bytes) -> str:
    """Return what a server says in the body of an error, empty when it says nothing that can be read."""
    try:
        content = msgspec.json.decode(body[: 64 << 10])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _plain_words(body)
    return _clean(_of_json(content))


def limits_of(header: dict[str, str]) -> str:
    """Return what the headers tell of a pull limit.

    Args:
        header: ``retry-after``, ``ratelimit-limit`` and ``ratelimit-remaining``, where they are there.
    """
    parts: list[str] = []
    total, left = _amount(header.get("ratelimit-limit", "")), _amount(header.get("ratelimit-remaining", ""))
    if total:
        hours = _window(header.get("ratelimit-limit", "")) / 3600
        span = f" in {hours:g} h" if hours else ""
        parts.append(f"{left or '0'} of {total} pulls left{span}")
    elif left:
        parts.append(f"{left} pulls left")
    after = header.get("retry-after", "")
    if after:
        parts.append(f"try again in {after} s" if after.isdigit() else f"try again at {_clean(after)}")
    return ", ".join(parts)


def _of_json(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    answer = cast("dict[str, Any]", content)
    errors = answer.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return _first_text(cast("dict[str, Any]", errors[0]), "message", "code")
    return _first_text(answer, "error_description", "details", "detail", "message", "error", "errors")


def _first_text(content: dict[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := content.get(name), str) and value.strip()), "")


def _plain_words(body: bytes) -> str:
    text = body[: 64 << 10].decode("utf-8", "replace")
    title = _TITLE.search(text)
    if title:
        return _clean(title[1])
    return "" if "<" in text else _clean(text)


def _clean(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_WORDS_LIMIT]


def _amount(value: str) -> str:
    number = value.partition(";")[0].strip()
    return number if number.isascii() and number.isdigit() else ""


def _window(value: str) -> int:
    found = re.search(r";\s*w=(\d{1,9})", value, re.ASCII)
    return int(found[1]) if found else 0
