"""One open session with NVIDIA's management library (NVML); the only module that names pynvml.

pynvml keeps the loaded library in a module-global. Any number of sessions can therefore be open at a time on the same
library, and NVML itself counts who uses it; a session on another library can be opened when those are closed.
"""

import ctypes
import functools
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Self, TypeVar

from drydock.world.nvml_calls import LimitedCalls
from drydock.world.nvml_errors import LIBRARY_NOT_FOUND, NOT_SUPPORTED, UNKNOWN, NvmlError, NvmlErrorKind, Reading
from drydock.world.nvml_facts import (
    BRANDS,
    COMPUTE_MODES,
    EVENT_REASONS,
    FABRIC_STATES,
    RECOVERY_ACTIONS,
    FastSample,
    GpuProcess,
    Health,
    Identity,
    LinkSample,
    SlowSample,
    event_reason_names,
)

__all__ = [
    "EVENT_REASONS",
    "FastSample",
    "GpuProcess",
    "Health",
    "Identity",
    "LinkSample",
    "Nvml",
    "NvmlError",
    "NvmlErrorKind",
    "Reading",
    "SlowSample",
    "event_reason_names",
]

LIBRARY_VARIABLE: Final = "DRYDOCK_NVML_LIBRARY"
"""Environment variable with the path of the library, for installations where the loader does not find it."""

# nvmlTemperatureSensors_t, nvmlClockType_t and nvmlMemory_v2 in nvml.h
_TEMPERATURE_GPU: Final = 0
_CLOCK_SM: Final = 1
_CLOCK_MEMORY: Final = 2
_MEMORY_V2: Final = 0x02000028

# nvmlTemperatureThresholds_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t, nvmlPageRetirementCause_t and the field id
# NVML_FI_DEV_GET_GPU_RECOVERY_ACTION in nvml.h
_THRESHOLD_SLOWDOWN: Final = 1
_UNCORRECTED: Final = 1
_ECC_VOLATILE: Final = 0
_ECC_AGGREGATE: Final = 1
_SINGLE_BIT: Final = 0
_DOUBLE_BIT: Final = 1
_FIELD_RECOVERY_ACTION: Final = 230

_NOT_FOUND: Final = 6
_INVALID_ARGUMENT: Final = 2

_T = TypeVar("_T")


def _pynvml() -> Any:
    """Return the untyped binding; everything that comes from it is converted where it is read."""
    import pynvml

    return pynvml


class _Binding:
    """Which library pynvml is bound to, and how many sessions use it."""

    lock: ClassVar[threading.Lock] = threading.Lock()
    library: ClassVar[str] = ""
    sessions: ClassVar[int] = 0

    @classmethod
    def take(cls, library: str) -> None:
        """Bind pynvml to a library; an empty path is the one that the system's loader finds."""
        loaded = _load(library) if library else None  # before the lock, since loading may hang
        with cls.lock:
            if library != cls.library:
                cls._bind(library, loaded)
            cls.sessions += 1

    @classmethod
    def give_back(cls) -> None:
        with cls.lock:
            cls.sessions -= 1

    @classmethod
    def _bind(cls, library: str, loaded: ctypes.CDLL | None) -> None:
        if cls.sessions:
            wanted = library or "the system"
            text = f"NVML is in use from {cls.library or 'the system'}; close that session to use it from {wanted}"
            raise NvmlError(UNKNOWN, "NVML_ERROR_UNKNOWN", text)
        binding = _pynvml()
        binding.nvmlLib = loaded
        # pointers into the former library; pynvml has no public way to let go of them
        binding._nvmlGetFunctionPointer_cache.clear()
        cls.library = library


