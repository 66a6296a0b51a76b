"""Machines whose host looks well, and whose container shows what is wrong: after a first start."""

from typing import Any

from tests.machines import parts
from tests.machines.case import Case, broken, healthy
from tests.machines.parts import GIB, MIB, changed

from drydock.core.facts import Known, Missing, Snapshot
from drydock.core.facts.container import (
    ContainerFacts,
    InnerDriver,
    InnerGpu,
    InnerLibrary,
    InnerLimits,
    InnerNode,
    InnerTools,
    InnerTorch,
    KernelRun,
    LibrarySearch,
    Reached,
    StartAttempt,
    VolumeTest,
)

_IMAGE = "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"
_4090, _5090 = "NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 5090"
_UUID = "GPU-00000000-0000-0000-0000-000000000001"
_STARTED = (StartAttempt(gpus="hook", started=True),)
_BUILT = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
_GPU = InnerGpu(index=0, name=_4090, capability=(8, 9), coverage="binary")
_TORCH = InnerTorch(
    version="2.14.1+cu130", cuda="13.0", cudnn="9.13.0", nccl="2.27.7", architectures=_BUILT, gpus=(_GPU,)
)
_CUDA = InnerDriver(code=0, name="CUDA_SUCCESS", count=Known(1), version=Known("13.0"), devices=(_4090,))
_NVML = InnerDriver(code=0, name="NVML_SUCCESS", count=Known(1), version=Known("580.95.05"), devices=(_UUID,))
_LIMITS = InnerLimits(
    uid=0, shm=8 * GIB, memlock=None, stack=None, nofile=1 << 20, memory=None, cpus=None, threads=16
)  # fmt: skip
_LOADED = InnerLibrary(name="libcuda.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05")
_NVML_LIBRARY = InnerLibrary(
    name="libnvidia-ml.so.1", loaded=True, path="/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05"
)
_INDEX = Reached(purpose="package index", host="packages.example", port=443)


def inside(**fields: Any) -> ContainerFacts:
    """A container in which everything works."""
    base: dict[str, Any] = {
        "image": _IMAGE,
        "digest": f"sha256:{'4' * 64}",
        "starts": _STARTED,
        "shm_asked": 8 * GIB,
        "python": Known("3.12.3"),
        "nodes": Known(tuple(InnerNode(path=f"/dev/{name}") for name in ("nvidia-uvm", "nvidia0", "nvidiactl"))),
        "libraries": Known((_LOADED, _NVML_LIBRARY)),
        "search": Known(LibrarySearch()),
        "nvml": Known(_NVML),
        "nvml_again": Known(_NVML),
        "cuda": Known(_CUDA),
        "limits": Known(_LIMITS),
        "volume": Known(VolumeTest(path="/workspace", uid=0, owner=Known(1000))),
        "clock_ahead": Known(0.1),
        "network": Known((_INDEX,)),
        "tools": Known(InnerTools(compiler="/usr/bin/gcc", headers=True, triton="3.5.0")),
        "torch": Known(_TORCH),
        "kernels": Known((KernelRun(device="cpu"), KernelRun(device="cuda:0", format="fp32"))),
    }
    return ContainerFacts(**{**base, **fields})


def _machine(container: ContainerFacts, **fields: Any) -> Snapshot:
    images = Known((parts.image(container.image, 9 * GIB, "4"),))
    base: dict[str, Any] = {"engine": parts.engine(images=images), "container": Known(container)}
    return parts.machine(**{**base, **fields})


def _no_gpu_inside(**fields: Any) -> ContainerFacts:
    """A container that was given no GPU, or whose driver cannot be reached: torch finds none."""
    torch = changed(_TORCH, gpus=(), problem="no-driver", problem_text="Found no NVIDIA driver on your system.")
    return inside(**{"torch": Known(torch), "kernels": Known((KernelRun(device="cpu"),)), **fields})


