"""Machines on which something is broken, up the ladder."""

from tests.machines import parts
from tests.machines.case import Case, broken
from tests.machines.healthy import BY_HAND, PODMAN_CDI, SERVER_8XH100, WHOLE, WSL_DESKTOP
from tests.machines.parts import ABSENT, GB, GIB, STARTED, changed

from drydock.core.facts import (
    DkmsModule,
    DriverChange,
    DriverPackage,
    KernelModules,
    Known,
    Missing,
    NvmlState,
    RemappedRows,
)
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.facts.engine_setup import EngineSocket, Mount

_4090, _5090, _3060 = "NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 5090", "NVIDIA GeForce RTX 3060"
_2080, _1080, _1060 = "NVIDIA GeForce RTX 2080 Ti", "NVIDIA GeForce GTX 1080", "NVIDIA GeForce GTX 1060 6GB"
_A100 = "NVIDIA A100-SXM4-40GB"
_KERNEL, _OLD_KERNEL = "6.14.0-33-generic", "6.14.0-29-generic"
_NO_DEVICE = NvmlState(kind="driver_not_loaded", code=9, text="Driver Not Loaded")
_MISMATCH = NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch")
_NOT_TOLD = Missing("failed", "Driver/library version mismatch")

_OLD_LIBRARY = "/usr/lib64/libcuda.so.550.90.07"

_XIDS = "https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html"
_NVIDIA_DOCKER = "https://github.com/NVIDIA/nvidia-docker/issues"
_KERNEL_MODULES = "https://github.com/NVIDIA/open-gpu-kernel-modules/issues"
_TOOLKIT = "https://github.com/NVIDIA/nvidia-container-toolkit/issues"
_WSL = "https://github.com/microsoft/WSL/issues"


def _without_module(version: str, **fields):
    """A driver that is installed, with no module for the kernel that runs."""
    base = {
        "kernels": Known(
            (KernelModules(kernel=_OLD_KERNEL, module=Known("updates/dkms/nvidia.ko")), _no_module(_KERNEL))
        ),
        "module_on_disk": ABSENT,
        "module_signer": ABSENT,
        "dkms": Known((DkmsModule(name="nvidia", version=version, kernels=(_OLD_KERNEL,)),)),
        "services": Known(()),
        "loaded_modules": Known(()),
        "keeps_memory": ABSENT,
    }
    return parts.setup(version, **{**base, **fields})


def _no_module(kernel: str) -> KernelModules:
    return KernelModules(kernel=kernel, module=ABSENT)


def _not_loaded_setup(version: str, **fields):
    """A driver whose module lies on the disk and is not in the kernel."""
    base = {"services": Known(()), "loaded_modules": Known(()), "keeps_memory": ABSENT}
    return parts.setup(version, **{**base, **fields})


