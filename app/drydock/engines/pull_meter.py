"""The arithmetic of a pull: engine events in, one honest progress out. Pure; the clock is passed in."""

from typing import Literal

import msgspec

from drydock.engines.interface import PullProgress
from drydock.engines.speed import SpeedMeter

_MARK_INTERVAL = 0.1
# bytes; larger counts are nonsense and are taken as not told
_LARGEST = float(1 << 50)

_DOWNLOADED = frozenset(("Verifying Checksum", "Download complete", "Extracting", "Pull complete"))
_LAYER_STATUSES = _DOWNLOADED | {"Pulling fs layer", "Waiting", "Downloading", "Already exists"}


class Detail(msgspec.Struct):
    """Counts of an event; absent or not positive means that the engine does not say."""

    current: float | None = None
    total: float | None = None
    units: str | None = None


class ErrorDetail(msgspec.Struct):
    """The error of an event."""

    message: str | None = None


class PullEvent(msgspec.Struct):
    """One line of the engine's answer to a pull."""

    status: str | None = None
    id: str | None = None
    detail: Detail | None = msgspec.field(default=None, name="progressDetail")
    error: str | None = None
    error_detail: ErrorDetail | None = msgspec.field(default=None, name="errorDetail")

    @property
    def failure(self) -> str:
        """The error's text; empty when the event is none."""
        if self.error_detail and self.error_detail.message:
            return self.error_detail.message
        return self.error or ""


_LINE = msgspec.json.Decoder(PullEvent)


def decode_event(line: bytes) -> PullEvent | None:
    """Decode one line; None for what is not an event (an empty line, a kind from a future engine)."""
    try:
        return _LINE.decode(line)
    except msgspec.MsgspecError:
        return None


class _Layer:
    __slots__ = ("complete", "downloaded", "fetched", "last", "present", "total")

    def __init__(self) -> None:
        self.total = 0
        self.fetched = 0
        self.last: int | None = None
        self.downloaded = False
        self.complete = False
        self.present = False


