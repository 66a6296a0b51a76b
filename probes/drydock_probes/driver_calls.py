"""Asks the driver's libraries by ctypes alone, each question in a process of its own: it may hang or crash.

``python driver_calls.py nvml|cuda|libraries|nodes`` prints one JSON object.
"""

from __future__ import annotations

import ctypes
import glob
import json
import os
import stat
import sys
from typing import Any, Callable, Dict, List, Optional

LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
_NAME_BYTES = 128
_MOST_GPUS = 64
# names of nvmlReturn_t and CUresult, from the headers nvml.h and cuda.h; asked of the library first, which knows more
NVML_NAMES = {
    1: "NVML_ERROR_UNINITIALIZED",
    3: "NVML_ERROR_NOT_SUPPORTED",
    4: "NVML_ERROR_NO_PERMISSION",
    9: "NVML_ERROR_DRIVER_NOT_LOADED",
    12: "NVML_ERROR_LIBRARY_NOT_FOUND",
    13: "NVML_ERROR_FUNCTION_NOT_FOUND",
    15: "NVML_ERROR_GPU_IS_LOST",
    17: "NVML_ERROR_OPERATING_SYSTEM",
    18: "NVML_ERROR_LIB_RM_VERSION_MISMATCH",
    999: "NVML_ERROR_UNKNOWN",
}
CUDA_NAMES = {
    1: "CUDA_ERROR_INVALID_VALUE",
    2: "CUDA_ERROR_OUT_OF_MEMORY",
    3: "CUDA_ERROR_NOT_INITIALIZED",
    34: "CUDA_ERROR_STUB_LIBRARY",
    36: "CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER",
    46: "CUDA_ERROR_DEVICE_UNAVAILABLE",
    100: "CUDA_ERROR_NO_DEVICE",
    101: "CUDA_ERROR_INVALID_DEVICE",
    304: "CUDA_ERROR_OPERATING_SYSTEM",
    800: "CUDA_ERROR_NOT_PERMITTED",
    801: "CUDA_ERROR_NOT_SUPPORTED",
    802: "CUDA_ERROR_SYSTEM_NOT_READY",
    803: "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
    804: "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
    999: "CUDA_ERROR_UNKNOWN",
}


def _call(library: Any, name: str, *arguments: Any) -> Optional[int]:
    """Call a function; None where this library does not have it."""
    try:
        function = getattr(library, name)
    except AttributeError:
        return None
    return int(function(*arguments))


def _text(buffer: Any) -> str:
    return bytes(buffer.value).decode("utf-8", "replace")


def mapped_path(name: str) -> str:
    """Return the file of a library that this process has loaded."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            lines = maps.read().splitlines()
    except OSError:
        return ""
    stem = name.split(".so", maxsplit=1)[0]
    for line in lines:
        path = line[line.find("/") :] if "/" in line else ""
        if os.path.basename(path).startswith(stem + ".so"):
            return path
    return ""


def _loaded(name: str) -> Dict[str, Any]:
    try:
        library: Any = ctypes.CDLL(name)
    except OSError as error:
        return {"name": name, "loaded": False, "error": str(error)}
    return {"name": name, "loaded": True, "path": mapped_path(name), "library": library}


def ask_libraries() -> Dict[str, Any]:
    """Load the driver's libraries and say which files they are."""
    found = [_loaded(name) for name in LIBRARIES]
    for one in found:
        one.pop("library", None)
    return {"libraries": found}


def ask_nvml() -> Dict[str, Any]:
    """Initialise NVML and ask version and GPUs."""
    loaded = _loaded("libnvidia-ml.so.1")
    if not loaded["loaded"]:
        return {"code": None, "text": loaded["error"]}
    library = loaded["library"]
    code = _call(library, "nvmlInit_v2")
    answer: Dict[str, Any] = {"code": code, "name": _nvml_name(library, code), "text": ""}
    if code != 0:
        return answer
    version = ctypes.create_string_buffer(_NAME_BYTES)
    if _call(library, "nvmlSystemGetDriverVersion", version, _NAME_BYTES) == 0:
        answer["version"] = _text(version)
    number = ctypes.c_uint()
    counted = _call(library, "nvmlDeviceGetCount_v2", ctypes.byref(number))
    if counted == 0:
        answer["count"] = number.value
        answer["devices"] = [_nvml_uuid(library, index) for index in range(min(number.value, _MOST_GPUS))]
    else:
        answer["text"] = "nvmlDeviceGetCount: {} {}".format(counted, NVML_NAMES.get(counted or 0, ""))
    return answer


