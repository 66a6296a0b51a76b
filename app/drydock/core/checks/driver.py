"""Checks of the NVIDIA driver: installed, bound, one version, loaded, its device nodes there."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.situation import has_gpu, is_tegra, is_wsl, own_pci_gpus
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

_LIBRARY_VERSION = re.compile(r"libnvidia-ml\.so\.(\d+\.\d+(?:\.\d+)?)$")


def library_versions(files: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct driver versions that the names of library files carry, in their order."""
    found = (match.group(1) for name in files if (match := _LIBRARY_VERSION.search(name)))
    return tuple(dict.fromkeys(found))


def _nvml_evidence(snapshot: Snapshot) -> Evidence:
    state = snapshot.driver.nvml
    code = f" (code {state.code})" if state.code is not None else ""
    return Evidence("NVML", f"{state.kind}{code}: {state.text}" if state.text else f"{state.kind}{code}")


def ask_wsl_device(snapshot: Snapshot) -> Answer:
    """Ask whether Windows hands its GPU into WSL."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    nodes = snapshot.driver.device_nodes
    if isinstance(nodes, Missing):
        return unknown("/dev", nodes)
    evidence = seen("driver nodes in /dev", nodes)
    if "dxg" in nodes.value or "/dev/dxg" in nodes.value:
        return ok(evidence)
    files = snapshot.driver.library_files
    if isinstance(files, Known) and not _wsl_libraries(files.value):
        # no NVIDIA driver in Windows either, so perhaps no NVIDIA GPU
        return attention("none", evidence, seen("libnvidia-ml.so.1", files))
    return broken("absent", evidence, seen("libnvidia-ml.so.1", files))


def _wsl_libraries(files: tuple[str, ...]) -> list[str]:
    return [name for name in files if name.startswith("/usr/lib/wsl/")]


def ask_wsl_driver(snapshot: Snapshot) -> Answer:
    """Ask whether a Linux driver was installed inside WSL, where only the Windows driver counts."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    if known_or(snapshot.host.in_container, default=False):
        return not_tested("in_container")
    files = snapshot.driver.library_files
    if isinstance(files, Missing):
        return unknown("libnvidia-ml.so.1", files)
    evidence = seen("libnvidia-ml.so.1", files)
    own = [name for name in files.value if not name.startswith("/usr/lib/wsl/") and _LIBRARY_VERSION.search(name)]
    if not own:
        return ok(evidence)
    if snapshot.driver.nvml.kind == "ready":
        return attention("installed", evidence, file=own[0])
    return broken("hides", evidence, file=own[0])


def ask_installed(snapshot: Snapshot) -> Answer:
    """Ask whether the driver's user-space library is here."""
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    driver = snapshot.driver
    evidence = (_nvml_evidence(snapshot), seen("/proc/driver/nvidia/version", driver.module_version))
    if driver.nvml.kind != "library_not_found":
        return ok(*evidence, version=_any_version(snapshot))
    if is_wsl(snapshot):
        # whether Windows has an NVIDIA GPU cannot be told from here
        return attention("wsl", *evidence)
    if isinstance(driver.module_version, Known):
        return broken("no_library", *evidence, module=driver.module_version.value)
    on_bus = own_pci_gpus(snapshot)
    if not on_bus:
        return not_tested("unknown", *evidence, why="no driver answers, and the PCI bus shows no GPU")
    bound = ", ".join(sorted({known_or(gpu.driver, "") for gpu in on_bus} - {""}))
    return broken("absent", *evidence, bound=bound or "no kernel driver", address=on_bus[0].address)


def _any_version(snapshot: Snapshot) -> str:
    driver = snapshot.driver
    libraries = library_versions(known_or(driver.library_files, ()))
    return known_or(driver.version, libraries[0] if libraries else known_or(driver.module_version, "version unknown"))


def ask_bound(snapshot: Snapshot) -> Answer:
    """Ask which kernel driver holds the GPUs."""
    gpus = own_pci_gpus(snapshot)
    if not gpus:
        return not_tested("no_gpu")
    evidence = tuple(seen(f"kernel driver of {gpu.address}", gpu.driver) for gpu in gpus)
    for variant, prefix in (("nouveau", "nouveau"), ("nova", "nova")):
        held = [gpu for gpu in gpus if known_or(gpu.driver, "").lower().startswith(prefix)]
        if held:
            return broken(variant, *evidence, address=held[0].address, driver=known_or(held[0].driver, prefix))
    other = [gpu for gpu in gpus if known_or(gpu.driver, "nvidia") != "nvidia"]
    if other:
        return attention("other", *evidence, address=other[0].address, driver=known_or(other[0].driver, ""))
    if any(isinstance(gpu.driver, Known) for gpu in gpus):
        return ok(*evidence, count=len(gpus))
    if known_or(snapshot.driver.module_version, ""):
        return attention("unbound", *evidence, address=gpus[0].address)
    return not_tested("none", *evidence)


