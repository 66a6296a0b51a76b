"""Remedies for the container engine: that it is there, runs, and may be used."""

import msgspec

from drydock.core.checks.engine_situation import SYSTEM_SOCKETS, config_of
from drydock.core.checks.situation import is_docker_desktop, is_wsl
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.fit import (
    Packages,
    in_container,
    is_rootful_docker,
    manages_docker,
    on_linux,
    packages_of,
)
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import install_steps, restart_line, restart_step, start_lines, start_steps
from drydock.core.remedies.steps import USER, CorrectObject, EditStep, PutText, RecipeStep, RunStep

ANSWERS = ("engine-running", "engine-permission")
"""The checks that a started engine is asked first."""

RESTART_NOTE = "Restarting the engine stops running containers unless live-restore is on."


def start_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Start the engine with what manages it."""
    if not on_linux(snapshot) or snapshot.engine.remote:
        return None
    address = snapshot.engine.endpoint
    if address.endswith("/podman/podman.sock") or ".docker/desktop" in address:
        return _start_for_user(snapshot)
    if not manages_docker(snapshot) or (is_wsl(snapshot) and not isinstance(snapshot.engine_setup.daemon, Known)):
        # without a dockerd inside, it is Docker Desktop's in Windows
        return None
    return remedy(
        "start-engine",
        "Start the engine",
        *start_lines(snapshot),
        note="Its log tells why, when it does not start.",
        steps=start_steps(snapshot),
        recheck=ANSWERS,
    )


def _start_for_user(snapshot: Snapshot) -> Remedy | None:
    """Start an engine that systemd runs for one user, or Podman's socket."""
    address = snapshot.engine.endpoint
    unit = "docker-desktop" if ".docker/desktop" in address else "podman.socket"
    whole = unit == "podman.socket" and not address.startswith("unix:///run/user/")
    own = ("systemctl",) if whole else ("systemctl", "--user")
    return remedy(
        "start-engine",
        "Start Docker Desktop" if unit == "docker-desktop" else "Start Podman's socket",
        steps=(
            RunStep(
                title="Start the engine",
                argv=(*own, "start", unit),
                privileged=whole,
                limit=180.0,
                undo=(*own, "stop", unit),
                unless=(*own, "is-active", "--quiet", unit),
            ),
        ),
        recheck=ANSWERS,
    )


def restart_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Restart the engine, so that it reads its settings anew."""
    if not manages_docker(snapshot):
        return None
    return remedy(
        "restart-engine",
        "Restart the engine",
        restart_line(snapshot),
        note="This stops running containers unless live-restore is on.",
        steps=(restart_step(snapshot),),
        recheck=ANSWERS,
    )


def install_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the distribution's engine."""
    packages = packages_of(snapshot)
    commands: dict[Packages, tuple[str, ...]] = {
        "apt": ("sudo apt-get update", "sudo apt-get install -y docker.io"),
        "dnf": ("sudo dnf install -y moby-engine",),
        "zypper": ("sudo zypper install -y docker",),
        "pacman": ("sudo pacman -S --needed docker",),
    }
    names: dict[Packages, str] = {"apt": "docker.io", "dnf": "moby-engine", "zypper": "docker", "pacman": "docker"}
    distribution = known_or(snapshot.host.distribution, None)
    if packages not in commands or (packages == "dnf" and distribution and distribution.id != "fedora"):
        return None
    if is_wsl(snapshot) or isinstance(snapshot.engine_setup.daemon, Known):
        # inside WSL a person must choose between this and Docker Desktop
        return None
    return remedy(
        "install-engine",
        "Install your distribution's Docker Engine and start it",
        *commands[packages],
        *start_lines(snapshot),
        note="Docker's own packages are newer; the page on installing Docker Engine tells how to add them.",
        steps=(*install_steps(packages, names[packages]), *start_steps(snapshot)),
        recheck=ANSWERS,
    )


