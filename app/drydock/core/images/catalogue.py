"""What is known about images, drivers and GPUs, in the shape the choice needs."""

from typing import Literal

import msgspec

from drydock.core.images.lifecycles import Confidence, Lifecycles
from drydock.core.images.version import Version

Arch = Literal["amd64", "arm64"]
Flavour = Literal["runtime", "devel"]


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """One image of the catalogue.

    Attributes:
        repository: ``pytorch/pytorch``, or NVIDIA's own.
        torch: None where it is not known; of an ``alpha`` build, the release it leads to.
        recency: what orders the images of one repository: the torch release, or NVIDIA's year and month.
        cuda: (major, minor).
        cubins: compute capabilities the image holds compiled code for; empty where only ``range`` is published.
        range: first and last compute capability that is supported, by the publisher's notes.
        proven: False when nobody was seen to use the tag and no build matrix names it: it may not exist.
        alpha: NVIDIA builds torch from the development branch, so no exact version is ever met.
        compiler: whether a C compiler is inside, which torch.compile needs.
        requires_native: the image carries NVIDIA_REQUIRE_CUDA and may refuse to start on an older driver.
        confidence: the lower of those of the tag and of the build inside.
        python: version of the interpreter inside; ``system_python`` when it belongs to the distribution.
        listed: whether the registry's own list of tags has it; None when no list was read.
        assumed: newer than the catalogue: what is said of its inside is taken from the nearest known build.
        system: the distribution inside; None where it is not known.
        download_size: bytes, from - to: a rough estimate for the time before a registry was asked; of low confidence.
        unpacked_size: bytes on disk, likewise.
    """

    repository: str
    tag: str
    torch: Version | None
    recency: Version
    cuda: Version
    cudnn: str | None
    cudnn_major: int | None
    nccl: str | None
    triton: str | None
    flavour: Flavour
    archs: tuple[Arch, ...]
    cubins: tuple[Version, ...] = ()
    range: tuple[Version, Version] | None = None
    experimental: bool = False
    proven: bool = True
    alpha: bool = False
    compiler: bool
    requires_native: bool
    confidence: Confidence
    python: str | None = None
    system_python: bool = False
    listed: bool | None = None
    assumed: bool = False
    released: str | None = None
    system: str | None = None
    download_size: tuple[int, int] | None = None
    unpacked_size: tuple[int, int] | None = None
    sources: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What ``docker pull`` takes."""
        return f"{self.repository}:{self.tag}"


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest driver that starts any image of a CUDA major version."""

    family: int
    linux: Version
    windows: Version
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Native(msgspec.Struct, frozen=True, kw_only=True):
    """From this driver on, this CUDA version is native."""

    driver: Version
    cuda: Version
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Toolkit(msgspec.Struct, frozen=True, kw_only=True):
    """The driver that a release of the CUDA toolkit was made for."""

    cuda: Version
    update: str
    linux: Version
    windows: Version | None
    confidence: Confidence
    sources: tuple[str, ...] = ()


class FirstDriver(msgspec.Struct, frozen=True, kw_only=True):
    """The first Linux driver that knows the GPUs whose name holds ``pattern``, or of a compute capability."""

    driver: Version
    pattern: str | None = None
    compute_capability: Version | None = None
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """Older driver branches on which data-centre GPUs may start images of this CUDA version."""

    cuda: Version
    branches: tuple[int, ...]
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Drivers(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about driver numbers. Tables of ``Native`` are in rising order.

    Attributes:
        requirement_exemptions: what the images' own demand on the driver lets pass.
        forward_compatibility: driver branches on which a CUDA's own driver library works, on data-centre GPUs.
    """

    toolkits: tuple[Toolkit, ...]
    families: tuple[Family, ...]
    linux_native: tuple[Native, ...]
    windows_native: tuple[Native, ...]
    first_by_name: tuple[FirstDriver, ...]
    first_by_compute_capability: tuple[FirstDriver, ...]
    requirement_exemptions: tuple[Exemption, ...]
    forward_compatibility: tuple[Exemption, ...] = ()


class Architecture(msgspec.Struct, frozen=True, kw_only=True):
    """A compute capability that exists.

    Attributes:
        last_branch: the last driver branch that knows it, where there is one.
        tegra: an integrated GPU, which runs only code made for itself (until CUDA 13.2 lifts this).
    """

    compute_capability: Version
    name: str
    first_cuda: Version
    last_cuda: Version | None
    last_branch: int | None
    tegra: bool
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A torch release and the CUDA versions its wheels were built for.

    Attributes:
        without_image: those of ``cuda`` of which no image was made, as far as is known.
    """

    version: Version
    released: str
    cuda: tuple[Version, ...]
    without_image: tuple[Version, ...] = ()
    confidence: Confidence = "low"
    sources: tuple[str, ...] = ()


class NeverExisted(msgspec.Struct, frozen=True, kw_only=True):
    """Names that are met in texts and were never published.

    Attributes:
        repository, tag: shell patterns for the two parts of the name.
        cause: which text tells why.
    """

    repository: str
    tag: str
    cause: str
    confidence: Confidence
    sources: tuple[str, ...] = ()


class TagRange(msgspec.Struct, frozen=True, kw_only=True):
    """Tags with a suffix that were published from one month to another: ``26.02``, year and month."""

    suffix: str
    first: str
    last: str
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the choice looks up.

    Attributes:
        made: date of the facts, ISO 8601.
        sources: what the keys in the entries' ``sources`` stand for.
        integrated: NVIDIA's images for the GPU inside a Jetson.
    """

    made: str
    images: tuple[Image, ...]
    releases: tuple[Release, ...]
    drivers: Drivers
    architectures: dict[Version, Architecture]
    sources: dict[str, str]
    lifecycles: Lifecycles = Lifecycles()
    never_existed: tuple[NeverExisted, ...] = ()
    integrated: TagRange | None = None

    def image(self, reference: str) -> Image | None:
        """Return the image with this reference, as ``Image.reference`` writes it; None where there is none."""
        repository, _, tag = reference.rpartition(":")
        return next((image for image in self.images if image.tag == tag and image.repository == repository), None)
