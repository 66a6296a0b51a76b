"""Remedies for the container engine."""

from drydock.core.checks.engine_situation import config_of, is_rootless
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import Packages, Remedy, on_linux, packages_of, remedy
from drydock.core.remedies.services import enable_steps, install_steps, restart_step
from drydock.core.remedies.steps import USER, CorrectObject, EditStep, PutText, RecipeStep, RunStep

_ANSWERS = ("engine-running", "engine-permission")


def start_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Start the engine with the computer's service manager."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "start-engine",
        "Start the engine, now and at every start of the computer",
        "sudo systemctl enable --now docker",
        note="Without systemd: 'sudo service docker start'. A rootless engine: 'systemctl --user start docker'.",
        steps=_start_steps(snapshot),
        recheck=_ANSWERS,
    )


def _start_steps(snapshot: Snapshot) -> tuple[RunStep, ...]:
    if not is_rootless(snapshot):
        return enable_steps("docker", "the engine")
    own = ("systemctl", "--user")
    return (
        RunStep(
            title="Start the engine",
            argv=(*own, "start", "docker"),
            undo=(*own, "stop", "docker"),
            unless=(*own, "is-active", "--quiet", "docker"),
        ),
    )


def restart_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Restart the engine, so that it reads its settings anew."""
    if not on_linux(snapshot):
        return None
    rootless = known_or(snapshot.engine.rootless, default=False)
    snap = known_or(snapshot.engine.data_root, "").startswith("/var/snap/")
    command = "sudo snap restart docker" if snap else "sudo systemctl restart docker"
    return remedy(
        "restart-engine",
        "Restart the engine",
        "systemctl --user restart docker" if rootless else command,
        note="This stops running containers unless live-restore is on.",
        steps=(restart_step(snapshot),),
        recheck=_ANSWERS,
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
    return remedy(
        "install-engine",
        "Install your distribution's Docker Engine and start it",
        *commands[packages],
        "sudo systemctl enable --now docker",
        note="Docker's own packages are newer; the page on installing Docker Engine tells how to add them.",
        steps=(*install_steps(packages, names[packages]), *enable_steps("docker", "the engine")),
        recheck=_ANSWERS,
    )


def join_group(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Join the group that may use the engine."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "join-docker-group",
        "Join the group docker",
        'sudo usermod -aG docker "$USER"',
        note="Log out and in again afterwards. Whoever is in this group can become root on this computer.",
        steps=_join_steps(snapshot),
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
    # the engine gives its socket to the group when it starts
    return (make, join, restart_step(snapshot))


def login_again(_finding: Finding, _snapshot: Snapshot) -> Remedy | None:
    """Use a group that was joined after the login."""
    return remedy(
        "use-group-now",
        "Use the group in one terminal without logging in again",
        "newgrp docker",
        note="This holds for that terminal only. Start Drydock from it, or log out and in again.",
    )


def mend_config(_finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Make the settings file one that the engine can read: correct it, or begin a new one."""
    config = config_of(snapshot)
    if not isinstance(config, Known) or "'" in config.value.path:
        return ()
    path, privileged = config.value.path, config.value.reader != "rootless"
    root = "sudo " if privileged else ""
    # one that runs still has what it read before
    start = _start_steps(snapshot) if snapshot.engine.reach.kind == "not_running" else ()
    correct = remedy(
        "correct-config",
        "Correct the engine's settings file",
        f"{root}cp '{path}' '{path}.before'",
        f"{root}nano '{path}'",
        note="Drydock puts commas right and takes comments out; all settings stay. "
        "What it cannot read even then is left alone.",
        target=path,
        steps=(EditStep(title="Correct the file", path=path, edit=CorrectObject(), privileged=privileged), *start),
        recheck=("engine-config", *_ANSWERS),
    )
    fresh = remedy(
        "clean-config",
        "Begin a new settings file for the engine",
        f"{root}mv '{path}' '{path}.before'",
        note="The engine starts with its defaults then. The settings in the old file no longer count, among them a "
        "place for images and registered runtimes; it is kept, and can be put back.",
        target=path,
        steps=(
            EditStep(title="Begin a new file", path=path, edit=PutText("{}\n"), privileged=privileged),
            *start,
        ),
        recheck=("engine-config", *_ANSWERS),
    )
    # a setting of a wrong type needs a person who knows what was meant
    return (fresh,) if config.value.empty or "must be" in config.value.problem else (correct, fresh)


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
        f"docker context use {name}",
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
        recheck=("engine-choice", *_ANSWERS),
    )
