"""Machines of which a container shows what is wrong, composed later from public reports."""

from tests.machines.case import Case, broken, healthy
from tests.machines.parts import (
    ABSENT,
    GIB,
    NOT_SUPPORTED,
    PLAIN_RUNTIMES,
    TOOLKIT_SETTINGS,
    changed,
    daemon_json,
    driver,
    engine,
    engine_setup,
    gpu,
    host,
    image,
    machine,
    no_setup,
    node,
    setup,
    spec,
    toolkit,
)
from tests.machines.started import inside
from tests.machines.walks import ROOTLESS, ROOTLESS_SOCKET, TORCH, failed, images_engine, nvml_in, pulled, started

from drydock.core.facts import Cpu, Known, Missing
from drydock.core.facts.container import (
    InnerDriver,
    InnerGpu,
    InnerLibrary,
    InnerTools,
    KernelRun,
    LibrarySearch,
)
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig

RTX_3090, GTX_1080 = "NVIDIA GeForce RTX 3090", "NVIDIA GeForce GTX 1080"
CDI_ALL = Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all"))

LATER_CONTAINER = (
    Case(
        name="compiler-without-headers",
        title="A slim image with a compiler and no headers",
        description="gcc was installed without recommended packages; the C library's headers are missing.",
        sources=("https://github.com/kijai/ComfyUI-CogVideoXWrapper/issues/328",),
        snapshot=machine(
            engine=images_engine(images=pulled("lab/slim:1")),
            container=started(
                image="lab/slim:1",
                tools=Known(
                    InnerTools(
                        compiler="/usr/bin/gcc",
                        compiler_error="/usr/bin/ld: cannot find Scrt1.o: No such file or directory",
                        headers=True,
                        triton="3.5.0",
                    )
                ),
            ),
        ),
        expected=healthy("torch-compiler/fails"),
    ),
    Case(
        name="pascal-cannot-compile",
        title="A Pascal card and torch.compile",
        description="Everything runs eagerly; Triton starts with Volta.",
        sources=("https://github.com/vllm-project/vllm/issues/14547",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), (GTX_1080,), flavour="proprietary"),
            gpus=(gpu(GTX_1080),),
            engine=images_engine(images=pulled("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime")),
            container=Known(
                inside(
                    image="pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime",
                    cuda=Known(
                        InnerDriver(
                            code=0, name="CUDA_SUCCESS", count=Known(1), version=Known("13.0"), devices=(GTX_1080,)
                        )
                    ),
                    torch=Known(
                        changed(
                            TORCH,
                            version="2.7.1+cu126",
                            cuda="12.6",
                            architectures=("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"),
                            gpus=(InnerGpu(index=0, name=GTX_1080, capability=(6, 1), coverage="binary"),),
                        )
                    ),
                )
            ),
        ),
        expected=healthy("torch-triton/old_gpu"),
    ),
    Case(
        name="cdi-refresh-disabled",
        title="Nobody wrote a CDI specification",
        description="The service that would write one is installed and not enabled.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/1611",),
        snapshot=machine(
            engine=images_engine(runtimes=PLAIN_RUNTIMES),
            toolkit=toolkit("1.18.2", refresh=Known(CdiRefresh(installed=True, enabled=False))),
            engine_setup=engine_setup(),
            container=failed(
                "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all",
                trouble="cdi-device-missing",
                way="cdi",
            ),
        ),
        expected=broken("container-gpu/cdi_none"),
    ),
    Case(
        name="compat-by-the-images-loader",
        title="An image whose loader prefers CUDA's compatibility library",
        description="A file of ld.so.conf.d in the image names /usr/local/cuda/compat; the card is a GeForce.",
        sources=("https://github.com/DeepVAC/TorchPod/issues/43",),
        snapshot=machine(
            driver=driver("550.163.01", (12, 4), (RTX_3090,)),
            gpus=(gpu(RTX_3090),),
            setup=setup("550.163.01"),
            engine=images_engine(images=pulled("lab/base:2")),
            container=started(
                "forward-compatibility-refused",
                "Error 804: forward compatibility was attempted on non supported HW",
                image="lab/base:2",
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1", loaded=True, path="/usr/local/cuda-12.8/compat/libcuda.so.570.124.06"
                        ),
                        InnerLibrary(
                            name="libnvidia-ml.so.1",
                            loaded=True,
                            path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.163.01",
                        ),
                    )
                ),
                search=Known(LibrarySearch(compat=("/usr/local/cuda-12.8/compat/libcuda.so.570.124.06",))),
                nvml=Known(nvml_in("550.163.01")),
                nvml_again=Known(nvml_in("550.163.01")),
                cuda=Known(InnerDriver(code=804, name="CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE")),
            ),
        ),
        expected=broken("container-compat/refused_by_loader"),
    ),
    Case(
        name="hand-made-spec-beside-fresh-one",
        title="A CDI file made by hand names a node that is gone",
        description="/etc/cdi holds the file of last year; the service keeps a right one in /var/run/cdi.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/885",),
        snapshot=machine(
            engine=images_engine(runtimes=PLAIN_RUNTIMES, cdi_devices=CDI_ALL),
            toolkit=toolkit(
                "1.18.2",
                specs=(
                    spec("580.95.05", 1, path="/etc/cdi/nvidia.yaml", gone=("/dev/dri/renderD129",)),
                    spec("580.95.05", 1),
                ),
            ),
            engine_setup=engine_setup(),
            container=failed(
                "CDI device injection failed: failed to inject devices: failed to stat CDI host device "
                '"/dev/dri/renderD129": no such file or directory',
                trouble="engine-error",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-cdi-files/gone_beside"),
    ),
    Case(
        name="image-wants-cuda-13",
        title="An image for CUDA 13 on driver 570",
        description="The image's requirement is higher than what the driver offers, and the card is a GeForce.",
        sources=("https://github.com/theroyallab/tabbyAPI/issues/324",),
        snapshot=machine(
            driver=driver("570.195.03", (12, 8), ("NVIDIA GeForce RTX 5090",)),
            gpus=(gpu("NVIDIA GeForce RTX 5090"),),
            setup=setup("570.195.03"),
            engine=images_engine(),
            container=failed(
                "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0, please update your "
                "driver to a newer version, or use an earlier cuda container: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_requirement"),
    ),
    Case(
        name="egl-library-gone",
        title="A CDI specification of the former driver",
        description="The driver went from 550 to 580; the specification still names its old libraries.",
        sources=("https://github.com/NVIDIA/nvidia-settings/issues/124",),
        snapshot=machine(
            engine=images_engine("27.5.1", runtimes=PLAIN_RUNTIMES, cdi_devices=CDI_ALL),
            toolkit=toolkit(
                "1.17.8",
                specs=(
                    spec(
                        "550.90.07",
                        1,
                        path="/etc/cdi/nvidia.yaml",
                        gone=(
                            "/usr/lib/x86_64-linux-gnu/libEGL_nvidia.so.550.90.07",
                            "/usr/lib/x86_64-linux-gnu/libcuda.so.550.90.07",
                        ),
                    ),
                ),
                refresh=Known(CdiRefresh(installed=False, enabled=False)),
            ),
            engine_setup=engine_setup(daemon_json(keys=("features",), runtimes={}, cdi=True)),
            container=failed(
                "failed to fulfil mount request: open /usr/lib/x86_64-linux-gnu/libEGL_nvidia.so.550.90.07: "
                "no such file or directory",
                trouble="engine-error",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-cdi/stale"),
    ),
    Case(
        name="centos7-image",
        title="An image whose C library is too old for torch",
        description="Somebody's image is built on CentOS 7; the wheel of torch wants a newer glibc.",
        sources=("https://github.com/pytorch/pytorch/issues/150724",),
        snapshot=machine(
            engine=images_engine(images=pulled("lab/centos7:1")),
            container=Known(
                inside(
                    image="lab/centos7:1",
                    torch=Missing(
                        "failed",
                        "ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found "
                        "(required by /usr/local/lib/python3.10/site-packages/torch/lib/libtorch_cpu.so)",
                    ),
                    kernels=Missing("not_asked"),
                )
            ),
        ),
        expected=broken("torch-import/glibc"),
    ),
    Case(
        name="ldconfig-real-on-debian",
        title="Ubuntu's ldconfig on Debian",
        description="config.toml was copied from an Ubuntu machine: it names ldconfig.real, which Debian lacks.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/914",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            setup=setup("580.95.05", "6.1.0-41-amd64"),
            engine=images_engine(system="Debian GNU/Linux 12 (bookworm)"),
            toolkit=toolkit(
                config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, ldconfig="/sbin/ldconfig.real", ldconfig_there=False))
            ),
            container=failed(
                "nvidia-container-cli: ldcache error: open failed: /sbin/ldconfig.real: no such file or directory"
            ),
        ),
        expected=broken("container-gpu/hook_ldcache"),
    ),
    Case(
        name="kvm64-without-avx",
        title="A virtual machine with the oldest processor",
        description="The guest's processor is kvm64, which has no AVX: torch dies when it is imported.",
        sources=("https://github.com/pytorch/pytorch/issues/22338",),
        snapshot=machine(
            host=host(cpu=Known(Cpu(model="Common KVM processor", cores=8, threads=8))),
            engine=images_engine(),
            container=Known(
                inside(
                    torch=Missing("failed", "Illegal instruction (core dumped)"),
                    kernels=Missing("not_asked"),
                )
            ),
        ),
        expected=broken("torch-import/instruction"),
    ),
    Case(
        name="rootless-bpf-denied",
        title="Rootless Docker may not write device rules",
        description="The toolkit still wants to set the rules of the control group.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1155",),
        snapshot=machine(
            engine=images_engine(**ROOTLESS),
            engine_setup=engine_setup(
                daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless"), sockets=ROOTLESS_SOCKET
            ),
            container=failed(
                "nvidia-container-cli: mount error: failed to add device rules: unable to generate new device filter "
                "program from existing programs: load program: operation not permitted: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_rules"),
    ),
    Case(
        name="conda-without-cuda",
        title="conda took torch for the CPU",
        description="The image's environment resolved a build without CUDA; the version does not say so.",
        sources=("https://github.com/facebookresearch/detectron2/issues/460",),
        snapshot=machine(
            engine=images_engine(images=pulled("lab/conda:3")),
            container=Known(
                inside(
                    image="lab/conda:3",
                    torch=Known(
                        changed(
                            TORCH,
                            version="2.5.1",
                            cuda="",
                            cudnn="",
                            nccl="",
                            architectures=(),
                            gpus=(),
                            problem="cpu-build",
                            problem_text="Torch not compiled with CUDA enabled",
                        )
                    ),
                    kernels=Known((KernelRun(device="cpu", format="fp32"),)),
                )
            ),
        ),
        expected=broken("torch-build/cpu"),
    ),
    Case(
        name="driver-470-with-cu121",
        title="Driver 470 and an image for CUDA 12.1",
        description="The requirement was switched off, so the container starts; torch finds the driver too old.",
        sources=("https://github.com/ai4d-iasc/trixie/issues/9",),
        snapshot=machine(
            host=host("focal", "5.4.0-216-generic"),
            driver=driver("470.256.02", (11, 4), (RTX_3090,), flavour="proprietary"),
            gpus=(gpu(RTX_3090),),
            setup=setup("470.256.02", "5.4.0-216-generic"),
            engine=images_engine("24.0.9", images=pulled("lab/cu121:1")),
            toolkit=toolkit("1.14.3"),
            container=started(
                "driver-too-old",
                "The NVIDIA driver on your system is too old (found version 11040).",
                image="lab/cu121:1",
                libraries=Known(
                    tuple(
                        InnerLibrary(
                            name=f"{name}.so.1", loaded=True, path=f"/usr/lib/x86_64-linux-gnu/{name}.so.470.256.02"
                        )
                        for name in ("libcuda", "libnvidia-ml")
                    )
                ),
                nvml=Known(nvml_in("470.256.02")),
                nvml_again=Known(nvml_in("470.256.02")),
                cuda=Known(
                    InnerDriver(code=0, name="CUDA_SUCCESS", count=Known(1), version=Known("11.4"), devices=(RTX_3090,))
                ),
            ),
        ),
        expected=broken("torch-cuda/driver_too_old"),
    ),
    Case(
        name="two-specs-disagree",
        title="Two CDI specifications of one device",
        description="A specification made by hand in /etc/cdi and the service's own define the same names.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html",),
        snapshot=machine(
            engine=images_engine(runtimes=PLAIN_RUNTIMES),
            toolkit=toolkit(
                "1.18.2",
                specs=(
                    spec("580.95.05", 1, path="/etc/cdi/nvidia.json"),
                    spec("580.95.05", 1, path="/etc/cdi/nvidia.yaml"),
                ),
            ),
            engine_setup=engine_setup(),
            container=failed(
                'CDI device injection failed: conflicting device "nvidia.com/gpu=all" '
                '(specs "/etc/cdi/nvidia.json", "/etc/cdi/nvidia.yaml")',
                trouble="engine-error",
                way="cdi",
            ),
        ),
        expected=broken("container-gpu/cdi_conflict"),
    ),
    Case(
        name="never-registered-on-24",
        title="A toolkit that was never registered",
        description="The packages are there, daemon.json has only the log settings.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/838",),
        snapshot=machine(
            engine=images_engine("24.0.9", runtimes=PLAIN_RUNTIMES, cdi_devices=NOT_SUPPORTED),
            toolkit=toolkit("1.14.6", hook_path=ABSENT),
            engine_setup=engine_setup(daemon_json(keys=("log-driver", "log-opts"), runtimes={}, log_limited=True)),
            container=failed(
                'could not select device driver "" with capabilities: [[gpu]]', trouble="gpu-runtime-missing"
            ),
        ),
        expected=broken("toolkit-path/none"),
    ),
    Case(
        name="jetson-with-gpus-flag",
        title="A Jetson asked by --gpus",
        description="The hook refuses to be called directly in the mode of a Jetson.",
        sources=("https://github.com/NVIDIA/TensorRT-LLM/issues/799",),
        snapshot=machine(
            host=host(
                "jammy",
                "5.15.148-tegra",
                memory=62 * GIB,
                architecture="arm64",
                cpu=Known(Cpu(model="Cortex-A78AE", cores=12, threads=12)),
            ),
            driver=driver(
                "540.4.0",
                (12, 6),
                (),
                device_nodes=Known(("nvidia0", "nvidiactl")),
                library_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libnvidia-ml.so.1",)),
                cuda_files=Known(("/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1",)),
                node_access=Known(tuple(node(name) for name in ("nvidia0", "nvidiactl"))),
            ),
            gpus=(gpu("Orin (nvgpu)", temperature=NOT_SUPPORTED, slowdown_temperature=NOT_SUPPORTED),),
            engine=engine(
                "27.5.1",
                system="Ubuntu 22.04.5 LTS",
                architecture=Known("arm64"),
                cdi_devices=NOT_SUPPORTED,
                images=Known((image("dustynv/l4t-pytorch:r36.4.0", 12 * GIB, "4"),)),
            ),
            toolkit=toolkit("1.16.2"),
            setup=no_setup("5.15.148-tegra"),
            container=failed(
                "nvidia-container-cli: invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker "
                "--gpus flag) is not supported. Please use the NVIDIA Container Runtime (e.g. specify the "
                "--runtime=nvidia flag) instead: unknown"
            ),
        ),
        expected=broken("container-gpu/hook_mode"),
    ),
)
