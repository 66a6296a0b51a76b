"""What the kernel and the file system show of the NVIDIA driver, without asking the driver itself."""

import re
from typing import Literal

import msgspec

from drydock.core.facts import DeviceNode, Fact, Known, Missing, PciGpu
from drydock.world import World

_PCI = "/sys/bus/pci/devices"
_NVIDIA = "0x10de"
_DISPLAY_CLASS = "0x03"
"""PCI base class of display controllers: VGA (0x0300), 3D (0x0302), other (0x0380)."""

_LIBRARY = "libnvidia-ml.so.1"
_CUDA_LIBRARY = "libcuda.so.1"
_LIBRARY_DIRECTORIES = (
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
    "/run/opengl-driver/lib",
)

_OPEN_MODULE = "Open Kernel Module"
_MOST_NODES = 64
_MODULE_VERSION = re.compile(r"Kernel Module(?:\s+for\s+\S+)?\s+(\d+\.\d+(?:\.\d+)?)\b")
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")


class KernelDriver(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of :class:`~drydock.core.facts.Driver` that do not come from NVML."""

    module_version: Fact[str] = Missing("not_asked")
    device_nodes: Fact[tuple[str, ...]] = Missing("not_asked")
    pci_gpus: Fact[tuple[PciGpu, ...]] = Missing("not_asked")
    library_files: Fact[tuple[str, ...]] = Missing("not_asked")
    cuda_files: Fact[tuple[str, ...]] = Missing("not_asked")
    flavour: Fact[Literal["open", "proprietary"]] = Missing("not_asked")
    node_access: Fact[tuple[DeviceNode, ...]] = Missing("not_asked")


def collect_driver(world: World) -> KernelDriver:
    """Collect the loaded module's version, device nodes, GPUs on the bus and the driver's library files."""
    if world.system() != "linux":
        nowhere = Missing("not_applicable")
        return KernelDriver(**dict.fromkeys(KernelDriver.__struct_fields__, nowhere))
    nodes = _device_nodes(world)
    return KernelDriver(
        module_version=_module_version(world),
        device_nodes=nodes,
        pci_gpus=_pci_gpus(world),
        library_files=_files_of(world, _LIBRARY),
        cuda_files=_files_of(world, _CUDA_LIBRARY),
        flavour=_flavour(world),
        node_access=_node_access(world, nodes),
    )


def _flavour(world: World) -> Fact[Literal["open", "proprietary"]]:
    text = world.read_text("/proc/driver/nvidia/version", 1 << 14)
    if isinstance(text, Missing):
        return text
    return Known("open" if _OPEN_MODULE in text.value else "proprietary")


def _node_access(world: World, nodes: Fact[tuple[str, ...]]) -> Fact[tuple[DeviceNode, ...]]:
    if isinstance(nodes, Missing):
        return nodes
    found: list[DeviceNode] = []
    for name in nodes.value[:_MOST_NODES]:
        status = world.file_status(f"/dev/{name}")
        if name.startswith("nvidia-caps") or isinstance(status, Missing):
            continue
        found.append(
            DeviceNode(
                name=name,
                mode=f"{status.value.mode:o}",
                owner=status.value.owner,
                group=status.value.group,
                usable=status.value.readable and status.value.writable,
            )
        )
    return Known(tuple(found))


def _module_version(world: World) -> Fact[str]:
    text = world.read_text("/proc/driver/nvidia/version", 1 << 14)
    if isinstance(text, Known):
        match = _MODULE_VERSION.search(text.value)
        return Known(match[1]) if match else Missing("failed", text.value[:200])
    module = world.read_text("/sys/module/nvidia/version", 256)
    if isinstance(module, Known) and _VERSION.fullmatch(module.value.strip()):
        return Known(module.value.strip())
    return text


def _device_nodes(world: World) -> Fact[tuple[str, ...]]:
    names = world.list_directory("/dev")
    if isinstance(names, Missing):
        return names
    return Known(tuple(name for name in names.value if name.startswith("nvidia") or name == "dxg"))


def _pci_gpus(world: World) -> Fact[tuple[PciGpu, ...]]:
    addresses = world.list_directory(_PCI)
    if isinstance(addresses, Missing):
        return addresses
    found = (_pci_gpu(world, address) for address in addresses.value)
    return Known(tuple(gpu for gpu in found if gpu))


def _pci_gpu(world: World, address: str) -> PciGpu | None:
    def field(name: str) -> str:
        text = world.read_text(f"{_PCI}/{address}/{name}", 256)
        return text.value.strip().lower() if isinstance(text, Known) else ""

    if field("vendor") != _NVIDIA or not field("class").startswith(_DISPLAY_CLASS):
        return None
    if isinstance(world.resolve_link(f"{_PCI}/{address}/physfn"), Known):
        # a virtual function of a GPU that is there already
        return None
    bound = world.resolve_link(f"{_PCI}/{address}/driver")
    return PciGpu(address=address, device_id=field("device").removeprefix("0x"), driver=bound)


def _files_of(world: World, library: str) -> Fact[tuple[str, ...]]:
    found: list[str] = []
    for directory in _LIBRARY_DIRECTORIES:
        target = world.resolve_link(f"{directory}/{library}")
        if isinstance(target, Known):
            found.append(f"{directory}/{target.value}")
        elif target.why == "failed":
            # there, and not a link: WSL's own library is a plain file
            found.append(f"{directory}/{library}")
    return Known(tuple(found))
