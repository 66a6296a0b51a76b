"""Remedies that put something into the engine's ``daemon.json``, or into the docker command's own settings."""

import json
from collections.abc import Mapping
from typing import Any

from drydock.core.checks.engine_situation import numbers_of, reader_of
from drydock.core.facts import Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.engine import ANSWERS, RESTART_NOTE
from drydock.core.remedies.fit import is_rootful_docker, manages_docker, on_linux
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import restart_line, restart_step
from drydock.core.remedies.steps import HOME, EditStep, MergeObject

_PROXIES_SINCE = (23,)
"""The first version of Docker Engine that reads ``proxies`` from daemon.json."""

_PROXY_NAMES = (("http-proxy", "httpProxy"), ("https-proxy", "httpsProxy"), ("no-proxy", "noProxy"))
"""How daemon.json and the docker command name what the environment calls HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

_LIMITS: dict[str, tuple[str, int, str]] = {
    "container-memlock": ("memlock", -1, "lock any amount of memory"),
    "container-stack": ("stack", 64 << 20, "use a stack of 64 MiB"),
    "container-files": ("nofile", 1 << 20, "open 1048576 files"),
    "engine-ulimits": ("nofile", 1 << 20, "open 1048576 files"),
}
"""By check: the limit's name, its new value, and what it lets programs do."""


def config_path(snapshot: Snapshot) -> str:
    """Return which ``daemon.json`` the engine reads, or would read."""
    return {
        "rootful": "/etc/docker/daemon.json",
        "rootless": f"{HOME}/.config/docker/daemon.json",
        "snap": "/var/snap/docker/current/config/daemon.json",
    }[reader_of(snapshot)]


def merge_step(snapshot: Snapshot, title: str, members: Mapping[str, Any]) -> EditStep:
    """Return the step that puts members into the engine's settings; what else stands there stays."""
    privileged = reader_of(snapshot) != "rootless"
    edit = MergeObject(json.dumps(members))
    return EditStep(title=title, path=config_path(snapshot), edit=edit, privileged=privileged)


def _setting(
    snapshot: Snapshot, name: str, title: str, members: Mapping[str, Any], note: str, recheck: str
) -> Remedy | None:
    """Return a remedy that puts members into the settings and restarts the engine."""
    if not manages_docker(snapshot):
        return None
    path = config_path(snapshot).replace(HOME, "$HOME")
    root = "" if reader_of(snapshot) == "rootless" else "sudo "
    return remedy(
        name,
        title,
        f"{root}nano {path}",
        restart_line(snapshot),
        note=f"It adds {json.dumps(members)[1:-1]} to {path}. {note} {RESTART_NOTE}",
        steps=(merge_step(snapshot, title, members), restart_step(snapshot)),
        recheck=(recheck, *ANSWERS),
    )


def usual_runtime(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let containers that name no runtime start with the engine's own."""
    return _setting(
        snapshot,
        "usual-runtime",
        "Let containers start with the engine's own runtime",
        {"default-runtime": "runc"},
        "Containers that ask for GPUs name theirs.",
        "engine-default-runtime",
    )


def limit_logs(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Limit what the logs of containers may take of the disk."""
    return _setting(
        snapshot,
        "limit-logs",
        "Limit the logs of containers to 300 MB each",
        {"log-driver": "json-file", "log-opts": {"max-file": "3", "max-size": "100m"}},
        "It holds for containers that are made afterwards.",
        "engine-logs",
    )


def raise_limits(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Raise what containers are allowed that ask for nothing."""
    if finding.id not in _LIMITS or not is_rootful_docker(snapshot):
        # a rootless engine cannot give more than its user has
        return None
    name, value, words = _LIMITS[finding.id]
    return _setting(
        snapshot,
        f"raise-{name}",
        f"Let programs in containers {words}",
        {"default-ulimits": {name: {"Name": name, "Hard": value, "Soft": value}}},
        "It holds for containers that are made afterwards.",
        finding.id,
    )


def add_cdi_directory(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the engine look for CDI specifications in one directory more."""
    folder = str(finding.values.get("path", "")).rpartition("/")[0]
    told = known_or(snapshot.engine.cdi_directories, ())
    if folder not in ("/etc/cdi", "/var/run/cdi", "/run/cdi") or not told:
        return None
    return _setting(
        snapshot,
        "add-cdi-directory",
        f"Let the engine look for CDI specifications in {folder}",
        {"cdi-spec-dirs": [*told, folder]},
        "The directories that it looks into now stay in the list.",
        "toolkit-cdi-engine",
    )


def _proxies(snapshot: Snapshot, column: int) -> dict[str, str]:
    """Return the session's proxies under the names of a file; none where an address holds a password."""
    environment = snapshot.host.environment
    found: dict[str, str] = {}
    for names in _PROXY_NAMES:
        variable = names[0].replace("-", "_")
        value = environment.get(variable) or environment.get(variable.upper()) or ""
        if "@" in value:
            # everybody on this computer may read these files
            return {}
        if value:
            found[names[column]] = value
    return found if set(found) - {"no-proxy", "noProxy"} else {}


def engine_proxies(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the engine go through the proxy of this session."""
    proxies = _proxies(snapshot, 0)
    if not proxies or numbers_of(known_or(snapshot.engine.version, "")) < _PROXIES_SINCE:
        return None
    return _setting(
        snapshot,
        "engine-proxy",
        "Let the engine go through the proxy of this session",
        {"proxies": proxies},
        "The engine then fetches images through it.",
        "engine-proxy",
    )


def container_proxies(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Tell programs in containers of the proxy of this session."""
    proxies = _proxies(snapshot, 1)
    own = "DOCKER_CONFIG" in snapshot.host.environment
    addresses = [value for name, value in proxies.items() if name != "noProxy"]
    # inside a container these are the container itself
    local = any(word in address for address in addresses for word in ("localhost", "127.", "[::1]"))
    if not proxies or local or own or not on_linux(snapshot):
        return None
    return remedy(
        "container-proxy",
        "Tell programs in containers of the proxy of this session",
        "nano $HOME/.docker/config.json",
        note=f"It adds {json.dumps({'proxies': {'default': proxies}})[1:-1]} to $HOME/.docker/config.json. "
        "It holds for containers that are made afterwards.",
        steps=(
            EditStep(
                title="Name the proxy in the docker command's settings",
                path=f"{HOME}/.docker/config.json",
                edit=MergeObject(json.dumps({"proxies": {"default": proxies}})),
                # passwords of registries may stand there
                mode=0o600,
            ),
        ),
        recheck=("engine-container-proxy",),
    )
