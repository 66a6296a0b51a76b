"""Steps that install packages, and start and restart services and the engine."""

from drydock.core.checks.engine_situation import is_rootless, reader_of
from drydock.core.facts import Snapshot
from drydock.core.remedies.fit import Packages, has_systemd
from drydock.core.remedies.steps import RunStep

_INSTALL_LIMIT = 1800.0
"""Seconds; packages come over the network, and another program may hold the package manager's lock first."""

_RESTART_LIMIT = 180.0
"""Seconds; a restart waits for every container to end."""

_QUIET_APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get")

_INSTALL: dict[Packages, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "apt": (
        (*_QUIET_APT, "install", "-y"),
        (*_QUIET_APT, "remove", "-y"),
        (*_QUIET_APT, "install", "-y", "--only-upgrade"),
    ),
    "dnf": (("dnf", "install", "-y"), ("dnf", "remove", "-y"), ("dnf", "upgrade", "-y")),
    "zypper": (
        ("zypper", "--non-interactive", "install"),
        ("zypper", "--non-interactive", "remove"),
        ("zypper", "--non-interactive", "update"),
    ),
    "pacman": (("pacman", "-S", "--needed", "--noconfirm"), ("pacman", "-R", "--noconfirm"), ()),
}
"""What installs, removes and updates packages; Arch knows no update of single ones."""


def install_steps(packages: Packages, *names: str, remove: tuple[str, ...] = ()) -> tuple[RunStep, ...]:
    """Return the steps that install packages.

    Args:
        packages: the package manager; a known one.
        names: what is installed.
        remove: what taking it back removes; the same unless given.
    """
    add, drop, _ = _INSTALL[packages]
    install = RunStep(
        title=f"Install {', '.join(names)}",
        argv=(*add, *names),
        privileged=True,
        limit=_INSTALL_LIMIT,
        undo=(*drop, *(remove or names)),
    )
    return (*_lists(packages), install)


def update_steps(packages: Packages, *names: str) -> tuple[RunStep, ...]:
    """Return the steps that bring installed packages to their newest version, which nothing takes back; or none."""
    update = _INSTALL[packages][2] if packages in _INSTALL else ()
    if not update:
        return ()
    step = RunStep(title=f"Update {', '.join(names)}", argv=(*update, *names), privileged=True, limit=_INSTALL_LIMIT)
    return (*_lists(packages), step)


def _lists(packages: Packages) -> tuple[RunStep, ...]:
    if packages != "apt":
        return ()
    return (
        RunStep(
            title="Read the lists of packages anew", argv=(*_QUIET_APT, "update"), privileged=True, limit=_INSTALL_LIMIT
        ),
    )


def enable_steps(unit: str, words: str) -> tuple[RunStep, ...]:
    """Return the steps that start a service of systemd now and at every start; ``words`` name it."""
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


def start_steps(snapshot: Snapshot) -> tuple[RunStep, ...]:
    """Return the steps that start a Docker Engine of this computer, by what manages it."""
    reader = reader_of(snapshot)
    if reader == "rootless":
        own = ("systemctl", "--user")
        return (
            RunStep(
                title="Start the engine",
                argv=(*own, "start", "docker"),
                undo=(*own, "stop", "docker"),
                unless=(*own, "is-active", "--quiet", "docker"),
            ),
        )
    if reader == "snap":
        start, stop = ("snap", "start", "--enable", "docker"), ("snap", "stop", "docker")
    elif has_systemd(snapshot):
        return enable_steps("docker", "the engine")
    else:
        start, stop = ("service", "docker", "start"), ("service", "docker", "stop")
    return (RunStep(title="Start the engine", argv=start, privileged=True, limit=_RESTART_LIMIT, undo=stop),)


def start_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the lines for a shell that do the same."""
    if reader_of(snapshot) == "rootful" and has_systemd(snapshot):
        return ("sudo systemctl enable --now docker",)
    return tuple(_line(step) for step in start_steps(snapshot))


def restart_step(snapshot: Snapshot) -> RunStep:
    """Return the step that restarts the engine, by what started it."""
    reader = reader_of(snapshot)
    if reader == "rootless":
        argv = ("systemctl", "--user", "restart", "docker")
    elif reader == "snap":
        argv = ("snap", "restart", "docker")
    elif has_systemd(snapshot):
        argv = ("systemctl", "restart", "docker")
    else:
        argv = ("service", "docker", "restart")
    return RunStep(
        title="Restart the engine", argv=argv, privileged=reader != "rootless", limit=_RESTART_LIMIT, settles=True
    )


def restart_line(snapshot: Snapshot) -> str:
    """Return the line for a shell that does the same."""
    return _line(restart_step(snapshot))


def _line(step: RunStep) -> str:
    return ("sudo " if step.privileged else "") + " ".join(step.argv)


def reload_step(snapshot: Snapshot) -> RunStep:
    """Return the step after which the engine knows its runtimes anew; where that can be, no container is stopped."""
    if is_rootless(snapshot) or reader_of(snapshot) == "snap" or not has_systemd(snapshot):
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