def _load(library: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(library)
    except OSError as error:
        raise NvmlError(LIBRARY_NOT_FOUND, "NVML_ERROR_LIBRARY_NOT_FOUND", str(error)) from error


def _as_nvml_error(error: Any) -> NvmlError:
    """Convert an exception of pynvml."""
    binding = _pynvml()
    code = int(getattr(error, "value", binding.NVML_ERROR_FUNCTION_NOT_FOUND))
    return NvmlError(code, _error_names().get(code, f"NVML_ERROR_{code}"), str(error))


@functools.cache
def _error_names() -> dict[int, str]:
    """Return nvml.h's names of the return codes; pynvml has thousands of other names, so they are sought once."""
    binding = _pynvml()
    return {int(getattr(binding, name)): name for name in dir(binding) if name.startswith("NVML_ERROR_")}


def _invoke(name: str, arguments: tuple[Any, ...]) -> Any:
    """Call a function of pynvml by name; runs in the worker."""
    binding = _pynvml()
    function = getattr(binding, name, None)
    if function is None:
        raise NvmlError(NOT_SUPPORTED, "NVML_ERROR_NOT_SUPPORTED", f"this pynvml has no {name}")
    try:
        return function(*arguments)
    except (binding.NVMLError, binding.NVMLLibraryMismatchError) as error:
        raise _as_nvml_error(error) from None


class Nvml:
    """One open session; initialised once, since opening costs seconds without persistence mode.

    Any thread may call it. Every call has a time limit; when one hangs the session is over, and ``close`` leaves what
    hangs to itself. Methods for one GPU put an ``NvmlError`` in the place of each value that could not be read, and
    raise nothing.
    """

    def __init__(self, calls: LimitedCalls) -> None:
        """Hold an initialised session; ``open`` makes one."""
        self._calls = calls
        self._handles: dict[int, Any] = {}
        self._closed = False

    @classmethod
    def open(cls, library: str | None = None, limit: float = 5.0) -> "Nvml":
        """Load the library and initialise it.

        Args:
            library: path of the library; without it ``DRYDOCK_NVML_LIBRARY`` and then the system's loader decide.
            limit: seconds that each call may take.

        Raises:
            NvmlError: the library or the driver is not there, they do not match, or it did not answer.
        """
        path = library or os.environ.get(LIBRARY_VARIABLE, "")
        calls = LimitedCalls(limit)
        try:
            calls.call("load", lambda: _Binding.take(path))
        except NvmlError:
            calls.close()
            raise
        try:
            calls.call("nvmlInit", lambda: _invoke("nvmlInit", ()))
        except NvmlError:
            calls.close()
            _Binding.give_back()
            raise
        return cls(calls)

    def close(self) -> None:
        """End the session; nothing that hangs is waited for."""
        if self._closed:
            return
        self._closed = True
        try:
            self._call("nvmlShutdown")
        except NvmlError:
            pass  # a driver that is gone or stuck has nothing left to end
        finally:
            self._calls.close()
            self._handles.clear()
            _Binding.give_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def hanging(self) -> str:
        """Name of the NVML function that exceeded the limit and ended this session; empty when all is well."""
        return self._calls.hanging

    def together(self, read: Callable[[], _T]) -> _T:
        """Run a function that calls this session many times, in one go, under one time limit.

        Raises:
            NvmlError: the limit was exceeded, or what the function raises.
        """
        return self._calls.together(read)

    def call_times(self) -> dict[str, float]:
        """Return the median duration in seconds of each NVML function, by pynvml's name, over its last calls."""
        return self._calls.times()

    def driver_version(self) -> str:
        """Return the driver's version, such as ``570.86.10``; raises NvmlError."""
        return _text(self._call("nvmlSystemGetDriverVersion"))

    def cuda_driver_version(self) -> tuple[int, int]:
        """Return the newest CUDA version that the driver supports, as (major, minor); raises NvmlError."""
        code = int(self._call("nvmlSystemGetCudaDriverVersion"))
        return code // 1000, code % 1000 // 10

    def device_count(self) -> int:
        """Return how many GPUs NVML knows, lost ones among them; raises NvmlError."""
        return int(self._call("nvmlDeviceGetCount"))

    def identity(self, index: int) -> Identity:
        """Read what does not change while the driver is loaded."""
        return Identity(
            index=index,
            uuid=self._read(index, _text, "nvmlDeviceGetUUID"),
            name=self._read(index, _text, "nvmlDeviceGetName"),
            pci_bus_id=self._read(index, lambda info: _text(info.busId), "nvmlDeviceGetPciInfo"),
            compute_capability=self._read(index, _pair, "nvmlDeviceGetCudaComputeCapability"),
            memory_total=self._read(index, lambda memory: int(memory.total), "nvmlDeviceGetMemoryInfo"),
            brand=self._read(index, lambda code: BRANDS.get(code, str(code)), "nvmlDeviceGetBrand"),
            mig_mode=self._read(index, _current_mode, "nvmlDeviceGetMigMode"),
            power_limit=self._read(index, _watts, "nvmlDeviceGetEnforcedPowerLimit"),
            power_default_limit=self._read(index, _watts, "nvmlDeviceGetPowerManagementDefaultLimit"),
            max_sm_clock=self._read(index, int, "nvmlDeviceGetMaxClockInfo", _CLOCK_SM),
            max_memory_clock=self._read(index, int, "nvmlDeviceGetMaxClockInfo", _CLOCK_MEMORY),
            pcie_max_generation=self._read(index, int, "nvmlDeviceGetMaxPcieLinkGeneration"),
            pcie_max_width=self._read(index, int, "nvmlDeviceGetMaxPcieLinkWidth"),
            ecc_mode=self._read(index, _current_mode, "nvmlDeviceGetEccMode"),
            persistence=self._read(index, bool, "nvmlDeviceGetPersistenceMode"),
            compute_mode=self._read(index, lambda code: COMPUTE_MODES.get(code, str(code)), "nvmlDeviceGetComputeMode"),
        )

    def fast(self, index: int) -> FastSample:
        """Read memory and utilisation; two calls of some microseconds."""
        memory = self._memory(index)
        rates = self._read(index, lambda rates: (int(rates.gpu), int(rates.memory)), "nvmlDeviceGetUtilizationRates")
        return FastSample(
            index=index,
            memory_used=memory if isinstance(memory, NvmlError) else memory[0],
            memory_total=memory if isinstance(memory, NvmlError) else memory[1],
            gpu_utilisation=rates if isinstance(rates, NvmlError) else rates[0],
            memory_utilisation=rates if isinstance(rates, NvmlError) else rates[1],
        )

    def slow(self, index: int) -> SlowSample:
        """Read temperature, power and clocks; power is the dear one."""
        return SlowSample(
            index=index,
            temperature=self._read(index, int, "nvmlDeviceGetTemperature", _TEMPERATURE_GPU),
            power=self._read(index, _watts, "nvmlDeviceGetPowerUsage"),
            sm_clock=self._read(index, int, "nvmlDeviceGetClockInfo", _CLOCK_SM),
            memory_clock=self._read(index, int, "nvmlDeviceGetClockInfo", _CLOCK_MEMORY),
            event_reasons=self._event_reasons(index),
        )

    def link(self, index: int) -> LinkSample:
        """Read the state of the PCIe link."""
        return LinkSample(
            index=index,
            generation=self._read(index, int, "nvmlDeviceGetCurrPcieLinkGeneration"),
            width=self._read(index, int, "nvmlDeviceGetCurrPcieLinkWidth"),
        )

    def health(self, index: int) -> Health:
        """Read error counters, modes that wait for a reset, and what the driver wants to be done with the GPU."""
        return Health(
            index=index,
            minor=self._read(index, int, "nvmlDeviceGetMinorNumber"),
            mig_pending=self._read(index, _pending_mode, "nvmlDeviceGetMigMode"),
            ecc_pending=self._read(index, _pending_mode, "nvmlDeviceGetEccMode"),
            ecc_volatile=self._read(index, int, "nvmlDeviceGetTotalEccErrors", _UNCORRECTED, _ECC_VOLATILE),
            ecc_aggregate=self._read(index, int, "nvmlDeviceGetTotalEccErrors", _UNCORRECTED, _ECC_AGGREGATE),
            remapped_rows=self._read(index, _rows, "nvmlDeviceGetRemappedRows"),
            retired_pages=self._retired_pages(index),
            slowdown_temperature=self._read(index, int, "nvmlDeviceGetTemperatureThreshold", _THRESHOLD_SLOWDOWN),
            display=self._read(index, bool, "nvmlDeviceGetDisplayActive"),
            recovery=self._read(index, _recovery, "nvmlDeviceGetFieldValues", [_FIELD_RECOVERY_ACTION]),
            fabric=self._fabric(index),
        )

    def processes(self, index: int) -> tuple[GpuProcess, ...]:
        """List the processes on a GPU. Milliseconds a call, under the driver's lock: ask only while somebody looks.

        Raises:
            NvmlError: a list could not be read, or the GPU tells neither. One that is not supported counts as empty.
        """
        compute = self._processes(index, "compute", "nvmlDeviceGetComputeRunningProcesses")
        graphics = self._processes(index, "graphics", "nvmlDeviceGetGraphicsRunningProcesses")
        if isinstance(compute, NvmlError) and (compute.kind != "not_supported" or isinstance(graphics, NvmlError)):
            raise compute
        if isinstance(graphics, NvmlError) and graphics.kind != "not_supported":
            raise graphics
        return tuple(process for part in (compute, graphics) if not isinstance(part, NvmlError) for process in part)

    def mig_devices(self, index: int) -> Reading[tuple[str, ...]]:
        """Return the UUIDs of a GPU's MIG devices; none when it cannot be cut, or is not."""
        mode = self._read(index, _current_mode, "nvmlDeviceGetMigMode")
        if isinstance(mode, NvmlError):
            return () if mode.kind == "not_supported" else mode
        count = self._read(index, int, "nvmlDeviceGetMaxMigDeviceCount") if mode else 0
        if isinstance(count, NvmlError):
            return count
        uuids: list[str] = []
        for place in range(count):
            part = self._read(index, lambda handle: handle, "nvmlDeviceGetMigDeviceHandleByIndex", place)
            if isinstance(part, NvmlError):
                if part.code in {_NOT_FOUND, _INVALID_ARGUMENT}:
                    continue  # a place that holds no device
                return part
            try:
                uuids.append(_text(self._call("nvmlDeviceGetUUID", part)))
            except NvmlError as error:
                return error.with_traceback(None)
        return tuple(uuids)

    def _retired_pages(self, index: int) -> Reading[tuple[int, int, bool]]:
        single = self._read(index, len, "nvmlDeviceGetRetiredPages", _SINGLE_BIT)
        double = self._read(index, len, "nvmlDeviceGetRetiredPages", _DOUBLE_BIT)
        pending = self._read(index, bool, "nvmlDeviceGetRetiredPagesPendingStatus")
        for part in (single, double, pending):
            if isinstance(part, NvmlError):
                return part
        return int(single), int(double), bool(pending)  # type: ignore[arg-type]

    def _fabric(self, index: int) -> Reading[str]:
        information = getattr(_pynvml(), "c_nvmlGpuFabricInfo_v2_t", None)
        if information is None:
            return NvmlError(NOT_SUPPORTED, "NVML_ERROR_NOT_SUPPORTED", "this pynvml knows no fabric")
        answer = information()
        reading = self._read(
            index, lambda _done: int(answer.state), "nvmlDeviceGetGpuFabricInfoV", ctypes.byref(answer)
        )
        return reading if isinstance(reading, NvmlError) else FABRIC_STATES.get(reading, str(reading))

    def _memory(self, index: int) -> Reading[tuple[int, int]]:
        """Return (used, total) in bytes; drivers before 510 count their own reserve as used."""
        memory = self._read(index, _used_and_total, "nvmlDeviceGetMemoryInfo", _MEMORY_V2)
        if isinstance(memory, NvmlError) and memory.kind == "not_supported":
            return self._read(index, _used_and_total, "nvmlDeviceGetMemoryInfo")
        return memory

    def _event_reasons(self, index: int) -> Reading[int]:
        """Return the bit mask; drivers before 535 know the function by its former name."""
        reasons = self._read(index, int, "nvmlDeviceGetCurrentClocksEventReasons")
        if isinstance(reasons, NvmlError) and reasons.kind == "not_supported":
            return self._read(index, int, "nvmlDeviceGetCurrentClocksThrottleReasons")
        return reasons

    def _processes(
        self, index: int, kind: Literal["compute", "graphics"], function: str
    ) -> Reading[tuple[GpuProcess, ...]]:
        def convert(found: Any) -> tuple[GpuProcess, ...]:
            return tuple(
                GpuProcess(pid=int(process.pid), used_memory=_process_memory(process.usedGpuMemory), kind=kind)
                for process in found
            )

        return self._read(index, convert, function)

    def _read(self, index: int, convert: Callable[[Any], _T], function: str, *arguments: Any) -> Reading[_T]:
        """Ask one thing of one GPU; an error is returned in the place of the value."""
        try:
            return convert(self._call(function, self._handle(index), *arguments))
        except NvmlError as error:
            if error.kind == "gpu_lost":
                self._handles.pop(index, None)  # a GPU that comes back has a new handle
            return error.with_traceback(None)  # kept as a value: it must not keep frames alive

    def _handle(self, index: int) -> Any:
        if index not in self._handles:
            self._handles[index] = self._call("nvmlDeviceGetHandleByIndex", index)
        return self._handles[index]

    def _call(self, function: str, *arguments: Any) -> Any:
        return self._calls.call(function, lambda: _invoke(function, arguments))


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _pair(value: Any) -> tuple[int, int]:
    return int(value[0]), int(value[1])


def _current_mode(value: Any) -> bool:
    """Return the first of (current, pending)."""
    return bool(value[0])


def _pending_mode(value: Any) -> bool:
    """Return the second of (current, pending)."""
    return bool(value[1])


def _rows(value: Any) -> tuple[int, int, bool, bool]:
    return int(value[0]), int(value[1]), bool(value[2]), bool(value[3])


def _recovery(values: Any) -> str:
    """Return the word for the one field that was asked; a field has an error code of its own."""
    field = values[0]
    code = int(field.nvmlReturn)
    if code:
        raise NvmlError(code, _error_names().get(code, f"NVML_ERROR_{code}"), "the recovery action is not told")
    action = int(field.value.uiVal)
    return RECOVERY_ACTIONS.get(action, str(action))


def _watts(milliwatts: Any) -> float:
    return int(milliwatts) / 1000


def _used_and_total(memory: Any) -> tuple[int, int]:
    return int(memory.used), int(memory.total)


def _process_memory(value: Any) -> Reading[int]:
    if value is None:
        return NvmlError(NOT_SUPPORTED, "NVML_ERROR_NOT_SUPPORTED", "the driver does not tell the memory of a process")
    return int(value)
