"""What the choice is asked about: a machine and a wish."""

from typing import Literal

import msgspec

Os = Literal["linux", "wsl2", "windows", "jetson"]
Task = Literal["run", "compile", "extensions"]


class Gpu(msgspec.Struct, frozen=True):
    """A GPU that will be visible in the container.

    Attributes:
        name: as NVML gives it.
        compute_capability: (major, minor); of a MIG slice, its parent's.
        uuid: of the GPU or the MIG slice.
        memory: bytes.
    """

    name: str
    compute_capability: tuple[int, int]
    uuid: str | None = None
    memory: int | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What decides which image runs.

    Attributes:
        driver: its version; inside WSL2 and on Windows, the Windows driver's.
        cuda_driver: newest CUDA the driver runs natively, as NVML gives it; worked out from ``driver`` when None.
        os: ``jetson`` when the kernel is NVIDIA's for Tegra.
    """

    gpus: tuple[Gpu, ...]
    driver: str | None
    cuda_driver: tuple[int, int] | None = None
    os: Os = "linux"
    arch: Literal["amd64", "arm64"] = "amd64"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the person wants. None leaves it open.

    Attributes:
        torch: such as ``2.9``, ``==2.9.*``, ``>=2.6,<2.9``.
        cuda: such as ``12.6`` or ``>=12.1``.
        task: ``compile`` is torch.compile, which needs a C compiler; ``extensions`` builds CUDA code with nvcc.
    """

    torch: str | None = None
    cuda: str | None = None
    flavour: Literal["runtime", "devel"] | None = None
    task: Task = "run"
