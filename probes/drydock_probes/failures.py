"""Names for what went wrong: from an exception's text and CUDA error number to a stable kind."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

# numbers of cudaError_t, from the CUDA runtime API reference
_BY_NUMBER = {
    2: "oom",
    35: "driver-too-old",
    46: "device-busy",
    98: "invalid-device-function",
    100: "no-device",
    101: "invalid-device",
    200: "invalid-kernel-image",
    209: "no-kernel-image",
    214: "uncorrectable-ecc",
    222: "ptx-too-new",
    700: "illegal-address",
    702: "launch-timeout",
    710: "device-assert",
    715: "illegal-instruction",
    716: "misaligned-address",
    719: "launch-failed",
    802: "fabric-not-ready",
    803: "driver-library-mismatch",
    804: "forward-compatibility-refused",
    999: "unknown-cuda-error",
}
# first match wins: the narrower sentence stands first
_BY_TEXT = (
    ("no kernel image is available", "no-kernel-image"),
    ("unsupported toolchain", "ptx-too-new"),
    ("forward compatibility was attempted", "forward-compatibility-refused"),
    ("unsupported display driver", "driver-library-mismatch"),
    ("system not yet initialized", "fabric-not-ready"),
    ("driver version is insufficient", "driver-too-old"),
    ("driver on your system is too old", "driver-too-old"),
    ("found no nvidia driver", "no-driver"),
    ("no cuda-capable device", "no-device"),
    ("no cuda gpus are available", "no-device"),
    ("not compiled with cuda enabled", "cpu-build"),
    ("out of memory", "oom"),
    ("can't allocate memory", "oom"),
    ("illegal memory access", "illegal-address"),
    ("uncorrectable ecc", "uncorrectable-ecc"),
    ("unspecified launch failure", "launch-failed"),
    ("device-side assert", "device-assert"),
    ("no working c compiler", "compiler-missing"),
    ("failed to find c compiler", "compiler-missing"),
    ("no working c++ compiler", "compiler-missing"),
    ("invalidcxxcompiler", "compiler-missing"),
    ("python.h: no such file", "python-headers-missing"),
    ("cannot find a working triton", "triton-missing"),
    ("too old to be supported by the triton", "gpu-too-old-for-triton"),
    ("unknown error", "unknown-cuda-error"),
)
_NUMBER = re.compile(r"(?:cuda error|error code|error)[ :=#]*(\d{1,3})\b", re.IGNORECASE)


class Failure(NamedTuple):
    """What went wrong: a stable kind, the text for people, and CUDA's error number where there is one."""

    kind: str
    text: str
    number: Optional[int] = None


def classify(text: str, number: Optional[int] = None) -> Failure:
    """Name a failure by CUDA's number, or by the words of its text; ``other`` when neither is known."""
    short = text.strip()[:2000]
    lowered = text.lower()
    found = _NUMBER.search(text) if number is None and "cuda" in lowered else None
    if found is not None:
        number = int(found.group(1))
    if number in _BY_NUMBER:
        return Failure(_BY_NUMBER[number], short, number)
    for words, kind in _BY_TEXT:
        if words in lowered:
            return Failure(kind, short, number)
    return Failure("cuda-error" if "cuda error" in lowered else "other", short, number)


def of(error: BaseException) -> Failure:
    """Name an exception."""
    if isinstance(error, MemoryError):
        return Failure("oom", "not enough memory for " + (str(error) or "an allocation"))
    number = getattr(error, "error_code", None)
    return classify(f"{type(error).__name__}: {error}", number if isinstance(number, int) else None)
