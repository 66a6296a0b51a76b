"""The shape of a remedy, and what makes one."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Known, Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.steps import RecipeStep

Packages: TypeAlias = Literal["apt", "dnf", "zypper", "pacman", "unknown"]

_FAMILIES: tuple[tuple[Packages, frozenset[str]], ...] = (
    ("apt", frozenset({"debian", "ubuntu", "linuxmint", "pop", "raspbian"})),
    ("dnf", frozenset({"fedora", "rhel", "centos", "rocky", "almalinux", "ol", "amzn"})),
    ("zypper", frozenset({"suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles"})),
    ("pacman", frozenset({"arch", "manjaro", "endeavouros"})),
)


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would help.

    Attributes:
        id: stable identifier.
        title: what it does, in the imperative.
        commands: lines for a shell, in their order; those that need root begin with ``sudo``.
        privileged: whether a line needs root.
        note: what to know before.
        target: what it is applied to, where there are several.
        steps: what Drydock itself would do; none where only a person can do it.
        recheck: ids of checks to ask afterwards, besides that of the finding.
    """

    id: str
    title: str
    commands: tuple[str, ...]
    privileged: bool
    note: str = ""
    target: str = ""
    steps: tuple[RecipeStep, ...] = ()
    recheck: tuple[str, ...] = ()


Make: TypeAlias = Callable[[Finding, Snapshot], "Remedy | tuple[Remedy, ...] | None"]
"""Makes a remedy for a finding; None where it does not fit this machine."""


def packages_of(snapshot: Snapshot) -> Packages:
    """Return the package manager of the host's distribution."""
    distribution = snapshot.host.distribution
    if not isinstance(distribution, Known):
        return "unknown"
    words = {distribution.value.id, *distribution.value.like}
    for name, family in _FAMILIES:
        if words & family:
            return name
    return "unknown"


def remedy(
    remedy_id: str,
    title: str,
    *commands: str,
    note: str = "",
    target: str = "",
    steps: tuple[RecipeStep, ...] = (),
    recheck: tuple[str, ...] = (),
) -> Remedy:
    """Make a remedy; it is privileged when a command uses sudo."""
    privileged = any("sudo " in command for command in commands)
    return Remedy(
        id=remedy_id,
        title=title,
        commands=commands,
        privileged=privileged,
        note=note,
        target=target,
        steps=steps,
        recheck=recheck,
    )


def on_linux(snapshot: Snapshot) -> bool:
    """Return whether the host runs Linux."""
    return snapshot.host.system == "linux"
