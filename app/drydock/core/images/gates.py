"""The gates an image must pass. Each is one rule and says why it stays shut."""

import functools
from collections.abc import Callable, Iterable

from drydock.core.images.advice import driver_way, first_driver_of
from drydock.core.images.catalogue import Family, Image
from drydock.core.images.coverage import covers, cudnn_fits
from drydock.core.images.result import Reason
from drydock.core.images.situation import SeenGpu, Situation, is_consumer
from drydock.core.images.version import Version, driver_text
from drydock.core.trouble import Value

Gate = Callable[[Image, Situation], Reason | None]


def for_this_processor(image: Image, situation: Situation) -> Reason | None:
    """The image is built for the host's processor."""
    if situation.machine.arch in image.archs:
        return None
    arch = situation.machine.processor or situation.machine.arch
    return Reason("OTHER_PROCESSOR", {"arch": arch, "image_arch": ", ".join(image.archs)})


def from_the_first_publisher(image: Image, situation: Situation) -> Reason | None:
    """NVIDIA's images are for hosts that the official ones do not serve."""
    if image.alpha and situation.machine.arch == "amd64":
        return Reason("NVIDIA_IMAGE_NOT_NEEDED")
    return None


def proven(image: Image, situation: Situation) -> Reason | None:
    """Somebody was seen to use the tag, or a build matrix names it."""
    if image.proven or image.listed is False:  # what the registry itself says is sharper
        return None
    return Reason("TAG_NOT_PROVEN", {"made": situation.catalogue.made})


def in_the_registry(image: Image, _situation: Situation) -> Reason | None:
    """The registry lists the tag, as far as its list was read."""
    return Reason("TAG_NOT_IN_REGISTRY", {"tag": image.tag}) if image.listed is False else None


def code_is_measured(image: Image, situation: Situation) -> Reason | None:
    """The image is not newer than the catalogue: which GPUs its code is for is known, and not assumed."""
    return Reason("CODE_ASSUMED", {"made": situation.catalogue.made}) if image.assumed else None


def wanted_torch(image: Image, situation: Situation) -> Reason | None:
    """The torch inside is one the person wants."""
    wanted = situation.torch
    if wanted is None:
        return None
    if image.torch is None:
        return Reason("TORCH_NOT_KNOWN", {"wanted": wanted.text})
    if image.alpha and wanted.exact:
        return Reason("TORCH_IS_ALPHA", {"wanted": wanted.text, "torch": str(image.torch)})
    if wanted.admits(image.torch):
        return None
    return Reason("OTHER_TORCH", {"wanted": wanted.text, "torch": str(image.torch)})


def wanted_cuda(image: Image, situation: Situation) -> Reason | None:
    """The CUDA inside is one the person wants."""
    if situation.cuda is None or situation.cuda.admits(image.cuda):
        return None
    return Reason("OTHER_CUDA", {"wanted": situation.cuda.text, "cuda": str(image.cuda)})


def wanted_flavour(image: Image, situation: Situation) -> Reason | None:
    """The image has the tools that are wanted. NVIDIA's come in one flavour, which holds them all."""
    if image.alpha:
        return None
    if situation.flavour is not None and image.flavour != situation.flavour:
        return Reason("OTHER_FLAVOUR", {"wanted": situation.flavour, "flavour": image.flavour})
    if situation.needs_compiler and not image.compiler:
        return Reason("NO_COMPILER_INSIDE")
    return None


def driver_starts_family(image: Image, situation: Situation) -> Reason | None:
    """The driver is new enough for the image's CUDA major version."""
    family = situation.family(image.cuda[0])
    if family is None:
        return Reason("CUDA_FAMILY_NOT_KNOWN", {"cuda": str(image.cuda)})
    if _starts(family, situation):
        return None
    needed = situation.minimum(family)
    driver = situation.machine.driver
    values = {"driver": driver or "", "cuda": str(image.cuda), "needed": driver_text(needed)}
    way = driver_way(needed, situation)
    return Reason("DRIVER_TOO_OLD_FOR_CUDA", {**values, **way} if driver else {**values, **way, "cause": "absent"})


def _starts(family: Family, situation: Situation) -> bool:
    if situation.driver is not None:
        return situation.driver >= situation.minimum(family)
    return situation.native is not None and situation.native[0] >= family.family


