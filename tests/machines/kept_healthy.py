"""Odd machines on which nothing is broken, composed from public reports."""

from tests.machines.case import Case, healthy
from tests.machines.parts import (
    ABSENT,
    GIB,
    MIB,
    NO_GPU_DRIVER,
    NO_TOOLKIT,
    NOT_SUPPORTED,
    PLAIN_RUNTIMES,
    STARTED,
    TOOLKIT_SETTINGS,
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
    image,
    log,
    machine,
    network,
    no_setup,
    node,
    not_loaded,
    podman,
    setup,
    spec,
    toolkit,
    user,
    wsl_driver,
)
from tests.machines.walks import (
    NOT_LOADED,
    ROOTLESS,
    ROOTLESS_SOCKET,
    RTX_4090,
    UNSEEN_NETWORK,
    XID_CATALOGUE,
    busy,
    images_engine,
    nvml_in,
    started,
    wsl_host,
)

from drydock.core.facts import (
    CdiSpec,
    Cpu,
    Distribution,
    DriverPackage,
    EngineSetup,
    GpuProcess,
    HostTorch,
    KernelModules,
    Known,
    Missing,
    PciGpu,
    RemappedRows,
    RetiredPages,
    Toolkit,
    User,
)
from drydock.core.facts.container import InnerNode, Reached, StartAttempt
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig
from drydock.core.facts.engine_setup import EngineSocket, Mount

