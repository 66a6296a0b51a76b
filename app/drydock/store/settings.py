"""What the person chose, as one small JSON file that forgives: a bad field falls back, the rest stays."""

import json
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from drydock.store.regular import read_regular


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The person's choices.

    Attributes:
        theme: ``system`` follows the desktop.
        engine: address or context name; empty follows the environment.
        monitor_interval: seconds between samples while the Monitor page is shown.
        workspace: directory that Launch proposes.
    """

    schema: int = 1
    theme: Literal["system", "light", "dark"] = "system"
    engine: str = ""
    monitor_interval: float = 1.0
    workspace: str = ""


def read_settings(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """Read settings; fields that make no sense keep their defaults.

    Returns:
        The settings, and a line for each thing that was ignored.
    """
    try:
        raw = json.loads(read_regular(path).decode("utf-8"))
    except FileNotFoundError:
        return Settings(), ()
    except (OSError, ValueError, RecursionError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return Settings(), (f"{path} cannot be read ({reason}); defaults are used",)
    if not isinstance(raw, dict):
        return Settings(), (f"{path}: not an object; defaults are used",)
    kept: dict[str, Any] = {}
    problems: list[str] = []
    hints = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    for key, value in cast("dict[str, Any]", raw).items():
        if key not in hints:
            continue
        try:
            kept[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            problems.append(f"{path}: {key}: {error}; the default is used")
    return Settings(**kept), tuple(problems)


def write_settings(path: Path, settings: Settings) -> None:
    """Replace the file in one step, so that a crash leaves the old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(settings)))
    fresh.replace(path)
