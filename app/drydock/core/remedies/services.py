"""Steps that install packages, and start and restart the engine."""

from drydock.core.checks.engine_situation import is_rootless
from drydock.core.checks.situation import is_snap
from drydock.core.facts import Snapshot
from drydock.core.remedies.remedy import Packages
from drydock.core.remedies.steps import RunStep

_INSTALL_LIMIT = 1800.0
"""Seconds; packages come over the network, and another program may hold the package manager's lock first."""

_RESTART_LIMIT = 180.0
"""Seconds; a restart waits for every container to end."""

_QUIET_APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get")

_INSTALL: dict[Packages, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apt": ((*_QUIET_APT, "install", "-y"), (*_QUIET_APT, "remove", "-y")),
    "dnf": (("dnf", "install", "-y"), ("dnf", "remove", "-y")),
    "zypper": (("zypper", "--non-interactive", "install"), ("zypper", "--non-interactive", "remove")),
    "pacman": (("pacman", "-S", "--needed", "--noconfirm"), ("pacman", "-R", "--noconfirm")),
}


def install_steps(packages: Packages, *names: str, remove: tuple[str, ...] = ()) -> tuple[RunStep, ...]:
    """Return the steps that install packages.

    Args:
        packages: the package manager; a known one.
        names: what is installed.
        remove: what taking it back removes; the same unless given.
    """
    add, drop = _INSTALL[packages]
    install = RunStep(
        title=f"Install {', '.join(names)}",
        argv=(*add, *names),
        privileged=True,
        limit=_INSTALL_LIMIT,
        undo=(*drop, *(remove or names)),
    )
    if packages != "apt":
        return (install,)
    lists = RunStep(
        title="Read the lists of packages anew", argv=(*_QUIET_APT, "update"), privileged=True, limit=_INSTALL_LIMIT
    )
    return (lists, install)


def enable_steps(unit: str, words: str) -> tuple[RunStep, ...]:
    """Return the steps that start a service of the system now and at every start; ``words`` name it."""
    return (
        RunStep(
            title=f"Let {words} start with the computer",
            argv=("systemctl", "enable", unit),
            privileged=True,
            undo=("systemctl", "disable", unit),
            unless=("systemctl", "is-enabled", "--quiet", unit),
        ),
        RunStep(
            title=f"Start {words}",
            argv=("systemctl", "start", unit),
            privileged=True,
            limit=_RESTART_LIMIT,
            undo=("systemctl", "stop", unit),
            unless=("systemctl", "is-active", "--quiet", unit),
        ),
    )


def restart_step(snapshot: Snapshot) -> RunStep:
    """Return the step that restarts the engine, by what started it."""
    title = "Restart the engine"
    if is_rootless(snapshot):
        argv, privileged = ("systemctl", "--user", "restart", "docker"), False
    elif is_snap(snapshot):
        argv, privileged = ("snap", "restart", "docker"), True
    else:
        argv, privileged = ("systemctl", "restart", "docker"), True
    return RunStep(title=title, argv=argv, privileged=privileged, limit=_RESTART_LIMIT, settles=True)


def reload_step(snapshot: Snapshot) -> RunStep:
    """Return the step after which the engine knows its runtimes anew; where that can be, no container is stopped."""
    if is_rootless(snapshot) or is_snap(snapshot):
        return restart_step(snapshot)
    # it takes up runtimes without a restart; one that is no longer in the file it forgets only with a restart
    return RunStep(
        title="Let the engine read its settings anew; containers run on",
        argv=("systemctl", "reload-or-restart", "docker"),
        privileged=True,
        limit=_RESTART_LIMIT,
        undo=("systemctl", "restart", "docker"),
        settles=True,
    )
