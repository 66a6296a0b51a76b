"""Which compiled code of an image a GPU runs.

A cubin for X.z runs on X.y with z <= y and never on another major. PTX is not counted on: the official builds were
measured and hold none. Integrated (Tegra) GPUs run only their own code, until CUDA 13.2 united them with the others.
"""

from drydock.core.images.catalogue import Image
from drydock.core.images.situation import SeenGpu
from drydock.core.images.version import Version

TEGRA_UNITED = Version((13, 2))
_UNITED = frozenset({Version((7, 2)), Version((8, 7))})
_CUDNN9_FLOOR = Version((5, 0))
_THOR = Version((11, 0))


def cubin_for(image: Image, seen: SeenGpu) -> Version | None:
    """Return the newest cubin of the image that the GPU runs, or None."""
    capability = seen.capability
    if seen.architecture is None:
        return None
    if seen.architecture.tegra and not _is_united(image, seen):
        return capability if capability in image.cubins else None
    return max(
        (cubin for cubin in image.cubins if cubin[0] == capability[0] and cubin <= capability),
        default=None,
    )


def covers(image: Image, seen: SeenGpu) -> bool:
    """Whether the image holds code for the GPU, as measured or, where only that is known, as its publisher says."""
    if image.range is None:
        return cubin_for(image, seen) is not None
    if seen.architecture is None or not image.range[0] <= seen.capability <= image.range[1]:
        return False
    if not seen.architecture.tegra:
        return True
    return _is_united(image, seen) if seen.capability in _UNITED else _is_after_first_cuda(image, seen)


def cudnn_fits(image: Image, seen: SeenGpu) -> bool:
    """Whether the image's cuDNN knows the GPU: version 9 has nothing below compute capability 5.0."""
    return image.cudnn_major is None or image.cudnn_major < 9 or seen.capability >= _CUDNN9_FLOOR


def _is_united(image: Image, seen: SeenGpu) -> bool:
    return seen.capability in _UNITED and image.cuda >= TEGRA_UNITED


def _is_after_first_cuda(image: Image, seen: SeenGpu) -> bool:
    # Thor is the one integrated GPU that is not older than these images; the first that knows it is of CUDA 13.0
    if seen.architecture is None or seen.capability < _THOR:
        return False
    return image.cuda >= seen.architecture.first_cuda