KEPT_HEALTHY = (
    Case(
        name="k80-on-470",
        title="Tesla K80 with the driver it needs",
        description="All is set up well: images for CUDA 11.8 still hold code for compute capability 3.7.",
        sources=("https://github.com/pytorch/pytorch/issues/157517",),
        snapshot=machine(
            host=host("focal", "5.4.0-216-generic"),
            driver=driver("470.256.02", (11, 4), ("Tesla K80", "Tesla K80"), flavour="proprietary"),
            gpus=gpus("Tesla K80", 2, server=True),
            engine=engine(
                "24.0.9", system="Ubuntu 20.04.6 LTS", cgroup_version=Known("1"), cgroup_driver=Known("cgroupfs")
            ),
            toolkit=toolkit("1.14.3"),
            setup=setup("470.256.02", "5.4.0-216-generic"),
        ),
        expected=healthy(),
    ),
    Case(
        name="proxmox-all-cards-for-guests",
        title="Proxmox host whose cards are for guests",
        description=(
            "Both cards are held by vfio-pci for virtual machines; nothing of NVIDIA is installed on the host."
        ),
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1668",),
        snapshot=machine(
            host=host("proxmox", "6.14.11-4-pve"),
            driver=not_loaded(("NVIDIA RTX A6000", "NVIDIA RTX A6000"), "", held_by="vfio-pci"),
            gpus=(),
            setup=no_setup("6.14.11-4-pve"),
            toolkit=NO_TOOLKIT,
            engine=engine(runtimes=PLAIN_RUNTIMES),
            engine_setup=engine_setup(),
        ),
        expected=healthy("gpu-present/kept"),
    ),
    Case(
        name="v100-double-bit-errors",
        title="V100 with double-bit errors",
        description="An uncorrectable memory error; the page waits for the next start of the driver.",
        sources=(
            XID_CATALOGUE,
            "https://docs.nvidia.com/deploy/dynamic-page-retirement/index.html",
        ),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=256 * GIB),
            driver=driver("570.195.03", (12, 8), ("Tesla V100-SXM2-16GB",) * 2, flavour="proprietary"),
            gpus=(
                gpu(
                    "Tesla V100-SXM2-16GB",
                    0,
                    server=True,
                    ecc_volatile=Known(3),
                    ecc_aggregate=Known(5),
                    retired_pages=Known(RetiredPages(single_bit=0, double_bit=2, pending=True)),
                ),
                gpu(
                    "Tesla V100-SXM2-16GB",
                    1,
                    server=True,
                    ecc_volatile=Known(0),
                    ecc_aggregate=Known(0),
                    retired_pages=Known(RetiredPages(single_bit=0, double_bit=0, pending=False)),
                ),
            ),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 48, An uncorrectable double bit error (DBE) has "
                "been detected on GPU in the framebuffer at partition 5, subpartition 0.",
                "NVRM: Xid (PCI:0000:01:00): 63, Dynamic Page Retirement: New page retired, "
                "reboot to activate (0x000000000012ab3c).",
                "NVRM: Xid (PCI:0000:01:00): 45, pid=8812, name=python, Ch 00000010",
            ),
        ),
        expected=healthy("gpu-xid/memory", "gpu-retired/pending"),
    ),
    Case(
        name="company-certificate-inside",
        title="Containers that do not know the company's certificate",
        description="A proxy signs TLS anew; the host trusts it, containers do not.",
        sources=("https://github.com/docker/for-win/issues/23",),
        snapshot=machine(
            engine=images_engine(),
            network=network(added_certificates=Known(("/usr/local/share/ca-certificates/company.crt",))),
            container=started(
                network=Known(
                    (
                        Reached(
                            purpose="package index",
                            host="packages.example",
                            port=443,
                            step="tls",
                            error="certificate verify failed: self-signed certificate in certificate chain",
                        ),
                    )
                )
            ),
        ),
        expected=healthy("container-network/certificate"),
    ),
    Case(
        name="jetson-agx-orin-jetpack6",
        title="Jetson AGX Orin with JetPack 6",
        description="Works by the csv mode of the runtime.",
        sources=("https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html",),
        snapshot=machine(
            host=host(
                "jammy",
                "5.15.148-tegra",
                architecture="arm64",
                memory=60 * GIB,
                threads=12,
                cpu=Known(Cpu(model="ARMv8 Processor rev 1 (v8l)", cores=12, threads=12)),
            ),
            driver=driver(
                "540.4.0",
                (12, 6),
                (),
                folder="/usr/lib/aarch64-linux-gnu",
                device_nodes=Known(("nvidia0", "nvidiactl")),
                node_access=Known(
                    (node("nvidia0", mode="660", group="video"), node("nvidiactl", mode="660", group="video"))
                ),
                pci_gpus=Known(()),
                cuda_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1",)),
                library_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libnvidia-ml.so.1",)),
                flavour="open",
            ),
            gpus=(gpu("Orin (nvgpu)"),),
            engine=engine("27.5.1", architecture=Known("arm64"), default_runtime=Known("nvidia")),
            toolkit=toolkit(
                "1.16.2",
                config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, mode="auto", ldconfig="/sbin/ldconfig.real")),
            ),
            setup=setup(
                "540.4.0",
                "5.15.148-tegra",
                packages=Known((DriverPackage(name="nvidia-l4t-core", version="36.4.3"),)),
                kernels=Known((KernelModules(kernel="5.15.148-tegra", module=Known("updates/nvidia.ko")),)),
                services=Known(()),
            ),
            engine_setup=engine_setup(daemon_json(default_runtime="nvidia", keys=("default-runtime", "runtimes"))),
        ),
        expected=healthy(),
    ),
    Case(
        name="wsl-own-docker",
        title="WSL with its own Docker",
        description="Docker Engine and the toolkit inside WSL 2.",
        sources=("https://docs.nvidia.com/cuda/wsl-user-guide/index.html",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("576.80", (12, 9)),
            gpus=(gpu("NVIDIA GeForce RTX 4060 Ti", wsl=True, power_limit=NOT_SUPPORTED, processes=NOT_SUPPORTED),),
            setup=WSL_SETUP,
            wsl=changed(WSL, memory=Known("24GB"), settings_file=Known("/mnt/c/Users/USER/.wslconfig")),
            engine=engine("28.4.0", cgroup_driver=Known("systemd")),
            toolkit=toolkit("1.17.8"),
        ),
        expected=healthy(),
    ),
    Case(
        name="fedora-selinux-podman",
        title="Fedora with rootless Podman and SELinux",
        description="Everything by CDI; the policy lets containers use devices.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html",),
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
            container=started(starts=(StartAttempt(gpus="cdi", started=True),)),
        ),
        expected=healthy(),
    ),
    Case(
        name="a100-seven-slices",
        title="A100 in seven slices",
        description="MIG with seven instances.",
        sources=("https://docs.nvidia.com/datacenter/tesla/mig-user-guide/",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic"),
            driver=driver("570.195.03", (12, 8), ("NVIDIA A100 80GB PCIe",)),
            gpus=(
                gpu(
                    "NVIDIA A100 80GB PCIe",
                    server=True,
                    mig=Known(True),
                    mig_pending=Known(True),
                    mig_devices=tuple(f"MIG-0000000{i}-0000-5000-8000-000000000000" for i in range(7)),
                    utilisation=NOT_SUPPORTED,
                    compute_mode=Known("default"),
                ),
            ),
            setup=setup("570.195.03", "5.15.0-157-generic"),
        ),
        expected=healthy(),
    ),
    Case(
        name="vgpu-guest",
        title="Guest with a vGPU",
        description="A virtual machine with a profile of an A10; much is not told.",
        sources=("https://docs.nvidia.com/vgpu/latest/grid-vgpu-user-guide/index.html",),
        snapshot=machine(
            host=host(
                "jammy",
                "5.15.0-157-generic",
                cpu=Known(Cpu(model="Intel Xeon Processor (Icelake)", cores=8, threads=8)),
            ),
            driver=driver("570.172.08", (12, 8), ("NVIDIA A10-8Q",)),
            gpus=(
                gpu(
                    "NVIDIA A10-8Q",
                    temperature=NOT_SUPPORTED,
                    ecc=Known(False),
                    persistence=Known(True),
                    pcie_generation=NOT_SUPPORTED,
                    pcie_width=NOT_SUPPORTED,
                    max_pcie_generation=NOT_SUPPORTED,
                    max_pcie_width=NOT_SUPPORTED,
                    slowdown_temperature=NOT_SUPPORTED,
                    event_reasons=Known(0),
                    recovery=NOT_SUPPORTED,
                ),
            ),
            setup=setup(
                "570.172.08",
                "5.15.0-157-generic",
                runfile=Known(True),
                packages=Known(()),
                services=Known(("nvidia-gridd",)),
                service_files=Known(("nvidia-gridd", "nvidia-topologyd")),
            ),
        ),
        expected=healthy(),
    ),
    Case(
        name="hgx-eight-h100",
        title="HGX server",
        description="Eight H100 behind NVSwitch, InfiniBand.",
        sources=("https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html",),
        snapshot=machine(
            host=host("rocky", "5.14.0-570.52.1.el9_6.x86_64", memory=2048 * GIB, threads=224),
            driver=driver("580.95.05", (13, 0), ("NVIDIA H100 80GB HBM3",) * 8, folder="/usr/lib64"),
            gpus=gpus(
                "NVIDIA H100 80GB HBM3",
                8,
                server=True,
                fabric=Known("completed"),
                remapped_rows=Known(RemappedRows(corrected=1, uncorrected=0, pending=False, failed=False)),
            ),
            engine=engine(system="Rocky Linux 9.6 (Blue Onyx)"),
            setup=setup(
                "580.95.05",
                "5.14.0-570.52.1.el9_6.x86_64",
                switches=Known(4),
                infiniband=Known(("mlx5_0", "mlx5_1")),
                services=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
                service_files=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
            ),
            engine_setup=engine_setup(daemon_json(), selinux=Known("permissive")),
        ),
        expected=healthy(),
    ),
    Case(
        name="debian11-driver-470",
        title="Old Debian with driver 470",
        description="Debian 11 with its own driver and a Docker of the time.",
        sources=("https://wiki.debian.org/NvidiaGraphicsDrivers",),
        snapshot=machine(
            host=host("bullseye", "5.10.0-36-amd64"),
            driver=driver(
                "470.256.02",
                (11, 4),
                ("NVIDIA GeForce RTX 3060",),
                flavour="proprietary",
                cuda_files=Known(("/usr/lib/x86_64-linux-gnu/libcuda.so.470.256.02",)),
            ),
            gpus=(gpu("NVIDIA GeForce RTX 3060", recovery=NOT_SUPPORTED),),
            engine=engine(
                "24.0.9",
                system="Debian GNU/Linux 11 (bullseye)",
                api_version=Known("1.43"),
                cdi_devices=NOT_SUPPORTED,
                cdi_directories=NOT_SUPPORTED,
            ),
            toolkit=toolkit("1.14.6", refresh=Known(CdiRefresh(installed=False, enabled=False))),
            setup=setup("470.256.02", "5.10.0-36-amd64"),
        ),
        expected=healthy(),
    ),
    Case(
        name="gh200-sles",
        title="GH200 on SLES",
        description="ARM server, 64 KiB pages.",
        sources=("https://docs.nvidia.com/grace-gpu-tuning-guide.pdf",),
        snapshot=machine(
            host=host(
                "sles",
                "6.4.0-150600.23.73-64kb",
                architecture="arm64",
                memory=480 * GIB,
                threads=72,
                cpu=Known(Cpu(model="Neoverse-V2", cores=72, threads=72)),
            ),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GH200 480GB",), folder="/usr/lib64"),
            gpus=(gpu("NVIDIA GH200 480GB", server=True),),
            engine=engine(
                "28.3.3",
                system="SUSE Linux Enterprise Server 15 SP6",
                architecture=Known("arm64"),
                backing_filesystem=Known("btrfs"),
                storage_driver=Known("btrfs"),
            ),
            setup=setup("580.95.05", "6.4.0-150600.23.73-64kb"),
        ),
        expected=healthy(),
    ),
    Case(
        name="optimus-laptop",
        title="Laptop with Intel and NVIDIA graphics",
        description="The discrete GPU sleeps at a narrow link.",
        sources=("https://download.nvidia.com/XFree86/Linux-x86_64/580.95.05/README/dynamicpowermanagement.html",),
        snapshot=machine(
            host=host("ubuntu", "6.14.0-33-generic", memory=16 * GIB),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 3070 Laptop GPU",)),
            gpus=(
                gpu(
                    "NVIDIA GeForce RTX 3070 Laptop GPU",
                    pcie_width=Known(8),
                    pcie_generation=Known(1),
                    max_pcie_width=Known(16),
                    power_limit=NOT_SUPPORTED,
                    default_power_limit=NOT_SUPPORTED,
                    display=Known(False),
                ),
            ),
            setup=setup("580.95.05", suspends=Known(6), keeps_memory=Known(True)),
            kernel_log=log("PM: suspend entry (s2idle)", "PM: suspend exit"),
        ),
        expected=healthy(),
    ),
    Case(
        name="thin-client",
        title="Notebook that uses a server",
        description="No NVIDIA GPU here on purpose: DOCKER_HOST leads to a server whose engine can hand out GPUs.",
        sources=("https://docs.docker.com/engine/security/protect-access/",),
        snapshot=machine(
            host=host("ubuntu", memory=16 * GIB, environment={"DOCKER_HOST": "ssh://gpu-server"}),
            driver=NO_GPU_DRIVER,
            gpus=(),
            setup=no_setup(),
            toolkit=NO_TOOLKIT,
            engine=engine(
                "28.5.2",
                endpoint="ssh://gpu-server",
                chosen_by="DOCKER_HOST",
                remote=True,
                data_root_free=Missing("not_applicable"),
                data_root_inodes=Missing("not_applicable"),
                memory=Known(512 * GIB),
                cpus=Known(96),
            ),
            engine_setup=engine_setup(daemon=ABSENT, sockets=Known(()), started=ABSENT, docker_group=Known(False)),
        ),
        expected=healthy(),
    ),
    Case(
        name="air-gapped",
        title="Server without a way out",
        description="No name server and no proxy; the image was loaded from a file.",
        sources=("https://docs.docker.com/reference/cli/docker/image/load/",),
        snapshot=machine(
            host=host("rocky", "5.14.0-570.52.1.el9_6.x86_64"),
            engine=images_engine(system="Rocky Linux 9.6 (Blue Onyx)"),
            network=network(nameservers=Known(()), upstream_nameservers=ABSENT),
            setup=setup("580.95.05", "5.14.0-570.52.1.el9_6.x86_64"),
        ),
        expected=healthy(),
    ),
    Case(
        name="behind-a-company-proxy",
        title="Behind a company's proxy",
        description="Proxy and certificate set for the engine and for containers.",
        sources=("https://docs.docker.com/engine/daemon/proxy/",),
        snapshot=machine(
            host=host(
                environment={
                    "HTTPS_PROXY": "http://proxy.example:3128",
                    "HTTP_PROXY": "http://proxy.example:3128",
                    "NO_PROXY": "localhost,127.0.0.1",
                }
            ),
            engine=images_engine(
                proxies=Known(
                    {"http": "http://proxy.example:3128", "https": "http://proxy.example:3128", "none": "localhost"}
                )
            ),
            network=network(
                container_proxies=Known(
                    {"httpProxy": "http://proxy.example:3128", "httpsProxy": "http://proxy.example:3128"}
                ),
                added_certificates=Known(("/usr/local/share/ca-certificates/company.crt",)),
            ),
        ),
        expected=healthy(),
    ),
    Case(
        name="arch-docker29",
        title="Arch with Docker 29",
        description="Rolling: Docker 29 with CDI, no daemon.json.",
        sources=("https://wiki.archlinux.org/title/Docker",),
        snapshot=machine(
            host=host("arch", "6.17.8-arch1-1"),
            driver=driver("580.105.08", (13, 0), ("NVIDIA GeForce RTX 5080",), folder="/usr/lib"),
            gpus=(gpu("NVIDIA GeForce RTX 5080"),),
            engine=engine(
                "29.0.2",
                system="Arch Linux",
                api_version=Known("1.52"),
                runtimes=PLAIN_RUNTIMES,
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
            ),
            toolkit=toolkit("1.18.1", specs=(spec("580.105.08", 1),)),
            setup=setup(
                "580.105.08",
                "6.17.8-arch1-1",
                kernels=Known((KernelModules(kernel="6.17.8-arch1-1", module=Known("extramodules/nvidia.ko.zst")),)),
                packages=Known(
                    (
                        DriverPackage(name="nvidia-open", version="580.105.08-3"),
                        DriverPackage(name="nvidia-utils", version="580.105.08-1"),
                    )
                ),
            ),
            engine_setup=engine_setup(),
        ),
        expected=healthy(),
    ),
    Case(
        name="nixos-cdi",
        title="NixOS with CDI",
        description="Libraries and programs lie in unusual places.",
        sources=("https://github.com/NixOS/nixpkgs/pull/284507",),
        snapshot=machine(
            host=host("nixos", "6.12.57"),
            driver=driver("580.95.05", (13, 0), (RTX_4090,), library_files=Known(()), cuda_files=Known(())),
            engine=engine(
                "28.5.1",
                system="NixOS 25.05 (Warbler)",
                runtimes=PLAIN_RUNTIMES,
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
            ),
            toolkit=toolkit(
                "1.17.8",
                specs=(
                    CdiSpec(
                        path="/var/run/cdi/nvidia-container-toolkit.json",
                        devices=("nvidia.com/gpu=0", "nvidia.com/gpu=all"),
                        driver_version=Known("580.95.05"),
                        files=40,
                        gone=Known(()),
                    ),
                ),
                runtime_path=ABSENT,
                hook_path=ABSENT,
                cli_path=ABSENT,
                config=ABSENT,
                refresh=Known(CdiRefresh(installed=False, enabled=False)),
            ),
            setup=setup(
                "580.95.05",
                "6.12.57",
                kernels=Known((KernelModules(kernel="6.12.57", module=ABSENT),)),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                services=Known(()),
                service_files=Known(()),
            ),
            engine_setup=engine_setup(daemon=Known("/run/current-system/sw/bin/dockerd")),
        ),
        expected=healthy(),
    ),
    Case(
        name="conda-everywhere",
        title="Desktop with a conda environment full of variables",
        description="LD_LIBRARY_PATH leads to conda and an old CUDA; several builds of torch for the processor.",
        sources=("https://github.com/pytorch/pytorch/issues/100095",),
        snapshot=machine(
            host=host(
                environment={
                    "CONDA_PREFIX": "/home/sample/miniconda3/envs/old",
                    "LD_LIBRARY_PATH": "/home/sample/miniconda3/envs/old/lib:/usr/local/cuda-11.2/lib64",
                    "CUDA_HOME": "/usr/local/cuda-11.2",
                    "CUDA_VISIBLE_DEVICES": "0",
                }
            ),
            host_torch=(
                HostTorch(python="/home/sample/miniconda3/envs/old/bin/python", version=Known("1.12.1+cpu")),
                HostTorch(python="/usr/bin/python3", version=Known("2.9.0+cpu")),
            ),
            engine=images_engine(),
            container=started(),
        ),
        expected=healthy(),
    ),
    Case(
        name="windows-with-desktop",
        title="Windows with Docker Desktop",
        description="The program runs in Windows itself.",
        sources=("https://docs.docker.com/desktop/features/gpu/",),
        snapshot=machine(
            host=changed(
                host(),
                system="windows",
                distribution=Known(Distribution(id="windows", version="10.0.26200", pretty="Windows 11 Pro 25H2")),
                kernel=Known("10.0.26200"),
                shm_total=Missing("not_applicable"),
                user=Missing("not_applicable"),
                limits=Missing("not_applicable"),
                overcommit=Missing("not_applicable"),
                restart_wanted=Missing("not_applicable"),
                clock=Missing("not_applicable"),
                wsl=Known(False),
            ),
            driver=changed(
                driver(
                    "581.42",
                    (13, 0),
                    (RTX_4090,),
                    module_version=Missing("not_applicable"),
                    device_nodes=Missing("not_applicable"),
                    pci_gpus=Missing("not_applicable"),
                    library_files=Missing("not_applicable"),
                    cuda_files=Missing("not_applicable"),
                    node_access=Missing("not_applicable"),
                ),
                flavour=Missing("not_applicable"),
            ),
            gpus=(gpu(RTX_4090, persistence=NOT_SUPPORTED, display=Known(True)),),
            engine=engine(
                "28.5.1",
                system="Docker Desktop",
                endpoint="npipe:////./pipe/docker_engine",
                product=Known("Docker Desktop 4.49.0"),
                data_root_free=Missing("not_applicable"),
                data_root_inodes=Missing("not_applicable"),
            ),
            toolkit=Toolkit(
                version=Missing("not_applicable"),
                runtime_path=Missing("not_applicable"),
                hook_path=Missing("not_applicable"),
                cdi_specs=Missing("not_applicable"),
            ),
            setup=WSL_SETUP,
            kernel_log=Missing("not_applicable"),
            engine_setup=EngineSetup(**dict.fromkeys(EngineSetup.__struct_fields__, Missing("not_applicable"))),
            network=UNSEEN_NETWORK,
        ),
        expected=healthy(),
    ),
    Case(
        name="hook-without-registration",
        title="Runtime not registered, hook there",
        description=(
            "daemon.json was written today and waits for a restart; --gpus works by the hook as it did before."
        ),
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html",),
        snapshot=machine(
            engine=images_engine(runtimes=PLAIN_RUNTIMES),
            engine_setup=engine_setup(daemon_json(modified=Known(STARTED + 70000))),
            container=started(),
        ),
        expected=healthy(),
    ),
    Case(
        name="harmless-xids",
        title="Lines that frighten for nothing",
        description="A killed program left Xid 43 and 45; the module taints the kernel.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            kernel_log=log(
                "nvidia: module verification failed: signature and/or required key missing - tainting kernel",
                "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05",
                "NVRM: Xid (PCI:0000:01:00): 43, pid=3120, name=python, Ch 00000008",
                "NVRM: Xid (PCI:0000:01:00): 45, pid=3120, name=python, Ch 00000008",
            )
        ),
        expected=healthy(),
    ),
    Case(
        name="egpu-at-x4",
        title="External GPU over Thunderbolt",
        description="Four lanes are all this enclosure has.",
        sources=("https://egpu.io/",),
        snapshot=machine(
            host=host("ubuntu", memory=32 * GIB),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 2060",)),
            gpus=(gpu("NVIDIA GeForce RTX 2060", pcie_width=Known(4), max_pcie_width=Known(16)),),
        ),
        expected=healthy(),
    ),
    Case(
        name="busy-shared-server",
        title="Shared server at work",
        description="Other people's jobs fill two of four GPUs, hot but in bounds.",
        sources=("https://github.com/RLinf/RLinf/issues/255",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=512 * GIB, threads=128),
            driver=driver("570.195.03", (12, 8), ("NVIDIA L40S",) * 4),
            gpus=(busy("NVIDIA L40S", 0), busy("NVIDIA L40S", 1), *gpus("NVIDIA L40S", 4, server=True)[2:]),
            setup=setup("570.195.03", "5.15.0-157-generic"),
            engine=images_engine("27.3.1"),
        ),
        expected=healthy(),
    ),
    Case(
        name="mps-on-a-workstation",
        title="Workstation with MPS",
        description="Exclusive mode with the server of MPS in front, as it is meant.",
        sources=("https://docs.nvidia.com/deploy/mps/index.html",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition",)),
            gpus=(
                gpu(
                    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition",
                    compute_mode=Known("exclusive_process"),
                    processes=Known(
                        (
                            GpuProcess(
                                pid=88,
                                kind="compute",
                                memory_used=Known(30 * MIB),
                                name=Known("nvidia-cuda-mps-server"),
                                container=Missing("absent"),
                            ),
                        )
                    ),
                ),
            ),
        ),
        expected=healthy(),
    ),
    Case(
        name="cpu-image-of-a-cloud",
        title="Cloud image with a driver, on a machine without GPU",
        description=(
            "The image of the cloud brings the driver; this instance was taken without a GPU to prepare data."
        ),
        sources=("https://cloud.google.com/deep-learning-vm/docs/introduction",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-cloud-amd64"),
            driver=not_loaded((), "570.195.03"),
            gpus=(),
            setup=setup("570.195.03", "6.1.0-41-cloud-amd64", runfile=Known(True), packages=Known(()), **NOT_LOADED),
        ),
        expected=healthy(),
    ),
    Case(
        name="kubernetes-node",
        title="Node of Kubernetes with an operator's driver",
        description="The driver lives in a container; its libraries lie under /run/nvidia/driver.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/index.html",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", memory=512 * GIB),
            driver=driver("570.195.03", (12, 8), ("NVIDIA L40S",) * 2, library_files=Known(()), cuda_files=Known(())),
            gpus=gpus("NVIDIA L40S", 2, server=True),
            setup=setup(
                "570.195.03",
                "5.15.0-157-generic",
                kernels=Known((KernelModules(kernel="5.15.0-157-generic", module=ABSENT),)),
                module_on_disk=ABSENT,
                module_signer=ABSENT,
                packages=Known(()),
                services=Known(("kubelet",)),
                service_files=Known(("kubelet",)),
            ),
            engine=engine(
                "27.3.1", default_runtime=Known("nvidia"), runtimes=Known(("io.containerd.runc.v2", "nvidia", "runc"))
            ),
            toolkit=toolkit(
                "1.17.8", runtime_path=ABSENT, hook_path=ABSENT, version=ABSENT, cli_path=ABSENT, config=ABSENT
            ),
            engine_setup=engine_setup(
                daemon_json(
                    runtimes={"nvidia": "/usr/local/nvidia/toolkit/nvidia-container-runtime"}, default_runtime="nvidia"
                )
            ),
        ),
        expected=healthy(),
    ),
    Case(
        name="socket-in-a-dev-container",
        title="Development container with the host's socket",
        description="Two of eight GPUs are inside, and the host's engine.",
        sources=("https://containers.dev/",),
        snapshot=machine(
            host=host(in_container=Known(True), user=Known(User(uid=0, groups=("root",), database_groups=("root",)))),
            driver=driver(
                "570.195.03",
                (12, 8),
                ("NVIDIA A100-SXM4-40GB",) * 8,
                device_nodes=Known(("nvidia-uvm", "nvidia2", "nvidia3", "nvidiactl")),
            ),
            gpus=gpus("NVIDIA A100-SXM4-40GB", 2, server=True),
            toolkit=NO_TOOLKIT,
            engine=images_engine(),
            engine_setup=engine_setup(daemon=ABSENT, docker_group=Known(False)),
            setup=no_setup(kernels=Known(()), loaded_modules=Known(("nvidia", "nvidia_uvm"))),
        ),
        expected=healthy(),
    ),
    Case(
        name="lxc-with-no-cgroups",
        title="LXC container with GPU and Docker",
        description="The switch no-cgroups is on, as it must be in there, and containers have the GPU.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/290",),
        snapshot=machine(
            host=host("debian", "6.14.11-4-pve", in_container=Known(True)),
            driver=driver("570.195.03", (12, 8), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            engine=images_engine("27.5.1", system="Debian GNU/Linux 12 (bookworm)", cgroup_driver=Known("systemd")),
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
            container=started(nvml=Known(nvml_in("570.195.03")), nvml_again=Known(nvml_in("570.195.03"))),
        ),
        expected=healthy(),
    ),
    Case(
        name="slept-and-well",
        title="Laptop that slept and is well",
        description="Suspended five times without keeping video memory; CUDA works all the same.",
        sources=("https://github.com/pop-os/default-settings/pull/64",),
        snapshot=machine(
            host=host("ubuntu", memory=32 * GIB, threads=16),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 4070 Laptop GPU",)),
            gpus=(gpu("NVIDIA GeForce RTX 4070 Laptop GPU"),),
            setup=setup("580.95.05", suspends=Known(5), keeps_memory=Known(False)),
            engine=images_engine(),
            container=started(),
        ),
        expected=healthy(),
    ),
    Case(
        name="tumbleweed-secure-boot",
        title="Tumbleweed with Secure Boot and root's Podman",
        description="Signed module, CDI in /etc, three kernels installed.",
        sources=("https://en.opensuse.org/SDB:NVIDIA_drivers",),
        snapshot=machine(
            host=host(
                "tumbleweed", "6.17.8-1-default", user=Known(User(uid=0, groups=("root",), database_groups=("root",)))
            ),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 5080",), folder="/usr/lib64"),
            gpus=(gpu("NVIDIA GeForce RTX 5080"),),
            engine=podman(
                "5.7.0",
                endpoint="unix:///run/podman/podman.sock",
                rootless=Known(False),
                data_root=Known("/var/lib/containers/storage"),
                security=Known(("apparmor", "seccomp")),
            ),
            engine_setup=engine_setup(
                sockets=Known((EngineSocket(path="/run/podman/podman.sock", kind="podman_system"),)),
                daemon=ABSENT,
                started=ABSENT,
                unit_hosts=ABSENT,
                docker_group=Known(False),
            ),
            setup=setup(
                "580.95.05",
                "6.17.8-1-default",
                secure_boot=Known(True),
                module_signer=Known("openSUSE Secure Boot CA"),
                kernels=Known(
                    (
                        KernelModules(kernel="6.17.5-1-default", module=Known("updates/nvidia.ko")),
                        KernelModules(kernel="6.17.7-1-default", module=Known("updates/nvidia.ko")),
                        KernelModules(kernel="6.17.8-1-default", module=Known("updates/nvidia.ko")),
                    )
                ),
            ),
            toolkit=toolkit(
                specs=(spec("580.95.05", 1, path="/etc/cdi/nvidia.yaml"),),
                refresh=Known(CdiRefresh(installed=False, enabled=False)),
            ),
        ),
        expected=healthy(),
    ),
    Case(
        name="wsl-with-desktop",
        title="WSL with Docker Desktop",
        description="Everything from Docker Desktop; the loader's path is set by the distribution.",
        sources=("https://docs.docker.com/desktop/features/wsl/",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("581.42", (13, 0)),
            gpus=(gpu("NVIDIA GeForce RTX 4060 Ti", wsl=True),),
            setup=WSL_SETUP,
            wsl=WSL,
            engine=engine(
                "28.5.1",
                system="Docker Desktop",
                product=Known("Docker Desktop 4.49.0"),
                runtimes=Known(("io.containerd.runc.v2", "nvidia", "runc")),
                data_root_free=Missing("not_applicable"),
                data_root_inodes=Missing("not_applicable"),
                cgroup_driver=Known("cgroupfs"),
            ),
            toolkit=NO_TOOLKIT,
            engine_setup=engine_setup(daemon=ABSENT, started=ABSENT, unit_hosts=ABSENT, docker_group=Known(False)),
        ),
        expected=healthy(),
    ),
    Case(
        name="dual-card-one-old",
        title="Desktop with an old second card",
        description="A GT 710 that no driver holds draws nothing; the RTX card works.",
        sources=("https://wiki.archlinux.org/title/NVIDIA",),
        snapshot=machine(
            driver=driver(
                "580.95.05",
                (13, 0),
                ("NVIDIA GeForce RTX 3090",),
                pci_gpus=Known(
                    (
                        PciGpu(address="0000:01:00.0", device_id="2204", driver=Known("nvidia")),
                        PciGpu(address="0000:02:00.0", device_id="128b", driver=ABSENT),
                    )
                ),
            ),
            gpus=(gpu("NVIDIA GeForce RTX 3090"),),
        ),
        expected=healthy(),
    ),
    Case(
        name="manjaro-gtx970",
        title="Manjaro with a GTX 970",
        description="The proprietary 580 and toolkit 1.19.0.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1967",),
        snapshot=machine(
            host=host("manjaro", "6.18.39-1-MANJARO"),
            driver=driver("580.173.02", (13, 0), ("NVIDIA GeForce GTX 970",), flavour="proprietary", folder="/usr/lib"),
            gpus=(gpu("NVIDIA GeForce GTX 970"),),
            setup=setup("580.173.02", "6.18.39-1-MANJARO"),
            engine=engine("29.4.0", system="Manjaro Linux"),
            toolkit=toolkit("1.19.0", specs=(spec("580.173.02", 1),)),
        ),
        expected=healthy(),
    ),
    Case(
        name="rootless-with-cdi",
        title="Rootless Docker with CDI",
        description="no-cgroups is off and does not matter.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/196",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64", user=user("sample")),
            engine=images_engine(
                "28.5.2",
                **ROOTLESS,
                runtimes=PLAIN_RUNTIMES,
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
            ),
            engine_setup=engine_setup(sockets=ROOTLESS_SOCKET),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            setup=setup("580.95.05", "6.1.0-41-amd64"),
            container=started(starts=(StartAttempt(gpus="cdi", started=True),)),
        ),
        expected=healthy(),
    ),
    Case(
        name="zfs-root",
        title="Everything on ZFS",
        description="Docker keeps its layers on ZFS.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1743",),
        snapshot=machine(
            engine=images_engine(
                "29.4.0",
                storage_driver=Known("zfs"),
                backing_filesystem=Known("zfs"),
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
            ),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            engine_setup=engine_setup(
                daemon_json(), mounts=Known((Mount(path="/", kind="zfs"), Mount(path="/home", kind="zfs")))
            ),
            container=started(),
        ),
        expected=healthy(),
    ),
    Case(
        name="wsl-with-cdi",
        title="WSL with Docker and CDI",
        description="The specification names /dev/dxg; the driver is that of Windows.",
        sources=("https://docs.nvidia.com/cuda/wsl-user-guide/index.html",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("581.42", (13, 0)),
            gpus=(gpu("NVIDIA GeForce RTX 4060 Ti", wsl=True),),
            setup=WSL_SETUP,
            wsl=WSL,
            engine=images_engine("28.5.2", cdi_devices=Known(("nvidia.com/gpu=all",))),
            toolkit=toolkit(
                specs=(
                    CdiSpec(
                        path="/var/run/cdi/nvidia.yaml",
                        devices=("nvidia.com/gpu=all",),
                        driver_version=Missing("absent", "no library file name carries a version"),
                        files=12,
                        gone=Known(()),
                    ),
                )
            ),
            container=started(
                starts=(StartAttempt(gpus="cdi", started=True),),
                nodes=Known((InnerNode(path="/dev/dxg"),)),
                nvml=Known(nvml_in("581.42")),
                nvml_again=Known(nvml_in("581.42")),
            ),
        ),
        expected=healthy(),
    ),
)
