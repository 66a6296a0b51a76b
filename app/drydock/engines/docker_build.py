"""A build through the engine's own builder, from a context made in memory."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from drydock.core.trouble import Trouble
from drydock.engines.docker_api import FAILURES, Api, quoted
from drydock.engines.docker_bodies import build_context
from drydock.engines.docker_errors import trouble_of_answer
from drydock.engines.image_answers import ImageDetail
from drydock.engines.interface import BuildRequest
from drydock.engines.pull_meter import ErrorDetail
from drydock.engines.stream_lines import LineCutter, text_of
from drydock.engines.wire import Refused, Silent
from drydock.world import Stop

SILENCE_LIMIT = 1800.0
"""Seconds: a step that installs large packages may print nothing for many minutes."""

_TAIL_LINES = 5
# what the builder says of its own doings, which hides the failing program's last words
_OWN_LINES = ("Removing intermediate container", " ---> ")
_BASE = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)


class _Aux(msgspec.Struct):
    id: str = msgspec.field(default="", name="ID")


class _BuildEvent(msgspec.Struct):
    stream: str | None = None
    status: str | None = None
    error: str | None = None
    error_detail: ErrorDetail | None = msgspec.field(default=None, name="errorDetail")
    aux: _Aux | None = None

    @property
    def failure(self) -> str:
        if self.error_detail and self.error_detail.message:
            return self.error_detail.message
        return self.error or ""


_EVENT = msgspec.json.Decoder(_BuildEvent)


def build(api: Api, request: BuildRequest, tell: Callable[[str], None], stop: Stop) -> str:
    """Build an image, telling each line of output, and return its id.

    Raises:
        Trouble: ``build-failed`` with the failing step's text, or what went wrong with a registry or the engine.
        Stopped: the stop was asked for; the engine has given the build up.
    """
    stop.check()
    act = api.act("build", request.tag)
    parameters = {
        "t": request.tag,
        "dockerfile": "Dockerfile",
        "rm": "1",
        "forcerm": "1",
        "labels": json.dumps(dict(request.labels)),
        "buildargs": json.dumps(dict(request.build_arguments)),
    }
    if request.network:
        parameters["networkmode"] = request.network
    image_id = ""
    output_tail: deque[str] = deque(maxlen=_TAIL_LINES)
    headers = {"Content-Type": "application/x-tar"}
    with api.exchange(act, "POST", "/build", parameters, body=build_context(request), headers=headers) as exchange:
        cutter, text = LineCutter(), LineCutter()
        try:
            for piece in exchange.chunks(stop, silence=SILENCE_LIMIT):
                for line in cutter.feed(piece):
                    event = _decode(line)
                    if event.failure:
                        raise _named(trouble_of_answer(act, 0, event.failure), request, output_tail)
                    if event.aux and event.aux.id:
                        image_id = event.aux.id
                    output = event.stream or (f"{event.status}\n" if event.status else "")
                    for shown in text.feed(output.encode()):
                        line_text = text_of(shown)
                        if line_text.strip() and not line_text.startswith(_OWN_LINES):
                            output_tail.append(line_text)
                        tell(line_text)
        except (Refused, Silent, *FAILURES) as error:
            raise _named(api.trouble(act, error), request, output_tail) from error
        for shown in text.end():
            tell(text_of(shown))
    return _built(api, request.tag, image_id)


def _named(trouble: Trouble, request: BuildRequest, output_tail: Iterable[str]) -> Trouble:
    base = _BASE.search(request.dockerfile)
    # what a registry refused is the image that the build begins from
    reference = request.tag if trouble.id == "build-failed" or base is None else base.group(1)
    return Trouble(trouble.id, **{**trouble.values, "reference": reference, "last": "\n".join(output_tail)})


def _decode(line: bytes) -> _BuildEvent:
    try:
        return _EVENT.decode(line)
    except msgspec.MsgspecError:
        return _BuildEvent()


def _built(api: Api, tag: str, image_id: str) -> str:
    image = api.call(api.act("image", tag), lambda: api.client.inspect_image(quoted(image_id or tag)), ImageDetail)
    if not image.id:
        raise Trouble("build-failed", endpoint=api.endpoint.address, reference=tag, text="no image came of it", last="")
    return image.id
