"""What the process sees around it: Python, torch, devices, limits. Shared by all probes for their ``hello``."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import sys
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

from drydock_probes import failures
from drydock_probes.channel import Channel, Record

# names of variables that change what CUDA or torch do; values of others are nobody's business
_VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUDA_MODULE_LOADING", "CUDA_HOME",
    "CUDA_VERSION", "CUDA_MPS_PIPE_DIRECTORY", "LD_LIBRARY_PATH", "LD_PRELOAD", "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES", "NVIDIA_REQUIRE_CUDA", "NVIDIA_DISABLE_REQUIRE", "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "PYTORCH_NVML_BASED_CUDA_CHECK", "TORCH_CUDA_ARCH_LIST",
    "TORCH_LOGS", "TORCHDYNAMO_DISABLE", "TORCHINDUCTOR_CACHE_DIR", "TORCH_COMPILE_DISABLE", "TRITON_CACHE_DIR",
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NCCL_P2P_DISABLE", "NCCL_IB_DISABLE", "NCCL_DEBUG", "CC", "CXX",
)  # fmt: skip
_UNLIMITED_MEMORY = 1 << 60  # cgroup v1 says "no limit" with a number close to 2**63
_ARCHITECTURE = re.compile(r"^(sm|compute)_(\d+)(\d)([af]?)$")


def import_torch() -> Tuple[Any, float, Optional[failures.Failure]]:
    """Import torch. Returns the module or None, the seconds it took, and why it failed."""
    start = time.perf_counter()
    try:
        torch: Any = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        kind = "torch-missing" if error.name == "torch" else "torch-broken"
        return None, time.perf_counter() - start, failures.Failure(kind, f"{type(error).__name__}: {error}")
    except Exception as error:  # a broken install raises anything: OSError for a library, AttributeError …
        failure = failures.Failure("torch-broken", f"{type(error).__name__}: {error}"[:2000])
        return None, time.perf_counter() - start, failure
    if not hasattr(torch, "Tensor"):
        text = f"the module found at {getattr(torch, '__path__', '?')} is not PyTorch"
        return None, time.perf_counter() - start, failures.Failure("torch-broken", text)
    return torch, time.perf_counter() - start, None


def require_torch(channel: Channel) -> Tuple[Any, float]:
    """Import torch or end the probe with an error record, a ``final`` and exit status 3."""
    torch, seconds, failure = import_torch()
    if failure is not None:
        channel.emit("hello", **around(), torch=None, devices=[])
        channel.emit("error", slot="torch", kind=failure.kind, text=failure.text)
        channel.emit("final", ok=False, stopped=False, invalid_reasons=[failure.kind])
        sys.exit(3)
    return torch, seconds


def coverage(architectures: Sequence[str], capability: Tuple[int, int]) -> str:
    """Say how a build covers a GPU: ``binary``, ``ptx`` (compiled at the first use), ``none``, or ``unknown``.

    It is unknown where the build does not tell what it has code for.
    A binary for sm_XY runs on compute capability X.Z with Z >= Y; with suffix ``a`` on exactly X.Y, with ``f`` on its
    family, which is the same rule as without. PTX for compute_XY runs on every newer one.
    """
    if not architectures:
        return "unknown"
    ptx = False
    for name in architectures:
        found = _ARCHITECTURE.match(name)
        if found is None:
            continue
        kind, built, exact = found.group(1), (int(found.group(2)), int(found.group(3))), found.group(4) == "a"
        if exact:
            if built == capability:
                return "binary"
        elif kind == "sm" and built[0] == capability[0] and built[1] <= capability[1]:
            return "binary"
        ptx = ptx or (kind == "compute" and not exact and built <= capability)
    return "ptx" if ptx else "none"


def around() -> Record:
    """Describe everything that needs no torch."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "architecture": platform.machine(),
        "cpu": {"name": _cpu_name(), "threads": usable_threads()},
        "shm": shared_memory(),
        "limits": _limits(),
        "memory_limit": memory_limit(),
        "environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }


