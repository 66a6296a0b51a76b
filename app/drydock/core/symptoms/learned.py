"""What the catalogue of images knows of the versions that a log names."""

import re
from collections.abc import Mapping

from drydock.core.images.catalogue import Catalogue, Image
from drydock.core.images.coverage import covers
from drydock.core.images.machine import Gpu, Machine, Wish
from drydock.core.images.situation import look
from drydock.core.images.version import Version, driver_text
from drydock.core.symptoms.ranking import Symptom

_MOST_IMAGES = 2


def learned(symptom: Symptom, catalogue: Catalogue) -> dict[str, str]:
    """Return values for a symptom's text: ``first_driver``, ``driver_cuda``, ``fitting``, ``images``, ``no_image``."""
    if symptom.id == "nvc-requirement-cuda":
        return _first_driver(symptom.values.get("cuda"), catalogue)
    if symptom.id == "torch-driver-too-old":
        return _cuda_of_driver(symptom.values.get("found", ""), catalogue)
    if symptom.id in ("gpu-arch-not-in-torch-build", "gpu-too-old-for-torch"):
        return _images_for(symptom.values, catalogue)
    return {}


def _first_driver(cuda: str | None, catalogue: Catalogue) -> dict[str, str]:
    wanted = Version.find(cuda)
    if wanted is None:
        return {}
    first = min((entry.driver for entry in catalogue.drivers.linux_native if entry.cuda >= wanted), default=None)
    return {} if first is None else {"first_driver": driver_text(first)}


def _cuda_of_driver(found: str, catalogue: Catalogue) -> dict[str, str]:
    """Read CUDA's own way of writing versions: 12080 is 12.8."""
    if not re.fullmatch(r"\d{4,6}", found):
        return {}
    native = Version((int(found) // 1000, int(found) % 1000 // 10))
    values = {"driver_cuda": str(native)}
    # inside a family of CUDA an older driver carries newer minor versions
    family = [image.cuda for image in catalogue.images if image.cuda[0] <= native[0]]
    return values | {"fitting": str(max(family))} if family else values


def _images_for(values: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    capability = _capability(values.get("arch", ""), values.get("capability", ""))
    if capability is None:
        return {}
    gpu = Gpu(values.get("gpu", "GPU"), capability)
    kinds = look(Machine(gpus=(gpu,), driver=None), Wish(), catalogue).kinds
    fitting = [
        image
        for image in catalogue.images
        if image.proven and not image.alpha and all(covers(image, kind) for kind in kinds)
    ]
    if not fitting:
        return {"no_image": f"compute capability {capability[0]}.{capability[1]}"}
    # the newest release, and of it the oldest CUDA: that asks the least of the driver
    newest = sorted(fitting, key=lambda one: (_torch(one), tuple(-part for part in one.cuda), one.flavour == "runtime"))
    return {"images": ", ".join(image.reference for image in newest[: -_MOST_IMAGES - 1 : -1])}


def _torch(image: Image) -> Version:
    return image.torch or Version((0,))


def _capability(arch: str, capability: str) -> tuple[int, int] | None:
    if re.fullmatch(r"\d{2,3}", arch):
        return int(arch[:-1]), int(arch[-1])
    version = Version.find(capability)
    return (version[0], version[1]) if version is not None and len(version) == 2 else None
