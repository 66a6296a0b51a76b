"""What the choice answers. Every reason is a code with values; texts lie in the resources."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.images.catalogue import Confidence, Flavour
from drydock.core.images.machine import Gpu
from drydock.core.images.version import Version
from drydock.core.trouble import Value

RefusalCode = Literal[
    "NO_NVIDIA_GPU",
    "UNKNOWN_GPU",
    "JETSON",
    "DRIVER_TOO_OLD_FOR_ANY",
    "DRIVER_TOO_OLD_FOR_GPU",
    "DRIVER_DROPPED_GPU",
    "NO_BUILD_FOR_GPU",
    "MIXED_GPUS",
    "NO_SUCH_TAG",
    "TORCH_NOT_AVAILABLE",
    "NO_IMAGE_FOR_PROCESSOR",
]


class Reason(msgspec.Struct, frozen=True):
    """Why something is so, and with which numbers.

    Attributes:
        values: for the text. ``cause`` names a variant of the text, ``way`` one of the text that tells the way out.
    """

    code: str
    values: Mapping[str, Value] = {}


Note = Reason


class Coverage(msgspec.Struct, frozen=True):
    """Which compiled code a GPU runs: ``cubin`` is None where the publisher tells only a range."""

    gpu: Gpu
    cubin: Version | None


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """How long one part is looked after, by the word of those who make it.

    Attributes:
        part: ``driver`` and ``gpu`` belong to the machine, all others to the image.
        until: ISO 8601 day or month after which no fixes come; None where none is known.
        note: the sentence for it.
        sources: keys of the catalogue's sources.
    """

    part: Literal["torch", "cuda", "nvidia_image", "system", "driver", "gpu"]
    until: str | None
    note: Note
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the image, and what carries it, is looked after.

    Attributes:
        until: the first known end among the parts of the image: ISO 8601 day or month, past or to come; None where none
            is known.
        confidence: that of the part ``until`` is from; None without one.
    """

    until: str | None = None
    confidence: Confidence | None = None
    terms: tuple[Term, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person wants to read about it."""
        return tuple(term.note for term in self.terms)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An image that runs on the machine.

    Attributes:
        native: the driver is at least as new as the image's CUDA; otherwise minor-version compatibility carries it.
        environment: variables the container needs to start.
        support: until when it is looked after.
    """

    reference: str
    torch: str | None
    cuda: str
    cudnn: str | None
    nccl: str | None
    triton: str | None
    python: str | None
    flavour: Flavour
    compiler: bool
    native: bool
    coverage: tuple[Coverage, ...]
    environment: Mapping[str, str] = {}
    why: tuple[Note, ...] = ()
    support: Support = Support()
    confidence: Confidence

    @property
    def tag(self) -> str:
        """The part behind the colon."""
        return self.reference.rpartition(":")[2]


class Rejected(msgspec.Struct, frozen=True):
    """An image that was not chosen, with every reason that applies."""

    reference: str
    why: tuple[Reason, ...]


class Refusal(msgspec.Struct, frozen=True):
    """No image fits.

    Attributes:
        nearest: what works on this machine and is closest to the wish.
        others: further ways out, each giving up another part of the wish.
    """

    code: RefusalCode
    values: Mapping[str, Value] = {}
    nearest: Choice | None = None
    others: tuple[Choice, ...] = ()


class GpuPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a group of equal GPUs, or one slice of a GPU, gets when it has a container of its own.

    Attributes:
        device_request: for ``docker run --gpus``; None when a UUID is not known.
        environment: for the container.
    """

    gpus: tuple[Gpu, ...]
    choice: Choice | None
    refusal: Refusal | None
    device_request: str | None
    environment: Mapping[str, str]


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: a choice or a refusal, never both.

    Attributes:
        rejected: every other image, with why not; those that would work too say that they were outranked.
        alternatives: references of the images that would work too, best first.
        per_gpu: a plan for each group of equal GPUs, and for each slice (MIG), when there is more than one.
        notes: about the machine, whichever image is chosen.
    """

    choice: Choice | None
    refusal: Refusal | None
    rejected: tuple[Rejected, ...] = ()
    alternatives: tuple[str, ...] = ()
    per_gpu: tuple[GpuPlan, ...] = ()
    notes: tuple[Note, ...] = ()