def join_group(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Join the group that may use the engine."""
    if not on_linux(snapshot) or snapshot.engine.endpoint not in SYSTEM_SOCKETS:
        return None
    steps = _join_steps(snapshot)
    return remedy(
        "join-docker-group",
        "Join the group docker",
        *(('sudo usermod -aG docker "$USER"',) if len(steps) == 1 else ()),
        note="Log out and in again afterwards. Whoever is in this group can become root on this computer.",
        steps=steps,
        recheck=("engine-permission",),
    )


def _join_steps(snapshot: Snapshot) -> tuple[RecipeStep, ...]:
    join = RunStep(
        title="Add this user to the group docker",
        argv=("usermod", "-aG", "docker", USER),
        privileged=True,
        undo=("gpasswd", "-d", USER, "docker"),
    )
    if known_or(snapshot.engine_setup.docker_group, default=True):
        return (join,)
    make = RunStep(
        title="Make the group docker",
        argv=("groupadd", "--system", "docker"),
        privileged=True,
        undo=("groupdel", "docker"),
    )
    restart = restart_step(snapshot)
    if restart.argv == ("systemctl", "restart", "docker"):
        # systemd makes the socket, and gives it to the group when it does
        restart = msgspec.structs.replace(restart, argv=("systemctl", "restart", "docker.socket", "docker"))
    return (make, join, restart)


def login_again(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Use a group that was joined after the login."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "use-group-now",
        "Use the group in one terminal without logging in again",
        "newgrp docker",
        note="This holds for that terminal only. Start Drydock from it, or log out and in again.",
    )


def close_socket(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let nobody but root and the group use the engine's socket."""
    sockets = known_or(snapshot.engine_setup.sockets, ())
    found = next((item for item in sockets if snapshot.engine.endpoint == f"unix://{item.path}"), None)
    mode = found.mode if found else None
    if found is None or not isinstance(mode, Known) or not is_rootful_docker(snapshot) or in_container(snapshot):
        return None
    return remedy(
        "close-socket",
        "Let nobody but root and the group docker use the engine",
        note="Whoever may write to this socket can become root on this computer.",
        target=found.path,
        steps=(
            RunStep(
                title="Restore the mode of the socket",
                argv=("chmod", "660", found.path),
                privileged=True,
                undo=("chmod", f"{mode.value & 0o7777:o}", found.path),
            ),
        ),
        recheck=("engine-open",),
    )


def allow_devices(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let SELinux allow containers to use devices."""
    if known_or(snapshot.engine_setup.selinux, "off") == "off" or in_container(snapshot):
        return None
    switch = ("setsebool", "-P", "container_use_devices")
    return remedy(
        "allow-devices",
        "Let SELinux allow containers to use devices",
        note="It holds for all containers and over restarts. One container alone takes "
        "--security-opt=label=disable instead.",
        steps=(
            RunStep(
                title="Allow containers to use devices",
                argv=(*switch, "on"),
                privileged=True,
                limit=120.0,
                undo=(*switch, "off"),
            ),
        ),
        recheck=("engine-confinement",),
    )


def mend_config(_finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Make the settings file one that the engine can read: correct it, or begin a new one."""
    config = config_of(snapshot)
    if not isinstance(config, Known) or "'" in config.value.path:
        return ()
    path, privileged = config.value.path, config.value.reader != "rootless"
    root = "sudo " if privileged else ""
    # one that runs still has what it read before
    start = start_steps(snapshot) if snapshot.engine.reach.kind == "not_running" else ()
    recheck = ("engine-config", *ANSWERS)
    correct = remedy(
        "correct-config",
        "Correct the engine's settings file",
        f"{root}cp '{path}' '{path}.before'",
        f"{root}nano '{path}'",
        note="Drydock puts commas right and takes comments out; all settings stay. "
        "What it cannot read even then is left alone.",
        target=path,
        steps=(EditStep(title="Correct the file", path=path, edit=CorrectObject(), privileged=privileged), *start),
        recheck=recheck,
    )
    fresh = remedy(
        "clean-config",
        "Begin a new settings file for the engine",
        f"{root}mv '{path}' '{path}.before'",
        note="The engine starts with its defaults then. The settings in the old file no longer count, among them a "
        "place for images and registered runtimes; it is kept, and can be put back.",
        target=path,
        steps=(EditStep(title="Begin a new file", path=path, edit=PutText("{}\n"), privileged=privileged), *start),
        recheck=recheck,
    )
    # a setting of a wrong type needs a person who knows what was meant
    return (fresh,) if config.value.empty or "must be" in config.value.problem else (correct, fresh)


def use_own_engine(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Use this Linux computer's own engine instead of one that cannot see its GPUs; install it where there is none."""
    switch = use_default_context(finding, snapshot)
    if not is_docker_desktop(snapshot) or isinstance(snapshot.engine_setup.daemon, Known):
        return switch
    install = install_engine(finding, snapshot)
    if install is None or switch is None:
        return install
    return msgspec.structs.replace(
        install,
        title="Install your distribution's Docker Engine, start it and use it",
        commands=(*install.commands, *switch.commands),
        note=f"Docker Desktop stays, with its images. {switch.note}",
        steps=(*install.steps, *switch.steps),
        recheck=switch.recheck,
    )


def use_default_context(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Switch to this computer's own engine, where a docker context leads elsewhere."""
    by = snapshot.engine.chosen_by
    if not by.startswith("context "):
        return None
    return switch_context("default", by.removeprefix("context "))


def switch_context(name: str, present: str) -> Remedy:
    """Switch the docker context.

    Args:
        name: context to use.
        present: the one in use.
    """
    return remedy(
        "switch-context",
        f"Use the engine of the docker context {name}",
        note=f"It counts for the docker command too. The images and containers of {present} stay where they are.",
        target=name,
        steps=(
            RunStep(
                title=f"Switch to the context {name}",
                argv=("docker", "context", "use", name),
                undo=("docker", "context", "use", present or "default"),
                settles=False,
            ),
        ),
        recheck=("engine-choice", *ANSWERS),
    )
