"""A pull: the engine's events measured and told, with stop, silence limit and a look at the disk."""

import contextlib
import time
from collections.abc import Callable

from drydock.core.facts import Fact, Known
from drydock.core.trouble import Trouble
from drydock.engines.docker_api import FAILURES, Api, quoted
from drydock.engines.docker_errors import Act, trouble_of_answer, trouble_of_failure
from drydock.engines.image_answers import ImageDetail, platform_text
from drydock.engines.interface import PullProgress
from drydock.engines.pull_meter import PullMeter, decode_event
from drydock.engines.sizes import size_text
from drydock.engines.stream_lines import LineCutter
from drydock.engines.wire import Refused, Silent
from drydock.world import Stop

SILENCE_LIMIT = 120.0
"""Seconds: longer than the 76 s an engine was seen to retry a registry that is gone."""

TELL_INTERVAL = 0.1
"""Seconds between two tellings."""

UNPACK_FACTOR = 2.2
"""Disk bytes that a compressed byte of a PyTorch image needs at the least, for what it unpacks to.

A pull is broken off by this number, so it is the small end: 3.24 GB were seen to become about 8 GB, and the downloaded
layers go one by one as they are unpacked.
"""

_DISK_INTERVAL = 1.0


def split_reference(reference: str) -> tuple[str, str]:
    """Split an image reference into repository and tag (or ``sha256:…`` digest); the tag is ``latest`` when absent."""
    repository, at, digest = reference.partition("@")
    if at:
        head, _, tail = repository.rpartition(":")
        return (head if head and "/" not in tail else repository), digest
    head, colon, tail = reference.rpartition(":")
    if colon and "/" not in tail:
        return head, tail
    return reference, "latest"


