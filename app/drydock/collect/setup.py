"""How the NVIDIA driver was installed on a Linux host, and what decides whether its module can be loaded."""

import re

from drydock.collect.packages import automatic_updates, driver_packages, last_change
from drydock.core.facts import DkmsModule, DriverSetup, Fact, KernelModules, Known, Missing
from drydock.world import World

_MODULES = "/lib/modules"
_DKMS = "/var/lib/dkms"
_PCI = "/sys/bus/pci/devices"
_SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_MODINFO_LIMIT = 3.0
_MOST_KERNELS = 8
_DEPENDENCIES_LIMIT = 4 << 20

# Debian calls its modules nvidia-current.ko and the like; nvidia-drm.ko and others are parts that need this one
_MODULE = re.compile(r"^(\S*/nvidia(?:-(?:current|tesla|legacy)[\w.-]*)?\.ko(?:\.\w+)?):", re.MULTILINE)
_PART = re.compile(r"-(?:drm|modeset|uvm|peermem)\.ko")
_NVSWITCH_CLASS = "0x0680"
"""PCI class of "other bridges", which NVSwitch devices have."""
_SERVICE_PLACES = ("/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice")
_SERVICE_FILES = ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system")
_SERVICE = re.compile(r"(?:nvidia-.*|kubelet|k3s(?:-agent)?|rke2-(?:server|agent))\.service$")
_WATCHED_MODULES = ("nvidia", "nouveau", "nova")


def collect_setup(world: World) -> DriverSetup:
    """Collect it; on other systems nothing applies."""
    if world.system() != "linux":
        nowhere = Missing("not_applicable")
        return DriverSetup(**dict.fromkeys(DriverSetup.__struct_fields__, nowhere))
    kernels = _kernels(world)
    on_disk, signer = _module_on_disk(world, kernels)
    return DriverSetup(
        kernels=kernels,
        module_on_disk=on_disk,
        module_signer=signer,
        dkms=_dkms(world),
        secure_boot=_secure_boot(world),
        packages=driver_packages(world),
        runfile=Known(isinstance(world.find_program("nvidia-uninstall"), Known)),
        last_change=last_change(world),
        automatic_updates=automatic_updates(world),
        services=_services(world),
        service_files=_service_files(world),
        switches=_switches(world),
        infiniband=_infiniband(world),
        loaded_modules=_loaded_modules(world),
        keeps_memory=_keeps_memory(world),
        suspends=_suspends(world),
    )


def _kernels(world: World) -> Fact[tuple[KernelModules, ...]]:
    names = world.list_directory(_MODULES)
    if isinstance(names, Missing):
        return names
    ordered = sorted(names.value, key=_natural)
    found: list[KernelModules] = []
    for name in ordered:
        if name not in ordered[-_MOST_KERNELS:] and world.kernel_release() != Known(name):
            continue
        text = world.read_text(f"{_MODULES}/{name}/modules.dep", _DEPENDENCIES_LIMIT)
        # a removed kernel leaves a directory behind when somebody else's modules lie in it
        if isinstance(text, Known) or text.why != "absent":
            found.append(KernelModules(kernel=name, module=_module(text)))
    return Known(tuple(found))