def _failed(code: int, name: str) -> Any:
    return Known(InnerDriver(code=code, name=name))


STARTED: tuple[Case, ...] = (
    Case(
        name="container-healthy",
        title="Everything works inside the container",
        description="Driver, torch and kernels answer in the image that was recommended.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html",),
        snapshot=_machine(inside()),
        expected=healthy(),
    ),
    Case(
        name="container-gpu-refused",
        title="The toolkit's hook fails",
        description="nvidia-container-cli cannot load the driver's library when a container is started.",
        sources=("https://github.com/NVIDIA/libnvidia-container/issues/231",),
        snapshot=_machine(
            _no_gpu_inside(
                starts=(
                    StartAttempt(
                        gpus="hook",
                        started=False,
                        trouble="gpu-runtime-failed",
                        text="nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1",
                    ),
                    StartAttempt(gpus="none", started=True),
                ),
                nodes=Known(()),
                libraries=Known(()),
            )
        ),
        expected=broken("container-gpu/hook_library"),
    ),
    Case(
        name="container-lost-gpu",
        title="GPU taken away while the container ran",
        description="systemctl daemon-reload rewrote the device rules: Failed to initialize NVML, Unknown Error.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/48",),
        snapshot=_machine(
            _no_gpu_inside(
                nvml=_failed(999, "NVML_ERROR_UNKNOWN"),
                nvml_again=_failed(999, "NVML_ERROR_UNKNOWN"),
                cuda=_failed(100, "CUDA_ERROR_NO_DEVICE"),
            )
        ),
        expected=broken("container-nvml/lost_access", "container-nodes"),
    ),
    Case(
        name="container-no-uvm",
        title="Container without the node for CUDA's memory",
        description="It was started before the node existed on the host.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/481",),
        snapshot=_machine(
            _no_gpu_inside(
                nodes=Known((InnerNode(path="/dev/nvidia0"), InnerNode(path="/dev/nvidiactl"))),
                cuda=_failed(999, "CUDA_ERROR_UNKNOWN"),
            )
        ),
        expected=broken("container-nodes/no_uvm", "container-cuda"),
    ),
    Case(
        name="container-compat-on-geforce",
        title="Compatibility libraries on a GeForce",
        description="The image puts cuda-compat before the driver's library: error 804.",
        sources=("https://github.com/DeepVAC/TorchPod/issues/43",),
        snapshot=_machine(
            _no_gpu_inside(
                libraries=Known(
                    (
                        InnerLibrary(
                            name="libcuda.so.1", loaded=True, path="/usr/local/cuda/compat/libcuda.so.590.44.01"
                        ),
                        _NVML_LIBRARY,
                    )
                ),
                search=Known(
                    LibrarySearch(
                        variable="/usr/local/cuda/compat", compat=("/usr/local/cuda/compat/libcuda.so.590.44.01",)
                    )
                ),
                cuda=_failed(804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"),
                torch=Known(
                    changed(
                        _TORCH,
                        gpus=(),
                        problem="forward-compatibility-refused",
                        problem_text="forward compatibility was attempted on non supported HW",
                    )
                ),
            )
        ),
        expected=broken("container-compat/refused", "container-cuda"),
    ),
    Case(
        name="container-cuda-999",
        title="CUDA fails after a suspend",
        description="The driver's memory module did not survive the sleep of the laptop: unknown error 999.",
        sources=("https://github.com/pytorch/pytorch/issues/88639", "https://github.com/ollama/ollama/issues/2934"),
        snapshot=_machine(
            _no_gpu_inside(
                cuda=_failed(999, "CUDA_ERROR_UNKNOWN"),
                torch=Known(changed(_TORCH, gpus=(), problem="unknown-cuda-error", problem_text="CUDA unknown error")),
            ),
            setup=parts.setup("580.95.05", suspends=Known(3), keeps_memory=Known(False)),
        ),
        expected=broken("container-cuda/after_suspend"),
    ),
    Case(
        name="torch-built-for-cpu",
        title="torch without CUDA in the image",
        description="Somebody's own image installed torch from an index for the CPU.",
        sources=("https://github.com/facebookresearch/detectron2/issues/460",),
        snapshot=_machine(
            inside(
                image="lab/train:latest",
                torch=Known(InnerTorch(version="2.14.1+cpu")),
                kernels=Known((KernelRun(device="cpu"),)),
            )
        ),
        expected=broken("torch-build/cpu"),
    ),
    Case(
        name="torch-without-code-for-gpu",
        title="Image too old for the GPU",
        description="An RTX 5090 with a build for at most sm_90: no kernel image is available.",
        sources=(
            "https://github.com/pytorch/pytorch/issues/157517",
            "https://github.com/pytorch/pytorch/issues/150733",
        ),
        snapshot=_machine(
            inside(
                image="pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime",
                cuda=Known(changed(_CUDA, devices=(_5090,))),
                torch=Known(
                    changed(
                        _TORCH,
                        version="2.5.1+cu124",
                        cuda="12.4",
                        architectures=("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"),
                        gpus=(InnerGpu(index=0, name=_5090, capability=(12, 0), coverage="none"),),
                    )
                ),
                kernels=Known(
                    (
                        KernelRun(device="cpu"),
                        KernelRun(
                            device="cuda:0",
                            format="fp32",
                            kind="no-kernel-image",
                            text="CUDA error: no kernel image is available for execution on the device",
                        ),
                    )
                ),
            ),
            driver=parts.driver("580.95.05", (13, 0), (_5090,)),
            gpus=(parts.gpu(_5090),),
        ),
        expected=broken("torch-arch/none"),
    ),
    Case(
        name="torch-does-not-import",
        title="torch cannot be imported",
        description="A library that it needs was removed from the image.",
        sources=("https://github.com/dusty-nv/jetson-containers/issues/9",),
        snapshot=_machine(
            inside(
                image="lab/train:latest",
                torch=Missing("failed", "ImportError: libcurand.so.10: cannot open shared object file"),
                kernels=Missing("not_asked"),
            )
        ),
        expected=broken("torch-import/library"),
    ),
    Case(
        name="workspace-not-writable",
        title="Workspace that the container may not write",
        description="The image runs as a user of its own, the directory belongs to the person.",
        sources=(
            "https://github.com/yandexdataschool/Practical_RL/issues/85",
            "https://github.com/triton-inference-server/server/issues/6488",
        ),
        snapshot=_machine(
            inside(
                volume=Known(VolumeTest(path="/workspace", uid=1001, step="open", number=13, error="Permission denied"))
            )
        ),
        expected=broken("container-volume/denied"),
    ),
    Case(
        name="container-small-shm",
        title="64 MiB of shared memory",
        description="The engine's default: workers of a data loader stop with a bus error.",
        sources=("https://github.com/pytorch/pytorch/issues/5040",),
        snapshot=_machine(inside(shm_asked=0, limits=Known(changed(_LIMITS, shm=64 * MIB)))),
        expected=healthy("container-shm/small"),
    ),
    Case(
        name="container-without-names",
        title="No names inside the container",
        description="The host resolves names, containers do not: pip says Temporary failure in name resolution.",
        sources=("https://github.com/docker/for-win/issues/8140",),
        snapshot=_machine(
            inside(network=Known((changed(_INDEX, step="name", error="Temporary failure in name resolution"),)))
        ),
        expected=healthy("container-network/no_names"),
    ),
    Case(
        name="container-without-compiler",
        title="No C compiler in the image",
        description="torch.compile needs one; a runtime image brings none.",
        sources=("https://github.com/kijai/ComfyUI-CogVideoXWrapper/issues/328",),
        snapshot=_machine(inside(tools=Known(InnerTools(triton="3.5.0", headers=True)))),
        expected=healthy("torch-compiler/absent"),
    ),
)