def _nvml_name(library: Any, code: Optional[int]) -> str:
    if code in NVML_NAMES:
        return NVML_NAMES[code]
    if not code:
        return ""
    try:
        library.nvmlErrorString.restype = ctypes.c_char_p
        return bytes(library.nvmlErrorString(code) or b"").decode("utf-8", "replace")
    except AttributeError:
        return ""


def _nvml_uuid(library: Any, index: int) -> str:
    handle, uuid = ctypes.c_void_p(), ctypes.create_string_buffer(_NAME_BYTES)
    code = _call(library, "nvmlDeviceGetHandleByIndex_v2", index, ctypes.byref(handle))
    if code == 0:
        code = _call(library, "nvmlDeviceGetUUID", handle, uuid, _NAME_BYTES)
    return _text(uuid) if code == 0 else "GPU {}: {}".format(index, NVML_NAMES.get(code or 0, code))


def ask_cuda() -> Dict[str, Any]:
    """Initialise the CUDA driver and ask version and GPUs."""
    loaded = _loaded("libcuda.so.1")
    if not loaded["loaded"]:
        return {"code": None, "text": loaded["error"]}
    library = loaded["library"]
    code = _call(library, "cuInit", 0)
    answer: Dict[str, Any] = {"code": code, "name": _cuda_name(library, code), "text": loaded["path"]}
    number = ctypes.c_int()
    # the version is told even where the initialisation failed
    if _call(library, "cuDriverGetVersion", ctypes.byref(number)) == 0:
        answer["version"] = "{}.{}".format(number.value // 1000, number.value % 1000 // 10)
    if code != 0:
        return answer
    counted = _call(library, "cuDeviceGetCount", ctypes.byref(number))
    if counted != 0:
        answer.update(code=counted, name=_cuda_name(library, counted), text="cuDeviceGetCount")
        return answer
    answer["count"] = number.value
    answer["devices"] = [_cuda_device(library, index) for index in range(min(number.value, _MOST_GPUS))]
    return answer


def _cuda_name(library: Any, code: Optional[int]) -> str:
    if not code:
        return ""
    name = ctypes.c_char_p()
    if _call(library, "cuGetErrorName", code, ctypes.byref(name)) == 0 and name.value:
        return name.value.decode("utf-8", "replace")
    return CUDA_NAMES.get(code, "")


def _cuda_device(library: Any, index: int) -> str:
    device, name = ctypes.c_int(), ctypes.create_string_buffer(_NAME_BYTES)
    code = _call(library, "cuDeviceGet", ctypes.byref(device), index)
    if code == 0:
        code = _call(library, "cuDeviceGetName", name, _NAME_BYTES, device)
    return _text(name) if code == 0 else "GPU {}: {}".format(index, _cuda_name(library, code))


def ask_nodes() -> Dict[str, Any]:
    """Open each device node of the driver, as its libraries do."""
    paths = sorted(glob.glob("/dev/nvidia*") + glob.glob("/dev/dxg"))
    nodes: List[Dict[str, str]] = []
    for path in paths:
        try:
            if stat.S_ISDIR(os.stat(path).st_mode):
                continue
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
            nodes.append({"path": path, "error": ""})
        except OSError as error:
            nodes.append({"path": path, "error": error.strerror or str(error)})
    return {"nodes": nodes}


QUESTIONS: Dict[str, Callable[[], Dict[str, Any]]] = {
    "nvml": ask_nvml,
    "cuda": ask_cuda,
    "libraries": ask_libraries,
    "nodes": ask_nodes,
}


if __name__ == "__main__":
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not stand in the answer
    reply = json.dumps(QUESTIONS[sys.argv[1]]())
    os.write(out, reply.encode())
    os._exit(0)  # a driver that failed may hang in its own end
