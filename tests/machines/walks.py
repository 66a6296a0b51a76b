"""Parts of machines that were kept apart: walks through containers that fail in one way, and what surrounds them."""

from typing import Any

from tests.machines import parts
from tests.machines.parts import ABSENT, GIB, changed, engine, host, image
from tests.machines.started import inside

from drydock.core.facts import Engine, Gpu, GpuProcess, Host, Known, Missing, Network
from drydock.core.facts.container import (
    ContainerFacts,
    GpuWay,
    InnerDriver,
    InnerLibrary,
    InnerTorch,
    KernelRun,
    StartAttempt,
)
from drydock.core.facts.engine_setup import EngineSocket

XID_CATALOGUE = "https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html"
RTX_4090, H100 = "NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3"
NOT_LOADED: dict[str, Any] = {"loaded_modules": Known(()), "services": Known(()), "keeps_memory": ABSENT}
"""What the setup of a driver shows whose module is not in the kernel."""

PODMAN_SETUP: dict[str, Any] = {
    "sockets": Known((EngineSocket(path="/run/user/1000/podman/podman.sock", kind="podman"),)),
    "daemon": ABSENT,
    "started": ABSENT,
    "unit_hosts": ABSENT,
    "docker_group": Known(False),
}
ROOTLESS: dict[str, Any] = {
    "endpoint": "unix:///run/user/1000/docker.sock",
    "chosen_by": "rootless Docker's socket",
    "rootless": Known(True),
    "data_root": Known("/home/sample/.local/share/docker"),
    "security": Known(("seccomp", "rootless", "cgroupns")),
}
"""What an engine tells that runs as its user."""

ROOTLESS_SOCKET = Known((EngineSocket(path="/run/user/1000/docker.sock", kind="rootless"),))
_IMAGE = "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"
UNSEEN_NETWORK = Network(
    **{name: Missing("not_applicable") for name in Network.__struct_fields__ if name != "certificate_variables"}  # type: ignore[arg-type]
)
"""What is known of the network of a computer that is not Linux."""

_NO_CUDA = "libcuda.so.1: cannot open shared object file: No such file or directory"
_NO_NVML = "libnvidia-ml.so.1: cannot open shared object file: No such file or directory"
_ON_CPU = Known((KernelRun(device="cpu", format="fp32"),))


def _torch_inside() -> InnerTorch:
    torch = inside().torch
    assert isinstance(torch, Known)
    return torch.value


TORCH = _torch_inside()
"""The torch of a container in which everything works."""


def busy(name: str, index: int) -> Gpu:
    """A server's GPU that another container's job fills, at its power limit."""
    job = GpuProcess(
        pid=900 + index,
        kind="compute",
        memory_used=Known(44 * GIB),
        name=Known("python3"),
        container=Known("other-job"),
    )
    return parts.gpu(
        name,
        index,
        server=True,
        memory_used=Known(44 * GIB),
        utilisation=Known(100),
        temperature=Known(83),
        power=Known(348.0),
        event_reasons=Known(4),
        pcie_generation=Known(4),
        processes=Known((job,)),
    )


def pulled(tag: str) -> Any:
    """The engine's images: this one."""
    return Known((image(tag, 9 * GIB, "4"),))


def images_engine(version: str = "28.5.2", /, **fields: Any) -> Engine:
    """Docker Engine that has an image of PyTorch."""
    return engine(version, **{"images": pulled(_IMAGE), **fields})


def wsl_host(kernel: str = "6.6.87.2-microsoft-standard-WSL2", **fields: Any) -> Host:
    """Ubuntu in WSL 2."""
    return host(kernel=kernel, memory=32 * GIB, wsl=Known(True), **fields)


def lost(gpu: Gpu, text: str) -> Gpu:
    """A GPU that the driver no longer reaches."""
    told = ("index", "state", "text", "mig_devices", "pci_bus_id", "minor")
    unread = {name: Missing("failed", text) for name in Gpu.__struct_fields__ if name not in told}
    return changed(gpu, state="lost", text=text, **unread)


def nvml_in(version: str, count: int = 1) -> InnerDriver:
    """NVML that answers inside."""
    uuids = tuple(f"GPU-00000000-0000-0000-0000-{index + 1:012d}" for index in range(count))
    return InnerDriver(code=0, name="NVML_SUCCESS", count=Known(count), version=Known(version), devices=uuids)


def failed(
    text: str, trouble: str = "gpu-runtime-failed", way: GpuWay = "hook", *, also_plain: bool = False
) -> Known[ContainerFacts]:
    """A container that did not start with GPUs, and without them did (or did not either)."""
    first = StartAttempt(gpus=way, started=False, trouble=trouble, text=text)
    if also_plain:
        starts = (first, StartAttempt(gpus="none", started=False, trouble=trouble, text=text))
        return Known(ContainerFacts(image=_IMAGE, digest=f"sha256:{'4' * 64}", shm_asked=8 * GIB, starts=starts))
    nvml = Known(InnerDriver(code=None, text=_NO_NVML))
    bare = inside(
        starts=(first, StartAttempt(gpus="none", started=True)),
        nodes=Known(()),
        libraries=Known(
            (
                InnerLibrary(name="libcuda.so.1", loaded=False, error=_NO_CUDA),
                InnerLibrary(name="libnvidia-ml.so.1", loaded=False, error=_NO_NVML),
            )
        ),
        nvml=nvml,
        nvml_again=nvml,
        cuda=Known(InnerDriver(code=None, text=_NO_CUDA)),
        kernels=_ON_CPU,
    )
    return _with_problem(bare, "no-driver", "Found no NVIDIA driver on your system.")


def started(problem: str = "", text: str = "", **fields: Any) -> Known[ContainerFacts]:
    """A container that started; torch may have a problem in it."""
    if not problem:
        return Known(inside(**fields))
    return _with_problem(inside(**{"kernels": _ON_CPU, **fields}), problem, text)


def _with_problem(facts: ContainerFacts, problem: str, text: str) -> Known[ContainerFacts]:
    assert isinstance(facts.torch, Known)
    torch = changed(facts.torch.value, gpus=(), problem=problem, problem_text=text)
    return Known(changed(facts, torch=Known(torch)))
