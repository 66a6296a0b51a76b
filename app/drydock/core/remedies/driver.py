"""Remedies for the NVIDIA driver."""

import re

from drydock.core.facts import Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.fit import Packages, has_packaged_driver, has_systemd, owns_driver, packages_of
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import enable_steps, install_steps
from drydock.core.remedies.steps import USER, EditStep, PutText, RecipeStep, RunStep

_BUILD_LIMIT = 1800.0
"""Seconds; a module is compiled on every core, on a slow computer for many minutes."""

_RELEASE = re.compile(r"[\w.+~-]+")

_LOAD = RunStep(
    title="Load the module", argv=("modprobe", "nvidia"), privileged=True, undo=("modprobe", "-r", "nvidia")
)


def load_module(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Load the driver's kernel module."""
    if not owns_driver(snapshot):
        return None
    return remedy(
        "load-module",
        "Load the driver's kernel module",
        note="What it prints is the reason when it fails.",
        steps=(_LOAD,),
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
    if packages not in commands or not has_packaged_driver(snapshot):
        return None
    steps = _build_steps(known_or(snapshot.host.kernel, ""), snapshot)
    return remedy(
        "build-module",
        "Build the module for the running kernel, where it comes as source",
        *commands[packages],
        "sudo modprobe nvidia",
        note="Only for drivers installed through DKMS or akmods; packages that bring ready modules need an update.",
        steps=(*steps, _LOAD) if steps else (),
        recheck=("driver-module", "driver-ready"),
    )


def _build_steps(kernel: str, snapshot: Snapshot) -> tuple[RunStep, ...]:
    """Return the steps that build what DKMS has the source of; none where it has nothing to build."""
    names = {"apt": f"linux-headers-{kernel}", "dnf": f"kernel-devel-{kernel}"}
    packages = packages_of(snapshot)
    if packages not in names or not known_or(snapshot.setup.dkms, ()) or not _RELEASE.fullmatch(kernel):
        return ()
    build = RunStep(
        title=f"Build the modules for kernel {kernel}",
        argv=("dkms", "autoinstall", "-k", kernel),
        privileged=True,
        limit=_BUILD_LIMIT,
    )
    return (*install_steps(packages, names[packages]), build)


def build_for_next_kernel(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Build the kernel module for the kernel that the next start takes."""
    kernel = str(finding.values.get("kernel", ""))
    steps = _build_steps(kernel, snapshot) if has_packaged_driver(snapshot) else ()
    if not steps:
        return None
    return remedy(
        "build-next-module",
        f"Build the driver's module for kernel {kernel}",
        note="The running kernel and its module stay as they are.",
        target=kernel,
        steps=steps,
        recheck=("driver-next-kernel",),
    )


def reboot(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Restart the computer."""
    if not owns_driver(snapshot):
        return None
    return remedy("reboot", "Restart the computer", "sudo reboot", note="Save your work in all programs first.")


def install_driver(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the distribution's driver."""
    if not has_packaged_driver(snapshot):
        return None
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


_BLACKLISTS = {
    "nouveau": ("blacklist nouveau", "options nouveau modeset=0"),
    "nova": ("blacklist nova_core", "blacklist nova", "blacklist nova_drm", "blacklist nouveau"),
}

_REBUILD: dict[Packages, tuple[str, ...]] = {
    "apt": ("update-initramfs", "-u"),
    "dnf": ("dracut", "--force"),
    "zypper": ("dracut", "--force"),
    "pacman": ("mkinitcpio", "-P"),
}


def _rebuild_step(packages: Packages) -> RunStep:
    return RunStep(
        title="Build the initial RAM disk anew",
        argv=_REBUILD[packages],
        privileged=True,
        limit=_BUILD_LIMIT,
        settles=True,
    )


def forbid(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Forbid a free driver that holds the GPU to load."""
    packages = packages_of(snapshot)
    if packages not in _REBUILD or not has_packaged_driver(snapshot):
        return None
    name = "nouveau" if finding.variant == "nouveau" else "nova"
    path, lines = f"/etc/modprobe.d/blacklist-{name}.conf", _BLACKLISTS[name]
    shown = "".join(line + r"\n" for line in lines)
    rebuild = _rebuild_step(packages)
    file = EditStep(title=f"Forbid {name} to load", path=path, edit=PutText("\n".join((*lines, ""))), privileged=True)
    return remedy(
        f"forbid-{name}",
        f"Forbid {name} to load, and restart",
        f"printf '{shown}' | sudo tee {path}",
        "sudo " + " ".join(rebuild.argv),
        "sudo reboot",
        note="It counts from the next start of the computer on, which is left to you.",
        steps=(file, rebuild),
    )


def make_nodes(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Make the device nodes."""
    if not has_packaged_driver(snapshot):
        return None
    # run as root, nvidia-smi makes the nodes of all GPUs that it lists
    argv = ("nvidia-smi", "-L") if finding.variant == "some" else ("nvidia-modprobe", "-c", "0", "-u")
    return remedy(
        "make-nodes",
        "Make the device nodes",
        steps=(RunStep(title="Make the device nodes", argv=argv, privileged=True),),
        recheck=("driver-nodes", "driver-ready"),
    )


def load_uvm_always(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Load the module that CUDA's memory needs at every start of the computer."""
    if not has_packaged_driver(snapshot) or not has_systemd(snapshot):
        return None
    path = "/etc/modules-load.d/nvidia-uvm.conf"
    steps: tuple[RecipeStep, ...] = (
        EditStep(title="Name the module", path=path, edit=PutText("nvidia_uvm\n"), privileged=True),
        RunStep(
            title="Load the module now",
            argv=("modprobe", "nvidia_uvm"),
            privileged=True,
            undo=("modprobe", "-r", "nvidia_uvm"),
        ),
    )
    return remedy(
        "load-uvm-always",
        "Load nvidia_uvm now and at every start of the computer",
        f"echo nvidia_uvm | sudo tee {path}",
        "sudo modprobe nvidia_uvm",
        steps=steps,
        recheck=("driver-nodes",),
    )


def reload_uvm(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Load the module that CUDA's memory needs anew, as after a suspend."""
    if not owns_driver(snapshot):
        return None
    unload, load = ("modprobe", "-r", "nvidia_uvm"), ("modprobe", "nvidia_uvm")
    return remedy(
        "reload-uvm",
        "Load nvidia_uvm anew",
        note="It is refused while a program uses the GPU; end those first, notebooks among them.",
        steps=(
            RunStep(title="Take the module out", argv=unload, privileged=True, undo=load),
            RunStep(title="Load it again", argv=load, privileged=True),
        ),
        recheck=("driver-nodes",),
    )


def keep_memory(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the driver keep GPU memory while the computer sleeps."""
    packages = packages_of(snapshot)
    services = known_or(snapshot.setup.service_files, ())
    units = tuple(f"nvidia-{name}" for name in ("suspend", "hibernate", "resume"))
    if packages not in _REBUILD or not has_packaged_driver(snapshot) or not set(units) <= set(services):
        return None
    path = "/etc/modprobe.d/nvidia-keep-memory.conf"
    line = "options nvidia NVreg_PreserveVideoMemoryAllocations=1 NVreg_TemporaryFilePath=/var/tmp"
    return remedy(
        "keep-gpu-memory",
        "Let the driver keep GPU memory while the computer sleeps",
        f"echo '{line}' | sudo tee {path}",
        f"sudo systemctl enable {' '.join(units)}",
        "sudo " + " ".join(_REBUILD[packages]),
        note="It counts from the next start of the computer on. What lies in GPU memory is then written to /var/tmp, "
        "which needs as much room.",
        steps=(
            EditStep(title="Set the driver's option", path=path, edit=PutText(f"{line}\n"), privileged=True),
            # enabled only: they are started by going to sleep and by waking up
            *(enable_steps(unit, f"the service {unit}")[0] for unit in units),
            _rebuild_step(packages),
        ),
        recheck=("driver-suspend",),
    )


def load_peer_memory(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Load the module by which InfiniBand adapters reach GPU memory."""
    if not owns_driver(snapshot):
        return None
    name = "nvidia_peermem"
    return remedy(
        "load-peer-memory",
        "Load nvidia_peermem",
        note="It holds until the next start of the computer.",
        steps=(
            RunStep(title="Load the module", argv=("modprobe", name), privileged=True, undo=("modprobe", "-r", name)),
        ),
        recheck=("driver-peer-memory",),
    )


def join_gpu_group(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Join the group that the driver's nodes belong to."""
    group = str(finding.values.get("group", ""))
    if group not in ("video", "render") or not owns_driver(snapshot):
        return None
    join = RunStep(
        title=f"Add this user to the group {group}",
        argv=("usermod", "-aG", group, USER),
        privileged=True,
        undo=("gpasswd", "-d", USER, group),
    )
    return remedy(
        "join-gpu-group",
        f"Join the group {group}",
        note="Log out and in again afterwards.",
        target=group,
        steps=(join,),
        recheck=("driver-access",),
    )
