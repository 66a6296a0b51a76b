"""What was measured inside a container of the image that the person would use. Sizes in bytes."""

from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")
GpuWay: TypeAlias = Literal["hook", "cdi", "none"]


class StartAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to start a container.

    Attributes:
        gpus: how GPUs were asked for, as a launch would do it; ``none``: they were not.
        trouble: id of what the engine said where it did not start; ``text`` is that, raw.
    """

    gpus: GpuWay
    started: bool
    trouble: str = ""
    text: str = ""


class InnerNode(msgspec.Struct, frozen=True, kw_only=True):
    """A device node of the driver inside: its path, and why it cannot be opened (empty: it can)."""

    path: str
    error: str = ""


class InnerLibrary(msgspec.Struct, frozen=True, kw_only=True):
    """A library of the driver, as the loader inside finds it.

    Attributes:
        path: the file it leads to; a driver's file name ends in its version.
        error: what the loader said where it was not loaded.
    """

    name: str
    loaded: bool
    path: str = ""
    error: str = ""


class LibrarySearch(msgspec.Struct, frozen=True, kw_only=True):
    """What decides which libcuda is taken inside.

    Attributes:
        variable: LD_LIBRARY_PATH.
        compat: CUDA's compatibility libraries (``libcuda.so.VERSION`` under ``compat``) that the image brings.
    """

    variable: str = ""
    compat: tuple[str, ...] = ()


class InnerDriver(msgspec.Struct, frozen=True, kw_only=True):
    """How a driver library answered inside.

    Attributes:
        code: of its initialisation (``nvmlInit``, ``cuInit``); None where it could not be asked.
        name: the code's name, such as ``CUDA_ERROR_NO_DEVICE``.
        text: what else came back, raw.
        count: GPUs it tells of.
        version: of the driver (NVML), or the newest CUDA it runs (CUDA).
        devices: names of the GPUs (CUDA), UUIDs (NVML).
    """

    code: int | None
    name: str = ""
    text: str = ""
    count: Fact[int] = _NOT_ASKED
    version: Fact[str] = _NOT_ASKED
    devices: tuple[str, ...] = ()


class InnerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a process inside may use. None: no limit, or (for ``shm``) nothing there.

    Attributes:
        cpus: processors by the control group's quota.
    """

    uid: int
    shm: int | None
    memlock: int | None
    stack: int | None
    nofile: int | None
    memory: int | None
    cpus: float | None
    threads: int


class VolumeTest(msgspec.Struct, frozen=True, kw_only=True):
    """A file was written to a directory of the host and read back.

    Attributes:
        step: at which it failed: ``open``, ``write``, ``read``; empty when all went well.
        number: errno, with its text in ``error``.
        owner: user id that the file has on the host, where it could be seen.
    """

    path: str
    uid: int
    step: str = ""
    number: int = 0
    error: str = ""
    owner: Fact[int] = _NOT_ASKED


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """An address that was called from inside.

    Attributes:
        purpose: ``registry`` or ``package index``.
        step: at which it failed: ``name`` (DNS), ``connect``, ``tls``; empty when it answered.
    """

    purpose: str
    host: str
    port: int
    step: str = ""
    error: str = ""


class InnerTools(msgspec.Struct, frozen=True, kw_only=True):
    """What frameworks need besides torch.

    Attributes:
        compiler: path of a C compiler; empty: none. ``compiler_error``: what it said to an empty program.
        headers: Python's own C headers are there.
        triton: version of the package.
    """

    compiler: str = ""
    compiler_error: str = ""
    headers: bool = False
    nvcc: str = ""
    triton: str = ""


class InnerGpu(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU as torch sees it; ``coverage``: ``binary``, ``ptx`` (compiled at the first use), ``none``, ``unknown``."""

    index: int
    name: str
    capability: tuple[int, int] | None
    coverage: str


class InnerTorch(msgspec.Struct, frozen=True, kw_only=True):
    """The torch inside.

    Attributes:
        cuda: CUDA version of the build; empty for a build without it.
        problem: kind of why CUDA cannot be used; ``problem_text`` is torch's own.
    """

    version: str
    cuda: str = ""
    hip: str = ""
    cudnn: str = ""
    nccl: str = ""
    architectures: tuple[str, ...] = ()
    gpus: tuple[InnerGpu, ...] = ()
    problem: str = ""
    problem_text: str = ""


class KernelRun(msgspec.Struct, frozen=True, kw_only=True):
    """Kernels of one number format on one device (``cuda:0``, ``cpu``), compared with a reference.

    Attributes:
        kind: empty when right; else ``wrong-result``, ``not-finite`` or a kind of failure.
    """

    device: str
    format: str = ""
    kind: str = ""
    text: str = ""


class ContainerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A walk through a container.

    Attributes:
        digest: names the image's contents.
        starts: tries to start it: as a launch would, then (where that failed) without GPUs.
        python: version of the ``python3`` inside, which everything else is measured with.
        shm_asked: what the engine was told to give.
        clock_ahead: seconds that the clock inside is ahead of this computer's.
        torch: missing with ``absent`` where there is none, with ``failed`` where Python cannot import it.
        nvml_again: NVML asked once more at the end, by a command of its own.
    """

    image: str
    digest: str = ""
    starts: tuple[StartAttempt, ...] = ()
    shm_asked: int = 0
    python: Fact[str] = _NOT_ASKED
    nodes: Fact[tuple[InnerNode, ...]] = _NOT_ASKED
    libraries: Fact[tuple[InnerLibrary, ...]] = _NOT_ASKED
    search: Fact[LibrarySearch] = _NOT_ASKED
    nvml: Fact[InnerDriver] = _NOT_ASKED
    nvml_again: Fact[InnerDriver] = _NOT_ASKED
    cuda: Fact[InnerDriver] = _NOT_ASKED
    limits: Fact[InnerLimits] = _NOT_ASKED
    volume: Fact[VolumeTest] = _NOT_ASKED
    clock_ahead: Fact[float] = _NOT_ASKED
    network: Fact[tuple[Reached, ...]] = _NOT_ASKED
    tools: Fact[InnerTools] = _NOT_ASKED
    torch: Fact[InnerTorch] = _NOT_ASKED
    kernels: Fact[tuple[KernelRun, ...]] = _NOT_ASKED

    @property
    def gpus_granted(self) -> bool:
        """Whether the container that was measured had been started with GPUs."""
        return any(start.started and start.gpus != "none" for start in self.starts)
