"""Checks of how the NVIDIA driver is installed: module and kernel, Secure Boot, packages, updates, suspend."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.driver import library_versions
from drydock.core.checks.kernel import gpus_answer, module_rejected
from drydock.core.checks.situation import has_gpu, is_tegra, is_wsl, own_pci_gpus
from drydock.core.facts import DriverPackage, KernelModules, Known, Missing, PciGpu, Snapshot, known_or
from drydock.core.findings import Evidence

# PCI device ids grow with the generations: Maxwell begins at 1340, Turing at 1e00 and Blackwell at 2900.
# Source: the list of supported products in NVIDIA's driver README and in NVIDIA/open-gpu-kernel-modules.
_MAXWELL, _TURING, _BLACKWELL = 0x1340, 0x1E00, 0x2900
_LAST_FOR_KEPLER, _LAST_BEFORE_TURING, _FIRST_FOR_BLACKWELL = 470, 580, 570


def _not_here(snapshot: Snapshot) -> Answer | None:
    """Return why the host's own driver does not matter, if it does not."""
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    if is_wsl(snapshot):
        return not_tested("wsl")
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    if known_or(snapshot.host.in_container, default=False):
        return not_tested("in_container")
    return None


def _loaded(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.driver.module_version, Known)


def _running(snapshot: Snapshot) -> KernelModules | None:
    kernel = known_or(snapshot.host.kernel, "")
    return next((item for item in known_or(snapshot.setup.kernels, ()) if item.kernel == kernel), None)


def _kernel_evidence(snapshot: Snapshot) -> tuple[Evidence, ...]:
    kernels = known_or(snapshot.setup.kernels, ())
    return (
        seen("kernel release", snapshot.host.kernel),
        seen("/proc/driver/nvidia/version", snapshot.driver.module_version),
        *(seen(f"module for {item.kernel}", item.module) for item in kernels),
    )


def ask_module(snapshot: Snapshot) -> Answer:
    """Ask whether the driver's module exists for the kernel that runs."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    kernels = snapshot.setup.kernels
    kernel = known_or(snapshot.host.kernel, "")
    if isinstance(kernels, Missing):
        return ok(variant="loaded") if _loaded(snapshot) else unknown("/lib/modules", kernels)
    evidence = _kernel_evidence(snapshot)
    running = _running(snapshot)
    if running and isinstance(running.module, Known):
        return ok(*evidence, kernel=kernel)
    if _loaded(snapshot):
        return ok(*evidence, variant="loaded")
    if running is None:
        return broken("kernel_gone", *evidence, kernel=kernel) if kernels.value else _unseen(evidence)
    having = [item.kernel for item in kernels.value if isinstance(item.module, Known)]
    if having:
        names = [item.kernel for item in kernels.value]
        # the list is in the order of age: the driver may be older than the kernel that runs, or made for a later one
        newer = all(names.index(name) < names.index(kernel) for name in having)
        variant = "newer_kernel" if newer else "other_kernel"
        return broken(variant, *evidence, kernel=kernel, kernels=", ".join(having), version=_library(snapshot))
    sources = known_or(snapshot.setup.dkms, ())
    if sources:
        return broken("not_built", *evidence, kernel=kernel, source=f"{sources[0].name}/{sources[0].version}")
    if not library_versions(known_or(snapshot.driver.library_files, ())):
        return not_tested("no_driver", *evidence)
    if known_or(snapshot.setup.runfile, default=False) and not known_or(snapshot.setup.packages, ()):
        return broken("runfile", *evidence, seen("NVIDIA's own installer", snapshot.setup.runfile), kernel=kernel)
    return broken("none", *evidence, kernel=kernel)


def _library(snapshot: Snapshot) -> str:
    versions = library_versions(known_or(snapshot.driver.library_files, ()))
    return versions[0] if versions else "its version"


def _unseen(evidence: tuple[Evidence, ...]) -> Answer:
    return not_tested("unknown", *evidence, why="no kernel's modules can be seen")


def ask_next_kernel(snapshot: Snapshot) -> Answer:
    """Ask whether the driver's module exists for the kernel that the next start will probably take."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    kernels = snapshot.setup.kernels
    if isinstance(kernels, Missing):
        return unknown("/lib/modules", kernels)
    running = _running(snapshot)
    evidence = _kernel_evidence(snapshot)
    if not _loaded(snapshot) or running is None or isinstance(running.module, Missing):
        return not_tested("unknown", *evidence, why="the running kernel has no module of the driver in the usual place")
    newest = _same_flavour(kernels.value, running.kernel)[-1]
    if newest == running:
        return ok(*evidence)
    if isinstance(newest.module, Known):
        return ok(*evidence, variant="ready", kernel=newest.kernel)
    if any(item.name.startswith("akmod-nvidia") for item in known_or(snapshot.setup.packages, ())):
        return ok(*evidence, variant="akmods", kernel=newest.kernel)
    return attention("without", *evidence, kernel=newest.kernel, running=running.kernel)


