"""Facts about how the NVIDIA driver got onto a Linux host, and what of the system decides whether it can be loaded."""

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class KernelModules(msgspec.Struct, frozen=True, kw_only=True):
    """An installed kernel, and the NVIDIA module for it.

    Attributes:
        kernel: release, as ``uname -r`` says it.
        module: path below the kernel's directory; absent where none was built or installed for this kernel.
    """

    kernel: str
    module: Fact[str]


class DkmsModule(msgspec.Struct, frozen=True, kw_only=True):
    """An NVIDIA driver that DKMS has the source of.

    Attributes:
        name: DKMS' name of it, such as ``nvidia``.
        kernels: releases that it was built for.
    """

    name: str
    version: str
    kernels: tuple[str, ...]


class DriverPackage(msgspec.Struct, frozen=True, kw_only=True):
    """An installed package of the distribution that belongs to the NVIDIA driver.

    Attributes:
        held: whether the person told the package manager not to update it.
    """

    name: str
    version: str
    held: bool = False


class DriverChange(msgspec.Struct, frozen=True, kw_only=True):
    """The last time the package manager changed the driver.

    Attributes:
        when: in the log's own words (local time).
        by: the command line that did it.
        text: the log's line, cut.
    """

    when: str
    by: str
    text: str


class DriverSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the driver is installed, and what surrounds it.

    Attributes:
        kernels: the running and the newest installed kernels, oldest first, as named by directories of modules.
        module_on_disk: version of the module that would be loaded now.
        module_signer: who signed that module; absent where nobody did.
        secure_boot: whether the firmware lets only signed code start, and the kernel only signed modules.
        runfile: whether NVIDIA's own installer left its programs here.
        automatic_updates: whether packages are replaced without a person asking.
        services: NVIDIA's services that run, such as ``nvidia-fabricmanager``, and those of Kubernetes, which may run
            NVIDIA's in containers; also ``service_files`` (installed).
        switches: NVSwitch devices on the PCI bus.
        infiniband: names of InfiniBand adapters.
        loaded_modules: those loaded kernel modules that have to do with NVIDIA's GPUs, the free drivers among them.
        keeps_memory: whether the driver keeps the GPU's memory over suspend.
        suspends: how often the computer was suspended since it started.
    """

    kernels: Fact[tuple[KernelModules, ...]] = _NOT_ASKED
    module_on_disk: Fact[str] = _NOT_ASKED
    module_signer: Fact[str] = _NOT_ASKED
    dkms: Fact[tuple[DkmsModule, ...]] = _NOT_ASKED
    secure_boot: Fact[bool] = _NOT_ASKED
    packages: Fact[tuple[DriverPackage, ...]] = _NOT_ASKED
    runfile: Fact[bool] = _NOT_ASKED
    last_change: Fact[DriverChange] = _NOT_ASKED
    automatic_updates: Fact[bool] = _NOT_ASKED
    services: Fact[tuple[str, ...]] = _NOT_ASKED
    service_files: Fact[tuple[str, ...]] = _NOT_ASKED
    switches: Fact[int] = _NOT_ASKED
    infiniband: Fact[tuple[str, ...]] = _NOT_ASKED
    loaded_modules: Fact[tuple[str, ...]] = _NOT_ASKED
    keeps_memory: Fact[bool] = _NOT_ASKED
    suspends: Fact[int] = _NOT_ASKED
