"""Remedies for the GPU's way into containers."""

from drydock.core.facts import Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import Packages, Remedy, on_linux, packages_of, remedy

_REPOSITORY = "https://nvidia.github.io/libnvidia-container"
_KEYRING = "/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg"


def install_toolkit(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the container toolkit and register it."""
    commands: dict[Packages, tuple[str, ...]] = {
        "apt": (
            f"curl -fsSL {_REPOSITORY}/gpgkey | sudo gpg --dearmor -o {_KEYRING}",
            (
                f"echo 'deb [signed-by={_KEYRING}] {_REPOSITORY}/stable/deb/$(ARCH) /' "
                "| sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list"
            ),
            "sudo apt-get update",
            "sudo apt-get install -y nvidia-container-toolkit",
        ),
        "dnf": (
            (
                f"curl -fsSL {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo "
                "| sudo tee /etc/yum.repos.d/nvidia-container-toolkit.repo"
            ),
            "sudo dnf install -y nvidia-container-toolkit",
        ),
        "zypper": (
            f"sudo zypper addrepo {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo",
            "sudo zypper install -y nvidia-container-toolkit",
        ),
        "pacman": ("sudo pacman -S --needed nvidia-container-toolkit",),
    }
    packages = packages_of(snapshot)
    if packages not in commands:
        return None
    register = register_runtime(finding, snapshot)
    return remedy(
        "install-toolkit",
        "Install the NVIDIA Container Toolkit and register it",
        *commands[packages],
        *(register.commands if register else ()),
        note="Restarting the engine stops running containers unless live-restore is on.",
    )


def register_runtime(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Register the NVIDIA runtime with the engine."""
    if not on_linux(snapshot):
        return None
    if "podman" in known_or(snapshot.engine.product, "").lower():
        return write_cdi(finding, snapshot)
    if known_or(snapshot.engine.rootless, default=False):
        return remedy(
            "register-runtime",
            "Register the NVIDIA runtime with the rootless engine",
            "nvidia-ctk runtime configure --runtime=docker --config=$HOME/.config/docker/daemon.json",
            "sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place",
            "systemctl --user restart docker",
            note="The second line changes the toolkit for all engines of this computer: "
            "those that run as root need it off.",
        )
    return remedy(
        "register-runtime",
        "Register the NVIDIA runtime with the engine",
        "sudo nvidia-ctk runtime configure --runtime=docker",
        "sudo systemctl restart docker",
        note="This adds to /etc/docker/daemon.json what is missing. "
        "Restarting the engine stops running containers unless live-restore is on.",
    )


def write_cdi(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write a CDI specification."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "write-cdi",
        "Write the CDI specification for the driver that is installed now",
        "sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml",
        "nvidia-ctk cdi list",
        note="/var/run is empty after a restart; toolkit 1.18 and newer write the file by themselves then.",
    )


def rewrite_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write an outdated CDI specification anew, keeping a copy."""
    path = str(finding.values.get("path", ""))
    if not on_linux(snapshot) or not path.startswith(("/etc/cdi/", "/var/run/cdi/")) or "'" in path:
        return None
    return remedy(
        "rewrite-cdi",
        "Write this CDI specification anew",
        f"sudo cp '{path}' '{path}.before'",
        f"sudo nvidia-ctk cdi generate --output='{path}'",
        note="The first line keeps a copy; its name is one that engines do not read.",
    )
