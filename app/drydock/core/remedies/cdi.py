"""Remedies for CDI specifications, and for the engine that reads them."""

import re

from drydock.core.checks.engine_situation import is_rootless
from drydock.core.checks.situation import is_podman, is_tegra
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.engine import RESTART_NOTE
from drydock.core.remedies.fit import has_systemd, manages_docker, on_this_computer
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import enable_steps, restart_line, restart_step
from drydock.core.remedies.settings import merge_step
from drydock.core.remedies.steps import DropFile, EditStep, RunStep, TakeOutput

_FOLDERS = ("/etc/cdi", "/var/run/cdi", "/run/cdi")
_USUAL = "/var/run/cdi/nvidia.yaml"
_RECHECK = ("toolkit-cdi", "toolkit-cdi-files", "toolkit-cdi-gpus", "toolkit-path")
_UNIT = "nvidia-cdi-refresh"


def switch_cdi_on(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the engine look for CDI specifications."""
    if not manages_docker(snapshot):
        return None
    return remedy(
        "switch-cdi-on",
        "Switch CDI on",
        "nvidia-ctk runtime configure --runtime=docker --cdi.enabled --config=$HOME/.config/docker/daemon.json"
        if is_rootless(snapshot)
        else "sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled",
        restart_line(snapshot),
        note=RESTART_NOTE,
        steps=(
            merge_step(snapshot, "Switch CDI on in the engine's settings", {"features": {"cdi": True}}),
            restart_step(snapshot),
        ),
        recheck=("toolkit-cdi-engine", "toolkit-path"),
    )


def _generated(path: str, title: str) -> EditStep:
    # what it would write is shown first: it prints the specification when no file is named
    kind = ("--format=json",) if path.endswith(".json") else ()
    argv = ("nvidia-ctk", "cdi", "generate", *kind)
    return EditStep(title=title, path=path, edit=TakeOutput((argv,)), privileged=True)


def _fits(snapshot: Snapshot) -> bool:
    return on_this_computer(snapshot) and isinstance(snapshot.toolkit.version, Known)


def write_cdi(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write a CDI specification."""
    if not on_this_computer(snapshot):
        return None
    return remedy(
        "write-cdi",
        "Write the CDI specification for the driver that is installed now",
        f"sudo nvidia-ctk cdi generate --output={_USUAL}",
        note="/var/run is empty after a restart; toolkit 1.18 and newer write the file by themselves then.",
        steps=(_generated(_USUAL, "Write the CDI specification"),),
        recheck=_RECHECK,
    )


def rewrite_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write an outdated CDI specification anew, keeping a copy."""
    return _rewritten(str(finding.values.get("path", "")), snapshot)


def _rewritten(path: str, snapshot: Snapshot) -> Remedy | None:
    folder = path.rpartition("/")[0]
    if not on_this_computer(snapshot) or folder not in _FOLDERS or "'" in path:
        return None
    kind = "--format=json " if path.endswith(".json") else ""
    return remedy(
        "rewrite-cdi",
        "Write this CDI specification anew",
        f"sudo cp '{path}' '{path}.before'",
        f"sudo nvidia-ctk cdi generate {kind}--output='{path}'",
        note="The first line keeps a copy; its name is one that engines do not read.",
        target=path,
        steps=(_generated(path, "Write the CDI specification anew"),),
        recheck=_RECHECK,
    )


def renew_cdi(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write the CDI specification of the GPUs anew, the one that is there, or a new one."""
    if not _fits(snapshot):
        return None
    specs = known_or(snapshot.toolkit.cdi_specs, ())
    paths = [spec.path for spec in specs if any(name.startswith("nvidia.com/gpu=") for name in spec.devices)]
    return _rewritten(paths[0], snapshot) if paths else write_cdi(_finding, snapshot)


def renew_present_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write the CDI specification anew, where GPUs come into containers by one."""
    return renew_cdi(finding, snapshot) if known_or(snapshot.toolkit.cdi_specs, ()) else None


def open_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let everybody read a CDI specification."""
    path = str(finding.values.get("path", ""))
    folder = path if path in _FOLDERS else path.rpartition("/")[0]
    if not on_this_computer(snapshot) or folder not in _FOLDERS or re.search(r"[^\w./-]", path):
        return None
    whole = () if path == folder else (path,)
    return remedy(
        "open-cdi",
        "Let everybody read the CDI specification",
        note="There is nothing secret in it.",
        target=path,
        steps=(
            RunStep(title=f"Open the directory {folder}", argv=("chmod", "a+rx", folder), privileged=True),
            *(RunStep(title=f"Open {name}", argv=("chmod", "a+r", name), privileged=True) for name in whole),
        ),
        recheck=_RECHECK,
    )


def drop_double_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Remove the CDI specification in /etc that names what the toolkit's own names too."""
    paths = [str(finding.values.get(name, "")) for name in ("first", "second")]
    kept = next((path for path in paths if path.rpartition("/")[0] in _FOLDERS[1:]), "")
    dropped = next((path for path in paths if path.rpartition("/")[0] == _FOLDERS[0]), "")
    if not kept or not dropped or "'" in dropped or not on_this_computer(snapshot):
        return None
    return remedy(
        "drop-double-cdi",
        f"Remove the CDI specification {dropped}",
        f"sudo mv '{dropped}' '{dropped}.before'",
        note=f"{kept} names the same devices; the toolkit renews that one. The other can be put back.",
        target=dropped,
        steps=(EditStep(title="Remove the file", path=dropped, edit=DropFile(), privileged=True),),
        recheck=_RECHECK,
    )


def keep_cdi_fresh(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the toolkit's own service renew the CDI specification."""
    if not on_this_computer(snapshot) or not has_systemd(snapshot):
        return None
    units = (f"{_UNIT}.path", f"{_UNIT}.service")
    steps = (
        *enable_steps(units[0], "the watch for a new driver"),
        *enable_steps(units[1], "the service that writes the specification"),
    )
    return remedy(
        "keep-cdi-fresh",
        "Let the toolkit renew the CDI specification by itself",
        f"sudo systemctl enable --now {' '.join(units)}",
        steps=steps,
        recheck=("toolkit-cdi-refresh", *_RECHECK),
    )


def refresh_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Run the toolkit's own service that writes the CDI specification."""
    refresh = snapshot.toolkit.refresh
    if not isinstance(refresh, Known) or not refresh.value.installed or not has_systemd(snapshot):
        return renew_cdi(finding, snapshot)
    if not on_this_computer(snapshot):
        return None
    return remedy(
        "refresh-cdi",
        "Let the toolkit's service write the CDI specification again",
        note=f"Why it failed stands in its log: journalctl -u {_UNIT}.service",
        steps=(
            RunStep(
                title="Run the service once more",
                argv=("systemctl", "restart", f"{_UNIT}.service"),
                privileged=True,
                limit=120.0,
            ),
        ),
        recheck=("toolkit-cdi-refresh", *_RECHECK),
    )


def link_nodes(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Make the links by which systemd knows NVIDIA's device nodes."""
    if not _fits(snapshot) or is_podman(snapshot) or is_tegra(snapshot) or not has_systemd(snapshot):
        return None
    return remedy(
        "link-nodes",
        "Make the links that keep a container's GPU when systemd reads its settings anew",
        note="They last until the next start of the computer. A session that has lost its GPU must be made anew.",
        steps=(
            RunStep(
                title="Make the links in /dev/char",
                argv=("nvidia-ctk", "system", "create-dev-char-symlinks", "--create-all"),
                privileged=True,
            ),
        ),
        recheck=("toolkit-reload",),
    )
