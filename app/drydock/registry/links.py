"""Where the next page is: the Link header, by RFC 8288. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

_LINK = re.compile(r"\s*<([^>]*)>((?:\s*;\s*[^\s=;,\"]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s\";,]*))?)*)\s*(?:,|$)")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)
_LENGTH_LIMIT = 16 * 1024


class ForeignLink(ValueError):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The next page is said to be on another server."""


def next_page(headers: Iterable[str], url: str) -> str:
    """Return the whole address of the page after ``url``, empty when it was the last.

    Args:
        headers: the values of all Link headers of the answer.
        url: what was asked.

    Raises:
        ForeignLink: the next page is not on the server that was asked.
    """
    for header in headers:
        target = _next_of(header[:_LENGTH_LIMIT])
        if target is not None:
            return _same_server(url, target)
    return ""


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address; two with the same are the same server.

    Raises:
        ValueError: it is no address of a web server.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an address of a web server: {url[:200]!r}")
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _next_of(header: str) -> str | None:
    position = 0
    while link := _LINK.match(header, position):
        relation = _RELATION.search(link[2])
        if relation and "next" in (relation[1] or relation[2]).lower().split():
            return link[1]
        if link.end() == position:
            break
        position = link.end()
    return None


def _same_server(url: str, target: str) -> str:
    try:
        absolute = urljoin(url, target)
        if origin(absolute) == origin(url):
            return absolute
    except ValueError:
        pass
    raise ForeignLink(target[:200])