def holds_code_for_every_gpu(image: Image, situation: Situation) -> Reason | None:
    """Compiled code for every visible GPU is inside."""
    bare = [seen for seen in situation.kinds if not covers(image, seen)]
    if not bare:
        return None
    gpus = ", ".join(dict.fromkeys(f"{seen.gpu.name} ({seen.capability})" for seen in bare))
    values = {"gpus": gpus, "holds": _holds(image.cubins, image.range), **_others(bare, situation)}
    return Reason("NO_CODE_FOR_GPU", values)


@functools.lru_cache(256)
def _holds(cubins: tuple[Version, ...], published: tuple[Version, Version] | None) -> str:
    return ", ".join(map(str, cubins)) if published is None else f"{published[0]}-{published[1]}"


def cudnn_knows_every_gpu(image: Image, situation: Situation) -> Reason | None:
    """The cuDNN inside knows every visible GPU."""
    bare = [seen for seen in situation.kinds if not cudnn_fits(image, seen)]
    if not bare:
        return None
    values = {"gpu": bare[0].gpu.name, "cudnn": image.cudnn_major or 0}
    return Reason("CUDNN_TOO_NEW_FOR_GPU", {**values, **_others(bare, situation)})


def _others(bare: list[SeenGpu], situation: Situation) -> dict[str, Value]:
    """Return the GPUs that are left when those without code are not shown to the container."""
    rest = [seen.gpu.name for seen in situation.kinds if all(seen is not one for one in bare)]
    others = ", ".join(dict.fromkeys(rest))
    return {"others": others, "way": "others"} if others else {}


def starts_under_strict_check(image: Image, situation: Situation) -> Reason | None:
    """The image's own requirement (NVIDIA_REQUIRE_CUDA) is met by the driver itself.

    Newer container toolkits do not enforce it in every mode; the strict case is predicted, as it holds everywhere.
    """
    if not image.requires_native or is_native(image, situation):
        return None
    values: dict[str, Value] = {"cuda": str(image.cuda), "native": str(situation.native or "")}
    first = first_driver_of(image.cuda, situation)
    values |= driver_way(first, situation) if first else {"way": "unknown"}
    return Reason("IMAGE_REQUIRES_NEWER_DRIVER", values if situation.native else {**values, "cause": "absent"})


def is_native(image: Image, situation: Situation) -> bool:
    """Whether the driver is at least as new as the CUDA inside the image."""
    return situation.native is not None and situation.native >= image.cuda


def is_exempt(image: Image, situation: Situation) -> bool:
    """Whether the image's own requirement makes an exception for these GPUs on this older driver branch."""
    if situation.windows or situation.driver is None or any(map(is_consumer, situation.kinds)):
        return False
    exemptions = situation.catalogue.drivers.requirement_exemptions
    return any(image.cuda == entry.cuda and situation.driver[0] in entry.branches for entry in exemptions)


EXISTENCE: tuple[Gate, ...] = (
    for_this_processor,
    from_the_first_publisher,
    proven,
    in_the_registry,
    code_is_measured,
)
WISH: tuple[Gate, ...] = (wanted_torch, wanted_cuda, wanted_flavour)
CODE: tuple[Gate, ...] = (holds_code_for_every_gpu, cudnn_knows_every_gpu)
DRIVER: tuple[Gate, ...] = (driver_starts_family,)
ALL: tuple[Gate, ...] = (*EXISTENCE, *WISH, *DRIVER, *CODE)


def sound(images: Iterable[Image], situation: Situation) -> list[Image]:
    """Return the images that run on the machine, whatever is wished: those that pass ``DRIVER`` and ``CODE``.

    Nothing is said of the others, which saves most of the time.
    """
    started = {family.family for family in situation.catalogue.drivers.families if _starts(family, situation)}
    return [
        image
        for image in images
        if image.cuda[0] in started and all(covers(image, seen) and cudnn_fits(image, seen) for seen in situation.kinds)
    ]


def passes(image: Image, situation: Situation, gates: tuple[Gate, ...]) -> bool:
    """Whether the image passes all of these gates."""
    for gate in gates:  # noqa: SIM110 - a generator would be half of the time this takes
        if gate(image, situation) is not None:
            return False
    return True
