"""Checks of a Linux inside WSL: its kernel and settings, its memory, and the driver libraries of Windows."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.situation import gigabytes, is_docker_desktop, is_wsl
from drydock.core.facts import Known, Missing, Snapshot, known_or

_OLDEST_KERNEL = (5, 10, 16)
"""The kernel from which NVIDIA's guide for WSL counts GPU support as complete (5.10.16.3)."""

_OLDEST_DRIVER = 495
"""The branch of the Windows driver from which CUDA inside WSL left its preview."""

_SMALL_MEMORY = 12 * 10**9


def ask_settings(snapshot: Snapshot) -> Answer:
    """Ask whether a setting keeps the GPU away from WSL."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    wsl = snapshot.wsl
    evidence = (
        seen("/etc/wsl.conf [gpu] enabled", wsl.gpu_enabled),
        seen(f"{known_or(wsl.settings_file, '.wslconfig')} [wsl2] gpuSupport", wsl.gpu_support),
    )
    if wsl.gpu_enabled == Known(value=False):
        return broken("off_here", *evidence)
    if wsl.gpu_support == Known(value=False):
        return broken("off_windows", *evidence, path=known_or(wsl.settings_file, ".wslconfig"))
    if isinstance(wsl.gpu_enabled, Missing) and wsl.gpu_enabled.why not in ("absent", "not_supported"):
        return unknown("/etc/wsl.conf", wsl.gpu_enabled)
    return ok(*evidence)


def ask_kernel(snapshot: Snapshot) -> Answer:
    """Ask whether WSL's kernel is new enough for CUDA."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    kernel = known_or(snapshot.host.kernel, "")
    evidence = seen("kernel release", snapshot.host.kernel)
    numbers = tuple(int(part) for part in re.findall(r"\d+", kernel)[:3])
    if len(numbers) < 3:
        return not_tested("unknown", evidence, why="its release has no number")
    if numbers >= _OLDEST_KERNEL:
        return ok(evidence, kernel=kernel)
    nodes = snapshot.driver.device_nodes
    # without the node the old kernel is why; with it, CUDA may work all the same
    answer = broken if isinstance(nodes, Known) and "dxg" not in nodes.value else attention
    return answer("old", evidence, seen("driver nodes in /dev", nodes), kernel=kernel)


def ask_windows_driver(snapshot: Snapshot) -> Answer:
    """Ask whether the driver in Windows is new enough to serve WSL."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    version = snapshot.driver.version
    if isinstance(version, Missing):
        return unknown("driver version", version)
    major = version.value.partition(".")[0]
    evidence = seen("driver version", version)
    if not major.isdecimal():
        return not_tested("unknown", evidence, why="the version has no number")
    if int(major) < _OLDEST_DRIVER:
        return attention("old", evidence, version=version.value)
    return ok(evidence, version=version.value)


def ask_memory(snapshot: Snapshot) -> Answer:
    """Ask whether Windows lends WSL enough main memory."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    memory = snapshot.host.memory
    if isinstance(memory, Missing):
        return unknown("memory", memory)
    wsl = snapshot.wsl
    path = known_or(wsl.settings_file, "%UserProfile%\\.wslconfig")
    evidence = (seen("memory of WSL", Known(memory.value.total)), seen(f"{path} [wsl2] memory", wsl.memory))
    total = gigabytes(memory.value.total)
    if memory.value.total >= _SMALL_MEMORY:
        return ok(*evidence, total=total)
    if isinstance(wsl.memory, Known):
        return attention("capped", *evidence, total=total, setting=wsl.memory.value, path=path)
    return attention("half", *evidence, total=total, path=path)


def ask_libraries(snapshot: Snapshot) -> Answer:
    """Ask whether the CUDA library of Windows' driver is there, and found first."""
    if not is_wsl(snapshot):
        return not_tested("not_wsl")
    libraries = snapshot.wsl.libraries
    if isinstance(libraries, Missing):
        return unknown("/usr/lib/wsl/lib", libraries)
    evidence = (seen("/usr/lib/wsl/lib", libraries), seen("libcuda.so.1", snapshot.driver.cuda_files))
    if "libnvidia-ml.so.1" not in libraries.value:
        return not_tested("no_driver", *evidence)
    if "libcuda.so.1" not in libraries.value:
        return broken("absent", *evidence)
    files = known_or(snapshot.driver.cuda_files, ())
    others = [name for name in files if not name.startswith("/usr/lib/wsl/")]
    if others:
        return attention("shadowed", *evidence, file=others[0])
    searched = "/usr/lib/wsl/lib" in snapshot.host.environment.get("LD_LIBRARY_PATH", "").split(":")
    if snapshot.wsl.on_loader_path == Known(value=False) and not searched:
        # Docker Desktop has a way of its own to these libraries
        blind = snapshot.driver.nvml.kind == "library_not_found" and not is_docker_desktop(snapshot)
        answer = broken if blind else attention
        return answer("not_searched", *evidence, seen("loader configuration", snapshot.wsl.on_loader_path))
    return ok(*evidence)
