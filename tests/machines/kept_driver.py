"""Machines whose driver or GPU is at fault, composed from public reports."""

from tests.machines.case import Case, broken
from tests.machines.parts import (
    ABSENT,
    GIB,
    NOT_SUPPORTED,
    WSL,
    WSL_SETUP,
    changed,
    daemon_json,
    driver,
    engine,
    engine_setup,
    gpu,
    gpus,
    host,
    log,
    machine,
    no_setup,
    node,
    not_loaded,
    on_bus,
    setup,
    spec,
    toolkit,
    wsl_driver,
)
from tests.machines.walks import (
    H100,
    NOT_LOADED,
    RTX_4090,
    XID_CATALOGUE,
    failed,
    images_engine,
    lost,
    nvml_in,
    started,
    wsl_host,
)

from drydock.core.facts import (
    Cpu,
    DkmsModule,
    DriverChange,
    DriverPackage,
    GpuProcess,
    KernelModules,
    Known,
    Missing,
    NvmlState,
    RemappedRows,
)
from drydock.core.facts.container import InnerDriver, InnerLibrary

KEPT_DRIVER = (
    Case(
        name="fedora-akmod-behind",
        title="Fedora whose new kernel has no module yet",
        description=(
            "Fedora 43 started a kernel that came overnight; akmods has built the module for the one before only."
        ),
        sources=("https://github.com/fady-saied/Nvidia-Fedora-Guide/issues/9",),
        snapshot=machine(
            host=host("fedora", "6.17.8-300.fc43.x86_64"),
            driver=not_loaded(
                ("NVIDIA GeForce RTX 3080",),
                "580.95.05",
                library_files=Known(("/usr/lib64/libnvidia-ml.so.580.95.05",)),
                cuda_files=Known(("/usr/lib64/libcuda.so.580.95.05",)),
            ),
            gpus=(),
            engine=images_engine("28.5.2", system="Fedora Linux 43"),
            setup=setup(
                "580.95.05",
                "6.17.8-300.fc43.x86_64",
                kernels=Known(
                    (
                        KernelModules(kernel="6.17.7-300.fc43.x86_64", module=Known("extra/nvidia/nvidia.ko.xz")),
                        KernelModules(kernel="6.17.8-300.fc43.x86_64", module=ABSENT),
                    )
                ),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(
                    (
                        DriverPackage(name="akmod-nvidia", version="580.95.05"),
                        DriverPackage(name="xorg-x11-drv-nvidia-cuda", version="580.95.05"),
                    )
                ),
                services=Known(()),
                loaded_modules=Known(()),
                keeps_memory=ABSENT,
            ),
            engine_setup=engine_setup(daemon_json(), selinux=Known("enforcing")),
            container=failed("nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown"),
        ),
        expected=broken("driver-module/newer_kernel"),
    ),
    Case(
        name="secure-boot-after-firmware-reset",
        title="Debian whose key the firmware forgot",
        description=(
            "After a firmware update the enrolled key is gone; Secure Boot refuses the module that DKMS signed."
        ),
        sources=("https://github.com/acidanthera/bugtracker/issues/2237",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            driver=not_loaded(("NVIDIA GeForce RTX 3060",), "535.274.02"),
            gpus=(),
            setup=setup(
                "535.274.02",
                "6.1.0-41-amd64",
                secure_boot=Known(True),
                module_signer=Known("DKMS module signing key"),
                dkms=Known(
                    (
                        DkmsModule(
                            name="nvidia-current", version="535.274.02", kernels=("6.1.0-40-amd64", "6.1.0-41-amd64")
                        ),
                    )
                ),
                loaded_modules=Known(()),
                services=Known(()),
                keeps_memory=ABSENT,
                packages=Known(
                    (
                        DriverPackage(name="nvidia-driver", version="535.274.02-1"),
                        DriverPackage(name="nvidia-kernel-dkms", version="535.274.02-1"),
                    )
                ),
            ),
            kernel_log=log(
                "Loading of module with unavailable key is rejected",
                "Loading of module with unavailable key is rejected",
            ),
        ),
        expected=broken("driver-secure-boot/rejected"),
    ),
    Case(
        name="mint-purged-driver",
        title="Mint after purging the driver",
        description="Somebody purged NVIDIA's packages before an upgrade; the desktop runs on nouveau.",
        sources=(
            "https://github.com/NVIDIA/gpu-operator/issues/206",
            "https://github.com/microsoft/pai/issues/2962",
        ),
        snapshot=machine(
            host=host("mint", "6.14.0-36-generic"),
            driver=not_loaded(("NVIDIA GeForce GTX 1650",), "", held_by="nouveau"),
            gpus=(),
            setup=no_setup("6.14.0-36-generic", loaded_modules=Known(("nouveau",))),
            kernel_log=log(
                "nouveau 0000:01:00.0: NVIDIA TU117 (167000a1)", "nouveau 0000:01:00.0: bios: version 90.17.29.00.5d"
            ),
            container=failed(
                "nvidia-container-cli: initialization error: load library failed: "
                "libnvidia-ml.so.1: cannot open shared object file: no such file or directory: unknown"
            ),
        ),
        expected=broken("driver-installed/absent"),
    ),
    Case(
        name="arch-upgraded-not-restarted",
        title="Arch after an upgrade, not restarted",
        description=(
            "pacman replaced kernel and driver; the old module is still in the running kernel, "
            "whose modules are gone from the disk."
        ),
        sources=("https://github.com/saharmor/dalle-playground/issues/104",),
        snapshot=machine(
            host=host("arch", "6.17.6-arch1-1"),
            driver=driver(
                "580.105.08",
                (13, 0),
                (RTX_4090,),
                nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
                version=Missing("failed", "Driver/library version mismatch"),
                cuda=Missing("failed"),
                module_version=Known("580.95.05"),
                library_files=Known(("/usr/lib/libnvidia-ml.so.580.105.08",)),
                cuda_files=Known(("/usr/lib/libcuda.so.580.105.08",)),
            ),
            gpus=(),
            engine=images_engine("29.0.2", system="Arch Linux"),
            engine_setup=engine_setup(),
            toolkit=toolkit("1.18.1", specs=(spec("580.95.05", 1, gone=("/usr/lib/libcuda.so.580.95.05",)),)),
            setup=setup(
                "580.105.08",
                "6.17.6-arch1-1",
                kernels=Known((KernelModules(kernel="6.17.9-arch1-1", module=Known("extramodules/nvidia.ko.zst")),)),
                module_on_disk=ABSENT,
                packages=Known(
                    (
                        DriverPackage(name="nvidia-open", version="580.105.08-3"),
                        DriverPackage(name="nvidia-utils", version="580.105.08-1"),
                    )
                ),
                last_change=Known(
                    DriverChange(
                        when="2026-11-19T22:01:10+0100",
                        by="pacman -Syu",
                        text="upgraded nvidia-utils (580.95.05-1 -> 580.105.08-1)",
                    )
                ),
            ),
            kernel_log=log(
                "NVRM: API mismatch: the client has the version 580.105.08, but",
                "NVRM: this kernel module has the version 580.95.05.  Please",
            ),
            container=failed(
                "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown"
            ),
        ),
        expected=broken("driver-versions/mismatch"),
    ),
    Case(
        name="rhel-runfile-beside-rpm",
        title="RHEL with a runfile over the packages",
        description="A runfile of another branch was laid over the packages; the loader finds its library first.",
        sources=("https://github.com/saharmor/dalle-playground/issues/104",),
        snapshot=machine(
            host=host("rhel8", "4.18.0-553.83.1.el8_10.x86_64"),
            driver=driver(
                "570.195.03",
                (12, 8),
                ("NVIDIA A30",),
                nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
                version=Missing("failed"),
                cuda=Missing("failed"),
                module_version=Known("570.195.03"),
                library_files=Known(
                    ("/usr/lib64/libnvidia-ml.so.550.54.14", "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.570.195.03")
                ),
                cuda_files=Known(("/usr/lib64/libcuda.so.550.54.14",)),
            ),
            gpus=(),
            engine=images_engine(
                "26.1.3",
                system="Red Hat Enterprise Linux 8.10 (Ootpa)",
                cgroup_version=Known("1"),
                cgroup_driver=Known("cgroupfs"),
            ),
            setup=setup(
                "570.195.03",
                "4.18.0-553.83.1.el8_10.x86_64",
                runfile=Known(True),
                packages=Known(
                    (
                        DriverPackage(name="nvidia-driver-cuda-libs", version="3:570.195.03-1.el8"),
                        DriverPackage(name="kmod-nvidia-open-dkms", version="3:570.195.03-1.el8"),
                    )
                ),
            ),
            kernel_log=log("NVRM: API mismatch: the client has the version 550.54.14, but"),
        ),
        expected=broken("driver-versions/mixed"),
    ),
    Case(
        name="gsp-firmware-gone",
        title="Module without its GSP firmware",
        description="The module of the driver is there, its firmware files are not: the GPU does not come up.",
        sources=(
            "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/index.html",
            "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/789",
        ),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=driver("550.54.14", (12, 4), ("NVIDIA A10",), nvml=NvmlState(kind="ready")),
            gpus=(),
            setup=setup("550.54.14", "5.15.0-157-generic"),
            kernel_log=log(
                "nvidia 0000:01:00.0: Direct firmware load for nvidia/550.54.14/gsp_ga10x.bin failed with error -2",
                "NVRM: RmFetchGspRmImages: No firmware image found",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x61:0x56:1697)",
                "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
            ),
            container=failed("nvidia-container-cli: detection error: nvml error: no devices found"),
        ),
        expected=broken("driver-log/firmware"),
    ),
    Case(
        name="no-window-for-the-gpu",
        title="A virtual machine without room for the GPU's memory",
        description="The hypervisor gives the passed-through card no 64-bit window.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/344",),
        snapshot=machine(
            host=host(
                "jammy", "5.15.0-157-generic", cpu=Known(Cpu(model="QEMU Virtual CPU version 2.5+", cores=8, threads=8))
            ),
            driver=not_loaded(("NVIDIA A30",), "570.195.03"),
            gpus=(),
            setup=setup(
                "570.195.03", "5.15.0-157-generic", loaded_modules=Known(()), services=Known(()), keeps_memory=ABSENT
            ),
            kernel_log=log(
                "pci 0000:01:00.0: BAR 1: no space for [mem size 0x800000000 64bit pref]",
                "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:",
                "NVRM: BAR1 is 0M @ 0x0 (PCI:0000:01:00.0)",
                "nvidia: probe of 0000:01:00.0 failed with error -1",
                "NVRM: None of the NVIDIA devices were initialized.",
            ),
        ),
        expected=broken("driver-log/bar"),
    ),
    Case(
        name="k80-on-535",
        title="Tesla K80 with a driver that dropped it",
        description="The server's K80 needs the 470 branch; 535 is installed.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/393",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=not_loaded(("Tesla K80", "Tesla K80"), "535.274.02"),
            gpus=(),
            setup=setup(
                "535.274.02", "5.15.0-157-generic", loaded_modules=Known(()), services=Known(()), keeps_memory=ABSENT
            ),
            kernel_log=log(
                "NVRM: The NVIDIA Tesla K80 GPU installed in this system is",
                "NVRM: supported through the NVIDIA 470.xx Legacy drivers. Please",
                "NVRM: No NVIDIA GPU found.",
                "NVRM: None of the NVIDIA devices were initialized.",
            ),
        ),
        expected=broken("driver-fit/too_new"),
    ),
    Case(
        name="b200-with-proprietary-modules",
        title="B200 server with the proprietary modules",
        description=(
            "An 8x B200 server got the proprietary flavour of its driver; it refuses the GPUs. "
            "Fabric manager waits in vain."
        ),
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862",),
        snapshot=machine(
            host=host("ubuntu", "6.8.0-88-generic", memory=2048 * GIB, threads=224),
            driver=driver(
                "570.195.03",
                (12, 8),
                ("NVIDIA B200",) * 8,
                flavour="proprietary",
                device_nodes=Known(("nvidiactl", "nvidia-uvm")),
                node_access=Known((node("nvidiactl"), node("nvidia-uvm"))),
            ),
            gpus=(),
            setup=setup(
                "570.195.03",
                "6.8.0-88-generic",
                switches=Known(2),
                services=Known(("nvidia-persistenced",)),
                service_files=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
                infiniband=Known(("mlx5_0",)),
            ),
            kernel_log=log(
                *[f"NVRM: The NVIDIA GPU 0000:{i + 1:02x}:00.0 (PCI ID: 10de:2901)" for i in range(3)],
                "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)",
            ),
        ),
        expected=broken("driver-fit/needs_open"),
    ),
    Case(
        name="laptop-dgpu-switched-off",
        title="Laptop with its NVIDIA GPU switched off",
        description=(
            "prime-select is set to the Intel GPU: the discrete one is not on the bus; the driver's packages "
            "are installed."
        ),
        sources=("https://download.nvidia.com/XFree86/Linux-x86_64/580.95.05/README/dynamicpowermanagement.html",),
        snapshot=machine(
            host=host("ubuntu", "6.14.0-33-generic", memory=16 * GIB),
            driver=not_loaded((), "580.95.05"),
            gpus=(),
            setup=setup("580.95.05", loaded_modules=Known(()), services=Known(()), keeps_memory=ABSENT),
        ),
        expected=broken("gpu-present/vanished"),
    ),
    Case(
        name="laptop-stuck-in-d3cold",
        title="Laptop whose GPU does not wake",
        description="Since waking up the discrete GPU does not leave D3cold.",
        sources=("https://github.com/Bumblebee-Project/Bumblebee/issues/739",),
        snapshot=machine(
            host=host("pop", "6.16.3-76061603-generic", memory=32 * GIB),
            driver=driver("570.153.02", (12, 8), ("NVIDIA GeForce RTX 3070 Laptop GPU",)),
            gpus=(lost(gpu("NVIDIA GeForce RTX 3070 Laptop GPU"), "Unknown Error"),),
            setup=setup("570.153.02", "6.16.3-76061603-generic", suspends=Known(2)),
            kernel_log=log(
                "PM: suspend entry (s2idle)",
                "PM: suspend exit",
                "nvidia 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1482)",
            ),
        ),
        expected=broken("driver-log/power_state"),
    ),
    Case(
        name="one-of-four-off-the-bus",
        title="One of four GPUs fell off the bus",
        description="Under load the third card lost its link; the others work.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=256 * GIB, threads=64),
            driver=driver("570.195.03", (12, 8), ("NVIDIA RTX A6000",) * 4),
            gpus=tuple(
                gpu("NVIDIA RTX A6000", i) if i != 2 else lost(gpu("NVIDIA RTX A6000", 2), "GPU is lost")
                for i in range(4)
            ),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            kernel_log=log(
                "pcieport 0000:00:03.1: AER: Multiple Uncorrected (Fatal) error received: 0000:03:00.0",
                "NVRM: Xid (PCI:0000:03:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
                "NVRM: GPU 0000:03:00.0: GPU has fallen off the bus.",
                "NVRM: Xid (PCI:0000:03:00): 154, GPU recovery action changed from 0x0 (None) "
                "to 0x2 (Node Reboot Required)",
            ),
            container=failed("nvidia-container-cli: detection error: nvml error: unknown error"),
        ),
        expected=broken("gpu-xid/off_bus"),
    ),
    Case(
        name="gsp-timeout-wants-reset",
        title="GPU whose firmware stopped answering",
        description="Calls to the GSP time out; the driver wants a reset.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver("575.57.08", (12, 9), ("NVIDIA L40S", "NVIDIA L40S")),
            gpus=(
                gpu("NVIDIA L40S", 0, server=True, recovery=Known("reset"), state="error", text="GPU requires reset"),
                gpu("NVIDIA L40S", 1, server=True),
            ),
            setup=setup("575.57.08"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 119, pid=4021, name=python, Timeout after 6s of "
                "waiting for RPC response from GPU0 GSP! Expected function 76",
                "NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x0 (None) "
                "to 0x1 (GPU Reset Required)",
                "NVRM: Xid (PCI:0000:01:00): 45, pid=4021, name=python, Ch 00000008",
            ),
        ),
        expected=broken("gpu-xid/reset"),
    ),
    Case(
        name="fabric-manager-other-version",
        title="H100 server whose fabric manager is of another version",
        description=(
            "The driver was updated, the fabric manager was not: it refuses to start and CUDA stays uninitialised."
        ),
        sources=("https://github.com/pytorch/pytorch/issues/35710",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=2048 * GIB, threads=224),
            driver=driver("570.195.03", (12, 8), ("NVIDIA H100 80GB HBM3",) * 8),
            gpus=gpus("NVIDIA H100 80GB HBM3", 8, server=True, fabric=Known("in_progress")),
            engine=images_engine("28.3.3"),
            setup=setup(
                "570.195.03",
                "5.15.0-157-generic",
                switches=Known(4),
                services=Known(("nvidia-persistenced",)),
                service_files=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
                packages=Known(
                    (
                        DriverPackage(name="nvidia-driver-570-server-open", version="570.195.03-0ubuntu1"),
                        DriverPackage(name="nvidia-fabricmanager-570", version="570.172.08-1"),
                    )
                ),
            ),
            container=started(
                "fabric-not-ready",
                "Error 802: system not yet initialized",
                nvml=Known(nvml_in("570.195.03", 8)),
                nvml_again=Known(nvml_in("570.195.03", 8)),
                cuda=Known(InnerDriver(code=802, name="CUDA_ERROR_SYSTEM_NOT_READY")),
            ),
        ),
        expected=broken("gpu-fabric/not_running"),
    ),
    Case(
        name="compute-mode-prohibited",
        title="GPU on which computing is prohibited",
        description="An administrator set the compute mode to prohibited on the only card.",
        sources=("https://github.com/NVIDIA/DIGITS/issues/2005",),
        snapshot=machine(
            gpus=(gpu(RTX_4090, compute_mode=Known("prohibited")),),
            engine=images_engine(),
            container=started(
                "device-busy",
                "CUDA-capable device(s) is/are busy or unavailable",
                cuda=Known(InnerDriver(code=0, name="CUDA_SUCCESS", count=Known(0), version=Known("13.0"))),
            ),
        ),
        expected=broken("gpu-compute-mode/prohibited"),
    ),
    Case(
        name="exclusive-gpu-in-use",
        title="Exclusive GPU that somebody uses",
        description="Compute mode allows one process, and another user's job holds the GPU.",
        sources=("https://github.com/NVIDIA/DIGITS/issues/2005",),
        snapshot=machine(
            driver=driver("570.195.03", (12, 8), ("NVIDIA A100 80GB PCIe",)),
            gpus=(
                gpu(
                    "NVIDIA A100 80GB PCIe",
                    server=True,
                    compute_mode=Known("exclusive_process"),
                    memory_used=Known(60 * GIB),
                    utilisation=Known(97),
                    processes=Known(
                        (
                            GpuProcess(
                                pid=4411,
                                kind="compute",
                                memory_used=Known(59 * GIB),
                                name=Known("python3"),
                                container=Missing("absent"),
                            ),
                        )
                    ),
                ),
            ),
            setup=setup("570.195.03"),
            engine=images_engine(),
            container=started(
                "device-busy",
                "CUDA error: all CUDA-capable devices are busy or unavailable",
                nvml=Known(nvml_in("570.195.03")),
                nvml_again=Known(nvml_in("570.195.03")),
                cuda=Known(
                    InnerDriver(
                        code=0,
                        name="CUDA_SUCCESS",
                        count=Known(1),
                        version=Known("12.8"),
                        devices=("NVIDIA A100 80GB PCIe",),
                    )
                ),
            ),
        ),
        expected=broken("gpu-compute-mode/occupied"),
    ),
    Case(
        name="no-device-nodes",
        title="Module loaded, no nodes in /dev",
        description="A headless Debian 13 loads the module at boot, but nothing made the device nodes.",
        sources=(
            "https://github.com/NVIDIA/nvidia-docker/issues/481",
            "https://github.com/NVIDIA/nvidia-container-runtime/issues/142",
        ),
        snapshot=machine(
            host=host("trixie", "6.12.57+deb13-amd64"),
            driver=driver(
                "550.163.01",
                (12, 4),
                ("NVIDIA L4",),
                nvml=NvmlState(kind="driver_not_loaded", code=9, text="Driver Not Loaded"),
                version=Missing("failed"),
                cuda=Missing("failed"),
                device_nodes=Known(()),
                node_access=Known(()),
            ),
            gpus=(),
            setup=setup("550.163.01", "6.12.57+deb13-amd64", services=Known(()), loaded_modules=Known(("nvidia",))),
            container=failed("nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown"),
        ),
        expected=broken("driver-nodes/absent"),
    ),
    Case(
        name="dkms-without-headers",
        title="Rocky whose new kernel has no headers",
        description="DKMS has the driver's source but built it for the former kernel only.",
        sources=("https://github.com/pop-os/pop/issues/3811",),
        snapshot=machine(
            host=host("rocky", "5.14.0-611.5.1.el9_7.x86_64"),
            driver=not_loaded(
                ("NVIDIA A30",), "580.95.05", library_files=Known(("/usr/lib64/libnvidia-ml.so.580.95.05",))
            ),
            gpus=(),
            setup=setup(
                "580.95.05",
                "5.14.0-611.5.1.el9_7.x86_64",
                kernels=Known(
                    (
                        KernelModules(kernel="5.14.0-570.52.1.el9_6.x86_64", module=Known("extra/nvidia.ko.xz")),
                        KernelModules(kernel="5.14.0-611.5.1.el9_7.x86_64", module=ABSENT),
                    )
                ),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                dkms=Known(
                    (DkmsModule(name="nvidia-open", version="580.95.05", kernels=("5.14.0-570.52.1.el9_6.x86_64",)),)
                ),
                loaded_modules=Known(()),
                services=Known(()),
                keeps_memory=ABSENT,
            ),
        ),
        expected=broken("driver-module/newer_kernel"),
    ),
    Case(
        name="headless-without-libraries",
        title="Kernel part of the driver only",
        description="Only the kernel package of the driver was installed: the module runs, the libraries are absent.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1269",),
        snapshot=machine(
            driver=driver(
                "570.195.03",
                (12, 8),
                ("NVIDIA L4",),
                nvml=NvmlState(kind="library_not_found", code=12, text="NVML Shared Library Not Found"),
                version=ABSENT,
                cuda=ABSENT,
                library_files=Known(()),
                cuda_files=Known(()),
                device_nodes=Known(()),
                node_access=Known(()),
            ),
            gpus=(),
            setup=setup(
                "570.195.03",
                packages=Known((DriverPackage(name="nvidia-dkms-570-server", version="570.195.03-0ubuntu1"),)),
                services=Known(()),
                service_files=Known(()),
            ),
            container=failed(
                "nvidia-container-cli: initialization error: load library failed: "
                "libnvidia-ml.so.1: cannot open shared object file: no such file or directory: unknown"
            ),
        ),
        expected=broken("driver-installed/no_library"),
    ),
    Case(
        name="wsl-loader-path",
        title="WSL whose loader does not look at Windows' libraries",
        description=(
            "Another distribution in WSL: the libraries are there, the loader's configuration does not name them."
        ),
        sources=("https://github.com/microsoft/WSL/issues/8587",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver(
                "581.42",
                (13, 0),
                nvml=NvmlState(
                    kind="library_not_found", code=12, text="libnvidia-ml.so.1: cannot open shared object file"
                ),
                version=ABSENT,
                cuda=ABSENT,
            ),
            gpus=(),
            setup=WSL_SETUP,
            wsl=changed(WSL, on_loader_path=Known(False)),
            engine=engine(),
            toolkit=toolkit(),
        ),
        expected=broken("wsl-libraries/not_searched"),
    ),
    Case(
        name="nvml-hangs-after-halt",
        title="Driver that hangs since the power controller halted",
        description="nvidia-smi never returns; the log tells of a halt of the GPU's own controller.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver(
                "570.153.02",
                (12, 8),
                ("NVIDIA GeForce RTX 3090",),
                nvml=NvmlState(kind="timeout", text="no answer within 5 s"),
                version=Missing("timeout"),
                cuda=Missing("timeout"),
            ),
            gpus=(),
            setup=setup("570.153.02"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 62, pid='<unknown>', name=<unknown>, 2027(3a10) 00000000 00000000",
                "NVRM: Xid (PCI:0000:01:00): 45, pid=2210, name=python3, Ch 00000012",
            ),
        ),
        expected=broken("gpu-xid/reset"),
    ),
    Case(
        name="power-plug-forgotten",
        title="Card without its power plug",
        description="The card was seated again and its power cable left off; the driver says so and gives up.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 3080",)),
            gpus=(lost(gpu("NVIDIA GeForce RTX 3080"), "Unknown Error"),),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 54, pid='<unknown>', name=<unknown>, External power supply not connected",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x24:0x1c:1436)",
            ),
        ),
        expected=broken("gpu-xid/power"),
    ),
    Case(
        name="no-spare-row-left",
        title="A100 without spare rows",
        description="A row of memory could not be replaced any more.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=512 * GIB),
            driver=driver("570.195.03", (12, 8), ("NVIDIA A100 80GB PCIe",) * 2),
            gpus=(
                gpu(
                    "NVIDIA A100 80GB PCIe",
                    0,
                    server=True,
                    remapped_rows=Known(RemappedRows(corrected=0, uncorrected=8, pending=True, failed=True)),
                    ecc_volatile=Known(2),
                    ecc_aggregate=Known(11),
                ),
                gpu(
                    "NVIDIA A100 80GB PCIe",
                    1,
                    server=True,
                    remapped_rows=Known(RemappedRows(corrected=0, uncorrected=0, pending=False, failed=False)),
                ),
            ),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            kernel_log=log("NVRM: Xid (PCI:0000:01:00): 64, Row Remapper: Error: Failed to remap row"),
        ),
        expected=broken("gpu-remapped/failed"),
    ),
    Case(
        name="uncontained-memory-error",
        title="H100 after an uncontained error",
        description="Every new program finds the GPU busy until it is reset.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=512 * GIB),
            driver=driver("570.195.03", (12, 8), (H100,)),
            gpus=(gpu(H100, server=True, recovery=Known("reset"), ecc_volatile=Known(1), ecc_aggregate=Known(1)),),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            engine=images_engine(),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 95, pid=5512, name=python, Uncontained: LTC TAG "
                "(0x2,0x0). RST: Yes, D-RST: No",
                "NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action changed from 0x0 (None) "
                "to 0x1 (GPU Reset Required)",
            ),
            container=started(
                "device-busy",
                "CUDA error: CUDA-capable device(s) is/are busy or unavailable",
                nvml=Known(nvml_in("570.195.03")),
                nvml_again=Known(nvml_in("570.195.03")),
                cuda=Known(InnerDriver(code=46, name="CUDA_ERROR_DEVICE_UNAVAILABLE")),
            ),
        ),
        expected=broken("gpu-xid/memory"),
    ),
    Case(
        name="kernel-removed-while-running",
        title="Debian whose running kernel was removed",
        description="autoremove took the running kernel's modules away; the driver was not loaded before.",
        sources=("https://github.com/fady-saied/Nvidia-Fedora-Guide/issues/9",),
        snapshot=machine(
            host=host("debian", "6.1.0-38-amd64"),
            driver=not_loaded(("NVIDIA GeForce RTX 3060",), "535.274.02"),
            gpus=(),
            setup=setup(
                "535.274.02",
                "6.1.0-38-amd64",
                kernels=Known(
                    (KernelModules(kernel="6.1.0-41-amd64", module=Known("updates/dkms/nvidia-current.ko")),)
                ),
                module_on_disk=ABSENT,
                **NOT_LOADED,
            ),
        ),
        expected=broken("driver-module/kernel_gone"),
    ),
    Case(
        name="libraries-without-module",
        title="Only the libraries of the driver",
        description="A CUDA package brought libnvidia-compute; no kernel module was ever installed.",
        sources=("https://github.com/NVIDIA/gpu-operator/issues/206",),
        snapshot=machine(
            driver=not_loaded(("NVIDIA L4",), "575.57.08"),
            gpus=(),
            setup=setup(
                "575.57.08",
                kernels=Known((KernelModules(kernel="6.14.0-33-generic", module=ABSENT),)),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known((DriverPackage(name="libnvidia-compute-575", version="575.57.08-0ubuntu1"),)),
                service_files=Known(()),
                **NOT_LOADED,
            ),
        ),
        expected=broken("driver-module/none"),
    ),
    Case(
        name="maxwell-with-open-modules",
        title="GTX 980 with the open modules",
        description="The open modules cannot drive a GPU before Turing.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/639",),
        snapshot=machine(
            host=host("arch", "6.17.8-arch1-1"),
            driver=changed(
                driver(
                    "580.105.08",
                    (13, 0),
                    ("NVIDIA GeForce GTX 980",),
                    folder="/usr/lib",
                    nvml=NvmlState(kind="driver_not_loaded", code=9, text="Driver Not Loaded"),
                    version=Missing("failed"),
                    cuda=Missing("failed"),
                    module_version=ABSENT,
                    device_nodes=Known(()),
                    node_access=Known(()),
                    pci_gpus=on_bus("NVIDIA GeForce GTX 980", driver=""),
                ),
                flavour=ABSENT,
            ),
            gpus=(),
            setup=setup(
                "580.105.08",
                "6.17.8-arch1-1",
                packages=Known(
                    (
                        DriverPackage(name="nvidia-open", version="580.105.08-3"),
                        DriverPackage(name="nvidia-utils", version="580.105.08-1"),
                    )
                ),
                **NOT_LOADED,
            ),
            kernel_log=log(
                "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:13c0)",
                "NVRM: installed in this system is not supported by open",
                "NVRM: nvidia.ko because it does not include the required GPU",
                "NVRM: System Processor (GSP).",
                "NVRM: None of the NVIDIA devices were initialized.",
            ),
        ),
        expected=broken("driver-fit/needs_proprietary"),
    ),
    Case(
        name="rtx5070-on-560",
        title="RTX 5070 with a driver of the year before",
        description="Branch 560 does not know the GPU.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/393",),
        snapshot=machine(
            driver=not_loaded(("NVIDIA GeForce RTX 5070",), "560.35.03"),
            gpus=(),
            setup=setup("560.35.03", **NOT_LOADED),
            kernel_log=log(
                "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2f04)",
                "NVRM: installed in this system is not supported by the",
                "NVRM: NVIDIA 560.35.03 driver release.",
            ),
        ),
        expected=broken("driver-fit/too_old"),
    ),
    Case(
        name="root-only-nodes",
        title="Nodes that only root may open",
        description="A module option gives the nodes mode 600; the user's programs are refused.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/676",),
        snapshot=machine(
            driver=driver(
                "580.95.05",
                (13, 0),
                (RTX_4090,),
                nvml=NvmlState(kind="no_permission", code=4, text="Insufficient Permissions"),
                version=Missing("no_permission"),
                cuda=Missing("no_permission"),
                node_access=Known(
                    tuple(node(n, mode="600", usable=False) for n in ("nvidia-uvm", "nvidia0", "nvidiactl"))
                ),
            ),
            gpus=(),
        ),
        expected=broken("driver-access/denied"),
    ),
    Case(
        name="no-libcuda",
        title="Driver without its CUDA library",
        description="Display and management libraries are installed, libcuda is not.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1269",),
        snapshot=machine(
            host=host("trixie", "6.12.57+deb13-amd64"),
            driver=driver("550.163.01", (12, 4), ("NVIDIA L4",), cuda=Missing("failed"), cuda_files=Known(())),
            gpus=(gpu("NVIDIA L4", server=True),),
            setup=setup(
                "550.163.01",
                "6.12.57+deb13-amd64",
                packages=Known(
                    (
                        DriverPackage(name="nvidia-smi", version="550.163.01-2"),
                        DriverPackage(name="nvidia-kernel-dkms", version="550.163.01-2"),
                    )
                ),
            ),
            engine=images_engine(),
            container=started(
                "no-driver",
                "Found no NVIDIA driver on your system.",
                nvml=Known(nvml_in("550.163.01")),
                nvml_again=Known(nvml_in("550.163.01")),
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1",
                            loaded=False,
                            error="libcuda.so.1: cannot open shared object file: No such file or directory",
                        ),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.163.01",
                        ),
                    )
                ),
                cuda=Known(InnerDriver(code=None, text="libcuda.so.1: cannot open shared object file")),
            ),
        ),
        expected=broken("driver-libcuda/absent"),
    ),
    Case(
        name="wsl-kernel-of-2020",
        title="WSL with its first kernel",
        description="Kernel 4.19 of WSL has no GPU support.",
        sources=("https://docs.nvidia.com/cuda/wsl-user-guide/index.html",),
        snapshot=machine(
            host=wsl_host(kernel="4.19.128-microsoft-standard"),
            driver=wsl_driver(
                "581.42",
                (13, 0),
                nvml=NvmlState(kind="unknown", code=999, text="Unknown Error"),
                version=Missing("failed"),
                cuda=Missing("failed"),
                device_nodes=Known(()),
            ),
            gpus=(),
            setup=WSL_SETUP,
            wsl=WSL,
            toolkit=toolkit(),
        ),
        expected=broken("wsl-kernel/old"),
    ),
    Case(
        name="vgpu-of-another-branch",
        title="vGPU guest with a driver of another branch",
        description="The guest's driver does not fit the host's: the virtual GPU does not come up.",
        sources=("https://docs.nvidia.com/vgpu/latest/grid-vgpu-user-guide/index.html",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=driver("580.95.05", (13, 0), ("NVIDIA A10-8Q",)),
            gpus=(),
            setup=setup(
                "580.95.05",
                "5.15.0-157-generic",
                services=Known(("nvidia-gridd",)),
                service_files=Known(("nvidia-gridd",)),
            ),
            kernel_log=log(
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x40:762)",
                "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
            ),
        ),
        expected=broken("driver-log/init_failed"),
    ),
    Case(
        name="fabric-never-completes",
        title="Fabric that never completes",
        description="The fabric manager runs, and an NVLink of one switch is down: the fabric stays in progress.",
        sources=("https://github.com/pytorch/pytorch/issues/35710",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=2048 * GIB, threads=224),
            driver=driver("570.195.03", (12, 8), (H100,) * 8),
            gpus=gpus(H100, 8, server=True, fabric=Known("in_progress")),
            setup=setup(
                "570.195.03",
                "5.15.0-157-generic",
                switches=Known(4),
                services=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
                service_files=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
            ),
            engine=images_engine("28.3.3"),
            container=started(
                "fabric-not-ready",
                "Error 802: system not yet initialized",
                nvml=Known(nvml_in("570.195.03", 8)),
                nvml_again=Known(nvml_in("570.195.03", 8)),
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libcuda.so.570.195.03"
                        ),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.570.195.03",
                        ),
                    )
                ),
                cuda=Known(InnerDriver(code=802, name="CUDA_ERROR_SYSTEM_NOT_READY")),
            ),
        ),
        expected=broken("gpu-fabric/stuck"),
    ),
    Case(
        name="above-4g-switched-off",
        title="RTX 5090 without Above 4G decoding",
        description="Firmware settings of the board are at their defaults; the open module cannot start the card.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862",),
        snapshot=machine(
            driver=driver("575.57.08", (12, 9), ("NVIDIA GeForce RTX 5090",)),
            gpus=(),
            setup=setup("575.57.08"),
            kernel_log=log(
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)",
                "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
            ),
        ),
        expected=broken("driver-log/init_failed"),
    ),
    Case(
        name="nouveau-took-three",
        title="Nouveau took all three V100",
        description="The installed driver's probe was not called: nouveau had the cards first.",
        sources=("https://github.com/mattshma/bigdata/issues/133",),
        snapshot=machine(
            host=host("rocky", "5.14.0-611.5.1.el9_7.x86_64"),
            driver=not_loaded(("Tesla V100-SXM2-16GB",) * 3, "570.195.03", held_by="nouveau"),
            gpus=(),
            setup=setup(
                "570.195.03", "5.14.0-611.5.1.el9_7.x86_64", **{**NOT_LOADED, "loaded_modules": Known(("nouveau",))}
            ),
            kernel_log=log(
                "NVRM: The NVIDIA probe routine was not called for 3 device(s).",
                "NVRM: nouveau, rivafb, nvidiafb or rivatv",
                "NVRM: No NVIDIA graphics adapter probed!",
            ),
        ),
        expected=broken("driver-bound/nouveau"),
    ),
    Case(
        name="mig-parent-in-lxd",
        title="Slices wanted, none made",
        description="MIG mode is on in a passed-through A100 and has no instance.",
        sources=("https://github.com/canonical/lxd/issues/11804",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", in_container=Known(True)),
            driver=driver("530.41.03", (12, 1), ("NVIDIA A100-SXM4-40GB",)),
            gpus=(
                gpu(
                    "NVIDIA A100-SXM4-40GB",
                    server=True,
                    mig=Known(True),
                    mig_pending=Known(True),
                    utilisation=NOT_SUPPORTED,
                ),
            ),
            engine=images_engine("24.0.9"),
            setup=setup(
                "530.41.03",
                "5.15.0-157-generic",
                kernels=Known(()),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                services=Known(()),
                service_files=Known(()),
            ),
        ),
        expected=broken("gpu-mig/no_slices"),
    ),
)