class Pull:
    """One pull of one image."""

    def __init__(
        self,
        api: Api,
        reference: str,
        tell: Callable[[PullProgress], None],
        *,
        header: Callable[[str], dict[str, str]],
        room: Callable[[], Fact[int]],
        expected: int | None = None,
        silence: float = SILENCE_LIMIT,
    ) -> None:
        """Prepare.

        Args:
            api: the engine.
            reference: what to pull.
            tell: takes the progress, at most about ten times a second.
            header: the request header with this user's login for an image's registry.
            room: bytes free where the engine unpacks.
            expected: compressed bytes of the whole image, where they are known.
            silence: seconds without any sign after which the pull is given up.
        """
        self._api = api
        self._reference = reference
        self._tell = tell
        self._header = header
        self._room = room
        self._silence = silence
        self._meter = PullMeter(time.monotonic(), expected)
        self._next_tell = 0.0
        self._next_look = 0.0
        self._before = ""

    def run(self, stop: Stop, platform: str = "") -> str:
        """Pull, and return the image's digest.

        Raises:
            Trouble: it failed.
            Stopped: the stop was asked for; the engine has given the download up.
        """
        stop.check()
        repository, tag = split_reference(self._reference)
        parameters = {"fromImage": repository, "tag": tag}
        if platform:
            parameters["platform"] = platform
            self._before = self._here(self._reference)
        headers = self._header(self._reference)
        # empty bodies of POST need their length told
        with self._api.exchange(
            self._act(), "POST", "/images/create", parameters, body=b"", headers=headers
        ) as exchange:
            cutter = LineCutter()
            self._say(force=True)
            try:
                for piece in exchange.chunks(stop, silence=self._silence):
                    for line in cutter.feed(piece):
                        self._take(line)
                    self._say()
            except (Refused, Silent, *FAILURES) as error:
                raise self._trouble(error) from error
            for line in cutter.end():
                self._take(line)
        return self._finish(platform)

    def _take(self, line: bytes) -> None:
        event = decode_event(line)
        if event is None:
            return
        if event.failure:
            raise trouble_of_answer(self._act(), 0, event.failure)
        self._meter.take(event, time.monotonic())

    def _say(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if force or now >= self._next_tell:
            self._next_tell = now + TELL_INTERVAL
            self._tell(self._meter.progress(now))
        if now >= self._next_look:
            self._next_look = now + _DISK_INTERVAL
            self._look_at_disk()

    def _look_at_disk(self) -> None:
        free = self._room()
        needed = int(self._meter.to_fetch * UNPACK_FACTOR)
        if isinstance(free, Known) and needed > free.value and self._meter.layers_known:
            raise Trouble(
                "disk-full-ahead",
                reference=self._reference,
                endpoint=self._api.endpoint.address,
                needed=size_text(needed),
                free=size_text(free.value),
            )

    def _finish(self, platform: str) -> str:
        act = self._act()
        if not self._meter.ended_well:
            if lost := self._api.answers():
                raise Trouble("engine-lost", endpoint=act.endpoint, text=lost)
            text = "the engine's answer ended before the pull did"
            raise Trouble("pull-interrupted", endpoint=act.endpoint, reference=act.subject, text=text)
        image = self._detail(self._reference)
        self._check_platform(image, platform)
        self._name(image)
        self._meter.finish()
        self._say(force=True)
        digests = [name.partition("@")[2] for name in image.repo_digests or ()]
        return self._meter.digest or (digests[0] if digests else image.id)

    def _check_platform(self, image: ImageDetail, wanted: str) -> None:
        """Refuse an image for another platform: an engine before version 23 brings it all the same."""
        got = platform_text(image.os or "", image.architecture or "", image.variant or "")
        if not wanted or not got or _same_platform(wanted, got):
            return
        if image.id != self._before:
            with contextlib.suppress(Trouble):
                self._take_back()
        text = f"it is there for {got}, and {wanted} was asked for"
        raise Trouble("platform-missing", reference=self._reference, endpoint=self._api.endpoint.address, text=text)

    def _take_back(self) -> None:
        """Give the name back to the image that had it, and else to none."""
        act, client = self._api.act("image", self._reference), self._api.patient
        self._api.call(act, lambda: client.remove_image(quoted(self._reference)), object)
        if self._before and "@" not in self._reference:
            repository, tag = split_reference(self._reference)
            self._api.call(act, lambda: client.tag(self._before, repository, tag), object)

    def _name(self, image: ImageDetail) -> None:
        """Give an image that was pinned by its digest the name it was asked for with: engines leave it without one."""
        name, _, digest = self._reference.partition("@")
        repository, tag = split_reference(name)
        if not digest or name == repository or self._here(name):
            return
        act = self._api.act("image", name)
        self._api.call(act, lambda: self._api.patient.tag(image.id, repository, tag), object)

    def _here(self, reference: str) -> str:
        """Return the id of a local image, empty when there is none."""
        try:
            return self._detail(reference).id
        except Trouble as trouble:
            if trouble.id in ("image-not-found", "image-name-invalid"):
                return ""
            raise

    def _detail(self, reference: str) -> ImageDetail:
        act = self._api.act("image", reference)
        return self._api.call(act, lambda: self._api.client.inspect_image(quoted(reference)), ImageDetail)

    def _act(self) -> Act:
        act = self._api.act("pull", self._reference)
        return Act(doing="pull", endpoint=act.endpoint, subject=act.subject, begun=self._meter.begun)

    def _trouble(self, error: BaseException) -> Trouble:
        trouble = trouble_of_failure(self._act(), error)
        # a connection that breaks between two events is a dead engine or a cut line: look which
        if trouble.id == "engine-lost" and not self._api.answers():
            return Trouble(
                "pull-interrupted",
                endpoint=self._api.endpoint.address,
                reference=self._reference,
                text=str(trouble.values["text"]),
            )
        return trouble


def _same_platform(wanted: str, got: str) -> bool:
    # a variant (arm64/v8, amd64/v3) counts only when both say one
    return wanted == got or wanted.startswith(f"{got}/") or got.startswith(f"{wanted}/")
