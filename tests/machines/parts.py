"""Parts that recorded machines are composed of: each with the values that a computer of its kind shows.

Compute capabilities, memory, power limits and clocks are those of the makers' specifications, PCI device ids those of
the list of supported products in NVIDIA's driver README.
"""

from typing import Any

import msgspec

from drydock.core.facts import (
    CdiSpec,
    Clock,
    Cpu,
    DeviceNode,
    Disk,
    Distribution,
    Driver,
    DriverPackage,
    DriverSetup,
    Engine,
    Gpu,
    Host,
    KernelLine,
    KernelLog,
    KernelModules,
    Known,
    Limits,
    LocalImage,
    Memory,
    Missing,
    NvmlState,
    PciGpu,
    Port,
    Reach,
    Snapshot,
    Toolkit,
    User,
    Wsl,
)
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig, silent_engine
from drydock.core.facts.engine_setup import DaemonConfig, EngineContents, EngineLimits, EngineSetup, EngineSocket, Mount
from drydock.core.facts.network import Network, Route

GIB, MIB, GB = 1 << 30, 1 << 20, 10**9
TAKEN_AT = "2026-11-20T09:30:00Z"
STARTED = 1795000000.0
"""Seconds since 1970: when the engine was started, a day before the moment of the recording."""

ABSENT = Missing("absent")
NOT_SUPPORTED = Missing("not_supported")

# name: compute capability, MiB, watts, PCI device id, highest SM and memory clocks in MHz, PCIe generation
_GPUS = {
    "NVIDIA GeForce RTX 5090": ((12, 0), 32607, 575.0, "2b85", 3090, 14001, 5),
    "NVIDIA GeForce RTX 4090": ((8, 9), 24564, 450.0, "2684", 3105, 10501, 4),
    "NVIDIA GeForce RTX 4070 Laptop GPU": ((8, 9), 8188, 115.0, "2820", 3105, 8001, 4),
    "NVIDIA GeForce RTX 3090": ((8, 6), 24576, 350.0, "2204", 2100, 9751, 4),
    "NVIDIA GeForce RTX 3080": ((8, 6), 10240, 320.0, "2206", 2100, 9501, 4),
    "NVIDIA GeForce RTX 3060": ((8, 6), 12288, 170.0, "2504", 2100, 7501, 4),
    "NVIDIA GeForce RTX 2080 Ti": ((7, 5), 11264, 250.0, "1e07", 2100, 7000, 3),
    "NVIDIA GeForce GTX 1080": ((6, 1), 8192, 180.0, "1b80", 1911, 5005, 3),
    "NVIDIA GeForce GTX 1060 6GB": ((6, 1), 6144, 120.0, "1c03", 1911, 4004, 3),
    "Tesla T4": ((7, 5), 15360, 70.0, "1eb8", 1590, 5001, 3),
    "Tesla V100-SXM2-16GB": ((7, 0), 16384, 300.0, "1db1", 1530, 877, 3),
    "NVIDIA A100-SXM4-40GB": ((8, 0), 40960, 400.0, "20b0", 1410, 1215, 4),
    "NVIDIA H100 80GB HBM3": ((9, 0), 81559, 700.0, "2330", 1980, 2619, 5),
    "NVIDIA GH200 480GB": ((9, 0), 97871, 900.0, "2342", 1980, 2619, 5),
    "NVIDIA L40S": ((8, 9), 46068, 350.0, "26b9", 2520, 9001, 4),
    "NVIDIA L4": ((8, 9), 23034, 72.0, "27b8", 2040, 6251, 4),
    "NVIDIA RTX A6000": ((8, 6), 49140, 300.0, "2230", 2100, 8001, 4),
    "NVIDIA A10": ((8, 6), 23028, 150.0, "2236", 1695, 6251, 4),
    "NVIDIA A30": ((8, 0), 24576, 165.0, "20b7", 1440, 1215, 4),
    "NVIDIA A100 80GB PCIe": ((8, 0), 81920, 300.0, "20b5", 1410, 1512, 4),
    "NVIDIA B200": ((10, 0), 183359, 1000.0, "2901", 1965, 3996, 5),
    "Tesla K80": ((3, 7), 11441, 149.0, "102d", 875, 2505, 3),
    "Tesla P100-PCIE-16GB": ((6, 0), 16384, 250.0, "15f8", 1328, 715, 3),
    "NVIDIA GeForce RTX 2060": ((7, 5), 6144, 160.0, "1f08", 2100, 7001, 3),
    "NVIDIA GeForce RTX 4060 Ti": ((8, 9), 16380, 165.0, "2803", 3105, 9001, 4),
    "NVIDIA GeForce RTX 3070 Laptop GPU": ((8, 6), 8192, 115.0, "249d", 2100, 7001, 4),
    "NVIDIA GeForce GTX 1650": ((7, 5), 4096, 50.0, "1f91", 2100, 4001, 3),
    "NVIDIA GeForce GTX 970": ((5, 2), 4096, 148.0, "13c2", 1392, 3505, 3),
    "NVIDIA GeForce GTX 980": ((5, 2), 4096, 180.0, "13c0", 1392, 3505, 3),
    "NVIDIA GeForce RTX 5070": ((12, 0), 12227, 250.0, "2f04", 3090, 14001, 5),
    "NVIDIA GeForce RTX 5080": ((12, 0), 16303, 360.0, "2c02", 3090, 15001, 5),
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": ((12, 0), 97887, 600.0, "2bb1", 3090, 14001, 5),
    "NVIDIA A10-8Q": ((8, 6), 8192, None, "2236", 1695, 6251, None),
    "NVIDIA GB10": ((12, 1), None, None, "2e12", 3003, None, 5),
    "Orin (nvgpu)": ((8, 7), None, None, "", 1300, None, None),
}


