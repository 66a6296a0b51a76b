"""Machines whose host shows what is wrong, composed later from public reports."""

from tests.machines.case import Case, broken, healthy
from tests.machines.parts import (
    ABSENT,
    GB,
    GIB,
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
    not_loaded,
    setup,
    unreached,
    user,
    wsl_driver,
)
from tests.machines.walks import NOT_LOADED, RTX_4090, XID_CATALOGUE, images_engine, lost, wsl_host

from drydock.core.facts import (
    Disk,
    DkmsModule,
    DriverChange,
    DriverPackage,
    GpuProcess,
    KernelModules,
    Known,
    Missing,
    NvmlState,
    Port,
    RemappedRows,
)
from drydock.core.facts.engine_setup import EngineContents, EngineSocket, Published

RTX_3090, A100, L4 = "NVIDIA GeForce RTX 3090", "NVIDIA A100-SXM4-40GB", "NVIDIA L4"

LATER_HOST = (
    Case(
        name="port-held-by-a-notebook",
        title="A notebook of last week holds the port",
        description="A container that somebody forgot publishes 8888.",
        sources=("https://github.com/tensorchord/envd/issues/200",),
        snapshot=machine(
            engine=images_engine(),
            ports=(
                Port(number=8888, taken=Known(True), owner=Known("docker-proxy")),
                Port(number=6006, taken=Known(False), owner=ABSENT),
                Port(number=2222, taken=Known(False), owner=ABSENT),
            ),
            engine_contents=Known(
                EngineContents(
                    published=(Published(container="old-notebook", address="0.0.0.0", port=8888),),
                    running=1,
                    ended=(),
                    ended_sessions=(),
                    build_cache=Known(0),
                )
            ),
        ),
        expected=healthy("work-ports/taken"),
    ),
    Case(
        name="wsl-blocked-by-packages",
        title="WSL with a Linux driver's libraries",
        description="A CUDA package pulled in libnvidia-compute; NVML answers that the system blocks the GPU.",
        sources=("https://github.com/microsoft/WSL/issues/11865",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver(
                "581.42",
                (13, 0),
                nvml=NvmlState(kind="unknown", code=17, text="GPU access blocked by the operating system"),
                version=Missing("failed", "GPU access blocked by the operating system"),
                cuda=Missing("failed"),
                library_files=Known(
                    ("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.274.02", "/usr/lib/wsl/lib/libnvidia-ml.so.1")
                ),
                cuda_files=Known(("/usr/lib/x86_64-linux-gnu/libcuda.so.535.274.02", "/usr/lib/wsl/lib/libcuda.so.1")),
            ),
            gpus=(),
            setup=changed(
                WSL_SETUP, packages=Known((DriverPackage(name="libnvidia-compute-535", version="535.274.02-0ubuntu1"),))
            ),
            wsl=WSL,
        ),
        expected=broken("wsl-driver/hides"),
    ),
    Case(
        name="root-partition-full-of-build-cache",
        title="A small system disk full of build cache",
        description="Docker's data lies on a system partition of 100 GB; /home has room.",
        sources=("https://github.com/dusty-nv/jetson-inference/issues/1569",),
        snapshot=machine(
            host=host(
                disks=(
                    Disk(purpose="engine data", path="/var/lib/docker", total=Known(100 * GB), free=Known(3 * GB)),
                    Disk(purpose="home", path="/home/sample", total=Known(1900 * GB), free=Known(1500 * GB)),
                    Disk(purpose="temporary", path="/tmp", total=Known(100 * GB), free=Known(3 * GB)),
                )
            ),
            engine=engine(data_root_free=Known(3 * GB)),
            engine_contents=Known(
                EngineContents(published=(), running=0, ended=("a", "b"), ended_sessions=(), build_cache=Known(80 * GB))
            ),
        ),
        expected=broken("engine-disk/small_cache"),
    ),
    Case(
        name="lost-after-fatal-aer",
        title="A card on a riser falls off the bus",
        description="The PCI Express port reports fatal errors, then the second of two cards is gone.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/1010",),
        snapshot=machine(
            driver=driver("570.195.03", (12, 8), (RTX_3090, RTX_3090)),
            gpus=(gpu(RTX_3090), lost(gpu(RTX_3090, 1), "GPU is lost")),
            engine=images_engine(),
            setup=setup("570.195.03"),
            kernel_log=log(
                "pcieport 0000:00:03.1: AER: Uncorrectable (Fatal) error message received from 0000:02:00.0",
                "NVRM: Xid (PCI:0000:02:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
                "NVRM: GPU 0000:02:00.0: GPU has fallen off the bus.",
                "NVRM: A GPU crash dump has been created. If possible, please run nvidia-bug-report.sh",
            ),
        ),
        expected=broken("gpu-xid/off_bus"),
    ),
    Case(
        name="driver-wants-a-restart",
        title="A server whose driver wants it restarted",
        description="An uncontained memory error; the driver changed its recovery action to a restart of the node.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=1024 * GIB, threads=128),
            driver=driver("570.195.03", (12, 8), (A100,) * 4),
            gpus=(
                *gpus(A100, 3, server=True),
                gpu(A100, 3, server=True, recovery=Known("reboot")),
            ),
            engine=images_engine(),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:04:00): 95, pid=7120, name=python3, Uncontained: LTC TAG (0x2,0x0). RST: No",
                "NVRM: Xid (PCI:0000:04:00): 154, GPU recovery action changed from 0x0 (None) "
                "to 0x2 (Node Reboot Required)",
            ),
        ),
        expected=broken("gpu-xid/restart"),
    ),
    Case(
        name="wsl-without-systemd",
        title="Docker in WSL that nobody starts",
        description="docker-ce is installed inside Ubuntu; WSL does not run systemd, so nothing starts the engine.",
        sources=("https://github.com/microsoft/WSL/issues/3707",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("581.42", (13, 0)),
            gpus=(gpu(RTX_4090, wsl=True),),
            setup=WSL_SETUP,
            wsl=WSL,
            engine=unreached("not_running", "/var/run/docker.sock: no such file"),
            engine_setup=engine_setup(daemon_json(), sockets=Known(()), started=ABSENT, unit_hosts=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_wsl_own"),
    ),
    Case(
        name="engine-down-on-full-disk",
        title="An engine that ended when the disk was full",
        description="Nothing is left on the disk of the engine's data; the service cannot start.",
        sources=("https://github.com/moby/moby/issues/20272",),
        snapshot=machine(
            host=host(
                disks=(
                    Disk(purpose="engine data", path="/var/lib/docker", total=Known(250 * GB), free=Known(0)),
                    Disk(purpose="home", path="/home/sample", total=Known(1000 * GB), free=Known(500 * GB)),
                    Disk(purpose="temporary", path="/tmp", total=Known(250 * GB), free=Known(0)),
                )
            ),
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(daemon_json(), started=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_full"),
    ),
    Case(
        name="reset-needed-and-held",
        title="A GPU that wants a reset while a job holds it",
        description="A context switch timed out; the driver marks the GPU, a process still holds it.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver("575.57.08", (12, 9), (L4, L4)),
            gpus=(
                gpu(L4, server=True),
                gpu(
                    L4,
                    1,
                    server=True,
                    recovery=Known("reset"),
                    processes=Known(
                        (
                            GpuProcess(
                                pid=5120,
                                kind="compute",
                                memory_used=Known(9 * GIB),
                                name=Known("python3"),
                                container=Known("train-7"),
                            ),
                        )
                    ),
                ),
            ),
            engine=images_engine(),
            setup=setup("575.57.08"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:02:00): 109, pid=5120, name=python3, Ch 00000010, errorString CTX SWITCH TIMEOUT",
            ),
        ),
        expected=broken("gpu-xid/reset"),
    ),
    Case(
        name="iommu-faults-of-two-cards",
        title="Two cards whose direct traffic the IOMMU stops",
        description="Training on one GPU works; on two it hangs, and the kernel tells of page faults of the IOMMU.",
        sources=("https://github.com/NVIDIA/nccl/issues/606",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), (RTX_4090, RTX_4090)),
            gpus=gpus(RTX_4090, 2),
            engine=images_engine(),
            kernel_log=log(
                "nvidia 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0013 address=0xd0000000]",
                "nvidia 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0014 address=0xd0001000]",
            ),
        ),
        expected=healthy("gpu-bus/page_fault"),
    ),
    Case(
        name="older-kernel-was-started",
        title="An older kernel was started",
        description="Somebody chose the former kernel in the boot menu; the module is for the newer one.",
        sources=("https://github.com/fady-saied/Nvidia-Fedora-Guide/issues/9",),
        snapshot=machine(
            host=host("ubuntu", "6.8.0-40-generic"),
            driver=not_loaded(("NVIDIA RTX A6000",), "570.195.03"),
            gpus=(),
            engine=images_engine(),
            setup=setup(
                "570.195.03",
                "6.8.0-40-generic",
                kernels=Known(
                    (
                        KernelModules(kernel="6.8.0-40-generic", module=ABSENT),
                        KernelModules(kernel="6.8.0-87-generic", module=Known("updates/dkms/nvidia.ko.zst")),
                    )
                ),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                dkms=Known((DkmsModule(name="nvidia", version="570.195.03", kernels=("6.8.0-87-generic",)),)),
                **NOT_LOADED,
            ),
        ),
        expected=broken("driver-module/other_kernel"),
    ),
    Case(
        name="root-podman-by-docker-host",
        title="DOCKER_HOST leads to root's Podman",
        description="A line of the shell's profile names the system's socket of Podman, which only root may use.",
        sources=("https://github.com/tomsik68/docker-xampp/issues/63",),
        snapshot=machine(
            host=host(
                "fedora",
                "6.17.8-300.fc43.x86_64",
                user=user("sample", "wheel"),
                environment={"DOCKER_HOST": "unix:///run/podman/podman.sock"},
            ),
            engine=unreached(
                "no_permission",
                "dial unix /run/podman/podman.sock: connect: permission denied",
                endpoint="unix:///run/podman/podman.sock",
                chosen_by="DOCKER_HOST",
            ),
            setup=setup("580.95.05", "6.17.8-300.fc43.x86_64"),
            engine_setup=engine_setup(
                sockets=Known(
                    (
                        EngineSocket(
                            path="/run/podman/podman.sock",
                            kind="podman_system",
                            mode=Known(0o660),
                            owner=Known("root"),
                            group=Known("root"),
                        ),
                        EngineSocket(path="/run/user/1000/podman/podman.sock", kind="podman"),
                    )
                ),
                daemon=ABSENT,
                started=ABSENT,
                unit_hosts=ABSENT,
                docker_group=Known(False),
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-permission/denied_podman"),
    ),
    Case(
        name="unattended-upgrade-mismatch",
        title="An update of the night replaced the driver",
        description="unattended-upgrades laid new libraries beside the loaded module.",
        sources=("https://github.com/pop-os/nvidia-graphics-drivers-470/issues/18",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", restart_wanted=Known(("nvidia-driver-535", "libssl3"))),
            driver=driver(
                "535.274.02",
                (12, 2),
                ("NVIDIA A10",),
                nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
                version=Missing("failed", "Driver/library version mismatch"),
                cuda=Missing("failed"),
                module_version=Known("535.261.03"),
            ),
            gpus=(),
            engine=images_engine(),
            setup=setup(
                "535.274.02",
                "5.15.0-157-generic",
                automatic_updates=Known(True),
                last_change=Known(
                    DriverChange(
                        when="2026-11-20  06:14:02",
                        by="/usr/bin/unattended-upgrade",
                        text="Upgrade: nvidia-driver-535:amd64 (535.261.03-0ubuntu0, 535.274.02-0ubuntu0)",
                    )
                ),
            ),
        ),
        expected=broken("driver-versions/mismatch"),
    ),
    Case(
        name="hwe-kernel-too-new",
        title="A kernel too new for the driver's source",
        description="Ubuntu's hardware enablement brought 6.17; the module of driver 535 does not compile for it.",
        sources=("https://github.com/pop-os/pop/issues/3811",),
        snapshot=machine(
            host=host("ubuntu", "6.17.0-8-generic"),
            driver=not_loaded(("NVIDIA GeForce RTX 2080 Ti",), "535.129.03"),
            gpus=(),
            engine=images_engine(),
            setup=setup(
                "535.129.03",
                "6.17.0-8-generic",
                kernels=Known(
                    (
                        KernelModules(kernel="6.14.0-33-generic", module=Known("updates/dkms/nvidia.ko.zst")),
                        KernelModules(kernel="6.17.0-8-generic", module=ABSENT),
                    )
                ),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                dkms=Known((DkmsModule(name="nvidia", version="535.129.03", kernels=("6.14.0-33-generic",)),)),
                **NOT_LOADED,
            ),
        ),
        expected=broken("driver-module/newer_kernel"),
    ),
    Case(
        name="runfile-that-failed",
        title="NVIDIA's installer without a module",
        description="The runfile left its programs and libraries, and no module for the kernel.",
        sources=("https://github.com/NVIDIA/gpu-operator/issues/206",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            driver=not_loaded((RTX_3090,), "550.54.14"),
            gpus=(),
            engine=images_engine(),
            setup=setup(
                "550.54.14",
                "6.1.0-41-amd64",
                kernels=Known((KernelModules(kernel="6.1.0-41-amd64", module=ABSENT),)),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                runfile=Known(True),
                **NOT_LOADED,
            ),
        ),
        expected=broken("driver-module/runfile"),
    ),
    Case(
        name="power-brake-of-the-rack",
        title="The rack's power supply slows the GPUs",
        description="An external signal asks the GPUs to brake: they run at a fraction of their clocks.",
        sources=("https://github.com/mlfoundations/open_clip/issues/703",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=1024 * GIB, threads=128),
            driver=driver("570.195.03", (12, 8), (A100,) * 4),
            gpus=gpus(A100, 4, server=True, event_reasons=Known(0x80 | 0x8), utilisation=Known(100)),
            engine=images_engine(),
            setup=setup("570.195.03", "5.15.0-157-generic"),
        ),
        expected=healthy("gpu-slowed/braked"),
    ),
    Case(
        name="context-colima-stopped",
        title="The context of a stopped virtual machine",
        description="Colima's context is still current; the system's own Docker runs beside it.",
        sources=("https://github.com/docker/desktop-linux/issues/213",),
        snapshot=machine(
            engine=unreached(
                "not_running",
                "dial unix /home/sample/.colima/default/docker.sock: connect: no such file or directory",
                endpoint="unix:///home/sample/.colima/default/docker.sock",
                chosen_by="context colima",
            ),
            engine_setup=engine_setup(daemon_json(), context=Known("colima")),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_beside"),
    ),
    Case(
        name="double-bit-error-and-pending-row",
        title="An A100 with an uncorrectable error",
        description="ECC could not correct; a row waits for a reset to be replaced.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=1024 * GIB, threads=128),
            driver=driver("570.195.03", (12, 8), (A100, A100)),
            gpus=(
                gpu(A100, server=True),
                gpu(
                    A100,
                    1,
                    server=True,
                    ecc_volatile=Known(1),
                    ecc_aggregate=Known(1),
                    remapped_rows=Known(RemappedRows(corrected=0, uncorrected=1, pending=True, failed=False)),
                ),
            ),
            engine=images_engine(),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:02:00): 48, pid=1002, name=python3, An uncorrectable double bit error (DBE) "
                "has been detected on GPU in the framebuffer at physical address 0x8a3c",
                "NVRM: Xid (PCI:0000:02:00): 63, pid=1002, name=python3, Row Remapper: New row marked for remapping, "
                "reset gpu to activate.",
            ),
        ),
        expected=healthy("gpu-xid/memory"),
    ),
)
