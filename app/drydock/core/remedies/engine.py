"""Remedies for the container engine."""

from drydock.core.facts import Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import Packages, Remedy, on_linux, packages_of, remedy


def start_engine(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Start the engine with the computer's service manager."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "start-engine",
        "Start the engine, now and at every start of the computer",
        "sudo systemctl enable --now docker",
        note="Without systemd: 'sudo service docker start'. A rootless engine: 'systemctl --user start docker'.",
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
    distribution = known_or(snapshot.host.distribution, None)
    if packages not in commands or (packages == "dnf" and distribution and distribution.id != "fedora"):
        return None
    return remedy(
        "install-engine",
        "Install your distribution's Docker Engine and start it",
        *commands[packages],
        "sudo systemctl enable --now docker",
        note="Docker's own packages are newer; the page on installing Docker Engine tells how to add them.",
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
    )


def login_again(_finding: Finding, _snapshot: Snapshot) -> Remedy | None:
    """Use a group that was joined after the login."""
    return remedy(
        "use-group-now",
        "Use the group in one terminal without logging in again",
        "newgrp docker",
        note="This holds for that terminal only. Start Drydock from it, or log out and in again.",
    )
