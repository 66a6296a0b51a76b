"""Sizes in texts."""


def size_text(count: float) -> str:
    """Write a size in bytes in decimal units, as registries and makers of disks count."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