def _same_flavour(kernels: tuple[KernelModules, ...], running: str) -> list[KernelModules]:
    """Return the kernels of the running one's kind (``-generic``, ``-lowlatency`` …), oldest first."""
    ending = re.sub(r"^[\d.]+(?:-[\d.]+)?", "", running)
    return [item for item in kernels if item.kernel.endswith(ending)]


def ask_secure_boot(snapshot: Snapshot) -> Answer:
    """Ask whether Secure Boot keeps the module from being loaded."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    setup = snapshot.setup
    evidence = (seen("Secure Boot", setup.secure_boot), seen("signer of the module", setup.module_signer))
    if isinstance(setup.secure_boot, Missing):
        if setup.secure_boot.why == "absent":
            return ok(*evidence, variant="no_uefi")
        return unknown("Secure Boot", setup.secure_boot)
    if not setup.secure_boot.value:
        return ok(*evidence, variant="off")
    if _loaded(snapshot):
        return ok(*evidence)
    running = _running(snapshot)
    if running is None or isinstance(running.module, Missing):
        return not_tested("no_module", *evidence)
    line = module_rejected(snapshot)
    if line:
        return broken("rejected", *evidence, Evidence("kernel log", line), line=line)
    if isinstance(setup.module_on_disk, Known) and isinstance(setup.module_signer, Missing):
        return broken("unsigned", *evidence)
    return attention("suspect", *evidence, signer=known_or(setup.module_signer, "somebody"))


def _branch(snapshot: Snapshot) -> int | None:
    """Return the first number of the driver's version, wherever it can be read."""
    libraries = library_versions(known_or(snapshot.driver.library_files, ()))
    facts = (snapshot.driver.module_version, snapshot.driver.version, snapshot.setup.module_on_disk)
    versions = [known_or(fact, "") for fact in facts]
    for version in (*versions, *libraries):
        major = version.partition(".")[0]
        if major.isdecimal():
            return int(major)
    return None


def ask_fit(snapshot: Snapshot) -> Answer:
    """Ask whether driver branch and kind of module fit the GPUs on the bus."""
    if is_wsl(snapshot) or snapshot.host.system != "linux" or is_tegra(snapshot):
        return not_tested("wsl" if is_wsl(snapshot) else "not_linux")
    gpus = own_pci_gpus(snapshot)
    if not gpus:
        return not_tested("no_gpu")
    branch, flavour = _branch(snapshot), _flavour(snapshot)
    evidence = (
        seen("GPUs", Known(tuple(f"{gpu.address} 10de:{gpu.device_id}" for gpu in gpus))),
        Evidence("driver branch", str(branch or "unknown")),
        seen("kind of kernel module", snapshot.driver.flavour),
    )
    if gpus_answer(snapshot):
        return ok(*evidence)
    if branch is None:
        return not_tested("unknown", *evidence, why="no version of the driver can be read")
    for gpu in gpus:
        answer = _unfit(gpu, branch, flavour, evidence)
        if answer and answer.variant == "too_new" and any(found.state == "ok" for found in snapshot.gpus):
            # an old card beside one that works is there to draw a picture, if for anything
            return attention("too_new", *answer.evidence, **answer.values)
        if answer:
            return answer
    return ok(*evidence)


