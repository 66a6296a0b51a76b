"""What was measured in containers, for tests: one in which everything works, and ways in which it does not."""

from typing import Any

from tests.support.snapshots import healthy_snapshot, replaced

from drydock.core.facts import Known, Snapshot
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
from drydock.core.facts.load import CopySpeed, DiskSpeed, GpuLoad, LoadFacts, LoadSamples, MemoryTest, Soak

UUID = "GPU-00000000-0000-0000-0000-000000000000"
LIBCUDA = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05"


def limits(**changes: Any) -> InnerLimits:
    """Limits of a container on a desktop."""
    fields: dict[str, Any] = {
        "uid": 0,
        "shm": 8 << 30,
        "memlock": 8 << 20,
        "stack": 8 << 20,
        "nofile": 1 << 20,
        "memory": None,
        "cpus": None,
        "threads": 32,
    }
    return InnerLimits(**{**fields, **changes})


def torch(**changes: Any) -> InnerTorch:
    """A torch that fits an RTX 4090."""
    fields: dict[str, Any] = {
        "version": "2.13.0+cu130",
        "cuda": "13.0",
        "cudnn": "91300",
        "nccl": "2.28.3",
        "architectures": ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"),
        "gpus": (inner_gpu(),),
    }
    return InnerTorch(**{**fields, **changes})


def inner_gpu(**changes: Any) -> InnerGpu:
    """An RTX 4090 as torch sees it."""
    fields: dict[str, Any] = {
        "index": 0,
        "name": "NVIDIA GeForce RTX 4090",
        "capability": (8, 9),
        "coverage": "binary",
    }
    return InnerGpu(**{**fields, **changes})


def nvml(**changes: Any) -> InnerDriver:
    """NVML that answers as it does outside."""
    fields: dict[str, Any] = {"code": 0, "count": Known(1), "version": Known("580.95.05"), "devices": (UUID,)}
    return InnerDriver(**{**fields, **changes})


def cuda(**changes: Any) -> InnerDriver:
    """A CUDA driver that works."""
    fields: dict[str, Any] = {"code": 0, "count": Known(1), "version": Known("13.0"), "devices": ("RTX 4090",)}
    return InnerDriver(**{**fields, **changes})


def volume(**changes: Any) -> VolumeTest:
    """A file that was written and belongs to the person."""
    fields: dict[str, Any] = {"path": "/home/ada/drydock-test-1", "uid": 0, "owner": Known(1000)}
    return VolumeTest(**{**fields, **changes})


def libraries(path: str = LIBCUDA, error: str = "") -> Known[tuple[InnerLibrary, ...]]:
    """The driver's libraries, libcuda at ``path``, or not loaded because of ``error``."""
    return Known(
        (
            InnerLibrary(name="libcuda.so.1", loaded=not error, path="" if error else path, error=error),
            InnerLibrary(name="libnvidia-ml.so.1", loaded=True, path="/usr/lib/libnvidia-ml.so.580.95.05"),
        )
    )


def nodes(*paths: str, error: str = "") -> Known[tuple[InnerNode, ...]]:
    """Device nodes; the first cannot be opened where there is an error."""
    return Known(tuple(InnerNode(path=path, error="" if place else error) for place, path in enumerate(paths)))


def container(**changes: Any) -> ContainerFacts:
    """A container in which everything works."""
    fields: dict[str, Any] = {
        "image": "pytorch/pytorch:2.13.0-cuda13.0-cudnn9-runtime",
        "digest": "sha256:1234",
        "starts": (StartAttempt(gpus="hook", started=True),),
        "shm_asked": 8 << 30,
        "python": Known("3.12.3"),
        "nodes": nodes("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"),
        "libraries": libraries(),
        "search": Known(LibrarySearch()),
        "nvml": Known(nvml()),
        "nvml_again": Known(nvml()),
        "cuda": Known(cuda()),
        "limits": Known(limits()),
        "volume": Known(volume()),
        "clock_ahead": Known(0.1),
        "network": Known((Reached(purpose="package index", host="index.example", port=443),)),
        "tools": Known(InnerTools(compiler="/usr/bin/cc", headers=True, triton="3.5.0")),
        "torch": Known(torch()),
        "kernels": Known((KernelRun(device="cuda:0", format="float32"), KernelRun(device="cuda:0", format="bfloat16"))),
    }
    return ContainerFacts(**{**fields, **changes})


def gpu_load(**changes: Any) -> GpuLoad:
    """An RTX 4090 that stands its work."""
    fields: dict[str, Any] = {
        "device": "cuda:0",
        "name": "NVIDIA GeForce RTX 4090",
        "uuid": UUID,
        "soak": Known(Soak(format="bfloat16", seconds=60.0, parts=120, teraflops=150.0, first=152.0, last=149.0)),
        "memory": Known(MemoryTest(tested=20 << 30, patterns=4)),
        "copy": Known(CopySpeed(to_gpu=25e9, from_gpu=26e9, within=900e9)),
        "samples": Known(samples()),
    }
    return GpuLoad(**{**fields, **changes})


def samples(**changes: Any) -> LoadSamples:
    """Samples of a GPU whose power limit holds its clocks, as it should be."""
    fields: dict[str, Any] = {
        "count": 60,
        "hottest": Known(71),
        "power": Known(449.0),
        "sm_clock": Known(2520),
        "reasons": {"sw_power_cap": 55},
        "generation": Known(4),
        "width": Known(16),
    }
    return LoadSamples(**{**fields, **changes})


def load(*gpus: GpuLoad, **changes: Any) -> LoadFacts:
    """A load on these GPUs, or on one that stands it."""
    disk = DiskSpeed(path="/drydock-volume", size=1 << 30, write=1.8e9, read=3.1e9)
    fields: dict[str, Any] = {"gpus": gpus or (gpu_load(),), "disk": Known(disk)}
    return LoadFacts(**{**fields, **changes})


def walked(snapshot: Snapshot | None = None, **changes: Any) -> Snapshot:
    """A machine (a healthy desktop) with a walk through a container, in which some facts are changed."""
    return replaced(snapshot or healthy_snapshot(), container=Known(container(**changes)))


def loaded(*gpus: GpuLoad, **changes: Any) -> Snapshot:
    """A healthy desktop with a walk and a load."""
    return replaced(walked(), load=Known(load(*gpus, **changes)))
