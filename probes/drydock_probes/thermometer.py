"""A GPU's temperature by NVML, asked with ctypes: so that a load can stop before the card must slow itself down."""

from __future__ import annotations

import ctypes
from typing import Any, Optional

# nvmlTemperatureThresholds_t and nvmlTemperatureSensors_t, from nvml.h
_SLOWDOWN, _GPU_MAX = 1, 3
_SENSOR_GPU = 0
_MARGIN = 3.0
"""Degrees below the threshold of the card at which a load is paused."""


class Thermometer:
    """Reads one GPU, named by its UUID. Without NVML, or without that GPU, it tells nothing.

    Attributes:
        limit: degrees Celsius at which to pause; None where the card tells none.
    """

    def __init__(self, uuid: str) -> None:
        self._library: Any = None
        self._handle = ctypes.c_void_p()
        self.limit: Optional[float] = None
        if not uuid:
            return
        try:
            library: Any = ctypes.CDLL("libnvidia-ml.so.1")
            if library.nvmlInit_v2() != 0:
                return
            if library.nvmlDeviceGetHandleByUUID(uuid.encode("ascii"), ctypes.byref(self._handle)) != 0:
                return
        except (OSError, AttributeError):
            return
        self._library = library
        known = [value for value in map(self._threshold, (_SLOWDOWN, _GPU_MAX)) if value]
        self.limit = min(known) - _MARGIN if known else None

    def temperature(self) -> Optional[float]:
        """Return degrees Celsius, None where they cannot be read."""
        if self._library is None:
            return None
        value = ctypes.c_uint()
        failed = self._library.nvmlDeviceGetTemperature(self._handle, _SENSOR_GPU, ctypes.byref(value))
        return None if failed else float(value.value)

    def _threshold(self, kind: int) -> Optional[float]:
        value = ctypes.c_uint()
        failed = self._library.nvmlDeviceGetTemperatureThreshold(self._handle, kind, ctypes.byref(value))
        return None if failed or not value.value else float(value.value)
