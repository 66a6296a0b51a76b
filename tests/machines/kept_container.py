"""Machines whose container shows what is wrong, composed from public reports."""

from tests.machines.case import Case, broken
from tests.machines.parts import (
    ABSENT,
    GB,
    GIB,
    TOOLKIT_SETTINGS,
    WSL,
    WSL_SETUP,
    changed,
    daemon_json,
    driver,
    engine,
    engine_setup,
    gpu,
    host,
    image,
    log,
    machine,
    network,
    node,
    podman,
    setup,
    spec,
    toolkit,
    user,
    wsl_driver,
)
from tests.machines.started import inside
from tests.machines.walks import (
    PODMAN_SETUP,
    ROOTLESS,
    ROOTLESS_SOCKET,
    RTX_4090,
    TORCH,
    XID_CATALOGUE,
    failed,
    images_engine,
    nvml_in,
    pulled,
    started,
    wsl_host,
)

from drydock.core.facts import Disk, Known, Missing, NvmlState, RemappedRows
from drydock.core.facts.container import (
    ContainerFacts,
    InnerDriver,
    InnerGpu,
    InnerLibrary,
    InnerNode,
    KernelRun,
    LibrarySearch,
    StartAttempt,
    VolumeTest,
)
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.facts.engine_setup import EngineSocket, Mount