_DRIVER: tuple[Case, ...] = (
    Case(
        name="driver-absent",
        title="No NVIDIA driver installed",
        description="A fresh system: the GPU is on the bus, and nothing drives it.",
        sources=("https://github.com/NVIDIA/gpu-operator/issues/206",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), ""),
            gpus=(),
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            toolkit=parts.NO_TOOLKIT,
            setup=parts.no_setup(),
            engine_setup=parts.engine_setup(),
        ),
        expected=broken("driver-installed/absent"),
    ),
    Case(
        name="nouveau-holds-gpu",
        title="GPU held by nouveau",
        description="The driver was installed, and the free driver still takes the GPU at the start.",
        sources=("https://github.com/microsoft/pai/issues/2962",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_2080,), "550.163.01", held_by="nouveau"),
            gpus=(),
            setup=_not_loaded_setup("550.163.01", loaded_modules=Known(("nouveau",))),
            kernel_log=parts.log("NVRM: GPU 0000:01:00.0 is already bound to nouveau."),
        ),
        expected=broken("driver-bound/nouveau", "driver-log"),
    ),
    Case(
        name="nova-holds-gpu",
        title="GPU held by NovaCore",
        description="A new kernel brings nova-core, which takes the GPU before NVIDIA's driver.",
        sources=("https://github.com/beclab/Olares/pull/3963",),
        snapshot=parts.machine(
            host=parts.host("arch", "6.17.8-arch1-1"),
            driver=parts.not_loaded((_4090,), "580.105.08", held_by="NovaCore"),
            gpus=(),
            setup=_not_loaded_setup(
                "580.105.08",
                kernels=Known((KernelModules(kernel="6.17.8-arch1-1", module=Known("extramodules/nvidia.ko")),)),
                loaded_modules=Known(("nova_core",)),
            ),
            kernel_log=parts.log(
                "NVRM: GPU 0000:01:00.0 is already bound to NovaCore.", "NVRM: No NVIDIA devices probed."
            ),
        ),
        expected=broken("driver-bound/nova", "driver-log"),
    ),
    Case(
        name="module-not-built-for-kernel",
        title="New kernel without the driver's module",
        description="The kernel was updated, and DKMS built the module for the older one only.",
        sources=("https://github.com/fady-saied/Nvidia-Fedora-Guide/issues/9",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), "570.172.08"),
            gpus=(),
            setup=_without_module("570.172.08"),
        ),
        expected=broken("driver-module/newer_kernel", "driver-ready"),
    ),
    Case(
        name="module-build-failed",
        title="The module could not be built",
        description="The driver's source is there, and DKMS built it for no installed kernel.",
        sources=("https://github.com/pop-os/pop/issues/3811",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), "560.35.03"),
            gpus=(),
            setup=_without_module(
                "560.35.03",
                kernels=Known((_no_module(_KERNEL),)),
                dkms=Known((DkmsModule(name="nvidia", version="560.35.03", kernels=()),)),
            ),
        ),
        expected=broken("driver-module/not_built", "driver-ready"),
    ),
    Case(
        name="driver-not-loaded",
        title="Module built, and not loaded",
        description="Everything is installed; nothing loaded the module since the start.",
        sources=("https://github.com/fady-saied/Nvidia-Fedora-Guide/issues/9",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), "570.172.08"),
            gpus=(),
            setup=_not_loaded_setup("570.172.08"),
        ),
        expected=broken("driver-ready/not_loaded"),
    ),
    Case(
        name="secure-boot-unsigned-module",
        title="Secure Boot refuses the module",
        description="The module is signed with a key that the firmware does not know.",
        sources=("https://github.com/acidanthera/bugtracker/issues/2237",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), "570.172.08"),
            gpus=(),
            setup=_not_loaded_setup("570.172.08", secure_boot=Known(True)),
            kernel_log=parts.log(
                "Loading of module with unavailable key is rejected", "Loading of unsigned module is rejected"
            ),
        ),
        expected=broken("driver-secure-boot/rejected", "driver-ready"),
    ),
    Case(
        name="secure-boot-no-log",
        title="Secure Boot, and a log that may not be read",
        description="The module is not signed at all; the kernel's log is for administrators.",
        sources=("https://github.com/acidanthera/bugtracker/issues/2237",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_3060,), "570.172.08"),
            gpus=(),
            setup=_not_loaded_setup("570.172.08", secure_boot=Known(True), module_signer=ABSENT),
            kernel_log=Missing("no_permission", "dmesg: read kernel buffer failed: Operation not permitted"),
        ),
        expected=broken("driver-secure-boot/unsigned", "driver-ready"),
    ),
    Case(
        name="driver-library-mismatch",
        title="Driver updated, computer not restarted",
        description="An unattended update replaced the libraries while the old module stayed loaded.",
        sources=(
            "https://github.com/saharmor/dalle-playground/issues/104",
            "https://github.com/pop-os/nvidia-graphics-drivers-470/issues/18",
        ),
        snapshot=parts.machine(
            host=parts.host(restart_wanted=Known(("nvidia-driver-580",))),
            driver=parts.driver(
                "580.95.05",
                (13, 0),
                (_3060,),
                nvml=_MISMATCH,
                version=_NOT_TOLD,
                cuda=_NOT_TOLD,
                module_version=Known("570.172.08"),
            ),
            gpus=(),
            setup=parts.setup(
                "580.95.05",
                automatic_updates=Known(True),
                last_change=Known(
                    DriverChange(
                        when="2026-11-20 06:12:44",
                        by="/usr/bin/unattended-upgrade",
                        text="upgrade libnvidia-compute-580 570.172.08 580.95.05",
                    )
                ),
            ),
        ),
        expected=broken("driver-versions/mismatch"),
    ),
    Case(
        name="two-drivers-mixed",
        title="Package and installer mixed",
        description="NVIDIA's own installer left libraries of another version beside the package's.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1034",),
        snapshot=parts.machine(
            driver=parts.driver(
                "550.163.01",
                (12, 4),
                (_3060,),
                nvml=_MISMATCH,
                version=_NOT_TOLD,
                cuda=_NOT_TOLD,
                module_version=Known("550.163.01"),
                library_files=Known(
                    (
                        "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.247.01",
                        "/usr/lib/libnvidia-ml.so.550.163.01",
                    )
                ),
            ),
            gpus=(),
            setup=parts.setup(
                "550.163.01",
                runfile=Known(True),
                packages=Known((DriverPackage(name="libnvidia-compute-535", version="535.247.01"),)),
            ),
        ),
        expected=broken("driver-versions/mixed"),
    ),
    Case(
        name="gtx1080-on-590",
        title="GTX 1080 under driver 590",
        description="The update to 590 dropped this generation: the module finds no GPU that it supports.",
        sources=("https://github.com/pytorch/pytorch/issues/157517", f"{_KERNEL_MODULES}/393"),
        snapshot=parts.machine(
            driver=parts.not_loaded((_1080,), "590.44.01"),
            gpus=(),
            setup=_not_loaded_setup("590.44.01"),
            kernel_log=parts.log(
                "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:1b80)",
                "NVRM: installed in this system is supported through the NVIDIA 580.xx Legacy drivers.",
                "NVRM: No NVIDIA devices probed.",
            ),
        ),
        expected=broken("driver-fit/too_new", "driver-log", "driver-ready"),
    ),
    Case(
        name="rtx5090-on-550",
        title="RTX 5090 under driver 550",
        description="The driver is older than the GPU and does not know it.",
        sources=(f"{_KERNEL_MODULES}/393",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_5090,), "550.163.01"),
            gpus=(),
            setup=_not_loaded_setup("550.163.01"),
            kernel_log=parts.log(
                "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2b85)",
                "NVRM: installed in this system is not supported by the NVIDIA 550.163.01 driver release.",
                "NVRM: No NVIDIA devices probed.",
            ),
        ),
        expected=broken("driver-fit/too_old", "driver-log", "driver-ready"),
    ),
    Case(
        name="rtx5090-needs-open-modules",
        title="RTX 5090 with the proprietary module",
        description="Blackwell works with NVIDIA's open kernel modules only.",
        sources=(f"{_KERNEL_MODULES}/862",),
        snapshot=parts.machine(
            driver=parts.driver(
                "575.64.03",
                (12, 9),
                (_5090,),
                flavour="proprietary",
                pci_gpus=parts.on_bus(_5090, driver=""),
                device_nodes=Known(("nvidiactl",)),
                node_access=Known((parts.node("nvidiactl"),)),
            ),
            gpus=(),
            setup=parts.setup("575.64.03"),
            kernel_log=parts.log(
                "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2b85)",
                "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)",
            ),
        ),
        expected=broken("driver-fit/needs_open", "driver-log"),
    ),
    Case(
        name="gpu-not-initialised",
        title="GPU that the driver cannot start",
        description="The firmware of the GPU's own processor does not start; nvidia-smi finds no device.",
        sources=(f"{_KERNEL_MODULES}/789", f"{_KERNEL_MODULES}/876"),
        snapshot=parts.machine(
            driver=parts.driver("570.172.08", (12, 8), (_4090,)),
            gpus=(),
            setup=parts.setup("570.172.08"),
            kernel_log=parts.log(
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x65:1792)",
                "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
            ),
        ),
        expected=broken("driver-log/init_failed", "gpu-lost"),
    ),
    Case(
        name="nodes-for-another-group",
        title="Device nodes for a group only",
        description="An administrator lets only the group video use the GPU.",
        sources=(f"{_TOOLKIT}/33", f"{_NVIDIA_DOCKER}/1523"),
        snapshot=parts.machine(
            driver=parts.driver(
                "580.95.05",
                (13, 0),
                (_4090,),
                nvml=NvmlState(kind="no_permission", code=4, text="Insufficient Permissions"),
                version=Missing("no_permission"),
                cuda=Missing("no_permission"),
                node_access=Known(
                    tuple(
                        parts.node(name, mode="660", group="video", usable=False)
                        for name in ("nvidia-uvm", "nvidia0", "nvidiactl")
                    )
                ),
            ),
            gpus=(),
        ),
        expected=broken("driver-access/denied", "driver-ready"),
    ),
)

