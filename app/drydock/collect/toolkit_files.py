"""The container toolkit's settings, its refresh service, and whether what a CDI specification names exists."""

import posixpath
import re
import tomllib
from typing import Any, cast

from drydock.core.facts import Fact, Known, Missing
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig
from drydock.world import World

CONFIG = "/etc/nvidia-container-runtime/config.toml"

_UNIT = "nvidia-cdi-refresh"
_UNIT_DIRECTORIES = ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system")
_WANTS = "/etc/systemd/system/multi-user.target.wants"

_CHARACTER_NODES = "/dev/char"
_MAJOR = "195:"
"""Number that the kernel knows NVIDIA's character devices by."""

_NAMED = re.compile(r"""["']?(?:hostPath|path)["']?\s*:\s*["']?(/[^\s"',}]+)""")
_MOST_FILES = 600
_MOST_NAMES = 20_000


def toolkit_config(world: World) -> Fact[ToolkitConfig]:
    """Read the toolkit's ``config.toml``."""
    text = world.read_text(CONFIG)
    if isinstance(text, Missing):
        return text
    config = parse_toolkit_config(CONFIG, text.value)
    there = not config.ldconfig or _is_there(world, config.ldconfig)
    return Known(
        ToolkitConfig(
            path=config.path,
            problem=config.problem,
            mode=config.mode,
            no_cgroups=config.no_cgroups,
            ldconfig=config.ldconfig,
            ldconfig_there=there,
        )
    )


def parse_toolkit_config(path: str, text: str) -> ToolkitConfig:
    """Read the settings that matter; one of a wrong type counts as not given."""
    try:
        tree: object = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return ToolkitConfig(path=path, problem=str(error)[:300])
    cli, runtime = _table(tree, "nvidia-container-cli"), _table(tree, "nvidia-container-runtime")
    mode, ldconfig = runtime.get("mode"), cli.get("ldconfig")
    return ToolkitConfig(
        path=path,
        mode=mode if isinstance(mode, str) and mode else "auto",
        no_cgroups=cli.get("no-cgroups") is True,
        # the sign in front says that the path is one of this computer and not of the container
        ldconfig=ldconfig[1:] if isinstance(ldconfig, str) and ldconfig.startswith("@") else "",
    )


def _table(tree: object, name: str) -> dict[str, Any]:
    value = cast("dict[str, Any]", tree).get(name) if isinstance(tree, dict) else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def cdi_refresh(world: World) -> Fact[CdiRefresh]:
    """Look for the units that renew the CDI specification."""
    installed = any(_is_there(world, f"{directory}/{_UNIT}.service") for directory in _UNIT_DIRECTORIES)
    wanted = world.list_directory(_WANTS)
    if isinstance(wanted, Missing) and wanted.why != "absent":
        return wanted
    names = wanted.value if isinstance(wanted, Known) else ()
    return Known(CdiRefresh(installed=installed, enabled=f"{_UNIT}.service" in names or f"{_UNIT}.path" in names))


def char_links(world: World) -> Fact[tuple[str, ...]]:
    """Return the links in /dev/char for NVIDIA's nodes."""
    names = world.list_directory(_CHARACTER_NODES)
    if isinstance(names, Missing):
        return names
    return Known(tuple(name for name in names.value if name.startswith(_MAJOR)))


def files_gone(world: World, text: str) -> tuple[int, Fact[tuple[str, ...]]]:
    """Return how many files of this computer a CDI specification names, and those that do not exist."""
    paths = tuple(dict.fromkeys(_NAMED.findall(text)))[:_MOST_FILES]
    listed: dict[str, Fact[tuple[str, ...]]] = {}
    gone: list[str] = []
    for path in paths:
        folder, name = posixpath.split(path)
        if folder not in listed:
            listed[folder] = world.list_directory(folder)
        names = listed[folder]
        if isinstance(names, Missing) and names.why != "absent":
            continue
        inside = names.value if isinstance(names, Known) else ()
        if name not in inside and len(inside) < _MOST_NAMES:
            gone.append(path)
    return len(paths), Known(tuple(gone))


def _is_there(world: World, path: str) -> bool:
    folder, name = posixpath.split(path)
    names = world.list_directory(folder)
    # a directory that may not be read proves nothing
    return name in names.value if isinstance(names, Known) else names.why != "absent"
