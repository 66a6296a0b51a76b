"""The machine and the wish, read once: numbers instead of texts, and what follows from the driver."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from drydock.core.images.catalogue import Architecture, Catalogue, Family, FirstDriver, Flavour, Native
from drydock.core.images.machine import Gpu, Machine, Wish
from drydock.core.images.version import Requirement, Version, parse_cuda, parse_torch

# CUDA 12.8 and 12.9 called Thor 10.1; it shares nothing with the data-centre parts 10.0 and 10.3
_RENAMED = {Version((10, 1)): Version((11, 0))}


class SeenGpu(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU with what the catalogue knows about it; ``architecture`` is None when that is nothing."""

    gpu: Gpu
    capability: Version
    architecture: Architecture | None
    first_driver: FirstDriver | None


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the gates ask.

    Attributes:
        gpus: every visible GPU; ``kinds`` has one of each name and compute capability.
        windows: driver numbers are those of Windows (also inside WSL2).
        driver: None when it is not known or not readable.
        native: newest CUDA the driver runs natively.
        flavour: the one the person named, or the one that the task needs.
        needs_compiler: a C compiler must be inside.
    """

    machine: Machine
    wish: Wish
    catalogue: Catalogue
    gpus: tuple[SeenGpu, ...]
    kinds: tuple[SeenGpu, ...]
    windows: bool
    driver: Version | None
    native: Version | None
    torch: Requirement | None
    cuda: Requirement | None
    flavour: Flavour | None
    needs_compiler: bool

    def family(self, cuda_major: int) -> Family | None:
        """Return the driver minimum of a CUDA major version."""
        return next((entry for entry in self.catalogue.drivers.families if entry.family == cuda_major), None)

    def minimum(self, family: Family) -> Version:
        """Return the family's minimum in the numbers that this machine's driver uses."""
        return family.windows if self.windows else family.linux


def look(machine: Machine, wish: Wish, catalogue: Catalogue) -> Situation:
    """Read the machine and the wish.

    Raises:
        Trouble: the wish for torch or CUDA cannot be read.
    """
    windows = machine.os in ("wsl2", "windows")
    if machine.os == "jetson":
        machine = msgspec.structs.replace(machine, arch="arm64")  # there is no other
    driver = Version.find(machine.driver)
    natives = catalogue.drivers.windows_native if windows else catalogue.drivers.linux_native
    # in an order of their own: what is said must not depend on the slots the GPUs sit in
    alike = sorted({(gpu.compute_capability, gpu.name): gpu for gpu in reversed(machine.gpus)}.items())
    kinds = {(gpu.name, gpu.compute_capability): _see(gpu, catalogue) for _, gpu in alike}
    return Situation(
        machine=machine,
        wish=wish,
        catalogue=catalogue,
        gpus=tuple(msgspec.structs.replace(kinds[gpu.name, gpu.compute_capability], gpu=gpu) for gpu in machine.gpus),
        kinds=tuple(kinds.values()),
        windows=windows,
        driver=driver,
        native=Version(machine.cuda_driver) if machine.cuda_driver else native_cuda(driver, natives),
        **_wanted(wish),
    )


def with_wish(situation: Situation, wish: Wish) -> Situation:
    """Return the same machine with another wish.

    Raises:
        Trouble: the wish for torch or CUDA cannot be read.
    """
    return msgspec.structs.replace(situation, wish=wish, **_wanted(wish))


def _wanted(wish: Wish) -> dict[str, Any]:
    return {
        "torch": parse_torch(wish.torch) if wish.torch else None,
        "cuda": parse_cuda(wish.cuda) if wish.cuda else None,
        "flavour": wish.flavour or _flavour_for(wish.task),
        # a flavour the person named is kept; the choice then says that the compiler is missing
        "needs_compiler": wish.task == "compile" and wish.flavour is None,
    }


def native_cuda(driver: Version | None, table: Sequence[Native]) -> Version | None:
    """Return the newest CUDA that the driver runs natively, by the table of branches."""
    if driver is None:
        return None
    return max((entry.cuda for entry in table if driver >= entry.driver), default=None)


def is_dropped(seen: SeenGpu, situation: Situation) -> bool:
    """Whether the driver belongs to a branch that no longer knows the GPU.

    The numbers of a branch end where the next branch begins; on Windows they run on for a few (R580 has 581 and 582).
    """
    last = seen.architecture.last_branch if seen.architecture else None
    if last is None:
        return False
    if situation.driver is None:
        newest = native_cuda(Version((last, 999)), situation.catalogue.drivers.linux_native)
        return newest is not None and situation.native is not None and situation.native > newest
    starts = [entry.driver[0] for entry in situation.catalogue.drivers.linux_native]
    return situation.driver[0] >= min((start for start in starts if start > last), default=last + 1)


def is_too_new(seen: SeenGpu, situation: Situation) -> bool:
    """Whether the GPU is newer than the driver: on Windows by branch alone, as the table is of Linux drivers.

    Where only the driver's CUDA is known, that is compared with the one of the GPU's first branch.
    """
    if seen.first_driver is None:
        return False
    first = seen.first_driver.driver
    if situation.driver is None:
        oldest = native_cuda(first, situation.catalogue.drivers.linux_native)
        return oldest is not None and situation.native is not None and situation.native < oldest
    return situation.driver[0] < first[0] if situation.windows else situation.driver < first


def is_consumer(seen: SeenGpu) -> bool:
    """Whether the GPU is of a brand that gets no forward compatibility."""
    return bool(re.search(r"GeForce|TITAN|\bGTX?\b|\bMX ?\d", seen.gpu.name, re.IGNORECASE))


def _see(gpu: Gpu, catalogue: Catalogue) -> SeenGpu:
    capability = Version(gpu.compute_capability)
    capability = _RENAMED.get(capability, capability)
    tables = catalogue.drivers
    named = (entry for entry in tables.first_by_name if entry.pattern and re.search(entry.pattern, gpu.name))
    alike = (entry for entry in tables.first_by_compute_capability if entry.compute_capability == capability)
    return SeenGpu(
        gpu=gpu,
        capability=capability,
        architecture=catalogue.architectures.get(capability),
        first_driver=next(named, None) or next(alike, None),
    )


def _flavour_for(task: str) -> Flavour | None:
    if task == "compile":
        return None  # either will do, as long as a compiler is inside
    return "devel" if task == "extensions" else "runtime"