def changed(struct: Any, **fields: Any) -> Any:
    """Return a part with some fields changed."""
    return msgspec.structs.replace(struct, **fields)


def _fact(value: Any) -> Any:
    return NOT_SUPPORTED if value is None else Known(value)


def gpu(name: str, index: int = 0, *, server: bool = False, wsl: bool = False, **fields: Any) -> Gpu:
    """A GPU at rest that answers."""
    capability, memory, power, _, sm, memory_clock, pcie = _GPUS[name]
    base: dict[str, Any] = {
        "index": index,
        "state": "ok",
        "uuid": Known(f"GPU-00000000-0000-0000-0000-{index + 1:012d}"),
        "name": Known(name),
        "pci_bus_id": Known(f"0000{address(index)}"),
        "compute_capability": Known(capability),
        "memory_total": _fact(memory and memory * MIB),
        "memory_used": _fact(memory and 400 * MIB),
        "mig": Known(False) if server else NOT_SUPPORTED,
        "temperature": Known(38),
        "power": _fact(power and round(power * 0.08, 1)),
        "power_limit": _fact(power),
        "default_power_limit": _fact(power),
        "sm_clock": Known(210),
        "memory_clock": _fact(memory_clock and 405),
        "max_sm_clock": Known(sm),
        "max_memory_clock": _fact(memory_clock),
        "utilisation": Known(0),
        "event_reasons": Known(1),
        "pcie_generation": _fact(pcie and 1),
        "pcie_width": _fact(pcie and 16),
        "max_pcie_generation": _fact(pcie),
        "max_pcie_width": _fact(pcie and 16),
        "ecc": Known(True) if server else NOT_SUPPORTED,
        "persistence": NOT_SUPPORTED if wsl else Known(server),
        "minor": Known(index),
        "compute_mode": Known("default"),
        "recovery": Known("none"),
        "slowdown_temperature": Known(90),
        "processes": Known(()),
    }
    return Gpu(**{**base, **fields})


def gpus(name: str, count: int, **fields: Any) -> tuple[Gpu, ...]:
    """Several alike, as in a server."""
    return tuple(gpu(name, index, **fields) for index in range(count))


def address(index: int) -> str:
    """The PCI address of the n-th GPU."""
    return f"0000:{index + 1:02x}:00.0"


