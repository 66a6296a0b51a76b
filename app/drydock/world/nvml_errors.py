"""How a call to NVML fails, as one exception that can also stand in the place of a value."""

from typing import Final, Literal, TypeAlias, TypeVar

NvmlErrorKind: TypeAlias = Literal[
    "library_not_found",
    "driver_not_loaded",
    "version_mismatch",
    "no_permission",
    "gpu_lost",
    "not_supported",
    "timeout",
    "unknown",
]

UNINITIALIZED: Final = 1
NOT_SUPPORTED: Final = 3
TIMEOUT: Final = 10
LIBRARY_NOT_FOUND: Final = 12
UNKNOWN: Final = 999

_KINDS: Final[dict[int, NvmlErrorKind]] = {
    3: "not_supported",
    4: "no_permission",
    9: "driver_not_loaded",
    10: "timeout",
    12: "library_not_found",
    13: "not_supported",  # the driver is older than the function
    15: "gpu_lost",
    18: "version_mismatch",
    25: "not_supported",  # the driver is older than this layout of the function's structure
    26: "not_supported",  # the driver is newer than the function
}
"""Return codes (``nvmlReturn_t`` in NVIDIA's nvml.h) by what they mean to the app."""


class NvmlError(Exception):
    """An NVML call that did not give a value.

    Attributes:
        code: NVML's return code; 10 (timeout) also when the app gave up waiting.
        name: name of that code in nvml.h, such as ``NVML_ERROR_GPU_IS_LOST``.
        text: what happened, in words.
        kind: what it means to the app; ``unknown`` for codes that it has no answer to.
    """

    def __init__(self, code: int, name: str, text: str) -> None:
        super().__init__(code, name, text)
        self.code: int = code
        self.name: str = name
        self.text: str = text
        self.kind: NvmlErrorKind = _KINDS.get(code, "unknown")

    def __str__(self) -> str:
        return f"{self.text} ({self.name}, {self.code})"


_T = TypeVar("_T")

Reading: TypeAlias = _T | NvmlError
"""A value, or why there is none. A GPU without one sensor still tells about the others."""
