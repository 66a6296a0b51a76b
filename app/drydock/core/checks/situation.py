"""Questions that several checks ask of a snapshot first."""

from drydock.core.facts import Known, PciGpu, Snapshot, known_or

HIDING_DRIVERS = ("vfio-pci", "pci-stub")
"""Kernel drivers that keep a device for a virtual machine."""


def is_wsl(snapshot: Snapshot) -> bool:
    """Return whether this Linux runs inside WSL."""
    return known_or(snapshot.host.wsl, default=False)


def is_tegra(snapshot: Snapshot) -> bool:
    """Return whether this is a Jetson with NVIDIA's own kernel; its GPU is part of the processor."""
    return "tegra" in known_or(snapshot.host.kernel, "")


def pci_gpus(snapshot: Snapshot) -> tuple[PciGpu, ...]:
    """Return the NVIDIA GPUs on the PCI bus, as far as they are known."""
    return known_or(snapshot.driver.pci_gpus, ())


def own_pci_gpus(snapshot: Snapshot) -> tuple[PciGpu, ...]:
    """Return those that are not kept for a virtual machine."""
    return tuple(gpu for gpu in pci_gpus(snapshot) if known_or(gpu.driver, "") not in HIDING_DRIVERS)


def has_gpu(snapshot: Snapshot) -> bool | None:
    """Return whether there is an NVIDIA GPU that this system may use; None when nothing tells."""
    if snapshot.gpus or own_pci_gpus(snapshot):
        return True
    if snapshot.driver.nvml.kind == "ready":
        return False
    module_answers = snapshot.driver.nvml.kind in ("version_mismatch", "gpu_lost")
    if module_answers or isinstance(snapshot.driver.module_version, Known):
        # the module does not stay loaded without a GPU, even where the bus cannot be seen
        return True
    if is_wsl(snapshot) or is_tegra(snapshot) or snapshot.driver.nvml.kind == "timeout":
        # the GPU is on Windows' bus, or on none; or a driver is there and cannot be asked
        return None
    return False if isinstance(snapshot.driver.pci_gpus, Known) else None


def is_docker_desktop(snapshot: Snapshot) -> bool:
    """Return whether the engine runs in Docker Desktop's virtual machine."""
    engine = snapshot.engine
    words = known_or(engine.operating_system, "") + known_or(engine.product, "")
    return "docker desktop" in words.lower()


def is_podman(snapshot: Snapshot) -> bool:
    """Return whether the engine is Podman."""
    return "podman" in known_or(snapshot.engine.product, "").lower()


def is_snap(snapshot: Snapshot) -> bool:
    """Return whether the engine was installed as a snap."""
    return known_or(snapshot.engine.data_root, "").startswith("/var/snap/")


def nvidia_cdi_devices(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the CDI devices for NVIDIA GPUs that the engine knows (for Podman: those in the host's specifications)."""
    devices = known_or(snapshot.engine.cdi_devices, ())
    if is_podman(snapshot) and not devices and not snapshot.engine.remote:
        devices = tuple(name for spec in known_or(snapshot.toolkit.cdi_specs, ()) for name in spec.devices)
    return tuple(name for name in devices if name.startswith("nvidia.com/"))


def has_nvidia_runtime(snapshot: Snapshot) -> bool:
    """Return whether the engine knows a runtime called nvidia."""
    return "nvidia" in known_or(snapshot.engine.runtimes, ())


def never_sees_gpu(snapshot: Snapshot) -> bool:
    """Return whether this kind of engine cannot reach the GPUs of its own computer.

    Docker Desktop on Linux keeps containers in a virtual machine without the GPU. Docker from a snap is confined
    away from the driver's libraries, unless its own revision brings a runtime for them.
    """
    if snapshot.engine.remote:
        return False
    if is_docker_desktop(snapshot):
        return snapshot.host.system == "linux" and not is_wsl(snapshot)
    return is_snap(snapshot) and not has_nvidia_runtime(snapshot) and not nvidia_cdi_devices(snapshot)


def may_have_slept_badly(snapshot: Snapshot) -> bool:
    """Return whether the computer was suspended since it started, and its driver does not keep GPU memory."""
    setup = snapshot.setup
    return known_or(setup.suspends, 0) > 0 and not known_or(setup.keeps_memory, default=True)


def gigabytes(count: int) -> str:
    """Write a size in bytes as decimal gigabytes, or megabytes where it is small."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Write a length of time in the unit that suits it."""
    if seconds >= 2 * 86_400:
        return f"{seconds // 86_400:.0f} days"
    return f"{seconds // 3600:.0f} hours" if seconds >= 2 * 3600 else f"{seconds // 60:.0f} minutes"
