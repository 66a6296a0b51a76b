"""Snapshots of machines for tests: a healthy one, and the few kinds that differ from it in many facts."""

from typing import Any

import msgspec

from drydock.core.facts import (
    Cpu,
    Disk,
    Distribution,
    Driver,
    Engine,
    Gpu,
    Host,
    Known,
    Memory,
    Missing,
    NvmlState,
    PciGpu,
    Port,
    Reach,
    Snapshot,
    Toolkit,
    User,
)

ABSENT = Missing("absent")


def replaced(struct: Any, **changes: Any) -> Any:
    """Return the struct with some fields changed."""
    return msgspec.structs.replace(struct, **changes)


def gpu(index: int = 0, **changes: Any) -> Gpu:
    """An RTX 4090 that answers."""
    fields: dict[str, Any] = {
        "index": index,
        "state": "ok",
        "uuid": Known(f"GPU-00000000-0000-0000-0000-00000000000{index}"),
        "name": Known("NVIDIA GeForce RTX 4090"),
        "pci_bus_id": Known(f"0000:0{index + 1}:00.0"),
        "compute_capability": Known((8, 9)),
        "memory_total": Known(24 << 30),
        "memory_used": Known(1 << 30),
        "mig": Missing("not_supported"),
        "temperature": Known(41),
        "power": Known(23.5),
        "power_limit": Known(450.0),
        "default_power_limit": Known(450.0),
        "sm_clock": Known(210),
        "memory_clock": Known(405),
        "max_sm_clock": Known(3120),
        "max_memory_clock": Known(10501),
        "utilisation": Known(0),
        "event_reasons": Known(1),
        "pcie_generation": Known(1),
        "pcie_width": Known(16),
        "max_pcie_generation": Known(4),
        "max_pcie_width": Known(16),
        "ecc": Missing("not_supported"),
        "persistence": Known(value=False),
    }
    return Gpu(**{**fields, **changes})


def server_gpu(index: int = 0, **changes: Any) -> Gpu:
    """An H100 with persistence mode on."""
    fields: dict[str, Any] = {
        "name": Known("NVIDIA H100 80GB HBM3"),
        "compute_capability": Known((9, 0)),
        "memory_total": Known(80 << 30),
        "mig": Known(value=False),
        "ecc": Known(value=True),
        "persistence": Known(value=True),
    }
    return gpu(index, **{**fields, **changes})


def host(**changes: Any) -> Host:
    """An Ubuntu desktop."""
    gigabyte = 10**9
    fields: dict[str, Any] = {
        "system": "linux",
        "distribution": Known(
            Distribution(id="ubuntu", version="24.04", pretty="Ubuntu 24.04.3 LTS", like=("debian",))
        ),
        "kernel": Known("6.14.0-29-generic"),
        "architecture": "amd64",
        "wsl": Known(value=False),
        "in_container": Known(value=False),
        "cpu": Known(Cpu(model="AMD Ryzen 9 7950X", cores=16, threads=32)),
        "memory": Known(Memory(total=64 * gigabyte, available=50 * gigabyte, swap_total=8 * gigabyte)),
        "shm_total": Known(32 * gigabyte),
        "disks": (
            Disk(purpose="engine data", path="/var/lib/docker", total=Known(10**12), free=Known(600 * gigabyte)),
            Disk(purpose="home", path="/home/ada", total=Known(10**12), free=Known(600 * gigabyte)),
        ),
        "user": Known(User(uid=1000, groups=("ada", "docker"), database_groups=("ada", "docker"))),
        "environment": {},
    }
    return Host(**{**fields, **changes})


def driver(**changes: Any) -> Driver:
    """Driver 580, whole."""
    fields: dict[str, Any] = {
        "nvml": NvmlState(kind="ready"),
        "version": Known("580.95.05"),
        "cuda": Known((13, 0)),
        "module_version": Known("580.95.05"),
        "device_nodes": Known(("nvidia-uvm", "nvidia0", "nvidiactl")),
        "pci_gpus": Known((PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("nvidia")),)),
        "library_files": Known(("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05",)),
    }
    return Driver(**{**fields, **changes})


