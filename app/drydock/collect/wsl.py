"""What Windows lends a Linux inside WSL, and the settings that decide it."""

import re

from drydock.core.facts import Fact, Known, Missing, Wsl
from drydock.world import World

_LIBRARIES = "/usr/lib/wsl/lib"
_LOADER = "/etc/ld.so.conf.d"
_SETTINGS = r"%UserProfile%\.wslconfig"
_PROFILE = re.compile(r"(/mnt/[a-z]/Users/[^/:]+)/", re.IGNORECASE)


def collect_wsl(world: World) -> Wsl:
    """Collect what there is; everything is *not applicable* where this is not WSL."""
    kernel = world.kernel_release()
    if world.system() != "linux" or not isinstance(kernel, Known) or "microsoft" not in kernel.value.lower():
        nowhere = Missing("not_applicable")
        return Wsl(
            libraries=nowhere,
            on_loader_path=nowhere,
            gpu_enabled=nowhere,
            settings_file=nowhere,
            memory=nowhere,
            gpu_support=nowhere,
        )
    own = world.read_text("/etc/wsl.conf", 1 << 16)
    path, windows = _windows_settings(world)
    return Wsl(
        libraries=world.list_directory(_LIBRARIES),
        on_loader_path=_on_loader_path(world),
        gpu_enabled=_switch(own, "gpu", "enabled"),
        settings_file=path,
        memory=_setting(windows, "wsl2", "memory"),
        gpu_support=_switch(windows, "wsl2", "gpusupport"),
    )


def _windows_settings(world: World) -> tuple[Fact[str], Fact[str]]:
    """Find .wslconfig in the Windows profile of this user, whose programs WSL puts on PATH."""
    match = _PROFILE.search(world.environment().get("PATH", ""))
    if not match:
        missing = Missing("absent", "PATH names no Windows profile")
        return missing, missing
    path = f"{match[1]}/.wslconfig"
    text = world.read_text(path, 1 << 16)
    # the path names the person; Windows' own way to write it does not
    if isinstance(text, Missing):
        missing = Missing(text.why, _SETTINGS)
        return missing, missing
    return Known(_SETTINGS), text


def _on_loader_path(world: World) -> Fact[bool]:
    names = world.list_directory(_LOADER)
    if isinstance(names, Missing):
        return names
    texts = (world.read_text(f"{_LOADER}/{name}", 1 << 14) for name in names.value if name.endswith(".conf"))
    return Known(any(isinstance(text, Known) and _LIBRARIES in text.value for text in texts))


def parse_settings(text: str) -> dict[tuple[str, str], str]:
    """Read ``key = value`` lines under ``[section]`` headers; keys and sections in lower case."""
    found: dict[tuple[str, str], str] = {}
    section = ""
    for line in text.splitlines():
        body = line.partition("#")[0].strip()
        if body.startswith("[") and body.endswith("]"):
            section = body[1:-1].strip().lower()
        elif "=" in body:
            key, _, value = body.partition("=")
            found[section, key.strip().lower()] = value.strip().strip("\"'")
    return found


def _setting(text: Fact[str], section: str, key: str) -> Fact[str]:
    if isinstance(text, Missing):
        return text
    value = parse_settings(text.value.lstrip("\ufeff")).get((section, key))
    return Known(value) if value else Missing("absent", f"{key} is not set")


def _switch(text: Fact[str], section: str, key: str) -> Fact[bool]:
    value = _setting(text, section, key)
    return Known(value.value.lower() not in ("false", "0")) if isinstance(value, Known) else value