def _flavour(snapshot: Snapshot) -> str:
    """Return the kind of the module that is loaded, or that its package would install; empty where nothing tells."""
    if isinstance(snapshot.driver.flavour, Known):
        return snapshot.driver.flavour.value
    names = [item.name for item in known_or(snapshot.setup.packages, ())]
    return "open" if any(re.search(r"nvidia.*-open\b", name) for name in names) else ""


def _unfit(gpu: PciGpu, branch: int, flavour: str, evidence: tuple[Evidence, ...]) -> Answer | None:
    try:
        number = int(gpu.device_id, 16)
    except ValueError:
        return None
    place = {"address": gpu.address, "branch": branch}
    if number >= _BLACKWELL:
        if branch < _FIRST_FOR_BLACKWELL:
            return broken("too_old", *evidence, **place, first=_FIRST_FOR_BLACKWELL)
        return broken("needs_open", *evidence, **place) if flavour == "proprietary" else None
    if number < _TURING:
        last = _LAST_FOR_KEPLER if number < _MAXWELL else _LAST_BEFORE_TURING
        if branch > last and (branch >= 590 or last == _LAST_FOR_KEPLER):
            return broken("too_new", *evidence, **place, last=last)
        return broken("needs_proprietary", *evidence, **place) if flavour == "open" else None
    return None


_MAIN = re.compile(r"^(?:\d+:)?(\d{3}\.\d+(?:\.\d+)*)")
"""The driver's own version in that of a package; what follows counts the distribution's builds of it."""


def ask_packages(snapshot: Snapshot) -> Answer:
    """Ask whether the driver comes from one place, in one version."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    setup = snapshot.setup
    if isinstance(setup.packages, Missing):
        return unknown("packages of the driver", setup.packages)
    main = [item for item in setup.packages.value if _MAIN.match(item.version)]
    evidence = (
        Evidence("packages of the driver", ", ".join(map(_package_words, main[:20])) or "(none)"),
        seen("nvidia-uninstall", setup.runfile),
    )
    versions = sorted({match[1] for item in main if (match := _MAIN.match(item.version))})
    if main and known_or(setup.runfile, default=False):
        return attention("two_ways", *evidence, package=_package_words(main[0]))
    if len(versions) > 1:
        return attention("several", *evidence, versions=", ".join(versions))
    held = [item for item in main if item.held]
    if held and len(held) < len(main):
        return attention("some_held", *evidence, packages=", ".join(item.name for item in held))
    if held:
        return ok(*evidence, variant="held", version=versions[0])
    if main:
        return ok(*evidence, version=versions[0])
    return ok(*evidence, variant="runfile") if known_or(setup.runfile, default=False) else not_tested("none", *evidence)


def _package_words(item: DriverPackage) -> str:
    return f"{item.name} {item.version}{' (held)' if item.held else ''}"


def ask_update(snapshot: Snapshot) -> Answer:
    """Ask whether an update of the driver waits for a restart, and who made it."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    loaded, on_disk = snapshot.driver.module_version, snapshot.setup.module_on_disk
    change = snapshot.setup.last_change
    evidence = [seen("loaded module", loaded), seen("module on the disk", on_disk)]
    if isinstance(change, Known):
        evidence.append(
            Evidence("last change of the driver", f"{change.value.when} {change.value.by}: {change.value.text}")
        )
    if not isinstance(loaded, Known) or not isinstance(on_disk, Known):
        return not_tested(
            "unknown", *evidence, why="the version of the loaded module or of the one on the disk is not told"
        )
    if loaded.value == on_disk.value:
        variant = "automatic" if known_or(snapshot.setup.automatic_updates, default=False) else "ok"
        return ok(*evidence, variant=variant, version=loaded.value)
    values = {"loaded": loaded.value, "disk": on_disk.value}
    if isinstance(change, Known):
        return attention("replaced", *evidence, **values, when=change.value.when, by=change.value.by or "an update")
    return attention("waiting", *evidence, **values)


