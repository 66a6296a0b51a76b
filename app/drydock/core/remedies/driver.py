"""Remedies for the NVIDIA driver."""

from drydock.core.facts import Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import Packages, Remedy, on_linux, packages_of, remedy
from drydock.core.remedies.services import enable_steps
from drydock.core.remedies.steps import RunStep


def load_module(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Load the driver's kernel module."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "load-module",
        "Load the driver's kernel module",
        "sudo modprobe nvidia",
        note="What it prints is the reason when it fails.",
        steps=(
            RunStep(
                title="Load the module", argv=("modprobe", "nvidia"), privileged=True, undo=("modprobe", "-r", "nvidia")
            ),
        ),
        recheck=("driver-ready",),
    )


def build_module(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Build the kernel module for the running kernel."""
    commands: dict[Packages, tuple[str, ...]] = {
        "apt": ('sudo apt-get install -y "linux-headers-$(uname -r)"', "sudo dkms autoinstall"),
        "dnf": ('sudo dnf install -y "kernel-devel-$(uname -r)"', "sudo akmods --force || sudo dkms autoinstall"),
        "pacman": ("sudo pacman -S --needed linux-headers", "sudo dkms autoinstall"),
    }
    packages = packages_of(snapshot)
    if packages not in commands:
        return None
    return remedy(
        "build-module",
        "Build the module for the running kernel, where it comes as source",
        *commands[packages],
        "sudo modprobe nvidia",
        note="Only for drivers installed through DKMS or akmods; packages that bring ready modules need an update.",
    )


def reboot(_finding: Finding, _snapshot: Snapshot) -> Remedy | None:
    """Restart the computer."""
    return remedy("reboot", "Restart the computer", "sudo reboot", note="Save your work in all programs first.")


def install_driver(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the distribution's driver."""
    distribution = known_or(snapshot.host.distribution, None)
    words = (distribution.id, *distribution.like) if distribution else ()
    if "ubuntu" in words:
        commands = ("sudo ubuntu-drivers install",)
        note = ""
    elif packages_of(snapshot) == "apt":
        commands = ("sudo apt-get install -y nvidia-open-kernel-dkms nvidia-driver",)
        note = "Needs the components contrib, non-free and non-free-firmware. GPUs before Turing: nvidia-kernel-dkms."
    elif distribution and distribution.id == "fedora":
        commands = ("sudo dnf install -y akmod-nvidia xorg-x11-drv-nvidia-cuda",)
        note = "Needs the RPM Fusion repository. Wait some minutes until the module is built, then restart."
    elif packages_of(snapshot) == "pacman":
        commands = ("sudo pacman -S --needed nvidia-open nvidia-utils",)
        note = "For the standard kernel and GPUs from Turing on."
    else:
        return None
    return remedy("install-driver", "Install the NVIDIA driver and restart", *commands, "sudo reboot", note=note)


def forbid(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Forbid a free driver that holds the GPU to load."""
    rebuild: dict[Packages, str] = {
        "apt": "sudo update-initramfs -u",
        "dnf": "sudo dracut --force",
        "zypper": "sudo dracut --force",
        "pacman": "sudo mkinitcpio -P",
    }
    packages = packages_of(snapshot)
    if packages not in rebuild:
        return None
    name = "nouveau" if finding.variant == "nouveau" else "nova"
    lines = {
        "nouveau": r"blacklist nouveau\noptions nouveau modeset=0\n",
        "nova": r"blacklist nova_core\nblacklist nova\nblacklist nova_drm\nblacklist nouveau\n",
    }
    return remedy(
        f"forbid-{name}",
        f"Forbid {name} to load, and restart",
        f"printf '{lines[name]}' | sudo tee /etc/modprobe.d/blacklist-{name}.conf",
        rebuild[packages],
        "sudo reboot",
        note="To take it back, delete the file and run the second line again.",
    )


def remove_wsl_driver(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Remove a Linux driver inside WSL."""
    if packages_of(snapshot) != "apt":
        return None
    return remedy(
        "remove-wsl-driver",
        "Remove the Linux driver inside WSL",
        "sudo apt-get remove 'nvidia-driver-*' 'nvidia-utils-*' 'libnvidia-compute-*' 'cuda-drivers*'",
        note="Read the list of packages before you agree: nvidia-container-toolkit and libnvidia-container must stay. "
        "Afterwards run 'wsl --shutdown' in Windows.",
    )


def make_nodes(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Make the device nodes."""
    if not on_linux(snapshot):
        return None
    make = RunStep(title="Make the device nodes", argv=("nvidia-modprobe", "-c", "0", "-u"), privileged=True)
    return remedy(
        "make-nodes",
        "Make the device nodes",
        "sudo nvidia-modprobe -c 0 -u",
        steps=(make,),
        recheck=("driver-nodes", "driver-ready"),
    )


def persistence(_finding: Finding, _snapshot: Snapshot) -> Remedy | None:
    """Start NVIDIA's persistence daemon."""
    return remedy(
        "start-persistence",
        "Start NVIDIA's persistence daemon, now and at every start",
        "sudo systemctl enable --now nvidia-persistenced",
        note="To take it back: 'sudo systemctl disable --now nvidia-persistenced'.",
        steps=enable_steps("nvidia-persistenced", "NVIDIA's persistence daemon"),
        recheck=("gpu-persistence",),
    )


def fabric_manager(_finding: Finding, _snapshot: Snapshot) -> Remedy | None:
    """Start NVIDIA's fabric manager."""
    return remedy(
        "start-fabric-manager",
        "Start NVIDIA's fabric manager, now and at every start",
        "sudo systemctl enable --now nvidia-fabricmanager",
        note="It must be of exactly the driver's version. "
        "To take it back: 'sudo systemctl disable --now nvidia-fabricmanager'.",
        steps=enable_steps("nvidia-fabricmanager", "NVIDIA's fabric manager"),
        recheck=("gpu-fabric",),
    )
