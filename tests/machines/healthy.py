"""Machines on which nothing is broken, of many kinds; some deserve attention."""

from tests.machines import parts
from tests.machines.case import Case, healthy
from tests.machines.parts import GB, GIB, changed

from drydock.core.facts import Cpu, Known, Missing, PciGpu, RemappedRows
from drydock.core.facts.engine import CdiRefresh
from drydock.core.facts.network import Route

_LAPTOP = "NVIDIA GeForce RTX 4070 Laptop GPU"
_RTX_3090, _RTX_3080, _GTX_1080 = "NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 3080", "NVIDIA GeForce GTX 1080"
_H100, _A100, _T4, _GH200, _GB10 = (
    "NVIDIA H100 80GB HBM3",
    "NVIDIA A100-SXM4-40GB",
    "Tesla T4",
    "NVIDIA GH200 480GB",
    "NVIDIA GB10",
)
_V100, _RTX_5090 = "Tesla V100-SXM2-16GB", "NVIDIA GeForce RTX 5090"
WHOLE = {
    "ecc_pending": Known(True),
    "mig_pending": Known(False),
    "ecc_volatile": Known(0),
    "ecc_aggregate": Known(0),
    "remapped_rows": Known(RemappedRows(corrected=0, uncorrected=0, pending=False, failed=False)),
}
"""What a data-centre GPU tells of its memory while all is well."""

BY_HAND = Known(CdiRefresh(installed=False, enabled=False))
"""Nothing renews the CDI specification by itself."""

ARM = {"folder": "/usr/lib/aarch64-linux-gnu"}
_TOOLKIT_GUIDE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
_CDI_GUIDE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html"
_MIG_GUIDE = "https://docs.nvidia.com/datacenter/tesla/mig-user-guide/"
_WSL_GUIDE = "https://docs.nvidia.com/cuda/wsl-user-guide/"

SERVER_8XH100 = parts.machine(
    host=parts.host(
        "jammy",
        "5.15.0-157-generic",
        memory=2048 * GIB,
        threads=224,
        cpu=Known(Cpu(model="Intel(R) Xeon(R) Platinum 8480C", cores=112, threads=224)),
    ),
    driver=parts.driver("570.195.03", (12, 8), (_H100,) * 8),
    gpus=parts.gpus(_H100, 8, server=True, fabric=Known("completed"), **WHOLE),
    engine=parts.engine("28.3.3", system="Ubuntu 22.04.5 LTS", data_root=Known("/raid/docker")),
    setup=parts.setup(
        "570.195.03",
        "5.15.0-157-generic",
        services=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
        service_files=Known(("nvidia-fabricmanager", "nvidia-persistenced")),
        switches=Known(4),
    ),
)

WSL_DESKTOP = parts.machine(
    host=parts.host(kernel="6.6.87.2-microsoft-standard-WSL2", memory=32 * GIB, wsl=Known(True)),
    driver=parts.wsl_driver("581.42", (13, 0)),
    gpus=(parts.gpu(_RTX_3080, wsl=True, processes=parts.NOT_SUPPORTED),),
    engine=parts.engine(
        system="Docker Desktop",
        product=Known("Docker Desktop 4.49.0"),
        data_root_free=Missing("not_applicable", "the data lies inside Docker Desktop"),
        data_root_inodes=Missing("not_applicable"),
        memory=Known(32 * GIB),
        cgroup_driver=Known("cgroupfs"),
        security=Known(("seccomp",)),
    ),
    toolkit=parts.NO_TOOLKIT,
    setup=parts.WSL_SETUP,
    wsl=parts.WSL,
    engine_setup=parts.engine_setup(daemon=parts.ABSENT, started=parts.ABSENT, limits=parts.ABSENT),
)

PODMAN_CDI = parts.machine(
    host=parts.host("fedora", "6.17.8-300.fc43.x86_64", user=parts.user("sample")),
    driver=parts.driver("580.105.08", (13, 0), (_RTX_3090,), folder="/usr/lib64"),
    gpus=(parts.gpu(_RTX_3090),),
    engine=parts.podman(),
    toolkit=parts.toolkit(specs=(parts.spec("580.105.08", 1, "/etc/cdi/nvidia.yaml"),), refresh=BY_HAND),
    setup=parts.setup("580.105.08", "6.17.8-300.fc43.x86_64"),
    engine_setup=parts.engine_setup(daemon=parts.ABSENT, docker_group=Known(False), selinux=Known("enforcing")),
)

