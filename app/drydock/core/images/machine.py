"""What the choice is asked about: a machine and a wish."""

import re
from typing import Literal

import msgspec

Os = Literal["linux", "wsl2", "windows", "jetson"]
Processor = Literal["amd64", "arm64", "other"]
Task = Literal["run", "compile", "extensions"]

_SLICE = re.compile(r"\bMIG\b")


class Gpu(msgspec.Struct, frozen=True):
    """A GPU that will be visible in the container.

    Attributes:
        name: as NVML gives it; of a MIG slice, with its profile at the end: ``MIG 1g.10gb``.
        compute_capability: (major, minor); of a MIG slice, its parent's.
        uuid: of the GPU or the MIG slice.
        memory: bytes; of a MIG slice, its own.
    """

    name: str
    compute_capability: tuple[int, int]
    uuid: str | None = None
    memory: int | None = None

    @property
    def is_slice(self) -> bool:
        """Whether it is a part of a GPU (MIG), which a container can only have alone."""
        return bool(_SLICE.search(self.name)) or (self.uuid or "").startswith("MIG-")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What decides which image runs.

    Attributes:
        driver: its version; inside WSL2 and on Windows, the Windows driver's.
        cuda_driver: newest CUDA the driver runs natively, as NVML gives it; worked out from ``driver`` when None.
        os: ``jetson`` when the kernel is NVIDIA's for Tegra.
        arch: in the words of container images; ``other`` when there are no CUDA images for it.
        processor: the host's own word for an ``other`` one.
    """

    gpus: tuple[Gpu, ...]
    driver: str | None
    cuda_driver: tuple[int, int] | None = None
    os: Os = "linux"
    arch: Processor = "amd64"
    processor: str = ""


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
