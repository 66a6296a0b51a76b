"""How the driver is installed: module and kernel, Secure Boot, packages, updates, suspend."""

import pytest
from tests.support.check_cases import ask, diagnose, kernel_log, unreached
from tests.support.snapshots import ABSENT, bare_snapshot, driver, healthy_snapshot, host, replaced, wsl_snapshot

from drydock.core.facts import (
    DeviceNode,
    DkmsModule,
    DriverChange,
    DriverPackage,
    DriverSetup,
    KernelModules,
    Known,
    Missing,
    NvmlState,
    PciGpu,
)

RUNNING = "6.14.0-29-generic"
NEWER = "6.14.0-33-generic"
OLDER = "6.14.0-27-generic"
UNREAD = Missing("no_permission", "denied")
MODULE = Known("updates/dkms/nvidia.ko.zst")
TRUE, FALSE = Known(value=True), Known(value=False)
NOT_LOADED = {
    "nvml": NvmlState(kind="driver_not_loaded", code=9, text="Driver Not Loaded"),
    "version": ABSENT,
    "cuda": ABSENT,
    "module_version": ABSENT,
    "device_nodes": Known(()),
}


def kernels(*pairs):
    return Known(tuple(KernelModules(kernel=name, module=module) for name, module in pairs))


def working(**setup):
    return healthy_snapshot(setup=DriverSetup(**setup))


def stopped(log=(), **setup):
    """A computer whose installed driver is not loaded."""
    parts = {"driver": driver(**NOT_LOADED, pci_gpus=bus("2684", ABSENT)), "gpus": (), "kernel_log": kernel_log(*log)}
    return healthy_snapshot(setup=DriverSetup(**setup), **parts)


def bus(number, bound=None):
    return Known((PciGpu(address="0000:01:00.0", device_id=number, driver=bound or Known("nvidia")),))


def blind(number, version, flavour, **setup):
    """A driver that is loaded and lists no GPU."""
    changes = {"version": Known(version), "module_version": Known(version), "flavour": Known(flavour)}
    return healthy_snapshot(driver=driver(**changes, pci_gpus=bus(number)), gpus=(), setup=DriverSetup(**setup))


def package(name, version, held=False):
    return DriverPackage(name=name, version=version, held=held)


def node(name, usable=True):
    return DeviceNode(name=name, mode="660", owner="root", group="video", usable=usable)


NOT_LOADED_MAXWELL = healthy_snapshot(
    driver=driver(
        nvml=NvmlState(kind="driver_not_loaded"), module_version=ABSENT, flavour=ABSENT, pci_gpus=bus("13c0")
    ),
    gpus=(),
)
OLD_BESIDE = Known(
    (
        PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("nvidia")),
        PciGpu(address="0000:02:00.0", device_id="128b", driver=ABSENT),
    )
)
CHANGE = Known(DriverChange(when="2026-11-20 06:12:01", by="/usr/bin/unattended-upgrade", text="nvidia-driver-580 (…)"))
ELSEWHERE = [
    (healthy_snapshot(host=host(system="windows")), "not_linux"),
    (wsl_snapshot(), "wsl"),
    (bare_snapshot(), "no_gpu"),
    (healthy_snapshot(host=host(in_container=TRUE)), "in_container"),
]
SIGNED = {"module_on_disk": Known("580.95.05"), "module_signer": Known("DKMS key")}
UNSIGNED = {"module_on_disk": Known("580.95.05"), "module_signer": ABSENT}
HERE = kernels((RUNNING, MODULE))
FORGOTTEN = ("Loading of module with unavailable key is rejected",)
REFUSED = ("Loading of unsigned module is rejected",)
UTILS = package("nvidia-utils-580", "580.95.05")
COMPUTE = package("libnvidia-compute-580", "580.95.05")