def ask_versions(snapshot: Snapshot) -> Answer:
    """Ask whether kernel module and user-space library are of one version."""
    if is_wsl(snapshot):
        return not_tested("wsl")
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    driver = snapshot.driver
    files = known_or(driver.library_files, ())
    libraries = library_versions(files)
    module = known_or(driver.module_version, "")
    evidence = (
        seen("/proc/driver/nvidia/version", driver.module_version),
        seen("libnvidia-ml.so.1", driver.library_files),
        _nvml_evidence(snapshot),
    )
    library = known_or(driver.version, libraries[0] if libraries else "")
    if driver.nvml.kind == "version_mismatch":
        values = {"module": module or "unknown", "library": library or "another version"}
        mixed = len(libraries) > 1 and module in libraries
        return broken("mixed" if mixed else "mismatch", *evidence, **values, libraries=", ".join(libraries))
    if not module or not library:
        return not_tested("unknown", *evidence, why="one of the two versions could not be read")
    if len(libraries) > 1:
        return attention("two_libraries", *evidence, module=module, libraries=", ".join(libraries))
    if module != library:
        return broken("mismatch", *evidence, module=module, library=library, libraries=library)
    return ok(*evidence, version=module)


def ask_nodes(snapshot: Snapshot) -> Answer:
    """Ask whether the device nodes through which programs reach the driver are there."""
    if is_wsl(snapshot):
        return not_tested("wsl")
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    driver = snapshot.driver
    if isinstance(driver.module_version, Missing):
        return not_tested("no_module", seen("/proc/driver/nvidia/version", driver.module_version))
    if isinstance(driver.device_nodes, Missing):
        return unknown("/dev", driver.device_nodes)
    evidence = seen("driver nodes in /dev", driver.device_nodes)
    nodes = {name.removeprefix("/dev/") for name in driver.device_nodes.value}
    gpu_nodes = [name for name in nodes if re.fullmatch(r"nvidia\d+", name)]
    if "nvidiactl" not in nodes or not gpu_nodes:
        # a driver that answers makes them on demand; one that does not cannot be reached without them
        answer = attention if driver.nvml.kind == "ready" else broken
        return answer("absent", evidence)
    # the integrated GPU of a Jetson has a driver of its own for memory
    if "nvidia-uvm" not in nodes and not is_tegra(snapshot):
        return attention("no_uvm", evidence)
    inside = known_or(snapshot.host.in_container, default=False)
    if not inside and len(gpu_nodes) < len(snapshot.gpus):
        return attention("some", evidence, count=len(gpu_nodes), gpus=len(snapshot.gpus))
    return ok(evidence, count=len(gpu_nodes))


def ask_ready(snapshot: Snapshot) -> Answer:
    """Ask whether the driver answers."""
    driver = snapshot.driver
    evidence = (_nvml_evidence(snapshot), seen("/proc/driver/nvidia/version", driver.module_version))
    if driver.nvml.kind == "ready":
        cuda = driver.cuda.value if isinstance(driver.cuda, Known) else None
        words = f"{cuda[0]}.{cuda[1]}" if cuda else "unknown"
        return ok(*evidence, version=_any_version(snapshot), cuda=words)
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu", *evidence)
    match driver.nvml.kind:
        case "driver_not_loaded":
            variant = "not_loaded_wsl" if is_wsl(snapshot) else "not_loaded"
            return broken(variant, *evidence, kernel=known_or(snapshot.host.kernel, "this kernel"))
        case "no_permission":
            return broken("wsl_blocked" if is_wsl(snapshot) else "no_permission", *evidence, text=driver.nvml.text)
        case "timeout":
            return broken("silent", *evidence)
        case "gpu_lost":
            # the driver answers, and what it says is the business of another check
            return ok(*evidence, variant="gpu_lost")
        case "version_mismatch":
            return broken("mismatch", *evidence)
        case "library_not_found":
            return not_tested("unknown", *evidence, why="the driver's library was not found")
        case "unknown" if driver.nvml.code is None:
            # NVML gives a code with each of its errors: this one is of the looking, not of the driver
            return not_tested("unknown", *evidence, why=driver.nvml.text or "it was not asked")
        case _:
            blocked = is_wsl(snapshot) and "blocked" in driver.nvml.text.lower()
            return broken("wsl_blocked" if blocked else "failed", *evidence, text=driver.nvml.text or "no text")
