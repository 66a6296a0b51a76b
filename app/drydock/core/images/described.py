"""What an image says of itself, read into the terms of the catalogue."""

from typing import Literal

import msgspec

from drydock.core.images.catalogue import Flavour
from drydock.core.images.requirement import Demand
from drydock.core.images.version import Version

CubinsFrom = Literal["catalogue", "image", "assumed", ""]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An image by its own configuration, whoever made it.

    Attributes:
        torch: None when it names none; of an ``alpha`` build, the release it leads to.
        torch_text: the version as the image writes it, such as ``2.9.0a0+145a3a7`` or ``2.7.1+cpu``.
        framework: ``torch``, or another that it names (``tensorflow``); empty when it names none.
        cpu_only: it names a build of torch without CUDA.
        rocm: it is made for AMD GPUs.
        cuda: (major, minor); None where the image does not tell.
        cuda_from: where the CUDA version was read: ``torch`` (its local version), ``variable``,
            ``history``, ``catalogue`` or ``tag``.
        cubins: compute capabilities that its torch holds compiled code for; ``cubins_from`` says who says so:
            the catalogue measured that build, the image names them (TORCH_CUDA_ARCH_LIST), or they are assumed from a
            build near to it. Empty where only ``range`` is published or nothing is known.
        demand: what it asks of the driver before it starts; None when it asks nothing.
        demand_off: it turns that question off itself (NVIDIA_DISABLE_REQUIRE).
        platforms: every platform it is published for.
        platform: the one that was read.
        compiler: whether a C compiler is inside; None when the image does not tell.
        conda: its Python is of a conda environment; ``virtual_environment`` when it is of a venv.
        gpus: what it asks for by NVIDIA_VISIBLE_DEVICES; empty when it asks for nothing.
        capabilities: of NVIDIA_DRIVER_CAPABILITIES; empty when it names none.
        compat_first: a CUDA driver library of its own (cuda-compat) is on LD_LIBRARY_PATH.
        catalogue_reference: the image of the catalogue that it is, or was made from; empty when there is none.
        made_from: the image that it was made from, as far as its labels or history tell.
    """

    reference: str
    torch: Version | None = None
    torch_text: str = ""
    alpha: bool = False
    framework: str = ""
    cpu_only: bool = False
    rocm: bool = False
    cuda: Version | None = None
    cuda_from: str = ""
    cudnn: str = ""
    nccl: str = ""
    python: str = ""
    cubins: tuple[Version, ...] = ()
    cubins_from: CubinsFrom = ""
    range: tuple[Version, Version] | None = None
    demand: Demand | None = None
    demand_off: bool = False
    platforms: tuple[str, ...] = ()
    platform: str = ""
    flavour: Flavour | None = None
    compiler: bool | None = None
    ssh_server: bool = False
    conda: bool = False
    virtual_environment: str = ""
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    gpus: str = ""
    capabilities: tuple[str, ...] = ()
    compat_first: bool = False
    created: str = ""
    made_by: str = ""
    made_from: str = ""
    catalogue_reference: str = ""