def on_bus(*names: str, driver: str = "nvidia") -> Any:
    """The PCI bus with these GPUs, all held by one kernel driver (empty: by none)."""
    held = Known(driver) if driver else ABSENT
    return Known(
        tuple(PciGpu(address=address(place), device_id=_GPUS[name][3], driver=held) for place, name in enumerate(names))
    )


def _libraries(name: str, version: str, folder: str) -> Any:
    return Known((f"{folder}/{name}.so.{version}",)) if version else Known(())


def driver(
    version: str,
    cuda: tuple[int, int],
    names: tuple[str, ...],
    /,
    *,
    flavour: str = "open",
    folder: str = "/usr/lib/x86_64-linux-gnu",
    **fields: Any,
) -> Driver:
    """A driver that answers, module and libraries of one version."""
    nodes = ("nvidia-uvm", *(f"nvidia{place}" for place in range(len(names))), "nvidiactl")
    base: dict[str, Any] = {
        "nvml": NvmlState(kind="ready"),
        "version": Known(version),
        "cuda": Known(cuda),
        "module_version": Known(version),
        "device_nodes": Known(nodes),
        "pci_gpus": on_bus(*names),
        "library_files": _libraries("libnvidia-ml", version, folder),
        "cuda_files": _libraries("libcuda", version, folder),
        "flavour": Known(flavour),
        "node_access": Known(tuple(node(name) for name in nodes)),
    }
    return Driver(**{**base, **fields})


def node(name: str, *, mode: str = "666", group: str = "root", usable: bool = True) -> DeviceNode:
    """A device node of the driver."""
    return DeviceNode(name=name, mode=mode, owner="root", group=group, usable=usable)


def not_loaded(names: tuple[str, ...], library: str, *, held_by: str = "", **fields: Any) -> Driver:
    """A driver that is installed, but whose module is not in the kernel (``library`` empty: none is installed)."""
    kind, code = ("driver_not_loaded", 9) if library else ("library_not_found", 12)
    text = "Driver Not Loaded" if library else "NVML Shared Library Not Found"
    why = Missing("failed", text) if library else ABSENT
    base: dict[str, Any] = {
        "nvml": NvmlState(
            kind=kind, code=code, text="Driver Not Loaded" if library else "NVML Shared Library Not Found"
        ),
        "version": why,
        "cuda": why,
        "module_version": ABSENT,
        "device_nodes": Known(()),
        "pci_gpus": on_bus(*names, driver=held_by),
        "library_files": _libraries("libnvidia-ml", library, "/usr/lib/x86_64-linux-gnu"),
        "cuda_files": _libraries("libcuda", library, "/usr/lib/x86_64-linux-gnu"),
        "flavour": ABSENT,
        "node_access": Known(()),
    }
    return Driver(**{**base, **fields})


def wsl_driver(version: str, cuda: tuple[int, int], /, **fields: Any) -> Driver:
    """The driver of Windows, as it is seen inside WSL 2."""
    base: dict[str, Any] = {
        "nvml": NvmlState(kind="ready"),
        "version": Known(version),
        "cuda": Known(cuda),
        "module_version": Missing("not_applicable", "the driver belongs to Windows"),
        "device_nodes": Known(("dxg",)),
        "pci_gpus": Known(()),
        "library_files": Known(("/usr/lib/wsl/lib/libnvidia-ml.so.1",)),
        "cuda_files": Known(("/usr/lib/wsl/lib/libcuda.so.1",)),
        "flavour": ABSENT,
        "node_access": Known(()),
    }
    return Driver(**{**base, **fields})


NO_GPU_DRIVER = not_loaded((), "")

