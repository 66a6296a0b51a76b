"""Tools that are added to an image beside services, and when they help."""

from collections.abc import Collection

from drydock.core.launch.choice import Part

TRITON_CAPABILITY = (7, 0)
"""Least compute capability that Triton, and so ``torch.compile`` on a GPU, makes code for."""

_NAMES: dict[Part, str] = {
    "jupyter": "Jupyter",
    "ssh": "an SSH server",
    "tensorboard": "TensorBoard",
    "compiler": "a C compiler",
    "tini": "tini",
}


def part_names(parts: Collection[Part]) -> str:
    """Return parts by their names, as the object of a sentence: ``Jupyter, an SSH server and tini``."""
    names = [name for part, name in _NAMES.items() if part in parts]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def suggests_compiler(*, compiles: bool, has_compiler: bool | None, capabilities: Collection[tuple[int, int]]) -> bool:
    """Say whether a compiler should be added unless the person says otherwise.

    Args:
        compiles: the work uses ``torch.compile``.
        has_compiler: of the image; None when it is not known, and then adding one does no harm.
        capabilities: compute capabilities of the GPUs that will be seen.
    """
    return compiles and has_compiler is not True and any(one >= TRITON_CAPABILITY for one in capabilities)