_GPU: tuple[Case, ...] = (
    Case(
        name="gpu-off-the-bus",
        title="GPU fell off the bus",
        description="One of two GPUs vanished under load; the driver says Xid 79.",
        sources=(_XIDS, f"{_KERNEL_MODULES}/1151"),
        snapshot=parts.machine(
            driver=parts.driver("580.95.05", (13, 0), (_4090, _4090)),
            gpus=(
                parts.gpu(_4090),
                changed(parts.gpu(_4090, 1), state="lost", text="GPU is lost", temperature=Missing("failed")),
            ),
            kernel_log=parts.log(
                "pcieport 0000:00:01.1: AER: Uncorrectable (Fatal) error message received from 0000:02:00.0",
                "NVRM: Xid (PCI:0000:02:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
                "NVRM: GPU 0000:02:00.0: GPU has fallen off the bus.",
            ),
        ),
        expected=broken("gpu-xid/off_bus", "gpu-lost"),
    ),
    Case(
        name="gpu-lost-no-log",
        title="Lost GPU, log not readable",
        description="NVML says that the only GPU is lost; the kernel's log is for administrators.",
        sources=("https://github.com/AlexeyAB/darknet/issues/86",),
        snapshot=parts.machine(
            driver=parts.driver(
                "580.95.05",
                (13, 0),
                (_3060,),
                nvml=NvmlState(kind="gpu_lost", code=15, text="GPU is lost"),
                version=Missing("failed", "GPU is lost"),
                cuda=Missing("failed", "GPU is lost"),
            ),
            gpus=(),
            kernel_log=Missing("no_permission", "dmesg: read kernel buffer failed: Operation not permitted"),
        ),
        expected=broken("gpu-lost/lost"),
    ),
    Case(
        name="gpu-wants-reset",
        title="GPU that wants a reset",
        description="The GPU's own processor stopped answering (Xid 119); the driver asks for a reset.",
        sources=(_XIDS, "https://github.com/scitix/sichek/issues/51"),
        snapshot=parts.machine(
            driver=parts.driver("570.195.03", (12, 8), (_A100, _A100)),
            gpus=(
                parts.gpu(_A100, server=True, **WHOLE),
                parts.gpu(_A100, 1, server=True, **{**WHOLE, "recovery": Known("reset")}),
            ),
            setup=parts.setup("570.195.03"),
            kernel_log=parts.log(
                "NVRM: Xid (PCI:0000:02:00): 119, pid=4242, name=python, Timeout after 6s of waiting for RPC response"
                " from GPU1 GSP!",
            ),
        ),
        expected=broken("gpu-xid/reset", "gpu-recovery"),
    ),
    Case(
        name="memory-row-not-remapped",
        title="GPU memory that cannot be repaired",
        description="A row could not be replaced by a spare one: the board must be exchanged.",
        sources=(_XIDS, "https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html"),
        snapshot=parts.machine(
            driver=parts.driver("570.195.03", (12, 8), (_A100,)),
            gpus=(
                parts.gpu(
                    _A100,
                    server=True,
                    **{
                        **WHOLE,
                        "ecc_aggregate": Known(9),
                        "remapped_rows": Known(RemappedRows(corrected=0, uncorrected=8, pending=False, failed=True)),
                    },
                ),
            ),
            setup=parts.setup("570.195.03"),
        ),
        expected=broken("gpu-remapped/failed"),
    ),
    Case(
        name="mig-without-slices",
        title="MIG mode on, no slices",
        description="Somebody switched MIG on and made no instances: CUDA finds no device.",
        sources=("https://github.com/pytorch/pytorch/issues/95784",),
        snapshot=parts.machine(
            driver=parts.driver("550.144.03", (12, 4), (_A100,)),
            gpus=(parts.gpu(_A100, server=True, **{**WHOLE, "mig": Known(True), "mig_pending": Known(True)}),),
            setup=parts.setup("550.144.03"),
        ),
        expected=broken("gpu-mig/no_slices"),
    ),
    Case(
        name="fabric-manager-absent",
        title="H100 server without fabric manager",
        description="CUDA says 802, system not yet initialized: nothing sets up the NVSwitches.",
        sources=("https://github.com/pytorch/pytorch/issues/35710",),
        snapshot=changed(
            SERVER_8XH100,
            gpus=tuple(changed(gpu, fabric=Known("in_progress")) for gpu in SERVER_8XH100.gpus),
            setup=changed(
                SERVER_8XH100.setup,
                services=Known(("nvidia-persistenced",)),
                service_files=Known(("nvidia-persistenced",)),
            ),
        ),
        expected=broken("gpu-fabric/not_installed"),
    ),
    Case(
        name="fabric-manager-stopped",
        title="H100 server whose fabric manager stopped",
        description="It is installed in another version than the driver, so it ended at the start.",
        sources=("https://github.com/pytorch/pytorch/issues/35710",),
        snapshot=changed(
            SERVER_8XH100,
            gpus=tuple(changed(gpu, fabric=Known("not_started")) for gpu in SERVER_8XH100.gpus),
            setup=changed(SERVER_8XH100.setup, services=Known(("nvidia-persistenced",))),
        ),
        expected=broken("gpu-fabric/not_running"),
    ),
)