KEPT_CONTAINER = (
    Case(
        name="broken-after-suspend",
        title="CUDA broken since the computer slept",
        description="After waking up nvidia-smi works and CUDA does not.",
        sources=(
            "https://github.com/NVIDIA/nvidia-container-toolkit/issues/1155",
            "https://github.com/pytorch/pytorch/issues/49081",
        ),
        snapshot=machine(
            engine=images_engine(),
            setup=setup("580.95.05", suspends=Known(4), keeps_memory=Known(False)),
            kernel_log=log("PM: suspend entry (deep)", "PM: suspend exit"),
            container=started(
                "unknown-cuda-error", "CUDA unknown error", cuda=Known(InnerDriver(code=999, name="CUDA_ERROR_UNKNOWN"))
            ),
        ),
        expected=broken("container-cuda/after_suspend"),
    ),
    Case(
        name="toolkit-with-driver-root",
        title="Toolkit told of another driver root",
        description="config.toml names a driver root of a former operator; the library is sought there in vain.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1711",),
        snapshot=machine(
            engine=images_engine(),
            container=failed(
                "nvidia-container-cli: initialization error: load library failed: "
                "libnvidia-ml.so.1: cannot open shared object file: no such file or directory: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_library"),
    ),
    Case(
        name="selinux-denies-nodes",
        title="SELinux keeps the GPU from the container",
        description="Podman on Fedora started the container; the policy denies it the nodes.",
        sources=("https://github.com/podman-container-tools/podman/issues/15442",),
        snapshot=machine(
            host=host("fedora", "6.17.8-300.fc43.x86_64", user=user("sample", "wheel")),
            engine=podman(images=Known((image("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime", 9 * GIB, "4"),))),
            engine_setup=engine_setup(
                sockets=Known((EngineSocket(path="/run/user/1000/podman/podman.sock", kind="podman"),)),
                daemon=ABSENT,
                started=ABSENT,
                unit_hosts=ABSENT,
                docker_group=Known(False),
                selinux=Known("enforcing"),
            ),
            setup=setup("580.95.05", "6.17.8-300.fc43.x86_64"),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            container=started(
                "no-device",
                "No CUDA GPUs are available",
                starts=(StartAttempt(gpus="cdi", started=True),),
                nodes=Known(
                    tuple(
                        InnerNode(path=f"/dev/{n}", error="[Errno 13] Permission denied")
                        for n in ("nvidia-uvm", "nvidia0", "nvidiactl")
                    )
                ),
                nvml=Known(InnerDriver(code=4, name="NVML_ERROR_NO_PERMISSION", text="Insufficient Permissions")),
                nvml_again=Known(InnerDriver(code=4, name="NVML_ERROR_NO_PERMISSION")),
                cuda=Known(InnerDriver(code=100, name="CUDA_ERROR_NO_DEVICE")),
            ),
        ),
        expected=broken("container-nodes/denied_selinux"),
    ),
    Case(
        name="nested-in-lxc",
        title="Docker in an unprivileged LXC container",
        description="The hook may not change device rules inside the outer container.",
        sources=(
            "https://github.com/NVIDIA/libnvidia-container/issues/154",
            "https://github.com/NVIDIA/nvidia-container-toolkit/issues/290",
        ),
        snapshot=machine(
            host=host("debian", "6.14.11-4-pve", in_container=Known(True)),
            driver=driver("570.195.03", (12, 8), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            engine=images_engine("28.5.1", system="Debian GNU/Linux 12 (bookworm)"),
            setup=setup(
                "570.195.03",
                "6.14.11-4-pve",
                kernels=Known(()),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                services=Known(()),
                service_files=Known(()),
            ),
            container=failed(
                "nvidia-container-cli: mount error: failed to add device rules: unable to find "
                "any existing device filters attached to the cgroup: "
                "bpf_prog_query(BPF_CGROUP_DEVICE) failed: operation not permitted: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_rules"),
    ),
    Case(
        name="runc-refused-by-lxc",
        title="No container starts inside LXC",
        description=(
            "Since a security release of runc nothing starts under the outer container's profile, with GPU or without."
        ),
        sources=("https://github.com/moby/moby/issues/51405",),
        snapshot=machine(
            host=host("debian", "6.14.11-4-pve", in_container=Known(True)),
            driver=driver("570.195.03", (12, 8), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            engine=images_engine("28.5.2", system="Debian GNU/Linux 12 (bookworm)"),
            toolkit=toolkit(
                "1.17.8", config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, no_cgroups=True, ldconfig="/sbin/ldconfig"))
            ),
            setup=setup(
                "570.195.03",
                "6.14.11-4-pve",
                kernels=Known(()),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                services=Known(()),
                service_files=Known(()),
            ),
            container=failed(
                "unable to start container process: error during container init: open sysctl "
                "net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied: unknown",
                trouble="engine-error",
                also_plain=True,
            ),
        ),
        expected=broken("container-start/nested"),
    ),
    Case(
        name="wsl-without-nvidia-in-windows",
        title="WSL without NVIDIA's driver in Windows",
        description="/dev/dxg exists, Windows lends only its own libraries: NVIDIA's driver is not installed there.",
        sources=("https://github.com/AbdBarho/stable-diffusion-webui-docker/issues/117",),
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
                library_files=Known(()),
                cuda_files=Known(()),
            ),
            gpus=(),
            setup=WSL_SETUP,
            wsl=changed(WSL, libraries=Known(("libd3d12.so", "libd3d12core.so", "libdxcore.so"))),
            engine=engine(),
            toolkit=toolkit(),
            container=failed(
                "nvidia-container-cli: initialization error: WSL environment detected but no "
                "adapters were found: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_no_adapter"),
    ),
    Case(
        name="image-with-stub-library",
        title="Image that finds the stub first",
        description="LD_LIBRARY_PATH of the image leads to CUDA's stubs.",
        sources=("https://github.com/numba/numba/issues/9732",),
        snapshot=machine(
            engine=images_engine(),
            container=started(
                "other",
                "CUDA driver is a stub library",
                libraries=Known(
                    (
                        InnerLibrary(name="libcuda.so.1", loaded=True, path="/usr/local/cuda/lib64/stubs/libcuda.so.1"),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05",
                        ),
                    )
                ),
                search=Known(LibrarySearch(variable="/usr/local/cuda/lib64/stubs:/usr/local/cuda/lib64")),
                cuda=Known(InnerDriver(code=34, name="CUDA_ERROR_STUB_LIBRARY")),
            ),
        ),
        expected=broken("container-cuda/stub"),
    ),
    Case(
        name="image-with-own-driver",
        title="Image with a driver library of its own",
        description="Somebody installed a driver inside the image: its libcuda wins over the host's.",
        sources=(
            "https://github.com/easydiffusion/easydiffusion/issues/379",
            "https://github.com/NVIDIA/nvidia-container-toolkit/issues/176",
        ),
        snapshot=machine(
            engine=images_engine(),
            container=started(
                "driver-library-mismatch",
                "Error 803: system has unsupported display driver / cuda driver combination",
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1", loaded=True, path="/usr/local/nvidia-old/libcuda.so.535.54.03"
                        ),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05",
                        ),
                    )
                ),
                search=Known(LibrarySearch(variable="/usr/local/nvidia-old")),
                cuda=Known(InnerDriver(code=803, name="CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")),
            ),
        ),
        expected=broken("container-cuda/mismatch"),
    ),
    Case(
        name="p100-with-cuda-13",
        title="P100 with a build that left it",
        description="The build of torch starts at compute capability 7.5.",
        sources=("https://github.com/pytorch/pytorch/issues/157517",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), ("Tesla P100-PCIE-16GB",), flavour="proprietary"),
            gpus=(gpu("Tesla P100-PCIE-16GB", server=True),),
            engine=images_engine(),
            container=Known(
                changed(
                    inside(),
                    cuda=Known(
                        InnerDriver(
                            code=0,
                            name="CUDA_SUCCESS",
                            count=Known(1),
                            version=Known("13.0"),
                            devices=("Tesla P100-PCIE-16GB",),
                        )
                    ),
                    torch=Known(
                        changed(
                            TORCH,
                            gpus=(InnerGpu(index=0, name="Tesla P100-PCIE-16GB", capability=(6, 0), coverage="none"),),
                        )
                    ),
                    kernels=Known(
                        (
                            KernelRun(device="cpu", format="fp32"),
                            KernelRun(
                                device="cuda:0",
                                format="fp32",
                                kind="no-kernel-image",
                                text="CUDA error: no kernel image is available for execution on the device",
                            ),
                        )
                    ),
                )
            ),
        ),
        expected=broken("torch-arch/none"),
    ),
    Case(
        name="nfs-home-root-squash",
        title="Workspace on NFS with root squash",
        description="The home lies on NFS, which refuses the root of containers.",
        sources=("https://github.com/yandexdataschool/Practical_RL/issues/85",),
        snapshot=machine(
            engine=images_engine(),
            engine_setup=engine_setup(
                daemon_json(), mounts=Known((Mount(path="/", kind="ext4"), Mount(path="/home", kind="nfs4")))
            ),
            container=started(
                volume=Known(
                    VolumeTest(path="/home/sample/work", uid=0, step="open", number=13, error="Permission denied")
                )
            ),
        ),
        expected=broken("container-volume/denied"),
    ),
    Case(
        name="gpu-that-miscounts",
        title="A card that computes wrongly",
        description="Overclocked memory: matrix products differ from the reference.",
        sources=("https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 3090",)),
            gpus=(gpu("NVIDIA GeForce RTX 3090"),),
            engine=images_engine(),
            container=started(
                kernels=Known(
                    (
                        KernelRun(device="cpu", format="fp32"),
                        KernelRun(device="cuda:0", format="fp32", kind="wrong-result", text="largest difference 13.2"),
                    )
                )
            ),
        ),
        expected=broken("torch-kernels/wrong"),
    ),
    Case(
        name="image-for-another-processor",
        title="Image for another processor",
        description="An image for amd64 was loaded on a computer with an ARM processor.",
        sources=("https://github.com/ggml-org/whisper.cpp/issues/2081",),
        snapshot=machine(
            host=host("ubuntu", "6.14.0-1015-nvidia-64k", architecture="arm64"),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GH200 480GB",), folder="/usr/lib/aarch64-linux-gnu"),
            gpus=(gpu("NVIDIA GH200 480GB", server=True),),
            engine=images_engine(architecture=Known("arm64")),
            setup=setup("580.95.05", "6.14.0-1015-nvidia-64k"),
            container=failed("exec /usr/bin/python3: exec format error", trouble="container-died", also_plain=True),
        ),
        expected=broken("container-start/other_processor"),
    ),
    Case(
        name="xfs-without-file-types",
        title="XFS without file types",
        description="An old XFS keeps no file types; overlay2 cannot work on it.",
        sources=("https://docs.docker.com/engine/storage/drivers/overlayfs-driver/",),
        snapshot=machine(
            host=host("rocky", "5.14.0-611.5.1.el9_7.x86_64"),
            engine=images_engine(backing_filesystem=Known("xfs"), file_types=Known(False)),
            setup=setup("580.95.05", "5.14.0-611.5.1.el9_7.x86_64"),
            container=failed(
                "error creating overlay mount to /var/lib/docker/overlay2/abc/merged: invalid argument",
                trouble="engine-error",
                also_plain=True,
            ),
        ),
        expected=broken("container-start/overlay"),
    ),
    Case(
        name="podman-without-subordinate-ids",
        title="Podman for a user of the directory",
        description="A user from the company's directory has no subordinate ids.",
        sources=("https://github.com/containers/podman/blob/main/troubleshooting.md",),
        snapshot=machine(
            host=host("fedora", "6.17.8-300.fc43.x86_64", user=user("sample", "domain users")),
            engine=podman(images=pulled("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime")),
            engine_setup=engine_setup(**PODMAN_SETUP, selinux=Known("enforcing"), subordinate_ids=Known(0)),
            setup=setup("580.95.05", "6.17.8-300.fc43.x86_64"),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            container=failed(
                "copying system image from manifest list: potentially insufficient UIDs or GIDs "
                "available in user namespace (requested 0:42 for /etc/gshadow): Check "
                "/etc/subuid and /etc/subgid: lchown /etc/gshadow: invalid argument",
                trouble="engine-error",
                way="cdi",
                also_plain=True,
            ),
        ),
        expected=broken("container-start/few_ids"),
    ),
    Case(
        name="firewall-read-anew",
        title="Firewall read anew after the engine started",
        description="firewalld was reloaded and removed the engine's chains.",
        sources=("https://github.com/moby/moby/issues/16816",),
        snapshot=machine(
            host=host("rocky", "5.14.0-611.5.1.el9_7.x86_64"),
            engine=images_engine(),
            network=network(firewalls=Known(("firewalld",))),
            setup=setup("580.95.05", "5.14.0-611.5.1.el9_7.x86_64"),
            container=failed(
                "driver failed programming external connectivity on endpoint drydock: iptables "
                "failed: iptables --wait -t nat -A DOCKER -p tcp -d 127.0.0.1 --dport 8888 -j "
                "DNAT: iptables: No chain/target/match by that name",
                trouble="engine-error",
                also_plain=True,
            ),
        ),
        expected=broken("container-start/firewall"),
    ),
    Case(
        name="image-wants-newer-driver",
        title="Image that asks for CUDA 13",
        description="An image of one's own choice wants more than driver 550 has.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/152",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=driver("550.163.01", (12, 4), ("NVIDIA GeForce RTX 3090",)),
            gpus=(gpu("NVIDIA GeForce RTX 3090"),),
            setup=setup("550.163.01", "5.15.0-157-generic"),
            engine=images_engine(),
            toolkit=toolkit("1.17.8"),
            container=failed(
                "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0, "
                "please update your driver to a newer version, or use an earlier cuda container: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_requirement"),
    ),
    Case(
        name="image-made-from-a-container",
        title="Image made from a running GPU container",
        description="docker commit kept empty files of the driver's libraries.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/176",),
        snapshot=machine(
            engine=images_engine(),
            toolkit=toolkit("1.17.8"),
            container=failed(
                "nvidia-container-cli: mount error: file creation failed: "
                "/var/lib/docker/overlay2/5e/merged/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1: file exists: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_image_driver"),
    ),
    Case(
        name="eight-sleepy-gpus",
        title="Eight GPUs that are started for each program",
        description="Without persistence the driver takes longer than the toolkit waits.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1225",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=1024 * GIB, threads=128),
            driver=driver("570.195.03", (12, 8), ("NVIDIA L40S",) * 8),
            gpus=tuple(gpu("NVIDIA L40S", i, server=True, persistence=Known(False)) for i in range(8)),
            setup=setup("570.195.03", "5.15.0-157-generic", services=Known(())),
            engine=images_engine(),
            toolkit=toolkit("1.17.8"),
            container=failed("nvidia-container-cli: initialization error: driver rpc error: timed out: unknown"),
        ),
        expected=broken("container-gpu/hook_slow"),
    ),
    Case(
        name="rocm-image",
        title="Image built for AMD",
        description="The image holds torch for ROCm.",
        sources=("https://docs.pytorch.org/get-started/locally/",),
        snapshot=machine(
            engine=images_engine(images=pulled("rocm/pytorch:latest")),
            container=Known(
                changed(
                    inside(image="rocm/pytorch:latest"),
                    torch=Known(
                        changed(
                            TORCH,
                            version="2.9.1+rocm6.4",
                            cuda="",
                            hip="6.4",
                            gpus=(),
                            problem="no-device",
                            problem_text="No HIP GPUs are available",
                        )
                    ),
                    kernels=Known((KernelRun(device="cpu", format="fp32"),)),
                )
            ),
        ),
        expected=broken("torch-build/rocm"),
    ),
    Case(
        name="image-without-python",
        title="Image without Python",
        description="A base image of CUDA was chosen.",
        sources=("https://hub.docker.com/r/nvidia/cuda",),
        snapshot=machine(
            engine=images_engine(images=pulled("nvidia/cuda:13.0.1-base-ubuntu24.04")),
            container=Known(
                ContainerFacts(
                    image="nvidia/cuda:13.0.1-base-ubuntu24.04",
                    digest="sha256:" + "4" * 64,
                    starts=(StartAttempt(gpus="hook", started=True),),
                    shm_asked=8 * GIB,
                    python=Missing("absent", 'exec: "python3": executable file not found in $PATH'),
                )
            ),
        ),
        expected=broken("container-python/absent"),
    ),
    Case(
        name="torch-newer-than-driver",
        title="Build for CUDA 13 on driver 535",
        description="The driver serves CUDA 12.2.",
        sources=("https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            driver=driver("535.274.02", (12, 2), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            setup=setup("535.274.02", "6.1.0-41-amd64"),
            engine=images_engine(),
            container=started(
                "driver-too-old",
                "The NVIDIA driver on your system is too old (found version 12020).",
                nvml=Known(nvml_in("535.274.02")),
                nvml_again=Known(nvml_in("535.274.02")),
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libcuda.so.535.274.02"
                        ),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.274.02",
                        ),
                    )
                ),
                cuda=Known(
                    InnerDriver(
                        code=0,
                        name="CUDA_SUCCESS",
                        count=Known(1),
                        version=Known("12.2"),
                        devices=("NVIDIA GeForce RTX 3060",),
                    )
                ),
            ),
        ),
        expected=broken("torch-cuda/driver_too_old"),
    ),
    Case(
        name="kernel-hits-bad-memory",
        title="Kernels that hit bad memory",
        description="An ECC error stops the kernels of the test.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver("570.195.03", (12, 8), ("NVIDIA A30",)),
            gpus=(
                gpu(
                    "NVIDIA A30",
                    server=True,
                    ecc_volatile=Known(4),
                    ecc_aggregate=Known(9),
                    remapped_rows=Known(RemappedRows(corrected=0, uncorrected=2, pending=True, failed=False)),
                ),
            ),
            setup=setup("570.195.03"),
            engine=images_engine(),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 94, pid=990, name=python3, Contained: SM (0x1). RST: No, D-RST: No",
                "NVRM: Xid (PCI:0000:01:00): 63, Row Remapper: New row (0x000000000021af5c) "
                "marked for remapping, reset gpu to activate.",
            ),
            container=started(
                nvml=Known(nvml_in("570.195.03")),
                nvml_again=Known(nvml_in("570.195.03")),
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
                kernels=Known(
                    (
                        KernelRun(device="cpu", format="fp32"),
                        KernelRun(
                            device="cuda:0",
                            format="fp32",
                            kind="uncorrectable-ecc",
                            text="CUDA error: uncorrectable ECC error encountered",
                        ),
                    )
                ),
            ),
        ),
        expected=broken("torch-kernels/memory_error"),
    ),
    Case(
        name="workspace-turned-read-only",
        title="Disk that turned read-only",
        description="After errors the kernel mounted the data disk read-only.",
        sources=("https://docs.docker.com/engine/storage/bind-mounts/",),
        snapshot=machine(
            engine=images_engine(),
            engine_setup=engine_setup(
                daemon_json(),
                mounts=Known((Mount(path="/", kind="ext4"), Mount(path="/home", kind="ext4", read_only=True))),
            ),
            container=started(
                volume=Known(
                    VolumeTest(path="/home/sample/work", uid=0, step="open", number=30, error="Read-only file system")
                )
            ),
        ),
        expected=broken("container-volume/read_only"),
    ),
    Case(
        name="home-full",
        title="Home without room",
        description="Nothing can be written to the workspace.",
        sources=("https://docs.docker.com/engine/storage/",),
        snapshot=machine(
            host=host(
                disks=(
                    Disk(purpose="engine data", path="/var/lib/docker", total=Known(1000 * GB), free=Known(600 * GB)),
                    Disk(purpose="home", path="/home/sample", total=Known(500 * GB), free=Known(0)),
                    Disk(purpose="temporary", path="/tmp", total=Known(1000 * GB), free=Known(600 * GB)),
                )
            ),
            engine=images_engine(),
            container=started(
                volume=Known(
                    VolumeTest(
                        path="/home/sample/work", uid=0, step="write", number=28, error="No space left on device"
                    )
                )
            ),
        ),
        expected=broken("container-volume/full"),
    ),
    Case(
        name="gentoo-mixed-toolkit",
        title="Toolkit put together from several versions",
        description="The hook is of another generation than the runtime that calls it.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/14",),
        snapshot=machine(
            engine=images_engine("20.10.12"),
            toolkit=toolkit("1.8.1"),
            container=failed(
                "OCI runtime create failed: Running hook #1:: error running hook: exit status "
                "3, stderr: level=error msg=\"No help topic for 'prestart'\""
            ),
        ),
        expected=broken("container-gpu/hook_versions"),
    ),
    Case(
        name="change-root-failed",
        title="Toolkit whose driver root does not exist",
        description="config.toml names a root that is not there.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/679",),
        snapshot=machine(
            driver=driver("545.23.08", (12, 3), ("NVIDIA RTX A6000",)),
            gpus=(gpu("NVIDIA RTX A6000"),),
            setup=setup("545.23.08"),
            engine=images_engine("27.3.1"),
            toolkit=toolkit("1.16.2"),
            container=failed(
                "nvidia-container-cli: initialization error: change root failed: no such file or directory: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_root"),
    ),
    Case(
        name="mode-cdi-and-gpus",
        title="Toolkit set to CDI, launches by --gpus",
        description="After an update the mode was set to cdi; the hook of --gpus refuses to work.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1246",),
        snapshot=machine(
            host=host("arch", "6.17.8-arch1-1"),
            engine=images_engine("28.3.3", system="Arch Linux"),
            toolkit=toolkit(
                "1.17.8", config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, mode="cdi", ldconfig="/sbin/ldconfig"))
            ),
            setup=setup("580.95.05", "6.17.8-arch1-1"),
            container=failed(
                "error running prestart hook #0: exit status 1, stdout: , stderr: Using "
                "requested mode 'cdi'\ninvoking the NVIDIA Container Runtime Hook directly "
                "(e.g. specifying the docker --gpus flag) is not supported. Please use the NVIDIA Container Runtime"
            ),
        ),
        expected=broken("container-gpu/hook_mode"),
    ),
    Case(
        name="toolkit-1-19-1",
        title="Toolkit with a known regression",
        description="With 1.19.1 CUDA does not initialise in containers; 1.19.0 works.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1967",),
        snapshot=machine(
            host=host("manjaro", "6.18.39-1-MANJARO"),
            driver=driver("580.173.02", (13, 0), ("NVIDIA GeForce GTX 970",), flavour="proprietary", folder="/usr/lib"),
            gpus=(gpu("NVIDIA GeForce GTX 970"),),
            setup=setup("580.173.02", "6.18.39-1-MANJARO"),
            engine=images_engine("29.4.0", system="Manjaro Linux"),
            toolkit=toolkit("1.19.1"),
            container=started(
                "unknown-cuda-error",
                "CUDA unknown error",
                nvml=Known(nvml_in("580.173.02")),
                nvml_again=Known(nvml_in("580.173.02")),
                cuda=Known(InnerDriver(code=999, name="CUDA_ERROR_UNKNOWN")),
            ),
        ),
        expected=broken("container-cuda/toolkit_fault"),
    ),
    Case(
        name="cuda-dead-in-containers-only",
        title="CUDA dead in containers only",
        description="nvidia-smi works inside, cuInit does not; no suspend, no Xid.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1743",),
        snapshot=machine(
            engine=images_engine("29.4.0", backing_filesystem=Known("zfs")),
            toolkit=toolkit("1.18.2"),
            container=started(
                "unknown-cuda-error", "CUDA unknown error", cuda=Known(InnerDriver(code=999, name="CUDA_ERROR_UNKNOWN"))
            ),
        ),
        expected=broken("container-cuda/unknown_error"),
    ),
    Case(
        name="video-group-lost-inside",
        title="Nodes for the group video, lost in the container",
        description="Outside the user opens the nodes by a group; a rootless container does not have it.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1608",),
        snapshot=machine(
            host=host("tumbleweed", "6.17.8-1-default", user=user("sample", "wheel", "video")),
            driver=driver(
                "580.95.05",
                (13, 0),
                (RTX_4090,),
                node_access=Known(
                    tuple(node(n, mode="660", group="video") for n in ("nvidia-uvm", "nvidia0", "nvidiactl"))
                ),
            ),
            engine=podman(
                "5.6.2",
                images=pulled("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"),
                security=Known(("apparmor", "seccomp", "rootless")),
            ),
            engine_setup=engine_setup(**PODMAN_SETUP),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            setup=setup("580.95.05", "6.17.8-1-default"),
            container=started(
                "no-device",
                "No CUDA GPUs are available",
                starts=(StartAttempt(gpus="cdi", started=True),),
                nodes=Known(
                    tuple(
                        InnerNode(path=f"/dev/{n}", error="Permission denied")
                        for n in ("nvidia-uvm", "nvidia0", "nvidiactl")
                    )
                ),
                nvml=Known(InnerDriver(code=4, name="NVML_ERROR_NO_PERMISSION")),
                nvml_again=Known(InnerDriver(code=4, name="NVML_ERROR_NO_PERMISSION")),
                cuda=Known(InnerDriver(code=100, name="CUDA_ERROR_NO_DEVICE")),
            ),
        ),
        expected=broken("container-nodes/denied_group"),
    ),
    Case(
        name="no-delegation",
        title="Rootless Docker without delegated control groups",
        description="systemd refuses the unit of each container.",
        sources=("https://github.com/vmware/photon/issues/1474",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64", user=user("sample")),
            engine=images_engine("28.5.2", **ROOTLESS),
            engine_setup=engine_setup(
                daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless"), sockets=ROOTLESS_SOCKET
            ),
            toolkit=toolkit(
                "1.17.8", config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, no_cgroups=True, ldconfig="/sbin/ldconfig"))
            ),
            setup=setup("580.95.05", "6.1.0-41-amd64"),
            container=failed(
                "runc create failed: unable to start container process: unable to apply cgroup "
                'configuration: unable to start unit "docker-bd28.scope": Permission denied: unknown',
                trouble="engine-error",
                also_plain=True,
            ),
        ),
        expected=broken("container-start/delegation"),
    ),
    Case(
        name="capability-change-refused",
        title="Rootless runc and the hook",
        description="The hook cannot change its capabilities.",
        sources=("https://github.com/opencontainers/runc/issues/2952",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", user=user("sample")),
            engine=images_engine("26.1.4", **ROOTLESS),
            engine_setup=engine_setup(
                daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless"), sockets=ROOTLESS_SOCKET
            ),
            toolkit=toolkit(
                "1.14.6",
                config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, no_cgroups=True, ldconfig="/sbin/ldconfig.real")),
            ),
            setup=setup("580.95.05", "5.15.0-157-generic"),
            container=failed(
                "nvidia-container-cli: permission error: capability change failed: operation not permitted"
            ),
        ),
        expected=broken("container-gpu/hook_privilege"),
    ),
    Case(
        name="driver-fails-to-process",
        title="Driver that fails the toolkit's request",
        description="nvidia-smi works slowly; the toolkit's helper gets no answer.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1225",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            engine=images_engine("24.0.9"),
            toolkit=toolkit("1.13.5"),
            setup=setup("580.95.05", "6.1.0-41-amd64"),
            container=failed(
                "nvidia-container-cli.real: initialization error: driver error: failed to process request: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_slow"),
    ),
    Case(
        name="wsl-blocked-inside-only",
        title="WSL whose containers are blocked",
        description="nvidia-smi works in WSL; in the container the operating system blocks it.",
        sources=("https://github.com/microsoft/WSL/issues/9962",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("531.41", (12, 1)),
            gpus=(gpu("NVIDIA GeForce RTX 3060", wsl=True),),
            setup=WSL_SETUP,
            wsl=WSL,
            engine=images_engine("23.0.3"),
            toolkit=toolkit("1.13.0"),
            container=started(
                "no-device",
                "No CUDA GPUs are available",
                nodes=Known((InnerNode(path="/dev/dxg"),)),
                libraries=Known(
                    (
                        InnerLibrary(name="libcuda.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libcuda.so.1"),
                        InnerLibrary(
                            name="libnvidia-ml.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
                        ),
                    )
                ),
                nvml=Known(
                    InnerDriver(
                        code=17, name="NVML_ERROR_OPERATING_SYSTEM", text="GPU access blocked by the operating system"
                    )
                ),
                nvml_again=Known(InnerDriver(code=17, name="NVML_ERROR_OPERATING_SYSTEM")),
                cuda=Known(InnerDriver(code=100, name="CUDA_ERROR_NO_DEVICE")),
            ),
        ),
        expected=broken("container-nvml/wsl_blocked"),
    ),
    Case(
        name="frontend-renamed",
        title="Old toolkit with driver 550",
        description="The driver renamed its device class; the toolkit looks for the old name.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/381",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=driver("550.54.14", (12, 4), ("NVIDIA GeForce RTX 3090",)),
            gpus=(gpu("NVIDIA GeForce RTX 3090"),),
            setup=setup("550.54.14", "5.15.0-157-generic"),
            engine=images_engine("25.0.3"),
            toolkit=toolkit("1.14.3"),
            container=started(
                "no-device",
                "No CUDA GPUs are available",
                nodes=Known(
                    (
                        InnerNode(path="/dev/nvidia0", error="Operation not permitted"),
                        InnerNode(path="/dev/nvidiactl", error="Operation not permitted"),
                        InnerNode(path="/dev/nvidia-uvm"),
                    )
                ),
                nvml=Known(InnerDriver(code=999, name="NVML_ERROR_UNKNOWN")),
                nvml_again=Known(InnerDriver(code=999, name="NVML_ERROR_UNKNOWN")),
                cuda=Known(InnerDriver(code=100, name="CUDA_ERROR_NO_DEVICE")),
            ),
        ),
        expected=broken("container-nodes/denied"),
    ),
)