class PullMeter:
    """Sums the events of one pull.

    Layers are measured in compressed bytes. A layer's fetched bytes are a high-water mark, so a retry that begins a
    layer again never moves the bar back; the speed counts what really arrived.

    Attributes:
        digest: the image's digest once the engine has told it.
        finished: the engine said that the pull is complete.
    """

    def __init__(self, now: float, expected: int | None = None) -> None:
        """Begin.

        Args:
            now: seconds on the caller's clock.
            expected: compressed bytes the image is known to have, if all its layers are to be fetched.
        """
        self.digest = ""
        self.finished = False
        self._expected = expected or 0
        self._layers: dict[str, _Layer] = {}
        self._done = 0
        self._total = 0
        self._traffic = 0
        self._note = ""
        self._speed = SpeedMeter(now)
        self._told = 0

    @property
    def begun(self) -> bool:
        """Whether bytes of a layer have arrived."""
        return self._traffic > 0 or self._done > 0

    @property
    def to_fetch(self) -> int:
        """Compressed bytes that are still to be fetched, as far as sizes are known."""
        return max(0, self._whole() - self._done)

    @property
    def layers_known(self) -> bool:
        """Whether the engine has named the image's layers."""
        return bool(self._layers)

    @property
    def ended_well(self) -> bool:
        """Whether the end of the events is the end of the pull (Podman does not say so in words)."""
        layers = self._layers.values()
        return self.finished or (bool(layers) and all(layer.downloaded for layer in layers))

    def finish(self) -> None:
        """Note that the image is there."""
        self.finished = True
        for layer in self._layers.values():
            layer.complete = True

    def take(self, event: PullEvent, now: float) -> None:
        """Add one event."""
        status = event.status or ""
        if event.id and status in _LAYER_STATUSES:
            layer = self._layers.get(event.id)
            if layer is None:
                layer = self._layers[event.id] = _Layer()
            self._change(layer, status, event.detail)
            self._note = ""
            if now - self._speed.last >= _MARK_INTERVAL:
                self._speed.mark(now, self._traffic)
        elif status.startswith("Retrying in "):
            self._note = status
            if event.id and event.id in self._layers:
                self._layers[event.id].last = None
        elif status.startswith("Digest: "):
            self.digest = status.removeprefix("Digest: ").strip()
        elif status.startswith("Status: "):
            self.finished = True

    def progress(self, now: float) -> PullProgress:
        """Return the present sum."""
        self._speed.mark(now, self._traffic)
        layers = self._layers.values()
        downloaded = all(layer.downloaded for layer in layers)
        complete = sum(1 for layer in layers if layer.complete or layer.present)
        speed = 0.0 if self.finished else self._speed.speed(now, self._traffic)
        whole = self._done if (self.finished or (layers and downloaded)) else self._whole()
        self._told = max(self._told, self._done)
        return PullProgress(
            phase=self._phase(downloaded=downloaded),
            done=self._told,
            total=max(whole, self._told) if whole or self.finished else None,
            layers=len(self._layers),
            layers_done=complete,
            layers_present=sum(1 for layer in layers if layer.present),
            speed=speed,
            seconds_left=self._left(speed),
            detail=self._note,
        )

    def _phase(self, *, downloaded: bool) -> Literal["asking", "downloading", "extracting", "done"]:
        if self.finished:
            return "done"
        if not self._layers:
            return "asking"
        if not downloaded:
            return "downloading"
        return "extracting"

    def _whole(self) -> int:
        if any(layer.present for layer in self._layers.values()):
            return self._total
        return max(self._total, self._expected)

    def _left(self, speed: float) -> float | None:
        if self.finished:
            return 0.0
        sizes_known = bool(self._layers) and all(layer.total or layer.downloaded for layer in self._layers.values())
        if not sizes_known and self._whole() == self._total:
            return None
        left = self.to_fetch
        if left == 0 or speed <= 0:
            return None
        return left / speed

    def _size(self, layer: _Layer, detail: Detail | None) -> None:
        total = int(detail.total) if detail and detail.total and 0 < detail.total < _LARGEST else 0
        if total > layer.total:
            self._total += total - layer.total
            layer.total = total

    def _fetch(self, layer: _Layer, fetched: int) -> None:
        if fetched > layer.fetched:
            self._done += fetched - layer.fetched
            layer.fetched = fetched
        if fetched > layer.total:
            self._total += fetched - layer.total
            layer.total = fetched

    def _change(self, layer: _Layer, status: str, detail: Detail | None) -> None:
        if status == "Downloading":
            self._downloading(layer, detail)
        elif status == "Already exists":
            self._was_here(layer)
        elif status in _DOWNLOADED:
            if status == "Extracting" and detail and not detail.units:
                # one kind of image store counts seconds here, the other the layer's compressed bytes
                self._size(layer, detail)
            self._downloaded(layer)
            layer.complete = layer.complete or status == "Pull complete"

    def _downloading(self, layer: _Layer, detail: Detail | None) -> None:
        self._size(layer, detail)
        current = int(detail.current) if detail and detail.current and 0 < detail.current < _LARGEST else 0
        if layer.last is not None:
            # a count that falls is a download begun again: all of it arrived anew
            self._traffic += current - layer.last if current >= layer.last else current
        # the first count of a layer may be what an earlier, cancelled pull left behind
        layer.last = current
        layer.downloaded = False
        self._fetch(layer, current)

    def _downloaded(self, layer: _Layer) -> None:
        if layer.last is not None and layer.total > layer.last:
            self._traffic += layer.total - layer.last
        layer.last = layer.total
        layer.downloaded = True
        self._fetch(layer, layer.total)

    def _was_here(self, layer: _Layer) -> None:
        # bytes of a layer that need not be fetched belong to neither side of the bar
        if not layer.fetched:
            self._total -= layer.total
            layer.total = 0
        layer.present = True
        layer.downloaded = True
