"""What else ``/info`` and ``/system/df`` tell, as facts. Pure."""

import datetime
from collections.abc import Mapping

import msgspec

from drydock.core.facts import Engine as EngineFacts
from drydock.core.facts import Fact, Known, Missing
from drydock.core.redact import without_login
from drydock.engines.docker_answers import DiskUsage, Info, Version, product_of, version_number

BUILD_CACHE_SINCE = (1, 42)
"""Engine 23 was the first that tells the size of the build cache without adding up all images and volumes."""

_CDI_DIRECTORIES_SINCE = (1, 44)
"""Engine 25 was the first with CDI; it lists where it looks for specifications when CDI is on."""

_SILENT = Missing("not_supported", "the engine does not tell")


def with_details(
    facts: EngineFacts, version: Version, info: Info, *, inodes: Fact[tuple[int, int]], between: tuple[str, str]
) -> EngineFacts:
    """Add what only some checks read.

    Args:
        facts: of the same engine.
        version: its ``/version``.
        info: its ``/info``.
        inodes: (all, free) where it unpacks images.
        between: this computer's time before and after it was asked, ISO 8601.
    """
    return msgspec.structs.replace(
        facts,
        cdi_directories=_cdi_directories(version, info),
        proxies=_proxies(version, info),
        security=_SILENT if info.security_options is None else Known(_security(info.security_options)),
        warnings=_SILENT if version.version is None else Known(tuple(info.warnings or ())),
        backing_filesystem=_status(info, "Backing Filesystem"),
        file_types=_file_types(info),
        log_driver=Known(info.logging_driver) if info.logging_driver else _SILENT,
        live_restore=_SILENT if info.live_restore is None else Known(info.live_restore),
        clock_ahead=clock_ahead(info.system_time or "", between),
        data_root_inodes=inodes,
    )


def _cdi_directories(version: Version, info: Info) -> Fact[tuple[str, ...]]:
    if product_of(version) == "Podman":
        return _SILENT
    if info.cdi_directories is not None:
        return Known(info.cdi_directories)
    # an engine that knows CDI leaves the list out where CDI is off
    return Known(()) if version_number(version.api_version or "") >= _CDI_DIRECTORIES_SINCE else _SILENT


def _proxies(version: Version, info: Info) -> Fact[Mapping[str, str]]:
    if product_of(version) == "Podman":
        return Missing("not_supported", "Podman does not tell which proxies it uses")
    told = {"http": info.http_proxy, "https": info.https_proxy, "none": info.no_proxy}
    return Known({name: without_login(value) for name, value in told.items() if value})


def _security(options: tuple[str, ...]) -> tuple[str, ...]:
    # such as "name=seccomp,profile=builtin"
    return tuple(option.partition(",")[0].removeprefix("name=") for option in options)


def _status(info: Info, name: str) -> Fact[str]:
    found = next((row[1] for row in info.driver_status or () if len(row) > 1 and row[0] == name), "")
    return Known(found) if found else _SILENT


def _file_types(info: Info) -> Fact[bool]:
    told = _status(info, "Supports d_type")
    return Known(told.value == "true") if isinstance(told, Known) else told


def clock_ahead(there: str, between: tuple[str, str]) -> Fact[float]:
    """Return by how many seconds the engine's clock is ahead of this computer's."""
    try:
        moments = [datetime.datetime.fromisoformat(text).timestamp() for text in (there, *between)]
    except (ValueError, OverflowError):
        return Missing("not_supported", there[:60])
    # this computer's times are in whole seconds
    return Known(round(moments[0] - (moments[1] + moments[2] + 1) / 2, 1))


def unused_build_cache(usage: DiskUsage) -> int:
    """Return the bytes of the build cache that no build and no image uses."""
    return sum(entry.size for entry in usage.build_cache or () if not entry.in_use and not entry.shared)
