"""Remedies for the toolkit's ``config.toml``."""

from drydock.core.checks.engine_situation import is_rootless
from drydock.core.checks.situation import is_tegra
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.findings import Finding
from drydock.core.remedies.fit import manages_engine
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.steps import EditStep, SetToml, TakeOutput

_CLI, _RUNTIME = "nvidia-container-cli", "nvidia-container-runtime"
_LDCONFIG, _REAL = "@/sbin/ldconfig", "@/sbin/ldconfig.real"
"""The sign @ says that it is the host's program. Ubuntu keeps the program itself beside a script of its name."""

_RECHECK = ("toolkit-settings",)


def _config(snapshot: Snapshot) -> ToolkitConfig | None:
    config = snapshot.toolkit.config
    if not isinstance(config, Known) or not manages_engine(snapshot) or "'" in config.value.path:
        return None
    return config.value


def _set(config: ToolkitConfig, name: str, title: str, edit: SetToml, note: str) -> Remedy:
    value = str(edit.value).lower() if isinstance(edit.value, bool) else edit.value
    return remedy(
        name,
        title,
        f"sudo nvidia-ctk config --config-file='{config.path}' --set {edit.table}.{edit.key}={value} --in-place",
        note=note,
        target=config.path,
        steps=(EditStep(title=title, path=config.path, edit=edit, privileged=True),),
        recheck=_RECHECK,
    )


def renew_settings(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write the toolkit's settings anew, as it comes with them."""
    config = _config(snapshot)
    if config is None or not isinstance(snapshot.toolkit.version, Known):
        return None
    return remedy(
        "renew-toolkit-settings",
        "Write the toolkit's settings anew",
        f"sudo cp '{config.path}' '{config.path}.before'",
        f"sudo nvidia-ctk config default --output='{config.path}'",
        note="What stood in the old file no longer counts; it is kept, and can be put back.",
        target=config.path,
        steps=(
            EditStep(
                title="Write the settings that the toolkit comes with",
                path=config.path,
                # printed when no file is named
                edit=TakeOutput((("nvidia-ctk", "config", "default"),)),
                privileged=True,
            ),
        ),
        recheck=_RECHECK,
    )


def set_control_groups(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the toolkit change the device rules of containers, or not: as the engine needs it."""
    config = _config(snapshot)
    if config is None or config.problem or config.no_cgroups == is_rootless(snapshot):
        return None
    edit = SetToml(_CLI, "no-cgroups", is_rootless(snapshot))
    if is_rootless(snapshot):
        title = "Let the toolkit leave the device rules of containers alone"
        note = "It holds for all engines of this computer: those that run as root need it off. CDI needs none."
    else:
        title = "Let the toolkit write the device rules of containers"
        note = "It holds for all engines of this computer: a rootless one beside it needs CDI then."
    return _set(config, "set-control-groups", title, edit, note)


def allow_control_groups(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the toolkit write device rules for an engine that runs as root, where its settings forbid it."""
    return None if is_rootless(snapshot) else set_control_groups(finding, snapshot)


def forbid_control_groups(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the toolkit leave device rules alone, for a rootless engine that may not change them."""
    return set_control_groups(finding, snapshot) if is_rootless(snapshot) else None


def set_mode(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the toolkit choose by itself how it gives GPUs."""
    config = _config(snapshot)
    if config is None or config.problem or config.mode == "auto" or is_tegra(snapshot):
        # on a Jetson the mode csv is the right one
        return None
    edit = SetToml(_RUNTIME, "mode", "auto")
    note = f"The mode '{config.mode}' stands there now."
    return _set(config, "set-toolkit-mode", "Let the toolkit choose by itself how it gives GPUs", edit, note)


def name_ldconfig(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Name the program that the toolkit runs to make libraries known in containers."""
    config = _config(snapshot)
    if config is None or config.problem or config.ldconfig_there:
        return None
    distribution = known_or(snapshot.host.distribution, None)
    ubuntu = distribution is not None and "ubuntu" in (distribution.id, *distribution.like)
    wanted = _REAL if ubuntu else _LDCONFIG
    if config.ldconfig.removeprefix("@") == wanted.removeprefix("@"):
        # that one does not exist here, so it is the other
        wanted = _LDCONFIG if ubuntu else ""
    if not wanted:
        return None
    note = f"'{config.ldconfig}' stands there now, and does not exist on this computer."
    return _set(config, "name-ldconfig", "Name the ldconfig of this computer", SetToml(_CLI, "ldconfig", wanted), note)
