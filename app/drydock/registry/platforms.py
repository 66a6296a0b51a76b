"""Platforms of images: how they are written, and which one serves a machine. Pure."""

from collections.abc import Iterable

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386", "i686": "386"}
_PLAIN_VARIANT = {"amd64": "v1", "arm64": "v8"}
"""The variant that is meant where none is said, by architecture."""


def normalised(operating_system: str, architecture: str, variant: str = "") -> str:
    """Write a platform as ``os/architecture[/variant]``, without a variant that says nothing."""
    architecture = _ARCHITECTURES.get(architecture.lower(), architecture.lower())
    variant = variant.lower()
    if variant and variant[0].isdigit():
        variant = f"v{variant}"
    if variant == _PLAIN_VARIANT.get(architecture):
        variant = ""
    return "/".join(part for part in (operating_system.lower(), architecture, variant) if part)


def parse_platform(text: str) -> str:
    """Normalise a platform as a person or an engine writes it; an empty one stays empty."""
    parts = [*text.strip().split("/"), "", "", ""][:3]
    return normalised(*parts) if parts[1] else ""


def best_of(wanted: str, platforms: Iterable[str]) -> int | None:
    """Return the place of the platform that serves the wanted one best, None when none does.

    A processor runs what was built for its own variant or an earlier one of the same architecture.
    """
    best: tuple[int, int] | None = None
    for place, platform in enumerate(platforms):
        distance = _distance(wanted, platform)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, place)
    return best[1] if best else None


def _distance(wanted: str, offered: str) -> int | None:
    if wanted == offered:
        return 0
    wanted_parts, offered_parts = wanted.split("/"), offered.split("/")
    if wanted_parts[:2] != offered_parts[:2]:
        return None
    mine, theirs = _level(wanted_parts), _level(offered_parts)
    if mine is None or theirs is None or theirs > mine:
        return None
    return mine - theirs


def _level(parts: list[str]) -> int | None:
    variant = parts[2] if len(parts) > 2 else _PLAIN_VARIANT.get(parts[1], "v7" if parts[1] == "arm" else "v0")
    digits = variant.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None
