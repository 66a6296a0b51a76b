"""A few more machines, composed later from public reports."""

from tests.machines.case import Case, broken, healthy
from tests.machines.parts import ABSENT, GIB, changed, driver, gpu, host, log, machine, no_setup, node, setup
from tests.machines.started import inside
from tests.machines.walks import RTX_4090, TORCH, XID_CATALOGUE, failed, images_engine, nvml_in, pulled, started

from drydock.core.facts import Cpu, Known, RemappedRows
from drydock.core.facts.container import InnerDriver, InnerGpu, InnerLibrary, InnerNode, KernelRun, LibrarySearch

RTX_5080, RTX_5090, GTX_970 = "NVIDIA GeForce RTX 5080", "NVIDIA GeForce RTX 5090", "NVIDIA GeForce GTX 970"
A100 = "NVIDIA A100-SXM4-40GB"
_NVML = InnerLibrary(name="libnvidia-ml.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05")


def _without_code(name: str, capability: tuple[int, int], cuda: str, built: tuple[str, ...]) -> object:
    torch = changed(
        TORCH,
        version=f"2.8.0+cu{cuda.replace('.', '')}",
        cuda=cuda,
        architectures=built,
        gpus=(InnerGpu(index=0, name=name, capability=capability, coverage="none"),),
    )
    return Known(
        inside(
            image="lab/train:1",
            torch=Known(torch),
            kernels=Known(
                (
                    KernelRun(
                        device="cuda:0", format="fp32", kind="no-kernel-image", text="no kernel image is available"
                    ),
                )
            ),
        )
    )


