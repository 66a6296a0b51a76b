"""The one place where what the engine answered, or failed to answer, becomes a Trouble.

Engines give different status codes for one cause, so the text decides first (see ``docker_wording``), then the code.
"""

import http.client
import json
import re
from collections.abc import Iterator

import msgspec

from drydock.core.facts import Reach
from drydock.core.trouble import Trouble
from drydock.engines.docker_wording import WORDING, Doing
from drydock.engines.wire import Refused, Silent

_TEXT_LIMIT = 2000


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What was being done, so that the same answer gets the right name.

    Attributes:
        doing: the kind of act.
        subject: the image reference, the path of an image file or the container's name.
        endpoint: the engine's address.
        begun: a pull had already received bytes of layers.
    """

    doing: Doing
    endpoint: str
    subject: str = ""
    begun: bool = False


_BY_STATUS: dict[tuple[Doing, int], str] = {
    ("image", 404): "image-not-found",
    ("image", 409): "image-in-use",
    ("registry", 401): "registry-auth",
    ("registry", 403): "registry-auth",
    ("registry", 404): "image-not-found",
    ("registry", 429): "registry-rate-limit",
    ("pull", 401): "registry-auth",
    ("pull", 403): "registry-auth",
    ("pull", 404): "image-not-found",
    ("pull", 429): "registry-rate-limit",
    ("create", 404): "image-not-found",
    ("create", 409): "name-taken",
    ("container", 404): "container-not-found",
}

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|ns|us|µs|μs)")
_RETRY_AFTER = re.compile(
    rf"retry[- ]after:?\s*(?:(?P<duration>(?:{_DURATION.pattern})+)|(?P<seconds>\d{{1,9}})(?![\w.]))", re.IGNORECASE
)
# both characters that look like a Greek mu are in use
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_PORT = re.compile(r"(?:\d+\.\d+\.\d+\.\d+|\]|\*|0\.0\.0\.0|localhost):(\d{1,5})\b")


def message_of(body: str) -> str:
    """Return the engine's own message inside an error body, else the body itself, cut to a readable length."""
    try:
        decoded: object = json.loads(body)
    except ValueError:
        return body.strip()[:_TEXT_LIMIT]
    if isinstance(decoded, dict):
        for key in ("message", "cause", "error"):
            text: object = decoded.get(key)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            if isinstance(text, str) and text:
                return text.strip()[:_TEXT_LIMIT]
    return body.strip()[:_TEXT_LIMIT]


def trouble_of_answer(act: Act, status: int, text: str) -> Trouble:
    """Name an error that the engine told.

    Args:
        act: what was being done.
        status: HTTP status, 0 for an error inside a stream.
        text: the engine's message.
    """
    trouble_id = _by_text(act, text) or _BY_STATUS.get((act.doing, status)) or _otherwise(act)
    if act.begun and trouble_id in ("registry-unreachable", "registry-error"):
        # the registry was there and stopped in the middle
        trouble_id = "pull-interrupted"
    values: dict[str, str | int | float] = {
        "endpoint": act.endpoint,
        "text": text,
        "status": status,
        "reference": act.subject,
        "container": act.subject,
        "path": act.subject,
    }
    if trouble_id == "registry-rate-limit" and (wait := told_wait(text)) is not None:
        values["retry_after"] = wait
    if trouble_id == "port-taken":
        found = _PORT.search(text)
        values["port"] = found.group(1) if found else "?"
    if trouble_id == "image-not-found" and act.doing == "create":
        found_image = re.search(r"no such image: (\S+)", text, re.IGNORECASE)
        values["reference"] = found_image.group(1).rstrip(":") if found_image else act.subject
    return Trouble(trouble_id, **values)


def told_wait(text: str) -> float | None:
    """Return the seconds after which a registry says that it may be asked again; None when it does not say.

    Some registries write ``retry-after: 1m2.5s`` (in the units of Go's durations) or whole seconds into their refusal,
    and the engine passes on their text alone.
    """
    found = _RETRY_AFTER.search(text)
    if found is None:
        return None
    if found["seconds"]:
        return float(found["seconds"])
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(found["duration"]))