def engine(**changes: Any) -> Engine:
    """Docker Engine 28 with the NVIDIA runtime."""
    fields: dict[str, Any] = {
        "endpoint": "unix:///var/run/docker.sock",
        "chosen_by": "default",
        "reach": Reach(kind="ready"),
        "product": Known("Docker Engine"),
        "version": Known("28.5.1"),
        "api_version": Known("1.51"),
        "operating_system": Known("Ubuntu 24.04.3 LTS"),
        "architecture": Known("amd64"),
        "remote": False,
        "rootless": Known(value=False),
        "cgroup_version": Known("2"),
        "cgroup_driver": Known("systemd"),
        "storage_driver": Known("overlay2"),
        "data_root": Known("/var/lib/docker"),
        "data_root_free": Known(600 * 10**9),
        "memory": Known(64 * 10**9),
        "cpus": Known(32),
        "runtimes": Known(("io.containerd.runc.v2", "nvidia", "runc")),
        "default_runtime": Known("runc"),
        "cdi_devices": Known(()),
        "images": Known(()),
    }
    return Engine(**{**fields, **changes})


def unreached_engine(kind: str, **changes: Any) -> Engine:
    """An engine that does not answer, for one of the reasons of ``Reach``."""
    missing = Missing("not_asked")
    unknown = {
        name: missing for name in Engine.__struct_fields__ if name not in ("endpoint", "chosen_by", "reach", "remote")
    }
    return engine(**{**unknown, "reach": Reach(kind=kind, text="raw text"), **changes})  # type: ignore[arg-type]


def toolkit(**changes: Any) -> Toolkit:
    """Container toolkit 1.17 without CDI specifications."""
    fields: dict[str, Any] = {
        "version": Known("1.17.8"),
        "runtime_path": Known("/usr/bin/nvidia-container-runtime"),
        "hook_path": Known("/usr/bin/nvidia-container-runtime-hook"),
        "cdi_specs": Known(()),
    }
    return Toolkit(**{**fields, **changes})


def no_toolkit() -> Toolkit:
    """No toolkit at all."""
    return Toolkit(version=ABSENT, runtime_path=ABSENT, hook_path=ABSENT, cdi_specs=Known(()))


def healthy_snapshot(**changes: Any) -> Snapshot:
    """A desktop on which everything works; whole parts may be replaced."""
    fields: dict[str, Any] = {
        "taken_at": "2026-11-20T09:30:00Z",
        "app_version": "0.1.0",
        "host": host(),
        "driver": driver(),
        "gpus": (gpu(),),
        "engine": engine(),
        "toolkit": toolkit(),
        "ports": tuple(
            Port(number=number, taken=Known(value=False), owner=Missing("not_applicable"))
            for number in (8888, 6006, 2222)
        ),
        "host_torch": (),
    }
    return Snapshot(**{**fields, **changes})


def server_snapshot(count: int = 8, **changes: Any) -> Snapshot:
    """A training server with data-centre GPUs."""
    nodes = ("nvidia-uvm", "nvidiactl", *(f"nvidia{index}" for index in range(count)))
    pci = tuple(
        PciGpu(address=f"0000:{index + 16:02x}:00.0", device_id="2330", driver=Known("nvidia"))
        for index in range(count)
    )
    fields: dict[str, Any] = {
        "driver": driver(device_nodes=Known(nodes), pci_gpus=Known(pci)),
        "gpus": tuple(server_gpu(index) for index in range(count)),
    }
    return healthy_snapshot(**{**fields, **changes})


def wsl_snapshot(**changes: Any) -> Snapshot:
    """Ubuntu in WSL 2 with Docker Desktop."""
    fields: dict[str, Any] = {
        "host": host(kernel=Known("6.6.87.2-microsoft-standard-WSL2"), wsl=Known(value=True)),
        "driver": driver(
            version=Known("581.42"),
            module_version=ABSENT,
            device_nodes=Known(("dxg",)),
            pci_gpus=Known(()),
            library_files=Known(("/usr/lib/wsl/lib/libnvidia-ml.so.1",)),
        ),
        "engine": engine(
            operating_system=Known("Docker Desktop"),
            product=Known("Docker Desktop 4.47.0"),
            data_root_free=Missing("not_applicable"),
        ),
        "toolkit": no_toolkit(),
    }
    return healthy_snapshot(**{**fields, **changes})


def bare_snapshot(**changes: Any) -> Snapshot:
    """A computer without an NVIDIA GPU and without an engine."""
    fields: dict[str, Any] = {
        "driver": driver(
            nvml=NvmlState(kind="library_not_found", text="libnvidia-ml.so.1: cannot open shared object file"),
            version=ABSENT,
            cuda=ABSENT,
            module_version=ABSENT,
            device_nodes=Known(()),
            pci_gpus=Known(()),
            library_files=Known(()),
        ),
        "gpus": (),
        "engine": unreached_engine("not_installed"),
        "toolkit": no_toolkit(),
    }
    return healthy_snapshot(**{**fields, **changes})
