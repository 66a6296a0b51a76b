"""A pull in words and one share: what the bar and the lines below it show."""

import msgspec

from drydock.engines import PullProgress


class PullWords(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a pull for the eyes.

    Attributes:
        share: 0 to 1; None while it is not known, and while layers are only unpacked.
        done: bytes done.
        left: speed and time left.
        detail: layers, and what goes on beside.
    """

    share: float | None
    done: str
    left: str
    detail: str


class PullBar:
    """One bar over all attempts of a pull, that never runs backwards.

    While sizes of layers are still unknown, the total grows and a share would fall: none is told then. An attempt that
    goes on after another fills what is left of the bar, because only what is missing is fetched.

    Attributes:
        kept: what an earlier run fetched is still there.
    """

    def __init__(self) -> None:
        self.kept = False
        self._base = 0.0
        self._highest: float | None = None
        self._done = 0

    @property
    def share(self) -> float | None:
        """The share reached (0 to 1); None before one was known."""
        return self._highest

    def begin(self, *, kept: bool) -> None:
        """Begin a new run: where the last one ended when its layers were kept, otherwise anew."""
        self.kept = kept
        if not kept:
            self._highest = None
        self._base = self._highest or 0.0
        self._done = 0

    def take(self, step: PullProgress) -> float | None:
        """Add a moment and return the share to show; None while it is not known, and while layers are only unpacked."""
        if step.done < self._done:
            # the pull was begun again after a failure
            self._base = self._highest or 0.0
        self._done = step.done
        if step.phase == "done":
            self._highest = 1.0
        elif step.phase == "downloading" and step.total and (self._highest is not None or _sizes_known(step)):
            run = min(1.0, step.done / step.total)
            self._highest = max(self._highest or 0.0, self._base + (1 - self._base) * run)
        return None if step.phase == "extracting" else self._highest


def pull_words(step: PullProgress) -> PullWords:
    """Return what to show of a moment of a pull."""
    if step.phase == "asking":
        return PullWords(share=None, done="", left="", detail=step.detail or "Asking the registry…")
    if step.phase == "extracting":
        done = f"{size_text(step.done)} downloaded" if step.done else "Nothing had to be downloaded"
        return PullWords(share=None, done=done, left="", detail=_joined("Unpacking", _layers(step), step.detail))
    if step.phase == "done":
        return PullWords(share=1.0, done=size_text(step.done), left="", detail=_layers(step))
    share = min(1.0, step.done / step.total) if step.total else None
    total = f" of {size_text(step.total)}" if step.total else ""
    speed = f"{size_text(step.speed)}/s" if step.speed > 0 else ""
    left = f"about {duration_text(step.seconds_left)} left" if step.seconds_left is not None else ""
    return PullWords(
        share=share,
        done=f"{size_text(step.done)}{total}",
        left=_joined(speed, left),
        detail=_joined(_layers(step), step.detail),
    )


def size_text(count: float) -> str:
    """Return a size in decimal units, as registries count."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB" if abs(count) < 1000 else f"{count / 1000:.1f} TB"


def duration_text(seconds: float) -> str:
    """Return a length of time in the one or two units that matter."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{round(whole / 60)} min"
    hours, rest = divmod(round(whole / 60), 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"


def _sizes_known(step: PullProgress) -> bool:
    return step.seconds_left is not None


def _layers(step: PullProgress) -> str:
    if not step.layers:
        return ""
    here = f" ({step.layers_present} were here already)" if step.layers_present else ""
    return f"{step.layers_done} of {step.layers} layers complete{here}"


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)