CASES = [
    ("driver-module", working(kernels=HERE), "ok", "ok"),
    ("driver-module", working(kernels=kernels((RUNNING, ABSENT))), "ok", "loaded"),
    ("driver-module", working(kernels=UNREAD), "ok", "loaded"),
    ("driver-module", stopped(kernels=kernels((NEWER, MODULE))), "broken", "kernel_gone"),
    ("driver-module", stopped(kernels=kernels((OLDER, MODULE), (RUNNING, ABSENT))), "broken", "newer_kernel"),
    ("driver-module", stopped(kernels=kernels((RUNNING, ABSENT), (NEWER, MODULE))), "broken", "other_kernel"),
    (
        "driver-module",
        stopped(kernels=kernels((RUNNING, ABSENT)), runfile=TRUE, packages=Known(())),
        "broken",
        "runfile",
    ),
    (
        "driver-module",
        stopped(
            kernels=kernels((RUNNING, ABSENT)),
            dkms=Known((DkmsModule(name="nvidia", version="580.95.05", kernels=()),)),
        ),
        "broken",
        "not_built",
    ),
    ("driver-module", stopped(kernels=kernels((RUNNING, ABSENT))), "broken", "none"),
    (
        "driver-module",
        healthy_snapshot(
            driver=driver(**NOT_LOADED, library_files=Known(())),
            gpus=(),
            setup=DriverSetup(kernels=kernels((RUNNING, ABSENT))),
        ),
        "not_tested",
        "no_driver",
    ),
    ("driver-module", stopped(kernels=UNREAD), "not_tested", "unknown"),
    ("driver-module", stopped(kernels=Known(())), "not_tested", "unknown"),
    ("driver-next-kernel", working(kernels=HERE), "ok", "ok"),
    ("driver-next-kernel", working(kernels=kernels((RUNNING, MODULE), (NEWER, MODULE))), "ok", "ready"),
    ("driver-next-kernel", working(kernels=kernels((RUNNING, MODULE), (NEWER, ABSENT))), "attention", "without"),
    ("driver-next-kernel", working(kernels=kernels((RUNNING, MODULE), ("6.14.0-33-lowlatency", ABSENT))), "ok", "ok"),
    (
        "driver-next-kernel",
        working(
            kernels=kernels((RUNNING, MODULE), (NEWER, ABSENT)), packages=Known((package("akmod-nvidia", "580.95.05"),))
        ),
        "ok",
        "akmods",
    ),
    ("driver-next-kernel", working(kernels=UNREAD), "not_tested", "unknown"),
    ("driver-next-kernel", stopped(kernels=HERE), "not_tested", "unknown"),
    ("driver-secure-boot", working(secure_boot=TRUE), "ok", "ok"),
    ("driver-secure-boot", working(secure_boot=FALSE), "ok", "off"),
    ("driver-secure-boot", working(secure_boot=ABSENT), "ok", "no_uefi"),
    ("driver-secure-boot", stopped(REFUSED, secure_boot=TRUE, kernels=HERE, **SIGNED), "broken", "rejected"),
    ("driver-secure-boot", stopped(FORGOTTEN, secure_boot=TRUE, kernels=HERE, **SIGNED), "broken", "rejected"),
    ("driver-secure-boot", stopped(secure_boot=TRUE, kernels=HERE, **UNSIGNED), "broken", "unsigned"),
    ("driver-secure-boot", stopped(secure_boot=TRUE, kernels=HERE, **SIGNED), "attention", "suspect"),
    ("driver-secure-boot", stopped(secure_boot=TRUE, kernels=kernels((RUNNING, ABSENT))), "not_tested", "no_module"),
    ("driver-secure-boot", working(secure_boot=UNREAD), "not_tested", "unknown"),
    ("driver-fit", working(), "ok", "ok"),
    ("driver-fit", blind("2684", "580.95.05", "open"), "ok", "ok"),
    ("driver-fit", blind("2b85", "580.95.05", "proprietary"), "broken", "needs_open"),
    ("driver-fit", blind("1b06", "580.95.05", "open"), "broken", "needs_proprietary"),
    ("driver-fit", blind("2b85", "550.120", "open"), "broken", "too_old"),
    ("driver-fit", blind("1b06", "590.44.01", "open"), "broken", "too_new"),
    ("driver-fit", healthy_snapshot(driver=driver(pci_gpus=OLD_BESIDE)), "attention", "too_new"),
    (
        "driver-fit",
        replaced(NOT_LOADED_MAXWELL, setup=DriverSetup(packages=Known((package("nvidia-open", "580.105.08-3"),)))),
        "broken",
        "needs_proprietary",
    ),
    ("driver-fit", blind("1b06", "580.95.05", "proprietary"), "ok", "ok"),
    ("driver-fit", blind("1004", "535.183.01", "proprietary"), "broken", "too_new"),
    ("driver-fit", healthy_snapshot(driver=driver(pci_gpus=Known(()))), "not_tested", "no_gpu"),
    ("driver-fit", ELSEWHERE[0][0], "not_tested", "not_linux"),
    ("driver-fit", ELSEWHERE[1][0], "not_tested", "wsl"),
    (
        "driver-fit",
        healthy_snapshot(driver=driver(**NOT_LOADED, library_files=Known(())), gpus=()),
        "not_tested",
        "unknown",
    ),
    ("driver-packages", working(packages=Known((UTILS, COMPUTE)), runfile=FALSE), "ok", "ok"),
    ("driver-packages", working(packages=Known((package("nvidia-utils", "580.95.05", held=True),))), "ok", "held"),
    # builds of one version, counted by the distribution
    (
        "driver-packages",
        working(packages=Known((package("nvidia-open", "580.95.05-3"), package("nvidia-utils", "580.95.05-1")))),
        "ok",
        "ok",
    ),
    (
        "driver-packages",
        working(packages=Known((package("a", "3:580.95.05-1.el9"), package("b", "3:570.195.03-1.el9")))),
        "attention",
        "several",
    ),
    ("driver-packages", working(packages=Known(()), runfile=TRUE), "ok", "runfile"),
    ("driver-packages", working(packages=Known((UTILS,)), runfile=TRUE), "attention", "two_ways"),
    (
        "driver-packages",
        working(packages=Known((UTILS, package("libnvidia-compute-535", "535.274.02")))),
        "attention",
        "several",
    ),
    (
        "driver-packages",
        working(packages=Known((UTILS, package("nvidia-driver-580", "580.95.05", held=True)))),
        "attention",
        "some_held",
    ),
    ("driver-packages", working(packages=Known(()), runfile=FALSE), "not_tested", "none"),
    ("driver-packages", working(packages=UNREAD), "not_tested", "unknown"),
    ("driver-update", working(module_on_disk=Known("580.95.05")), "ok", "ok"),
    ("driver-update", working(module_on_disk=Known("580.95.05"), automatic_updates=TRUE), "ok", "automatic"),
    ("driver-update", working(module_on_disk=Known("580.105.08")), "attention", "waiting"),
    ("driver-update", working(module_on_disk=Known("580.105.08"), last_change=CHANGE), "attention", "replaced"),
    ("driver-update", working(module_on_disk=UNREAD), "not_tested", "unknown"),
    ("driver-suspend", working(suspends=Known(0)), "ok", "ok"),
    ("driver-suspend", working(suspends=Known(3), keeps_memory=TRUE), "ok", "slept"),
    ("driver-suspend", working(suspends=Known(3), keeps_memory=FALSE), "attention", "lost"),
    ("driver-suspend", working(suspends=UNREAD), "not_tested", "unknown"),
    ("driver-peer-memory", working(infiniband=Known(())), "not_tested", "no_adapter"),
    (
        "driver-peer-memory",
        working(infiniband=Known(("mlx5_0",)), loaded_modules=Known(("nvidia", "nvidia_peermem"))),
        "ok",
        "ok",
    ),
    (
        "driver-peer-memory",
        healthy_snapshot(
            driver=driver(flavour=Known("open")),
            setup=DriverSetup(infiniband=Known(("mlx5_0",)), loaded_modules=Known(("nvidia",))),
        ),
        "ok",
        "dma_buf",
    ),
    (
        "driver-peer-memory",
        working(infiniband=Known(("mlx5_0",)), loaded_modules=Known(("nvidia",))),
        "attention",
        "absent",
    ),
    ("driver-peer-memory", working(infiniband=Known(("mlx5_0",)), loaded_modules=UNREAD), "not_tested", "unknown"),
    (
        "driver-access",
        healthy_snapshot(driver=driver(node_access=Known((node("nvidia0"), node("nvidiactl"))))),
        "ok",
        "ok",
    ),
    (
        "driver-access",
        healthy_snapshot(driver=driver(node_access=Known((node("nvidia0", usable=False), node("nvidiactl"))))),
        "broken",
        "denied",
    ),
    ("driver-access", healthy_snapshot(driver=driver(node_access=Known(()))), "not_tested", "no_nodes"),
    ("driver-access", healthy_snapshot(driver=driver(node_access=UNREAD)), "not_tested", "unknown"),
    ("driver-access", ELSEWHERE[0][0], "not_tested", "not_linux"),
    ("driver-access", ELSEWHERE[1][0], "not_tested", "wsl"),
    (
        "driver-libcuda",
        healthy_snapshot(driver=driver(cuda_files=Known(("/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05",)))),
        "ok",
        "ok",
    ),
    ("driver-libcuda", healthy_snapshot(driver=driver(cuda_files=Known(()))), "broken", "absent"),
    (
        "driver-libcuda",
        healthy_snapshot(driver=driver(cuda_files=Known(())), host=host(in_container=TRUE)),
        "broken",
        "not_given",
    ),
    (
        "driver-libcuda",
        healthy_snapshot(driver=driver(cuda_files=Known(("/a/libcuda.so.580.95.05", "/b/libcuda.so.535.1.1")))),
        "attention",
        "several",
    ),
    (
        "driver-libcuda",
        healthy_snapshot(driver=driver(cuda_files=Known(()), library_files=Known(()))),
        "not_tested",
        "unknown",
    ),
    ("driver-libcuda", ELSEWHERE[0][0], "not_tested", "not_linux"),
    ("driver-libcuda", ELSEWHERE[1][0], "not_tested", "wsl"),
    ("driver-libcuda", ELSEWHERE[2][0], "not_tested", "no_gpu"),
    *(
        (check, snapshot, "not_tested", variant)
        for check in (
            "driver-module",
            "driver-next-kernel",
            "driver-secure-boot",
            "driver-packages",
            "driver-update",
            "driver-suspend",
            "driver-peer-memory",
        )
        for snapshot, variant in ELSEWHERE
    ),
]