def _natural(name: str) -> list[tuple[int, str]]:
    """Make a key by which 6.8.0-9 comes before 6.8.0-10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _module(text: Fact[str]) -> Fact[str]:
    if isinstance(text, Missing):
        return text
    for match in _MODULE.finditer(text.value):
        if not _PART.search(match[1]):
            return Known(match[1])
    return Missing("absent", "modules.dep names no nvidia.ko")


def _module_on_disk(world: World, kernels: Fact[tuple[KernelModules, ...]]) -> tuple[Fact[str], Fact[str]]:
    """Return version and signer of the module for the running kernel."""
    running = world.kernel_release()
    there = [
        item
        for item in (kernels.value if isinstance(kernels, Known) else ())
        if running == Known(item.kernel) and isinstance(item.module, Known)
    ]
    if not there:
        absent = Missing("absent", "there is no module for the running kernel")
        return absent, absent
    outcome = world.run(["modinfo", "nvidia"], limit=_MODINFO_LIMIT)
    if not outcome.succeeded:
        failed = Missing("timeout" if outcome.problem == "timeout" else "failed", outcome.stderr.strip()[:200])
        return failed, failed
    pairs = (line.partition(":") for line in outcome.stdout.splitlines())
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    return _field(fields, "version"), _field(fields, "signer")


def _field(fields: dict[str, str], name: str) -> Fact[str]:
    return Known(fields[name]) if fields.get(name) else Missing("absent", f"modinfo tells no {name}")


def _dkms(world: World) -> Fact[tuple[DkmsModule, ...]]:
    names = world.list_directory(_DKMS)
    if isinstance(names, Missing):
        return Known(()) if names.why == "absent" else names
    found: list[DkmsModule] = []
    for name in names.value:
        if name.startswith("nvidia"):
            versions = world.list_directory(f"{_DKMS}/{name}")
            for version in versions.value if isinstance(versions, Known) else ():
                if version[:1].isdigit():
                    found.append(DkmsModule(name=name, version=version, kernels=_built_for(world, name, version)))
    return Known(tuple(found))


def _built_for(world: World, name: str, version: str) -> tuple[str, ...]:
    inside = world.list_directory(f"{_DKMS}/{name}/{version}")
    # beside the kernels lie the source and, after a build that failed, its remains
    return tuple(entry for entry in (inside.value if isinstance(inside, Known) else ()) if entry[:1].isdigit())


def _secure_boot(world: World) -> Fact[bool]:
    text = world.read_text(_SECURE_BOOT, 16)
    if isinstance(text, Missing):
        return text
    # four bytes of attributes, then the value
    return Known(text.value[4] == "\x01") if len(text.value) >= 5 else Missing("failed", repr(text.value))


def _services(world: World) -> Fact[tuple[str, ...]]:
    """Return running services: each has a control group while a process of it lives."""
    missing = Missing("absent")
    for place in _SERVICE_PLACES:
        names = world.list_directory(place)
        if isinstance(names, Known):
            return Known(tuple(_service_names(names.value)))
        missing = names
    return missing


def _service_files(world: World) -> Fact[tuple[str, ...]]:
    found: list[str] = []
    for place in _SERVICE_FILES:
        names = world.list_directory(place)
        found += _service_names(names.value) if isinstance(names, Known) else []
    return Known(tuple(sorted(set(found))))


def _service_names(names: tuple[str, ...]) -> list[str]:
    return [name.removesuffix(".service") for name in names if _SERVICE.match(name)]


def _switches(world: World) -> Fact[int]:
    addresses = world.list_directory(_PCI)
    if isinstance(addresses, Missing):
        return addresses

    def is_switch(address: str) -> bool:
        kind = world.read_text(f"{_PCI}/{address}/class", 64)
        if not isinstance(kind, Known) or not kind.value.startswith(_NVSWITCH_CLASS):
            return False
        vendor = world.read_text(f"{_PCI}/{address}/vendor", 64)
        return isinstance(vendor, Known) and vendor.value.strip() == "0x10de"

    return Known(sum(is_switch(address) for address in addresses.value))


def _infiniband(world: World) -> Fact[tuple[str, ...]]:
    names = world.list_directory("/sys/class/infiniband")
    return Known(()) if isinstance(names, Missing) and names.why == "absent" else names


def _loaded_modules(world: World) -> Fact[tuple[str, ...]]:
    text = world.read_text("/proc/modules", 1 << 20)
    if isinstance(text, Missing):
        return text
    names = (line.split(" ", 1)[0] for line in text.value.splitlines())
    return Known(tuple(sorted(name for name in names if name.startswith(_WATCHED_MODULES))))


def _keeps_memory(world: World) -> Fact[bool]:
    text = world.read_text("/proc/driver/nvidia/params", 1 << 14)
    if isinstance(text, Missing):
        return text
    match = re.search(r"^PreserveVideoMemoryAllocations: (\d+)", text.value, re.MULTILINE)
    notifiers = re.search(r"^UseKernelSuspendNotifiers: 1", text.value, re.MULTILINE)
    if not match:
        return Missing("not_supported", "the driver does not tell")
    return Known(match[1] != "0" or notifiers is not None)


def _suspends(world: World) -> Fact[int]:
    text = world.read_text("/sys/power/suspend_stats/success", 64)
    if isinstance(text, Missing):
        return text
    return Known(int(text.value)) if text.value.strip().isdecimal() else Missing("failed", text.value[:50])
