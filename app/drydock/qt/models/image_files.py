"""Imports and exports of images in words, and the names of their files."""

import re

from drydock.engines import LoadProgress, SaveProgress
from drydock.qt.models.pull import PullWords, duration_text, size_text


def file_name(reference: str) -> str:
    """Return a name for the file that an image is written to."""
    plain = reference.partition("@")[0].removeprefix("sha256:")
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', plain).strip('-') or 'image'}.tar"


def load_words(step: LoadProgress) -> PullWords:
    """Return what to show of a moment of an import."""
    detail = "Sending the file to the engine" if step.phase == "sending" else "The engine unpacks it"
    return _words(step.done, step.total, step.speed, step.seconds_left, "" if step.phase == "done" else detail)


def save_words(step: SaveProgress) -> PullWords:
    """Return what to show of a moment of an export."""
    if step.phase == "preparing":
        return PullWords(share=None, done="", left="", detail="The engine puts the archive together")
    return _words(step.done, step.total, step.speed, step.seconds_left, "")


def loaded_words(references: tuple[str, ...]) -> str:
    """Return the sentence that tells of an import."""
    if not references:
        return "The file held no image that is not here already."
    if len(references) == 1:
        return f"{references[0]} is here now."
    return f"{len(references)} images are here now: {', '.join(references)}."


def _words(done: int, total: int | None, speed: float, left: float | None, detail: str) -> PullWords:
    whole = f" of {size_text(total)}" if total else ""
    parts = (f"{size_text(speed)}/s" if speed > 0 else "", f"about {duration_text(left)} left" if left else "")
    return PullWords(
        share=min(1.0, done / total) if total else None,
        done=f"{size_text(done)}{whole}",
        left="  ·  ".join(part for part in parts if part),
        detail=detail,
    )