HEALTHY: tuple[Case, ...] = (
    Case(
        name="healthy-laptop",
        title="Laptop with two graphics chips",
        description="Debian laptop; the NVIDIA GPU works beside the processor's own graphics.",
        sources=(_TOOLKIT_GUIDE,),
        snapshot=parts.machine(
            host=parts.host("debian", "6.12.48+deb13-amd64", memory=32 * GIB),
            driver=parts.driver("550.163.01", (12, 4), (_LAPTOP,)),
            gpus=(parts.gpu(_LAPTOP),),
            engine=parts.engine("28.5.2", system="Debian GNU/Linux 13 (trixie)"),
            setup=parts.setup("550.163.01", "6.12.48+deb13-amd64"),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-desktop",
        title="Desktop with an RTX 4090",
        description="Ubuntu desktop as the toolkit's installation guide leaves it.",
        sources=(_TOOLKIT_GUIDE,),
        snapshot=parts.machine(),
        expected=healthy(),
    ),
    Case(
        name="healthy-old-card",
        title="GTX 1080 on its last driver branch",
        description="Driver 580 is the last branch for this card; it must not be told to update.",
        sources=("https://github.com/pytorch/pytorch/issues/157517",),
        snapshot=parts.machine(
            driver=parts.driver("580.95.05", (13, 0), (_GTX_1080,), flavour="proprietary"),
            gpus=(parts.gpu(_GTX_1080),),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-server-8xh100",
        title="Server with eight H100",
        description="NVSwitch server whose fabric manager runs.",
        sources=("https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html",),
        snapshot=SERVER_8XH100,
        expected=healthy(),
    ),
    Case(
        name="healthy-wsl2",
        title="WSL 2 with Docker Desktop",
        description="The driver of Windows serves Linux; no toolkit and no module belong inside.",
        sources=(_WSL_GUIDE,),
        snapshot=WSL_DESKTOP,
        expected=healthy(),
    ),
    Case(
        name="healthy-podman-cdi",
        title="Fedora with rootless Podman and CDI",
        description="No NVIDIA runtime anywhere: the CDI specification is the way.",
        sources=(_CDI_GUIDE,),
        snapshot=PODMAN_CDI,
        expected=healthy(),
    ),
    Case(
        name="healthy-rootless-docker",
        title="Rootless Docker with CDI",
        description="The engine runs without root and hands out GPUs by CDI.",
        sources=(_CDI_GUIDE, "https://github.com/NVIDIA/nvidia-docker/issues/1155"),
        snapshot=parts.machine(
            host=parts.host(user=parts.user("sample")),
            engine=parts.engine(
                endpoint="unix:///run/user/1000/docker.sock",
                chosen_by="rootless engine",
                rootless=Known(True),
                runtimes=parts.PLAIN_RUNTIMES,
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
                data_root=Known("/home/sample/.local/share/docker"),
                security=Known(("seccomp", "rootless", "cgroupns")),
            ),
            toolkit=parts.toolkit(specs=(parts.spec("580.95.05", 1),)),
            engine_setup=parts.engine_setup(docker_group=Known(False), started=parts.ABSENT),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-docker29-cdi",
        title="Docker 29 with CDI only",
        description="The specification is renewed by the toolkit's own service; no runtime is registered.",
        sources=(_CDI_GUIDE, "https://github.com/gpustack/gpustack/issues/3808"),
        snapshot=parts.machine(
            engine=parts.engine(
                "29.0.2",
                api_version=Known("1.52"),
                runtimes=parts.PLAIN_RUNTIMES,
                cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all")),
            ),
            toolkit=parts.toolkit(specs=(parts.spec("580.95.05", 1),)),
            engine_setup=parts.engine_setup(),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-gh200-arm64",
        title="GH200 on arm64",
        description="Grace Hopper server; images for arm64 come from NGC.",
        sources=(_TOOLKIT_GUIDE,),
        snapshot=parts.machine(
            host=parts.host(
                "jammy",
                "6.8.0-1042-nvidia-64k",
                memory=480 * GIB,
                architecture="arm64",
                cpu=Known(Cpu(model="Neoverse-V2", cores=72, threads=72)),
            ),
            driver=parts.driver("580.95.05", (13, 0), (_GH200,), **ARM),
            gpus=(parts.gpu(_GH200, server=True, **WHOLE),),
            engine=parts.engine(system="Ubuntu 22.04.5 LTS", architecture=Known("arm64")),
            setup=parts.setup("580.95.05", "6.8.0-1042-nvidia-64k"),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-gb10",
        title="GB10 with unified memory",
        description="Small arm64 workstation whose GPU has no memory of its own to tell of.",
        sources=("https://github.com/XuehaiPan/nvitop",),
        snapshot=parts.machine(
            host=parts.host(
                "dgx",
                "6.14.0-1013-nvidia",
                memory=120 * GIB,
                architecture="arm64",
                cpu=Known(Cpu(model="Cortex-X925", cores=20, threads=20)),
            ),
            driver=parts.driver("580.95.05", (13, 0), (_GB10,), **ARM),
            gpus=(parts.gpu(_GB10, mig=parts.NOT_SUPPORTED),),
            engine=parts.engine("28.5.1", architecture=Known("arm64")),
            setup=parts.setup("580.95.05", "6.14.0-1013-nvidia"),
        ),
        expected=healthy(),
    ),
    Case(
        name="healthy-a100-mig",
        title="A100 cut into slices",
        description="MIG mode is on and there are slices.",
        sources=(_MIG_GUIDE,),
        snapshot=parts.machine(
            host=parts.host("jammy", "5.15.0-157-generic", memory=512 * GIB),
            driver=parts.driver("550.144.03", (12, 4), (_A100,)),
            gpus=(
                changed(
                    parts.gpu(_A100, server=True, **WHOLE),
                    mig=Known(True),
                    mig_pending=Known(True),
                    mig_devices=tuple(f"MIG-00000000-0000-0000-0000-{number:012d}" for number in (1, 2, 3)),
                    utilisation=parts.NOT_SUPPORTED,
                ),
            ),
            engine=parts.engine(system="Ubuntu 22.04.5 LTS"),
            setup=parts.setup("550.144.03", "5.15.0-157-generic"),
        ),
        expected=healthy("gpu-mig/on"),
    ),
    Case(
        name="healthy-cloud-t4",
        title="Cloud machine with a T4",
        description="Rocky Linux with the data-centre driver; log in as root.",
        sources=(_TOOLKIT_GUIDE,),
        snapshot=parts.machine(
            host=parts.host("rocky", "5.14.0-570.52.1.el9_6.x86_64", memory=30 * GIB, user=parts.user("root")),
            driver=parts.driver("570.195.03", (12, 8), (_T4,), folder="/usr/lib64"),
            gpus=(parts.gpu(_T4, server=True, mig=parts.NOT_SUPPORTED, ecc_pending=Known(True)),),
            engine=parts.engine(system="Rocky Linux 9.6 (Blue Onyx)", security=Known(("seccomp", "cgroupns"))),
            setup=parts.setup("570.195.03", "5.14.0-570.52.1.el9_6.x86_64"),
            engine_setup=parts.engine_setup(parts.daemon_json(), selinux=Known("enforcing")),
        ),
        expected=healthy(),
    ),
    Case(
        name="jetson-orin",
        title="Jetson Orin",
        description="JetPack 6: the GPU is part of the processor, and ordinary images hold no code for it.",
        sources=("https://github.com/dusty-nv/jetson-containers/issues/9",),
        snapshot=parts.machine(
            host=parts.host(
                "jammy",
                "5.15.148-tegra",
                memory=62 * GIB,
                architecture="arm64",
                cpu=Known(Cpu(model="Cortex-A78AE", cores=12, threads=12)),
            ),
            driver=parts.driver(
                "540.4.0",
                (12, 6),
                (),
                device_nodes=Known(("nvidia0", "nvidiactl")),
                library_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libnvidia-ml.so.1",)),
                cuda_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1",)),
                node_access=Known(tuple(parts.node(name) for name in ("nvidia0", "nvidiactl"))),
            ),
            gpus=(
                parts.gpu("Orin (nvgpu)", temperature=parts.NOT_SUPPORTED, slowdown_temperature=parts.NOT_SUPPORTED),
            ),
            engine=parts.engine(
                "27.5.1",
                api_version=Known("1.47"),
                system="Ubuntu 22.04.5 LTS",
                architecture=Known("arm64"),
                default_runtime=Known("nvidia"),
                cdi_devices=parts.NOT_SUPPORTED,
            ),
            toolkit=parts.toolkit("1.16.2"),
            setup=parts.no_setup("5.15.148-tegra"),
            engine_setup=parts.engine_setup(parts.daemon_json(default_runtime="nvidia")),
        ),
        expected=healthy("image-gpu/jetson"),
    ),
    Case(
        name="no-nvidia-gpu",
        title="Computer without an NVIDIA GPU",
        description="Everything works on the processor; nothing is broken.",
        sources=("https://github.com/replicate/cog",),
        snapshot=parts.machine(
            driver=parts.NO_GPU_DRIVER,
            gpus=(),
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            toolkit=parts.NO_TOOLKIT,
            setup=parts.no_setup(),
            engine_setup=parts.engine_setup(),
        ),
        expected=healthy("gpu-present/none"),
    ),
    Case(
        name="remote-engine",
        title="Laptop that uses a server's engine",
        description="DOCKER_HOST names another computer; this one's GPUs and disks say nothing of it.",
        sources=("https://docs.docker.com/engine/security/protect-access/",),
        snapshot=parts.machine(
            host=parts.host(environment={"DOCKER_HOST": "ssh://sample@server.example"}),
            driver=parts.NO_GPU_DRIVER,
            gpus=(),
            engine=parts.engine(
                endpoint="ssh://sample@server.example",
                chosen_by="DOCKER_HOST",
                remote=True,
                data_root_free=Missing("not_applicable", "it is on another computer"),
                data_root_inodes=Missing("not_applicable"),
            ),
            toolkit=parts.NO_TOOLKIT,
            setup=parts.no_setup(),
            engine_setup=parts.engine_setup(daemon=parts.ABSENT, started=parts.ABSENT),
        ),
        expected=healthy("engine-place/remote"),
    ),
    Case(
        name="gpu-kept-for-vm",
        title="GPU handed to a virtual machine",
        description="Somebody bound the GPU to vfio-pci on purpose.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1668",),
        snapshot=parts.machine(
            driver=parts.not_loaded((_RTX_3090,), "", held_by="vfio-pci"),
            gpus=(),
            engine=parts.engine(runtimes=parts.PLAIN_RUNTIMES),
            toolkit=parts.NO_TOOLKIT,
            setup=parts.no_setup(),
            engine_setup=parts.engine_setup(),
        ),
        expected=healthy("gpu-present/kept"),
    ),
    Case(
        name="no-uvm-node",
        title="Node for CUDA's memory is missing",
        description="After a start without a desktop nobody made /dev/nvidia-uvm: nvidia-smi works, CUDA says 999.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/481", "https://github.com/NVIDIA/enroot/issues/105"),
        snapshot=parts.machine(
            driver=parts.driver(
                "580.95.05",
                (13, 0),
                (_T4,),
                device_nodes=Known(("nvidia0", "nvidiactl")),
                node_access=Known(tuple(parts.node(name) for name in ("nvidia0", "nvidiactl"))),
            ),
            gpus=(parts.gpu(_T4, server=True, mig=parts.NOT_SUPPORTED),),
            setup=parts.setup("580.95.05", loaded_modules=Known(("nvidia", "nvidia_modeset"))),
        ),
        expected=healthy("driver-nodes/no_uvm"),
    ),
    Case(
        name="proxy-of-the-session-only",
        title="Company network with a proxy",
        description="The terminal knows the proxy, the engine does not: pulls time out.",
        sources=("https://github.com/docker/hub-feedback/issues/1195", "https://docs.docker.com/engine/daemon/proxy/"),
        snapshot=parts.machine(
            host=parts.host(
                environment={"HTTPS_PROXY": "http://proxy.example:3128", "HTTP_PROXY": "http://proxy.example:3128"}
            ),
        ),
        expected=healthy("engine-proxy/session_only"),
    ),
    Case(
        name="stale-cdi-beside-runtime",
        title="Old CDI specification beside the runtime",
        description="After a driver update the specification names libraries that are gone; launches use the runtime.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/46",),
        snapshot=parts.machine(
            engine=parts.engine(cdi_devices=Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all"))),
            toolkit=parts.toolkit(
                specs=(
                    parts.spec(
                        "570.172.08",
                        1,
                        "/etc/cdi/nvidia.yaml",
                        gone=("/usr/lib/x86_64-linux-gnu/libcuda.so.570.172.08",),
                    ),
                ),
                refresh=BY_HAND,
            ),
        ),
        expected=healthy("toolkit-cdi/stale"),
    ),
    Case(
        name="vpn-overlaps-bridge",
        title="VPN that uses Docker's addresses",
        description="A route of the VPN covers the network of Docker's bridge.",
        sources=("https://github.com/wodby/docker4drupal/issues/211",),
        snapshot=parts.machine(
            network=parts.network(
                devices=Known(("docker0", "eno1", "lo", "tun0")),
                routes=Known(
                    (
                        Route(device="docker0", network="172.17.0.0/16"),
                        Route(device="tun0", network="172.16.0.0/12"),
                    )
                ),
            ),
        ),
        expected=healthy("engine-bridge/overlap"),
    ),
    Case(
        name="one-of-two-gpus-kept",
        title="Two GPUs, one kept for a virtual machine",
        description="The second GPU is bound to vfio-pci on purpose; the first one works.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1668",),
        snapshot=parts.machine(
            driver=parts.driver(
                "580.95.05",
                (13, 0),
                (_RTX_3090,),
                pci_gpus=Known(
                    (
                        PciGpu(address="0000:01:00.0", device_id="2204", driver=Known("nvidia")),
                        PciGpu(address="0000:02:00.0", device_id="2204", driver=Known("vfio-pci")),
                    )
                ),
            ),
            gpus=(parts.gpu(_RTX_3090),),
        ),
        expected=healthy(),
    ),
    Case(
        name="disk-tight",
        title="Little room for a development image",
        description="A runtime image fits, a development image does not.",
        sources=("https://github.com/dusty-nv/jetson-inference/issues/1569",),
        snapshot=parts.machine(engine=parts.engine(data_root_free=Known(22 * GB))),
        expected=healthy("engine-disk/tight"),
    ),
    Case(
        name="volta-beside-blackwell",
        title="V100 beside an RTX 5090",
        description="Images of CUDA 12.8 from torch 2.8 to 2.10 hold code for both.",
        sources=(
            "https://github.com/pytorch/pytorch/issues/157517",
            "https://github.com/pytorch/pytorch/issues/150733",
        ),
        snapshot=parts.machine(
            driver=parts.driver("580.95.05", (13, 0), (_V100, _RTX_5090)),
            gpus=(parts.gpu(_V100, server=True, mig=parts.NOT_SUPPORTED), parts.gpu(_RTX_5090, 1)),
        ),
        expected=healthy(),
    ),
    Case(
        name="pascal-beside-blackwell",
        title="GTX 1080 and RTX 5090 in WSL 2",
        description="The driver of Windows serves both, and no single image holds code for both: each needs its own.",
        sources=(
            "https://github.com/pytorch/pytorch/issues/157517",
            "https://github.com/pytorch/pytorch/issues/150733",
        ),
        snapshot=changed(
            WSL_DESKTOP,
            gpus=(
                parts.gpu(_GTX_1080, wsl=True, processes=parts.NOT_SUPPORTED),
                parts.gpu(_RTX_5090, 1, wsl=True, processes=parts.NOT_SUPPORTED),
            ),
        ),
        expected=healthy("image-gpu/mixed"),
    ),
)