def usable_threads() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name() -> str:
    for line in _lines("/proc/cpuinfo"):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(200_000).splitlines()
    except OSError:
        return []


def shared_memory() -> Optional[Dict[str, int]]:
    """Return bytes of /dev/shm, which DataLoader workers use; None where there is none."""
    try:
        usage = shutil.disk_usage("/dev/shm")  # noqa: S108 - read, never written
    except OSError:
        return None
    return {"total": usage.total, "free": usage.free}


def _limits() -> Dict[str, Optional[int]]:
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:
        return {}
    names = {"memlock": "RLIMIT_MEMLOCK", "nofile": "RLIMIT_NOFILE", "stack": "RLIMIT_STACK", "nproc": "RLIMIT_NPROC"}
    found: Dict[str, Optional[int]] = {}
    for name, constant in names.items():
        soft = int(resource.getrlimit(getattr(resource, constant))[0])
        found[name] = None if soft in (-1, resource.RLIM_INFINITY) else soft
    return found


def memory_limit() -> Optional[int]:
    """Return the control group's memory limit in bytes, None when there is none."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        for line in _lines(path)[:1]:
            if line.strip().isdigit() and int(line) < _UNLIMITED_MEMORY:
                return int(line)
    return None


def cpu_limit() -> Optional[float]:
    """Return how many processors the control group's quota is worth, None when there is none."""
    for line in _lines("/sys/fs/cgroup/cpu.max")[:1]:
        quota, _, period = line.partition(" ")
        if quota.isdigit() and period.strip().isdigit():
            return int(quota) / int(period)
    old = ["/sys/fs/cgroup/cpu/cpu.cfs_{}_us".format(name) for name in ("quota", "period")]
    quota, period = (next(iter(_lines(path)), "") for path in old)
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _guarded(read: Any) -> Any:
    try:
        return read()
    except Exception:
        return None


def architectures(torch: Any) -> List[str]:
    """Return what the build has code for (``sm_80`` …); empty for a CPU build."""
    listed = _guarded(torch.cuda.get_arch_list)
    if not listed:  # without a usable GPU torch hides the list; the build still knows it
        listed = (_guarded(getattr(torch._C, "_cuda_getArchFlags", str)) or "").split()
    return [str(name) for name in listed]


def describe_torch(torch: Any, seconds: float) -> Record:
    """Describe the torch build, and why CUDA cannot be used where it cannot."""
    problem: Optional[failures.Failure] = None
    available = bool(_guarded(torch.cuda.is_available))
    if not available:
        try:
            torch.cuda.init()  # says why, which is_available() hides
        except Exception as error:
            problem = failures.of(error)
    cudnn = _guarded(torch.backends.cudnn.version) if available else None
    nccl = _guarded(torch.cuda.nccl.version) if available else None
    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "cudnn": cudnn,
        "nccl": ".".join(str(part) for part in nccl) if isinstance(nccl, tuple) else nccl,  # pyright: ignore[reportUnknownVariableType]
        "arch_list": architectures(torch),
        "cuda_available": available,
        "cuda_problem": None if problem is None else {"kind": problem.kind, "text": problem.text},
        "import_s": round(seconds, 3),
        "threads": torch.get_num_threads(),
    }


def describe_devices(torch: Any) -> List[Record]:
    """Describe every GPU torch sees; empty where CUDA cannot be used."""
    if not _guarded(torch.cuda.is_available):
        return []
    built = architectures(torch)
    devices: List[Record] = []
    for index in range(torch.cuda.device_count()):
        found = _guarded(lambda index=index: torch.cuda.get_device_properties(index))
        if found is None:
            devices.append({"index": index, "name": None, "cc": None, "coverage": "unknown"})
            continue
        capability = (int(found.major), int(found.minor))
        uuid = getattr(found, "uuid", None)
        devices.append(
            {
                "index": index,
                "name": str(found.name),
                "uuid": None if uuid is None else f"GPU-{uuid}",
                "cc": list(capability),
                "sms": int(found.multi_processor_count),
                "memory": int(found.total_memory),
                "coverage": coverage(built, capability),
            }
        )
    return devices