def trouble_of_failure(act: Act, error: BaseException) -> Trouble:
    """Name what happened when the engine did not answer properly: a broken, refused or silent connection."""
    if isinstance(error, Refused):
        return trouble_of_answer(act, error.status, message_of(error.body))
    text = raw_text(error)
    if isinstance(error, Silent):
        if act.doing == "pull":
            # "no answer" alone would sound as if the engine were meant
            text = f"nothing came for {error.seconds:.0f} s"
            values = {"reference": act.subject, "text": text, "silent_for": error.seconds}
            return Trouble("pull-interrupted", endpoint=act.endpoint, **values)
        return Trouble("engine-timeout", endpoint=act.endpoint, text=text)
    links = tuple(chain(error))
    if any(isinstance(link, TimeoutError) for link in links) or "timed out" in text.lower():
        return Trouble("engine-timeout", endpoint=act.endpoint, text=text)
    if any(isinstance(link, PermissionError) for link in links):
        return Trouble("engine-no-permission", endpoint=act.endpoint, text=text)
    if any(isinstance(link, (OSError, http.client.HTTPException)) for link in links):
        return Trouble("engine-lost", endpoint=act.endpoint, text=text)
    return Trouble("engine-error", endpoint=act.endpoint, text=text)


def reach_of_failure(error: BaseException, *, local: bool, installed: bool) -> Reach:
    """Say why an engine could not be reached.

    Args:
        error: what the first question ended in.
        local: the address is a socket or pipe of this computer.
        installed: a program of an engine is on PATH.
    """
    text = raw_text(error)
    links = tuple(chain(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in links)

    if isinstance(error, Refused):
        return _reach_of_status(error)
    if any_is(PermissionError):
        return Reach(kind="no_permission", text=text)
    if any_is(FileNotFoundError, NotADirectoryError):
        return Reach(kind="not_running" if installed else "not_installed", text=text)
    if any_is(TimeoutError):
        return Reach(kind="timeout", text=text)
    if local and any_is(ConnectionRefusedError):
        return Reach(kind="not_running", text=text)
    if any_is(http.client.RemoteDisconnected, ConnectionError):
        return Reach(kind="unreachable", text=text)
    if any_is(http.client.HTTPException):
        return Reach(kind="not_an_engine", text=text)
    if any_is(OSError):
        return Reach(kind="unreachable", text=text)
    return Reach(kind="unknown", text=text)


def raw_text(error: BaseException) -> str:
    """Return what an exception says, never empty."""
    if isinstance(error, Silent):
        return f"no answer for {error.seconds:.0f} s"
    if isinstance(error, Refused):
        message = message_of(error.body)
        return f"HTTP {error.status}: {message}" if message else f"HTTP {error.status}"
    links = tuple(chain(error))
    # what the system said is shorter and clearer than how the layers above put it
    said = next((link.strerror for link in links if isinstance(link, OSError) and link.strerror), "")
    if said:
        return said[:_TEXT_LIMIT]
    if any(isinstance(link, http.client.IncompleteRead) for link in links):
        return "the answer broke off"
    return (str(error) or type(error).__name__)[:_TEXT_LIMIT]


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that led to it, wrapped ones in its arguments included."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        followers: tuple[object, ...] = (link.__cause__, link.__context__, getattr(link, "reason", None), *link.args)
        waiting.extend(item for item in followers if isinstance(item, BaseException))


def _by_text(act: Act, text: str) -> str:
    for trouble_id, pattern in WORDING[act.doing]:
        if pattern.search(text):
            return trouble_id
    return ""


def _otherwise(act: Act) -> str:
    if act.doing == "build":
        return "build-failed"
    if act.doing == "load":
        return "image-archive-refused"
    return "pull-interrupted" if act.begun else "engine-error"


def _reach_of_status(error: Refused) -> Reach:
    text = raw_text(error)
    lowered = error.body.lower()
    if "too old" in lowered or "too new" in lowered:
        return Reach(kind="too_old", text=text)
    if error.status in (401, 403):
        return Reach(kind="no_permission", text=text)
    if "http request to an https server" in lowered or error.status >= 500:
        return Reach(kind="unreachable", text=text)
    return Reach(kind="not_an_engine", text=text)