_SYSTEMS = {
    "ubuntu": Distribution(id="ubuntu", version="24.04", pretty="Ubuntu 24.04.3 LTS", like=("debian",)),
    "jammy": Distribution(id="ubuntu", version="22.04", pretty="Ubuntu 22.04.5 LTS", like=("debian",)),
    "debian": Distribution(id="debian", version="12", pretty="Debian GNU/Linux 12 (bookworm)"),
    "fedora": Distribution(id="fedora", version="43", pretty="Fedora Linux 43 (Workstation Edition)"),
    "rocky": Distribution(id="rocky", version="9.6", pretty="Rocky Linux 9.6 (Blue Onyx)", like=("rhel", "fedora")),
    "arch": Distribution(id="arch", version="", pretty="Arch Linux"),
    "mint": Distribution(id="linuxmint", version="22.2", pretty="Linux Mint 22.2", like=("ubuntu", "debian")),
    "rhel8": Distribution(id="rhel", version="8.10", pretty="Red Hat Enterprise Linux 8.10 (Ootpa)", like=("fedora",)),
    "bullseye": Distribution(id="debian", version="11", pretty="Debian GNU/Linux 11 (bullseye)"),
    "trixie": Distribution(id="debian", version="13", pretty="Debian GNU/Linux 13 (trixie)"),
    "nixos": Distribution(id="nixos", version="25.05", pretty="NixOS 25.05 (Warbler)"),
    "sles": Distribution(id="sles", version="15.6", pretty="SUSE Linux Enterprise Server 15 SP6", like=("suse",)),
    "tumbleweed": Distribution(
        id="opensuse-tumbleweed", version="20261118", pretty="openSUSE Tumbleweed", like=("opensuse", "suse")
    ),
    "proxmox": Distribution(id="debian", version="13", pretty="Debian GNU/Linux 13 (trixie)"),
    "resolute": Distribution(id="ubuntu", version="26.04", pretty="Ubuntu 26.04 LTS", like=("debian",)),
    "manjaro": Distribution(id="manjaro", version="", pretty="Manjaro Linux", like=("arch",)),
    "pop": Distribution(id="pop", version="22.04", pretty="Pop!_OS 22.04 LTS", like=("ubuntu", "debian")),
    "focal": Distribution(id="ubuntu", version="20.04", pretty="Ubuntu 20.04.6 LTS", like=("debian",)),
    "dgx": Distribution(id="ubuntu", version="24.04", pretty="NVIDIA DGX Spark", like=("debian",)),
}