LATER_AGAIN = (
    Case(
        name="uvm-never-loaded",
        title="A server on which CUDA never ran",
        description="nvidia-smi works; the module for CUDA's memory was never loaded, so its node is missing.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/481",),
        snapshot=machine(
            driver=driver(
                "580.95.05",
                (13, 0),
                (RTX_4090,),
                device_nodes=Known(("nvidia0", "nvidiactl")),
                node_access=Known(tuple(node(name) for name in ("nvidia0", "nvidiactl"))),
            ),
            engine=images_engine(),
            setup=setup("580.95.05", loaded_modules=Known(("nvidia",))),
            container=started(
                "unknown-cuda-error",
                "CUDA unknown error",
                nodes=Known((InnerNode(path="/dev/nvidia0"), InnerNode(path="/dev/nvidiactl"))),
                cuda=Known(InnerDriver(code=999, name="CUDA_ERROR_UNKNOWN")),
            ),
        ),
        expected=broken("container-nodes/no_uvm"),
    ),
    Case(
        name="rtx5080-proprietary",
        title="A Blackwell card and proprietary modules",
        description="The driver is new enough, its flavour is the wrong one.",
        sources=("https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862",),
        snapshot=machine(
            driver=driver("575.57.08", (12, 9), (RTX_5080,), flavour="proprietary"),
            gpus=(),
            engine=images_engine(),
            setup=setup("575.57.08"),
            kernel_log=log(
                "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
                "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)",
            ),
        ),
        expected=broken("driver-fit/needs_open", "driver-log"),
    ),
    Case(
        name="maxwell-and-cu128",
        title="A Maxwell card and an image without code for it",
        description="The build for CUDA 12.8 dropped the oldest architectures.",
        sources=("https://github.com/pytorch/pytorch/issues/157517",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), (GTX_970,), flavour="proprietary"),
            gpus=(gpu(GTX_970),),
            engine=images_engine(images=pulled("lab/train:1")),
            container=_without_code(
                GTX_970, (5, 2), "12.8", ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
            ),
        ),
        expected=broken("torch-arch/none"),
    ),
    Case(
        name="stub-by-the-loader",
        title="A stub that the image's loader settings name",
        description="A file of ld.so.conf.d in the image names the stubs; LD_LIBRARY_PATH is not set.",
        sources=("https://github.com/numba/numba/issues/9732",),
        snapshot=machine(
            engine=images_engine(),
            container=started(
                "other",
                "CUDA driver is a stub library",
                libraries=Known(
                    (
                        InnerLibrary(name="libcuda.so.1", loaded=True, path="/usr/local/cuda/lib64/stubs/libcuda.so.1"),
                        _NVML,
                    )
                ),
                search=Known(LibrarySearch()),
                cuda=Known(InnerDriver(code=34, name="CUDA_ERROR_STUB_LIBRARY")),
            ),
        ),
        expected=broken("container-cuda/stub"),
    ),
    Case(
        name="row-waits-for-reset",
        title="A row of memory that waits for a reset",
        description="The driver marked a bad row; a spare one takes its place at the next reset.",
        sources=(XID_CATALOGUE,),
        snapshot=machine(
            driver=driver("570.195.03", (12, 8), (A100,)),
            gpus=(
                gpu(
                    A100,
                    server=True,
                    remapped_rows=Known(RemappedRows(corrected=1, uncorrected=0, pending=True, failed=False)),
                ),
            ),
            engine=images_engine(),
            setup=setup("570.195.03"),
            kernel_log=log(
                "NVRM: Xid (PCI:0000:01:00): 63, pid=77, Row Remapper: New row marked for remapping, reset to activate."
            ),
        ),
        expected=healthy("gpu-remapped/pending"),
    ),
    Case(
        name="rtx5090-and-cu124",
        title="A new card and last year's torch",
        description="torch for CUDA 12.4 has no code for compute capability 12.0.",
        sources=("https://github.com/pytorch/pytorch/issues/157517",),
        snapshot=machine(
            driver=driver("580.95.05", (13, 0), (RTX_5090,)),
            gpus=(gpu(RTX_5090),),
            engine=images_engine(images=pulled("lab/train:1")),
            container=_without_code(
                RTX_5090, (12, 0), "12.4", ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
            ),
        ),
        expected=broken("torch-arch/none"),
    ),
    Case(
        name="misspelt-capability",
        title="A word that the hook does not know",
        description="NVIDIA_DRIVER_CAPABILITIES of the image is misspelt.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/troubleshooting.html",),
        snapshot=machine(
            engine=images_engine(),
            container=failed(
                "error running hook: unsupported capabilities found in 'compute,utilty' (allowed "
                "'compute,compat32,graphics,utility,video,display,ngx')"
            ),
        ),
        expected=broken("container-gpu/hook_capability"),
    ),
    Case(
        name="only-utility-asked",
        title="An image that asks for nvidia-smi only",
        description="NVIDIA_DRIVER_CAPABILITIES is utility: NVML is given, libcuda is not.",
        sources=("https://github.com/pytorch/pytorch/issues/2985",),
        snapshot=machine(
            engine=images_engine(),
            container=started(
                "no-driver",
                "Found no NVIDIA driver on your system.",
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1",
                            loaded=False,
                            error="libcuda.so.1: cannot open shared object file: No such file or directory",
                        ),
                        _NVML,
                    )
                ),
                nvml=Known(nvml_in("580.95.05")),
                nvml_again=Known(nvml_in("580.95.05")),
                cuda=Known(InnerDriver(code=None, text="libcuda.so.1: cannot open shared object file")),
            ),
        ),
        expected=broken("container-library/absent"),
    ),
    Case(
        name="near-its-limit",
        title="A GPU that is about to slow down",
        description="The temperature is a degree below the one at which the hardware lowers the clocks.",
        sources=("https://github.com/intel/thermal_daemon/issues/300",),
        snapshot=machine(
            gpus=(gpu(RTX_4090, temperature=Known(89), utilisation=Known(99), pcie_generation=Known(4)),),
            engine=images_engine(),
        ),
        expected=healthy("gpu-temperature/near"),
    ),
    Case(
        name="jetson-and-server-wheel",
        title="A Jetson and a wheel for servers",
        description="pip installed the generic build for ARM, which has no CUDA for the Jetson's GPU.",
        sources=("https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html",),
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
                node_access=Known(tuple(node(name) for name in ("nvidia0", "nvidiactl"))),
            ),
            gpus=(gpu("Orin (nvgpu)", temperature=ABSENT, slowdown_temperature=ABSENT),),
            engine=images_engine(
                "27.5.1", architecture=Known("arm64"), default_runtime=Known("nvidia"), images=pulled("lab/arm:1")
            ),
            setup=no_setup("5.15.148-tegra"),
            container=Known(
                inside(
                    image="lab/arm:1",
                    torch=Known(
                        changed(
                            TORCH,
                            version="2.8.0+cpu",
                            cuda="",
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
        expected=broken("torch-build/cpu_jetson"),
    ),
)
