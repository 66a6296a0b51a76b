"""A moment of a pull as one line and one share."""

from drydock.cli.base import human_bytes
from drydock.engines import PullProgress


def progress_share(step: PullProgress) -> float | None:
    """Return the share of a pull that is done, while its size is known."""
    return min(1.0, step.done / step.total) if step.total else None


def progress_text(step: PullProgress) -> str:
    """Return one line for a moment of a pull."""
    if step.phase == "asking":
        return step.detail or "Asking the registry…"
    total = f" of {human_bytes(step.total)}" if step.total else ""
    parts = [f"{step.phase}: {human_bytes(step.done)}{total}"]
    if step.speed:
        parts.append(f"{human_bytes(step.speed)}/s")
    if step.seconds_left is not None:
        parts.append(f"{step.seconds_left:.0f} s left")
    parts.append(f"layers {step.layers_done}/{step.layers}")
    if step.layers_present:
        parts.append(f"{step.layers_present} here already")
    return ", ".join([*parts, *([step.detail] if step.detail else [])])