def host(
    system: str = "ubuntu",
    kernel: str = "6.14.0-33-generic",
    *,
    memory: int = 64 * GIB,
    threads: int = 16,
    **fields: Any,
) -> Host:
    """A Linux computer with room, whose user may use Docker."""
    base: dict[str, Any] = {
        "system": "linux",
        "distribution": Known(_SYSTEMS[system]),
        "kernel": Known(kernel),
        "architecture": "amd64",
        "wsl": Known(False),
        "in_container": Known(False),
        "cpu": Known(Cpu(model="AMD Ryzen 9 7950X 16-Core Processor", cores=threads // 2, threads=threads)),
        "memory": Known(Memory(total=memory, available=memory * 3 // 4, swap_total=8 * GIB)),
        "shm_total": Known(memory // 2),
        "disks": (
            Disk(purpose="engine data", path="/var/lib/docker", total=Known(1000 * GB), free=Known(600 * GB)),
            Disk(purpose="home", path="/home/sample", total=Known(1000 * GB), free=Known(600 * GB)),
            Disk(purpose="temporary", path="/tmp", total=Known(1000 * GB), free=Known(600 * GB)),
        ),
        "user": user("sample", "docker"),
        "environment": {},
        "limits": Known(Limits(locked_memory=8 * GIB, stack=8 * MIB, open_files=1024)),
        "overcommit": Known(0),
        "restart_wanted": Known(()),
        "clock": Known(Clock(hardware_ahead=Known(0), files_ahead=Known(-40), synchronized=Known(True))),
    }
    return Host(**{**base, **fields})


def user(*groups: str, database: tuple[str, ...] | None = None) -> Any:
    """Somebody in these groups; the user database may list more of them than the session has."""
    return Known(User(uid=1000, groups=groups, database_groups=database or groups))


def engine(version: str = "28.5.2", /, *, system: str = "Ubuntu 24.04.3 LTS", **fields: Any) -> Engine:
    """Docker Engine with the NVIDIA runtime registered."""
    base: dict[str, Any] = {
        "endpoint": "unix:///var/run/docker.sock",
        "chosen_by": "default",
        "reach": Reach(kind="ready"),
        "product": Known("Docker Engine"),
        "version": Known(version),
        "api_version": Known("1.51"),
        "operating_system": Known(system),
        "architecture": Known("amd64"),
        "remote": False,
        "rootless": Known(False),
        "cgroup_version": Known("2"),
        "cgroup_driver": Known("systemd"),
        "storage_driver": Known("overlay2"),
        "data_root": Known("/var/lib/docker"),
        "data_root_free": Known(600 * GB),
        "memory": Known(64 * GIB),
        "cpus": Known(16),
        "runtimes": Known(("io.containerd.runc.v2", "nvidia", "runc")),
        "default_runtime": Known("runc"),
        "cdi_devices": Known(()),
        "images": Known(()),
        "cdi_directories": Known(("/etc/cdi", "/var/run/cdi")),
        "proxies": Known({}),
        "security": Known(("apparmor", "seccomp", "cgroupns")),
        "warnings": Known(()),
        "backing_filesystem": Known("extfs"),
        "file_types": Known(True),
        "log_driver": Known("json-file"),
        "live_restore": Known(False),
        "clock_ahead": Known(0.0),
        "data_root_inodes": Known((61_000_000, 58_000_000)),
    }
    return Engine(**{**base, **fields})


TOOLKIT_SETTINGS = "/etc/nvidia-container-runtime/config.toml"
PLAIN_RUNTIMES = Known(("io.containerd.runc.v2", "runc"))


def podman(version: str = "5.6.2", /, **fields: Any) -> Engine:
    """Rootless Podman behind its compatible socket; it does not list CDI devices."""
    base: dict[str, Any] = {
        "endpoint": "unix:///run/user/1000/podman/podman.sock",
        "chosen_by": "Podman's socket",
        "product": Known("Podman Engine"),
        "api_version": Known("1.41"),
        "rootless": Known(True),
        "storage_driver": Known("overlay"),
        "data_root": Known("/home/sample/.local/share/containers/storage"),
        "runtimes": Known(("crun", "runc")),
        "default_runtime": Known("crun"),
        "cdi_devices": NOT_SUPPORTED,
        "cdi_directories": NOT_SUPPORTED,
        "security": Known(("seccomp", "selinux", "rootless")),
        "log_driver": Known("journald"),
    }
    return engine(version, system="Fedora Linux 43", **{**base, **fields})


def unreached(kind: str, text: str, why: str = "not_asked", **fields: Any) -> Engine:
    """An engine that does not answer."""
    base = silent_engine(
        endpoint="unix:///var/run/docker.sock",
        chosen_by="default",
        reach=Reach(kind=kind, text=text),  # type: ignore[arg-type]
        missing=Missing(why),  # type: ignore[arg-type]
    )
    return changed(base, **fields)


def toolkit(version: str = "1.18.2", /, specs: tuple[CdiSpec, ...] = (), **fields: Any) -> Toolkit:
    """The NVIDIA Container Toolkit from its packages."""
    base: dict[str, Any] = {
        "version": Known(version),
        "runtime_path": Known("/usr/bin/nvidia-container-runtime"),
        "hook_path": Known("/usr/bin/nvidia-container-runtime-hook"),
        "cdi_specs": Known(specs),
        "cli_path": Known("/usr/bin/nvidia-container-cli"),
        "config": Known(
            ToolkitConfig(path="/etc/nvidia-container-runtime/config.toml", ldconfig="/sbin/ldconfig.real")
        ),
        "refresh": Known(CdiRefresh(installed=bool(specs), enabled=bool(specs))),
        "char_links": Known(()),
    }
    return Toolkit(**{**base, **fields})


NO_TOOLKIT = Toolkit(
    version=ABSENT,
    runtime_path=ABSENT,
    hook_path=ABSENT,
    cdi_specs=Known(()),
    cli_path=ABSENT,
    config=ABSENT,
    refresh=Known(CdiRefresh(installed=False, enabled=False)),
    char_links=Known(()),
)


def spec(version: str, count: int, path: str = "/var/run/cdi/nvidia.yaml", gone: tuple[str, ...] = ()) -> CdiSpec:
    """A CDI specification of all GPUs, written for one version of the driver."""
    names = ("nvidia.com/gpu=all", *(f"nvidia.com/gpu={index}" for index in range(count)))
    return CdiSpec(path=path, devices=names, driver_version=Known(version), files=48, gone=Known(gone))


def daemon_json(**fields: Any) -> DaemonConfig:
    """A daemon.json that registers the NVIDIA runtime, older than the engine's start."""
    base: dict[str, Any] = {
        "path": "/etc/docker/daemon.json",
        "reader": "rootful",
        "keys": ("runtimes",),
        "runtimes": {"nvidia": "nvidia-container-runtime"},
        "modified": Known(STARTED - 9000),
    }
    return DaemonConfig(**{**base, **fields})


def engine_setup(*configs: DaemonConfig, **fields: Any) -> EngineSetup:
    """Docker Engine from its packages, started by systemd."""
    socket = EngineSocket(
        path="/var/run/docker.sock", kind="system", mode=Known(0o660), owner=Known("root"), group=Known("docker")
    )
    base: dict[str, Any] = {
        "configs": Known(configs),
        "sockets": Known((socket,)),
        "snap": Known(False),
        "daemon": Known("/usr/bin/dockerd"),
        "docker_is_podman": Known(False),
        "context": Known(""),
        "started": Known(STARTED),
        "unit_hosts": Known(True),
        "limits": Known(EngineLimits(open_files=1 << 20, locked_memory=8 * MIB)),
        "docker_group": Known(True),
        "subordinate_ids": Known(65536),
        "selinux": Known("off"),
        "mounts": Known((Mount(path="/", kind="ext4"), Mount(path="/tmp", kind="tmpfs"))),
    }
    return EngineSetup(**{**base, **fields})


CONTENTS = EngineContents(published=(), running=0, ended=(), ended_sessions=(), build_cache=Known(0))


def network(**fields: Any) -> Network:
    """A network without a proxy."""
    base: dict[str, Any] = {
        "nameservers": Known(("127.0.0.53",)),
        "upstream_nameservers": Known(("192.0.2.1",)),
        "forwarding": Known(True),
        "devices": Known(("docker0", "eno1", "lo")),
        "routes": Known(
            (Route(device="docker0", network="172.17.0.0/16"), Route(device="eno1", network="192.0.2.0/24"))
        ),
        "firewalls": Known(()),
        "container_proxies": Known({}),
        "added_certificates": Known(()),
        "certificates_modified": Known(STARTED - 90000),
        "registry_certificates": Known({}),
    }
    return Network(**{**base, **fields})


_DISK_MODULE = "updates/dkms/nvidia.ko"


def setup(version: str, kernel: str = "6.14.0-33-generic", **fields: Any) -> DriverSetup:
    """A driver from the distribution's packages, with a module for the running kernel."""
    base: dict[str, Any] = {
        "kernels": Known((KernelModules(kernel=kernel, module=Known(_DISK_MODULE)),)),
        "module_on_disk": Known(version),
        "module_signer": Known("sample Secure Boot Module Signature key"),
        "dkms": Known(()),
        "secure_boot": Known(False),
        "packages": Known(
            (
                DriverPackage(name=f"nvidia-driver-{version.partition('.')[0]}", version=version),
                DriverPackage(name=f"libnvidia-compute-{version.partition('.')[0]}", version=version),
            )
        ),
        "runfile": Known(False),
        "last_change": ABSENT,
        "automatic_updates": Known(False),
        "services": Known(("nvidia-persistenced",)),
        "service_files": Known(("nvidia-persistenced",)),
        "switches": Known(0),
        "infiniband": Known(()),
        "loaded_modules": Known(("nvidia", "nvidia_drm", "nvidia_modeset", "nvidia_uvm")),
        "keeps_memory": Known(True),
        "suspends": Known(0),
    }
    return DriverSetup(**{**base, **fields})


def no_setup(kernel: str = "6.14.0-33-generic", **fields: Any) -> DriverSetup:
    """A system on which no NVIDIA driver was ever installed."""
    base: dict[str, Any] = {
        "kernels": Known((KernelModules(kernel=kernel, module=ABSENT),)),
        "module_on_disk": ABSENT,
        "module_signer": ABSENT,
        "packages": Known(()),
        "services": Known(()),
        "service_files": Known(()),
        "loaded_modules": Known(()),
        "keeps_memory": ABSENT,
    }
    return setup("0", kernel, **{**base, **fields})


def log(*lines: str) -> Any:
    """The kernel's log with these lines, a second apart."""
    return Known(
        KernelLog(
            source="dmesg",
            lines=tuple(KernelLine(seconds=4.0 + place, text=text) for place, text in enumerate(lines)),
            uptime=Known(86_000.0),
        )
    )


WSL_SETUP = DriverSetup(**dict.fromkeys(DriverSetup.__struct_fields__, Missing("not_applicable")))
WSL = Wsl(
    libraries=Known(("libcuda.so", "libcuda.so.1", "libd3d12.so", "libdxcore.so", "libnvidia-ml.so.1", "nvidia-smi")),
    on_loader_path=Known(True),
    gpu_enabled=ABSENT,
    settings_file=ABSENT,
    memory=ABSENT,
    gpu_support=ABSENT,
)
NOT_WSL = Wsl(**dict.fromkeys(Wsl.__struct_fields__, Missing("not_applicable")))


def ports() -> tuple[Port, ...]:
    """The ports that a launch would publish, all free."""
    return tuple(Port(number=number, taken=Known(False), owner=ABSENT) for number in (8888, 6006, 2222))


def image(tag: str, size: int, digit: str) -> LocalImage:
    """An image that was pulled."""
    digest = f"sha256:{digit * 64}"
    repository = tag.rpartition(":")[0]
    return LocalImage(
        id=digest,
        references=(tag,),
        digests=(f"{repository}@{digest}",),
        size=size,
        created="2026-10-01T00:00:00Z",
        labels={},
    )


def machine(**parts: Any) -> Snapshot:
    """A healthy desktop with an RTX 4090 on Ubuntu; whole parts may be replaced."""
    name = "NVIDIA GeForce RTX 4090"
    base: dict[str, Any] = {
        "taken_at": TAKEN_AT,
        "app_version": "",
        "host": host(),
        "driver": driver("580.95.05", (13, 0), (name,)),
        "gpus": (gpu(name),),
        "engine": engine(),
        "toolkit": toolkit(),
        "ports": ports(),
        "host_torch": (),
        "setup": setup("580.95.05"),
        "kernel_log": log(),
        "wsl": NOT_WSL,
        "engine_setup": engine_setup(daemon_json()),
        "engine_contents": Known(CONTENTS),
        "network": network(),
    }
    return Snapshot(**{**base, **parts})


def pruned(value: Any) -> Any:
    """Return a structure as JSON's values without fields that have their default.

    A fact that is added later then changes no recorded machine: it was not asked when the machine was recorded.
    """
    if isinstance(value, msgspec.Struct):
        tag = {value.__struct_config__.tag_field: value.__struct_config__.tag} if value.__struct_config__.tag else {}
        fields = {
            field.name: pruned(getattr(value, field.name))
            for field in msgspec.structs.fields(type(value))
            if field.default is msgspec.NODEFAULT or getattr(value, field.name) != field.default
        }
        return {**tag, **fields}
    if isinstance(value, tuple | list):
        return [pruned(item) for item in value]
    if isinstance(value, dict):
        return {name: pruned(item) for name, item in value.items()}
    return msgspec.to_builtins(value)