_WSL_NO_LIBRARY = NvmlState(kind="library_not_found", code=12, text="NVML Shared Library Not Found")

_IN_WSL: tuple[Case, ...] = (
    Case(
        name="wsl-without-gpu",
        title="WSL 2 that gets no GPU",
        description="The driver of Windows is there, and /dev/dxg is not.",
        sources=(f"{_WSL}/11865", "https://docs.nvidia.com/cuda/wsl-user-guide/"),
        snapshot=changed(
            WSL_DESKTOP,
            driver=parts.wsl_driver(
                "",
                (0, 0),
                nvml=NvmlState(kind="unknown", code=999, text="GPU access blocked by the operating system"),
                version=Missing("failed"),
                cuda=Missing("failed"),
                device_nodes=Known(()),
            ),
            gpus=(),
        ),
        expected=broken("wsl-device/absent"),
    ),
    Case(
        name="wsl-gpu-switched-off",
        title="GPU switched off in wsl.conf",
        description="A setting of this distribution keeps the GPU away.",
        sources=("https://learn.microsoft.com/windows/wsl/wsl-config",),
        snapshot=changed(
            WSL_DESKTOP,
            driver=parts.wsl_driver(
                "",
                (0, 0),
                nvml=_WSL_NO_LIBRARY,
                version=ABSENT,
                cuda=ABSENT,
                device_nodes=Known(()),
                library_files=Known(()),
                cuda_files=Known(()),
            ),
            gpus=(),
            wsl=changed(parts.WSL, libraries=ABSENT, gpu_enabled=Known(False)),
        ),
        expected=broken("wsl-settings/off_here", "wsl-device"),
    ),
    Case(
        name="linux-driver-inside-wsl",
        title="Linux driver installed inside WSL",
        description="Packages of the Linux driver hide the library that Windows lends.",
        sources=(f"{_WSL}/9134", f"{_WSL}/11888"),
        snapshot=changed(
            WSL_DESKTOP,
            driver=parts.wsl_driver(
                "",
                (0, 0),
                nvml=_NO_DEVICE,
                version=Missing("failed"),
                cuda=Missing("failed"),
                library_files=Known(
                    (
                        "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05",
                        "/usr/lib/wsl/lib/libnvidia-ml.so.1",
                    )
                ),
                cuda_files=Known(("/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05", "/usr/lib/wsl/lib/libcuda.so.1")),
            ),
            gpus=(),
        ),
        expected=broken("wsl-driver/hides"),
    ),
    Case(
        name="wsl-access-blocked",
        title="Windows blocks the GPU",
        description="The device is there, and the driver says that the operating system blocks access.",
        sources=(f"{_WSL}/11865", f"{_WSL}/14339"),
        snapshot=changed(
            WSL_DESKTOP,
            driver=parts.wsl_driver(
                "",
                (0, 0),
                nvml=NvmlState(kind="unknown", code=17, text="GPU access blocked by the operating system"),
                version=Missing("failed"),
                cuda=Missing("failed"),
            ),
            gpus=(),
        ),
        expected=broken("driver-ready/wsl_blocked"),
    ),
    Case(
        name="wsl1",
        title="WSL 1",
        description="The distribution runs on WSL 1, which has neither a kernel nor a GPU.",
        sources=("https://github.com/docker/docs/issues/11099",),
        snapshot=changed(
            WSL_DESKTOP,
            host=changed(WSL_DESKTOP.host, kernel=Known("4.4.0-26100-Microsoft")),
            driver=parts.wsl_driver(
                "",
                (0, 0),
                nvml=_WSL_NO_LIBRARY,
                version=ABSENT,
                cuda=ABSENT,
                device_nodes=Known(()),
                library_files=Known(()),
                cuda_files=Known(()),
            ),
            gpus=(),
            wsl=changed(parts.WSL, libraries=ABSENT),
            engine=parts.unreached("not_installed", "no engine was found"),
        ),
        expected=broken("host-system/wsl1"),
    ),
    Case(
        name="wsl-docker-not-integrated",
        title="Docker Desktop not lent to this distribution",
        description="The integration of Docker Desktop is off for this distribution: there is no docker inside.",
        sources=("https://github.com/docker/for-win/issues/7311", f"{_WSL}/9949"),
        snapshot=changed(
            WSL_DESKTOP,
            engine=parts.unreached("not_installed", "neither a docker program nor a socket"),
            engine_setup=parts.engine_setup(daemon=ABSENT, sockets=Known(()), started=ABSENT, limits=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-installed/absent_wsl"),
    ),
)

_NO_SOCKET = parts.engine_setup(parts.daemon_json(), sockets=Known(()), started=ABSENT, limits=ABSENT)

_ENGINE: tuple[Case, ...] = (
    Case(
        name="no-engine",
        title="No container engine",
        description="The driver works; neither Docker nor Podman is installed.",
        sources=("https://docs.docker.com/engine/daemon/troubleshoot/",),
        snapshot=parts.machine(
            host=parts.host(user=parts.user("sample")),
            engine=parts.unreached("not_installed", "neither a docker program nor a socket"),
            toolkit=parts.NO_TOOLKIT,
            engine_setup=parts.engine_setup(
                daemon=ABSENT, sockets=Known(()), started=ABSENT, limits=ABSENT, docker_group=Known(False)
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-installed/absent"),
    ),
    Case(
        name="not-in-docker-group",
        title="User outside the group docker",
        description="Docker was just installed; its socket is for the group docker.",
        sources=(
            "https://github.com/docker/getting-started-todo-app/issues/44",
            "https://github.com/tomsik68/docker-xampp/issues/63",
        ),
        snapshot=parts.machine(
            host=parts.host(user=parts.user("sample", "sudo")),
            engine=parts.unreached("no_permission", "permission denied", "no_permission"),
            engine_contents=Missing("no_permission"),
        ),
        expected=broken("engine-permission/not_member"),
    ),
    Case(
        name="group-needs-new-login",
        title="Added to the group, not logged in again",
        description="The user database lists the group docker, this session does not have it yet.",
        sources=("https://docs.docker.com/engine/install/linux-postinstall/",),
        snapshot=parts.machine(
            host=parts.host(user=parts.user("sample", "sudo", database=("sample", "sudo", "docker"))),
            engine=parts.unreached("no_permission", "permission denied", "no_permission"),
            engine_contents=Missing("no_permission"),
        ),
        expected=broken("engine-permission/login_again"),
    ),
    Case(
        name="engine-stopped",
        title="Engine not running",
        description="Docker is installed and was not started.",
        sources=("https://github.com/docker/for-mac/issues/7354",),
        snapshot=parts.machine(
            engine=parts.unreached("not_running", "connection refused"),
            engine_setup=_NO_SOCKET,
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running"),
    ),
    Case(
        name="daemon-json-invalid",
        title="Engine stopped by its settings file",
        description="A comma too many in daemon.json: the engine does not start.",
        sources=(f"{_NVIDIA_DOCKER}/1420",),
        snapshot=parts.machine(
            engine=parts.unreached("not_running", "connection refused"),
            engine_setup=changed(
                _NO_SOCKET,
                configs=Known(
                    (
                        parts.daemon_json(
                            keys=(),
                            runtimes={},
                            problem="Expecting property name enclosed in double quotes: line 8 column 1",
                        ),
                    )
                ),
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-config/unreadable", "engine-running"),
    ),
    Case(
        name="docker-host-points-nowhere",
        title="DOCKER_HOST names no engine",
        description="A variable from an old setup points at Docker Desktop's socket; the system's engine runs.",
        sources=(
            "https://github.com/docker/desktop-linux/issues/163",
            "https://github.com/docker/desktop-linux/issues/213",
        ),
        snapshot=parts.machine(
            host=parts.host(environment={"DOCKER_HOST": "unix:///home/sample/.docker/desktop/docker.sock"}),
            engine=parts.unreached(
                "not_running",
                "no such file: /home/sample/.docker/desktop/docker.sock",
                endpoint="unix:///home/sample/.docker/desktop/docker.sock",
                chosen_by="DOCKER_HOST",
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_beside"),
    ),
    Case(
        name="engine-too-old",
        title="Docker 18.09",
        description="An engine from before GPU requests.",
        sources=(f"{_NVIDIA_DOCKER}/838",),
        snapshot=parts.machine(
            engine=parts.engine(
                "18.09.9",
                api_version=Known("1.39"),
                runtimes=parts.PLAIN_RUNTIMES,
                cgroup_driver=Known("cgroupfs"),
                cdi_devices=parts.NOT_SUPPORTED,
                cdi_directories=parts.NOT_SUPPORTED,
            ),
        ),
        expected=broken("engine-version/too_old"),
    ),
    Case(
        name="docker-from-snap",
        title="Docker from a snap",
        description="The snap keeps the engine away from the driver's libraries.",
        sources=(
            "https://github.com/canonical/docker-snap/issues/148",
            "https://github.com/canonical/docker-snap/issues/184",
        ),
        snapshot=parts.machine(
            engine=parts.engine(
                "27.5.1",
                system="Ubuntu Core 22",
                runtimes=parts.PLAIN_RUNTIMES,
                data_root=Known("/var/snap/docker/common/var-lib-docker"),
                cdi_devices=parts.NOT_SUPPORTED,
                cdi_directories=parts.NOT_SUPPORTED,
            ),
            engine_setup=parts.engine_setup(parts.daemon_json(), snap=Known(True), daemon=ABSENT),
        ),
        expected=broken("engine-kind/snap", "toolkit-path"),
    ),
    Case(
        name="docker-desktop-on-linux",
        title="Docker Desktop on Linux",
        description="Its containers run in a virtual machine without the GPU; could not select device driver.",
        sources=("https://github.com/docker/roadmap/issues/497", f"{_TOOLKIT}/83"),
        snapshot=parts.machine(
            engine=parts.engine(
                system="Docker Desktop",
                product=Known("Docker Desktop 4.49.0"),
                endpoint="unix:///home/sample/.docker/desktop/docker.sock",
                chosen_by="context desktop-linux",
                runtimes=parts.PLAIN_RUNTIMES,
                data_root_free=Missing("not_applicable", "the data lies inside Docker Desktop"),
                data_root_inodes=Missing("not_applicable"),
                memory=Known(16 * GIB),
            ),
            engine_setup=parts.engine_setup(
                daemon=ABSENT,
                context=Known("desktop-linux"),
                sockets=Known((EngineSocket(path="/home/sample/.docker/desktop/docker.sock", kind="desktop"),)),
                started=ABSENT,
                limits=ABSENT,
            ),
        ),
        expected=broken("engine-kind/desktop_linux", "toolkit-path"),
    ),
    Case(
        name="disk-full",
        title="No room for an image",
        description="The file system of the engine's data is nearly full.",
        sources=("https://github.com/SCUTlihaoyu/open-chat-video-editor/issues/14",),
        snapshot=parts.machine(engine=parts.engine(data_root_free=Known(3 * GB))),
        expected=broken("engine-disk/small"),
    ),
    Case(
        name="no-inodes",
        title="No room for more files",
        description="Bytes are free, and the file system can hold no more files.",
        sources=("https://docs.docker.com/engine/storage/",),
        snapshot=parts.machine(engine=parts.engine(data_root_inodes=Known((6_553_600, 312)))),
        expected=broken("engine-files/full", "engine-disk"),
    ),
    Case(
        name="data-root-read-only",
        title="Engine's disk is read-only",
        description="The kernel made the file system read-only after errors.",
        sources=("https://docs.docker.com/engine/storage/",),
        snapshot=parts.machine(
            engine_setup=parts.engine_setup(
                parts.daemon_json(),
                mounts=Known(
                    (Mount(path="/", kind="ext4"), Mount(path="/var/lib/docker", kind="ext4", read_only=True))
                ),
            )
        ),
        expected=broken("engine-filesystem/read_only"),
    ),
)

_GPU_PATH: tuple[Case, ...] = (
    Case(
        name="toolkit-absent",
        title="Container toolkit not installed",
        description="Driver and Docker work: could not select device driver with capabilities [[gpu]].",
        sources=(f"{_NVIDIA_DOCKER}/1034", f"{_NVIDIA_DOCKER}/1243"),
        snapshot=parts.machine(
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            toolkit=parts.NO_TOOLKIT,
            engine_setup=parts.engine_setup(),
        ),
        expected=broken("toolkit-installed/absent"),
    ),
    Case(
        name="toolkit-base-only",
        title="Toolkit without its runtime, nothing registered",
        description="Only the package of the command line tool is installed; no hook, no runtime, no specification.",
        sources=(f"{_NVIDIA_DOCKER}/1236",),
        snapshot=parts.machine(
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            toolkit=parts.toolkit(runtime_path=ABSENT, hook_path=ABSENT, cli_path=ABSENT, config=ABSENT),
            engine_setup=parts.engine_setup(),
        ),
        expected=broken("toolkit-path/none", "toolkit-registered"),
    ),
    Case(
        name="engine-not-restarted",
        title="Runtime registered, engine not restarted",
        description="daemon.json names the runtime, and the engine started before it did.",
        sources=(f"{_NVIDIA_DOCKER}/1236", f"{_NVIDIA_DOCKER}/838"),
        snapshot=parts.machine(
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            engine_setup=parts.engine_setup(parts.daemon_json(modified=Known(STARTED + 3600))),
        ),
        expected=broken("toolkit-registered/not_restarted", "toolkit-path"),
    ),
    Case(
        name="registered-in-the-wrong-file",
        title="Rootless engine, runtime registered for the other one",
        description="The runtime stands in /etc/docker/daemon.json, which a rootless engine does not read.",
        sources=(f"{_NVIDIA_DOCKER}/1155", "https://github.com/moby/moby/issues/38729"),
        snapshot=parts.machine(
            engine=parts.engine(
                endpoint="unix:///run/user/1000/docker.sock",
                chosen_by="rootless engine",
                rootless=Known(True),
                runtimes=parts.PLAIN_RUNTIMES,
                data_root=Known("/home/sample/.local/share/docker"),
                security=Known(("seccomp", "rootless", "cgroupns")),
            ),
        ),
        expected=broken("toolkit-registered/other_file", "toolkit-path"),
    ),
    Case(
        name="rootless-legacy-cgroups",
        title="Rootless engine and the toolkit's cgroup rules",
        description="The old mode of the runtime wants to write device rules, which only root may.",
        sources=(f"{_NVIDIA_DOCKER}/1155", "https://github.com/moby/moby/issues/38729"),
        snapshot=parts.machine(
            engine=parts.engine(
                endpoint="unix:///run/user/1000/docker.sock",
                chosen_by="rootless engine",
                rootless=Known(True),
                data_root=Known("/home/sample/.local/share/docker"),
                security=Known(("seccomp", "rootless", "cgroupns")),
            ),
            toolkit=parts.toolkit("1.17.8"),
            engine_setup=parts.engine_setup(
                parts.daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless")
            ),
        ),
        expected=broken("toolkit-settings/cgroups_rootless"),
    ),
    Case(
        name="no-cgroups-as-root",
        title="no-cgroups left on",
        description="A setting for rootless engines, left on under root: NVML says Unknown Error from the start.",
        sources=(f"{_TOOLKIT}/580",),
        snapshot=parts.machine(
            toolkit=parts.toolkit(
                "1.17.8",
                config=Known(
                    ToolkitConfig(
                        path=parts.TOOLKIT_SETTINGS,
                        no_cgroups=True,
                        ldconfig="/sbin/ldconfig.real",
                    )
                ),
            )
        ),
        expected=broken("toolkit-settings/no_cgroups"),
    ),
    Case(
        name="ldconfig-of-another-system",
        title="Toolkit that runs a missing ldconfig",
        description="A settings file from Ubuntu on another distribution names /sbin/ldconfig.real.",
        sources=("https://github.com/hekmak/Conf-net/issues/5", f"{_NVIDIA_DOCKER}/914"),
        snapshot=parts.machine(
            host=parts.host("arch", _KERNEL),
            toolkit=parts.toolkit(
                "1.17.8",
                config=Known(
                    ToolkitConfig(
                        path=parts.TOOLKIT_SETTINGS,
                        ldconfig="/sbin/ldconfig.real",
                        ldconfig_there=False,
                    )
                ),
            ),
        ),
        expected=broken("toolkit-settings/ldconfig"),
    ),
    Case(
        name="podman-without-cdi",
        title="Podman without a CDI specification",
        description="unresolvable CDI devices nvidia.com/gpu=all: nobody wrote a specification.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html",),
        snapshot=changed(PODMAN_CDI, toolkit=parts.toolkit()),
        expected=broken("toolkit-path/podman"),
    ),
    Case(
        name="podman-stale-cdi",
        title="Podman with an old CDI specification",
        description="The driver was updated; the specification names libraries of the old one.",
        sources=(f"{_TOOLKIT}/885", "https://github.com/NVIDIA/nvidia-settings/issues/124"),
        snapshot=changed(
            PODMAN_CDI,
            toolkit=parts.toolkit(
                specs=(parts.spec("550.90.07", 1, "/etc/cdi/nvidia.yaml", gone=(_OLD_LIBRARY,)),),
                refresh=BY_HAND,
            ),
        ),
        expected=broken("toolkit-cdi/stale", "toolkit-cdi-files"),
    ),
    Case(
        name="remote-without-gpu-path",
        title="Remote engine that hands out no GPU",
        description="The engine on the server knows neither the runtime nor a CDI device.",
        sources=(f"{_NVIDIA_DOCKER}/1034",),
        snapshot=parts.machine(
            driver=parts.NO_GPU_DRIVER,
            gpus=(),
            engine=parts.engine(
                endpoint="ssh://sample@server.example",
                chosen_by="DOCKER_HOST",
                remote=True,
                runtimes=parts.PLAIN_RUNTIMES,
                data_root_free=Missing("not_applicable"),
                data_root_inodes=Missing("not_applicable"),
            ),
            toolkit=parts.NO_TOOLKIT,
            setup=parts.no_setup(),
            engine_setup=parts.engine_setup(daemon=ABSENT, started=ABSENT),
        ),
        expected=broken("toolkit-path/remote"),
    ),
)

_IMAGE: tuple[Case, ...] = (
    Case(
        name="driver-too-old",
        title="Driver 390",
        description="A driver that runs CUDA 9.1 at most: no image that is still offered starts on it.",
        sources=(
            "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",
            "https://github.com/ai4d-iasc/trixie/issues/9",
        ),
        snapshot=parts.machine(
            host=parts.host("debian", "5.10.0-36-amd64"),
            driver=parts.driver("390.157", (9, 1), (_1060,), flavour="proprietary"),
            gpus=(parts.gpu(_1060),),
            setup=parts.setup("390.157", "5.10.0-36-amd64"),
            toolkit=parts.toolkit("1.17.8"),
        ),
        expected=broken("image-driver/too_old"),
    ),
)

OF_DRIVER_AND_GPU: tuple[Case, ...] = (*_DRIVER, *_GPU)
OF_ENGINE_AND_PATH: tuple[Case, ...] = (*_ENGINE, *_GPU_PATH)
BROKEN: tuple[Case, ...] = (*OF_DRIVER_AND_GPU, *_IN_WSL, *OF_ENGINE_AND_PATH, *_IMAGE)
