"""Facts about the NVIDIA driver: kernel module, user library, device nodes."""

from typing import Literal

import msgspec

from drydock.core.facts.fact import Fact, Missing


class NvmlState(msgspec.Struct, frozen=True, kw_only=True):
    """How the driver's management library answered.

    Attributes:
        code: NVML return code, where there was one.
        text: what came back, raw.
    """

    kind: Literal[
        "ready",
        "library_not_found",
        "driver_not_loaded",
        "version_mismatch",
        "no_permission",
        "gpu_lost",
        "timeout",
        "unknown",
    ]
    code: int | None = None
    text: str = ""


class PciGpu(msgspec.Struct, frozen=True, kw_only=True):
    """An NVIDIA display or 3D controller on the PCI bus, seen without any driver.

    Attributes:
        address: domain:bus:device.function.
        device_id: four hexadecimal digits.
        driver: name of the kernel driver bound to it.
    """

    address: str
    device_id: str
    driver: Fact[str]


class DeviceNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node in /dev that belongs to the driver.

    Attributes:
        mode: permission bits, in octal.
        usable: whether this user may read and write it.
    """

    name: str
    mode: str
    owner: str
    group: str
    usable: bool


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """The NVIDIA driver.

    Attributes:
        version: of the user-space library, by NVML (inside WSL2 this is the Windows driver).
        cuda: newest CUDA this driver runs natively, as (major, minor).
        module_version: of the loaded kernel module, from /proc/driver/nvidia/version.
        device_nodes: names in /dev that belong to the driver (``/dev/dxg`` in WSL2).
        library_files: the real paths that ``libnvidia-ml.so.1`` leads to in the usual library directories;
            a Linux driver's file name ends in its version.
        cuda_files: the same of ``libcuda.so.1``.
        flavour: whether the loaded module is NVIDIA's open or its proprietary one.
        node_access: owner and mode of the device nodes.
    """

    nvml: NvmlState
    version: Fact[str]
    cuda: Fact[tuple[int, int]]
    module_version: Fact[str]
    device_nodes: Fact[tuple[str, ...]]
    pci_gpus: Fact[tuple[PciGpu, ...]]
    library_files: Fact[tuple[str, ...]] = Missing("not_asked")
    cuda_files: Fact[tuple[str, ...]] = Missing("not_asked")
    flavour: Fact[Literal["open", "proprietary"]] = Missing("not_asked")
    node_access: Fact[tuple[DeviceNode, ...]] = Missing("not_asked")