@pytest.mark.parametrize(("check", "snapshot", "state", "variant"), CASES)
def test_state_and_variant(check, snapshot, state, variant):
    answer = ask(snapshot, check)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    ids = {check for check, *_ in CASES}
    assert unreached(ids, ((check, variant) for check, _, _, variant in CASES)) == set()


ROOTS = {
    "kernel updated, module not built": (
        stopped(kernels=kernels((OLDER, MODULE), (RUNNING, ABSENT))),
        ("driver-module", "newer_kernel"),
    ),
    "kernel's modules removed": (stopped(kernels=kernels((NEWER, MODULE))), ("driver-module", "kernel_gone")),
    "Secure Boot": (
        stopped(REFUSED, secure_boot=TRUE, kernels=HERE, **SIGNED),
        ("driver-secure-boot", "rejected"),
    ),
    "module is there and nothing forbids it": (
        stopped(secure_boot=FALSE, kernels=HERE, **SIGNED),
        ("driver-ready", "not_loaded"),
    ),
    "Blackwell with proprietary modules": (blind("2b85", "580.95.05", "proprietary"), ("driver-fit", "needs_open")),
    "Pascal after driver 590": (blind("1b06", "590.44.01", "open"), ("driver-fit", "too_new")),
    "no right to the nodes": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="no_permission", code=4, text="Insufficient Permissions"),
                node_access=Known((node("nvidiactl", usable=False),)),
            ),
            gpus=(),
        ),
        ("driver-access", "denied"),
    ),
    "no CUDA library": (healthy_snapshot(driver=driver(cuda_files=Known(()))), ("driver-libcuda", "absent")),
}


@pytest.mark.parametrize("name", ROOTS)
def test_the_root_cause_comes_first(name):
    snapshot, expected = ROOTS[name]
    root = diagnose(snapshot).root_cause
    assert (root.id, root.variant) == expected


def test_a_replaced_driver_is_dated():
    answer = ask(working(module_on_disk=Known("580.105.08"), last_change=CHANGE), "driver-update")
    assert answer.values["by"] == "/usr/bin/unattended-upgrade"


def test_a_made_up_device_number_decides_nothing():
    assert ask(blind("zz", "580.95.05", "open"), "driver-fit").variant == "ok"