def ask_suspend(snapshot: Snapshot) -> Answer:
    """Ask whether the computer slept since it started, which GPU memory does not survive by itself."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    suspends, keeps = snapshot.setup.suspends, snapshot.setup.keeps_memory
    if isinstance(suspends, Missing):
        return unknown("/sys/power/suspend_stats", suspends)
    evidence = (seen("suspends since the start", suspends), seen("video memory is kept", keeps))
    if not suspends.value:
        return ok(*evidence)
    if keeps == Known(value=False):
        return attention("lost", *evidence, count=suspends.value)
    return ok(*evidence, variant="slept", count=suspends.value)


def ask_access(snapshot: Snapshot) -> Answer:
    """Ask whether this user may use the driver's device nodes."""
    if snapshot.host.system != "linux" or is_wsl(snapshot):
        return not_tested("wsl" if is_wsl(snapshot) else "not_linux")
    nodes = snapshot.driver.node_access
    if isinstance(nodes, Missing):
        return unknown("/dev", nodes)
    needed = [node for node in nodes.value if re.fullmatch(r"nvidia(?:ctl|-uvm|\d+)", node.name)]
    if not needed:
        return not_tested("no_nodes")
    evidence = tuple(
        Evidence(f"/dev/{node.name}", f"mode {node.mode}, owner {node.owner}, group {node.group}") for node in needed
    )
    closed = [node for node in needed if not node.usable]
    if closed:
        names = ", ".join(f"/dev/{node.name}" for node in closed)
        return broken("denied", *evidence, names=names, mode=closed[0].mode, group=closed[0].group)
    return ok(*evidence)


def ask_libcuda(snapshot: Snapshot) -> Answer:
    """Ask whether the driver's CUDA library is installed, in one version."""
    if is_wsl(snapshot) or snapshot.host.system != "linux":
        return not_tested("wsl" if is_wsl(snapshot) else "not_linux")
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    files = snapshot.driver.cuda_files
    if isinstance(files, Missing):
        return unknown("libcuda.so.1", files)
    evidence = (seen("libcuda.so.1", files), seen("libnvidia-ml.so.1", snapshot.driver.library_files))
    if not files.value:
        if not known_or(snapshot.driver.library_files, ()):
            return not_tested("unknown", *evidence, why="the driver's libraries are not in the usual directories")
        inside = known_or(snapshot.host.in_container, default=False)
        return broken("not_given" if inside else "absent", *evidence)
    versions = {match[1] for name in files.value if (match := re.search(r"\.so\.(\d{3}\.[\d.]+)$", name))}
    if len(versions) > 1:
        return attention("several", *evidence, versions=", ".join(sorted(versions)))
    return ok(*evidence)


def ask_peer_memory(snapshot: Snapshot) -> Answer:
    """Ask whether InfiniBand adapters can reach GPU memory directly."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    adapters, modules = snapshot.setup.infiniband, snapshot.setup.loaded_modules
    if isinstance(adapters, Missing):
        return unknown("/sys/class/infiniband", adapters)
    if not adapters.value:
        return not_tested("no_adapter")
    evidence = (seen("InfiniBand adapters", adapters), seen("loaded modules", modules))
    if "nvidia_peermem" in known_or(modules, ()):
        return ok(*evidence)
    if isinstance(modules, Missing):
        return unknown("/proc/modules", modules)
    if known_or(snapshot.driver.flavour, "") == "open":
        # the open modules can share memory through the kernel's own DMA-BUF
        return ok(*evidence, variant="dma_buf")
    return attention("absent", *evidence, adapters=", ".join(adapters.value))
