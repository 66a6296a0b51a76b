"""Checks of the GPUs: present, reachable, whole, visible."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.situation import has_gpu, is_tegra, is_wsl, own_pci_gpus, pci_gpus
from drydock.core.facts import Gpu, Known, Missing, Snapshot, known_or, missing_text
from drydock.core.findings import Evidence

_DESKTOP_WORDS = ("GEFORCE", "RTX", "GTX", "QUADRO", "TITAN", "NVS", "LAPTOP", "MX", "GB10", "THOR", "ORIN")


_CLOUD = re.compile(r"cloud|aws|azure|gcp|gke|oracle|kvm|virtual")
"""Kernels made for rented machines: their images bring a driver, whether or not this one was taken with a GPU."""


def ask_present(snapshot: Snapshot) -> Answer:
    """Ask whether there is an NVIDIA GPU."""
    bus = snapshot.driver.pci_gpus
    evidence = (
        seen("PCI bus", Known(tuple(f"{gpu.address} 10de:{gpu.device_id}" for gpu in bus.value)))
        if isinstance(bus, Known)
        else seen("PCI bus", bus)
    )
    if snapshot.gpus:
        return ok(evidence, count=len(snapshot.gpus), names=", ".join(names(snapshot.gpus)))
    if own_pci_gpus(snapshot):
        return ok(evidence, variant="on_bus", count=len(own_pci_gpus(snapshot)))
    if pci_gpus(snapshot):
        kept = pci_gpus(snapshot)[0]
        return attention("kept", evidence, address=kept.address, driver=known_or(kept.driver, ""))
    if has_gpu(snapshot) is False:
        kernel = _kernel_with_module(snapshot)
        if kernel and bus == Known(()):
            return broken("vanished", evidence, seen("kernel release", snapshot.host.kernel), kernel=kernel)
        return attention("none", evidence)
    return not_tested("unknown", evidence, why=_why_unknown(snapshot))


def _kernel_with_module(snapshot: Snapshot) -> str:
    """Return the running kernel where NVIDIA's driver was installed for it, which nobody does without a GPU."""
    if snapshot.host.system != "linux" or is_wsl(snapshot) or known_or(snapshot.host.in_container, default=False):
        return ""
    if snapshot.engine.remote:
        return ""
    kernel = known_or(snapshot.host.kernel, "")
    if _CLOUD.search(kernel):
        return ""
    kernels = known_or(snapshot.setup.kernels, ())
    built = any(item.kernel == kernel and isinstance(item.module, Known) for item in kernels)
    return kernel if built and known_or(snapshot.driver.library_files, ()) else ""


def _why_unknown(snapshot: Snapshot) -> str:
    if is_wsl(snapshot):
        return "inside WSL only the driver can tell"
    if is_tegra(snapshot):
        return "the GPU of a Jetson is on no bus, and only the driver can tell"
    bus = snapshot.driver.pci_gpus
    if isinstance(bus, Missing):
        return bus.detail or missing_text(bus)
    return "the driver is loaded, but neither it nor the PCI bus shows a GPU"


def names(gpus: tuple[Gpu, ...]) -> list[str]:
    """Return the distinct names with their numbers, as ``8x NVIDIA H100``."""
    counted: dict[str, int] = {}
    for gpu in gpus:
        name = known_or(gpu.name, f"GPU {gpu.index}")
        counted[name] = counted.get(name, 0) + 1
    return [name if count == 1 else f"{count}x {name}" for name, count in counted.items()]


def ask_lost(snapshot: Snapshot) -> Answer:
    """Ask whether the driver still reaches every GPU."""
    if snapshot.driver.nvml.kind == "gpu_lost":
        return broken("lost", Evidence("NVML", snapshot.driver.nvml.text), which="a GPU")
    evidence = tuple(Evidence(f"NVML, GPU {gpu.index}", gpu.text or "answers") for gpu in snapshot.gpus)
    for state in ("lost", "error"):
        bad = [gpu for gpu in snapshot.gpus if gpu.state == state]
        if bad:
            which = ", ".join(f"GPU {gpu.index} ({known_or(gpu.pci_bus_id, 'address unknown')})" for gpu in bad)
            return broken(state, *evidence, which=which, text=bad[0].text)
    driven = [gpu for gpu in own_pci_gpus(snapshot) if known_or(gpu.driver, "") == "nvidia"]
    # a container may be given some of the GPUs only, while its bus shows them all
    whole = not known_or(snapshot.host.in_container, default=False)
    if not snapshot.gpus:
        if snapshot.driver.nvml.kind == "ready" and driven and whole:
            count = Evidence("NVML", "the driver answers and lists 0 GPUs")
            return broken("none", count, on_bus=len(driven), address=driven[0].address)
        return not_tested("no_gpu")
    if whole and len(driven) > len(snapshot.gpus):
        return broken("missing", *evidence, on_bus=len(driven), count=len(snapshot.gpus))
    return ok(*evidence, count=len(snapshot.gpus))


def ask_mig(snapshot: Snapshot) -> Answer:
    """Ask whether a GPU is cut into slices, and whether there are any."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    cut = [gpu for gpu in snapshot.gpus if known_or(gpu.mig, default=False)]
    evidence = tuple(Evidence(f"MIG devices of GPU {gpu.index}", ", ".join(gpu.mig_devices) or "(none)") for gpu in cut)
    silent = next((fact for gpu in snapshot.gpus if isinstance(fact := gpu.mig, Missing) and _is_unread(fact)), None)
    if silent:
        return not_tested("unknown", *evidence, seen("MIG mode", silent), why=silent.detail or missing_text(silent))
    if not cut:
        return ok()
    empty = [gpu for gpu in cut if not gpu.mig_devices]
    values = {"gpus": _numbers(empty or cut), "ids": _numbers(empty or cut, ",")}
    if len(empty) == len(snapshot.gpus):
        return broken("no_slices", *evidence, **values)
    if empty:
        return attention("some_empty", *evidence, **values)
    return attention("on", *evidence, **values, count=sum(len(gpu.mig_devices) for gpu in cut))


def _is_unread(mode: Missing) -> bool:
    # GPUs without MIG say that they do not support it
    return mode.why not in ("not_supported", "not_asked", "not_applicable")


def is_server_gpu(gpu: Gpu) -> bool:
    """Return whether the GPU's name is that of a data-centre product (no GeForce, RTX, TITAN, Jetson …)."""
    name = known_or(gpu.name, "").upper()
    return bool(name) and not any(word in name for word in _DESKTOP_WORDS)


def ask_persistence(snapshot: Snapshot) -> Answer:
    """Ask whether the driver stays initialised on a server's GPUs between programs."""
    servers = [gpu for gpu in snapshot.gpus if is_server_gpu(gpu)]
    if not servers:
        return not_tested("no_server")
    if is_wsl(snapshot) or snapshot.host.system != "linux":
        return not_tested("not_linux")
    known = [gpu for gpu in servers if isinstance(gpu.persistence, Known)]
    if not known:
        return not_tested("unknown", why="the driver does not tell")
    off = [gpu for gpu in known if not known_or(gpu.persistence, default=True)]
    evidence = tuple(seen(f"persistence mode, GPU {gpu.index}", gpu.persistence) for gpu in known)
    if off:
        return attention("off", *evidence, count=len(off))
    return ok(*evidence)


_HOT = 0x20 | 0x40
_BRAKED = 0x08 | 0x80
"""Bits of NVML's clock event reasons: thermal slowdown by software and hardware; other slowdowns by hardware."""

_REASONS = {
    0x01: "idle",
    0x02: "clocks set by a program",
    0x04: "power limit reached",
    0x08: "slowdown by the hardware",
    0x10: "in step with other GPUs",
    0x20: "too hot (driver)",
    0x40: "too hot (hardware)",
    0x80: "power brake (hardware)",
    0x100: "clocks set by the display",
}
"""What the bits say (``nvmlClocksEventReason*`` in NVIDIA's nvml.h)."""


def _reason_words(mask: int) -> str:
    words = [word for bit, word in _REASONS.items() if mask & bit]
    return f"{mask:#x}: {', '.join(words) or 'none'}"


_CAPPED = 0.8
"""A power limit below this part of the board's own is worth a word."""


def ask_slowed(snapshot: Snapshot) -> Answer:
    """Ask whether something keeps a GPU slower than it could be."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    evidence = tuple(
        Evidence(f"clock event reasons, GPU {gpu.index}", _reason_words(gpu.event_reasons.value))
        for gpu in snapshot.gpus
        if isinstance(gpu.event_reasons, Known)
    )
    for variant, bits in (("hot", _HOT), ("braked", _BRAKED)):
        slowed = [gpu for gpu in snapshot.gpus if known_or(gpu.event_reasons, 0) & bits]
        if slowed:
            temperature = known_or(slowed[0].temperature, "an unknown number of")
            return attention(variant, *evidence, gpus=_numbers(slowed), temperature=temperature)
    capped = _alike([gpu for gpu in snapshot.gpus if _is_capped(gpu)])
    if capped:
        limits = tuple(
            Evidence(
                f"power limit, GPU {gpu.index}",
                f"{known_or(gpu.power_limit, 0.0):g} W of {known_or(gpu.default_power_limit, 0.0):g} W",
            )
            for gpu in capped
        )
        limit, default = known_or(capped[0].power_limit, 0.0), known_or(capped[0].default_power_limit, 0.0)
        values = {"gpus": _numbers(capped), "ids": _numbers(capped, ","), "limit": round(limit)}
        return attention("capped", *limits, **values, default=round(default))
    if not evidence:
        return not_tested("unknown", why="the driver does not tell")
    return ok(*evidence)


def _is_capped(gpu: Gpu) -> bool:
    limit, default = known_or(gpu.power_limit, 0.0), known_or(gpu.default_power_limit, 0.0)
    return 0 < limit < _CAPPED * default


def _alike(gpus: list[Gpu]) -> list[Gpu]:
    """Return those with the limits of the first: one sentence and one command speak of one pair of numbers."""
    return [
        gpu
        for gpu in gpus
        if (gpu.power_limit, gpu.default_power_limit) == (gpus[0].power_limit, gpus[0].default_power_limit)
    ]


def _numbers(gpus: list[Gpu], between: str = ", ") -> str:
    return between.join(str(gpu.index) for gpu in gpus)


def ask_visible(snapshot: Snapshot) -> Answer:
    """Ask whether CUDA_VISIBLE_DEVICES hides GPUs from programs started on the host."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    value = snapshot.host.environment.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return ok()
    evidence = Evidence("CUDA_VISIBLE_DEVICES", value or "(empty)")
    shown = _visible(value, snapshot.gpus)
    stranger = _stranger(value, snapshot.gpus)
    if stranger:
        values = {"value": value, "entry": stranger, "shown": shown, "count": len(snapshot.gpus)}
        return attention("stranger", evidence, *_uuids(snapshot.gpus), **values)
    if shown == 0:
        return attention("all_hidden", evidence, value=value, count=len(snapshot.gpus))
    if shown < len(snapshot.gpus):
        return attention("some_hidden", evidence, value=value, shown=shown, count=len(snapshot.gpus))
    return ok(evidence)


def _visible(value: str, gpus: tuple[Gpu, ...]) -> int:
    """Count the GPUs that CUDA would show: it reads entries until the first that names no GPU."""
    shown: set[int] = set()
    for entry in value.split(","):
        index = _index_of(entry.strip(), gpus)
        if index is None or index in shown:
            break
        shown.add(index)
    return len(shown)


def _stranger(value: str, gpus: tuple[Gpu, ...]) -> str:
    """Return the first entry that looks like a UUID and names no GPU here; CUDA stops reading there."""
    entries = (entry.strip() for entry in value.split(","))
    return next(
        (entry for entry in entries if entry.startswith(("GPU-", "MIG-")) and _index_of(entry, gpus) is None), ""
    )


def _uuids(gpus: tuple[Gpu, ...]) -> tuple[Evidence, ...]:
    return tuple(seen(f"UUID of GPU {gpu.index}", gpu.uuid) for gpu in gpus)


def _index_of(entry: str, gpus: tuple[Gpu, ...]) -> int | None:
    if entry.isdecimal():
        # longer ones name no GPU, and Python refuses to read very long ones
        number = int(entry) if len(entry) < 6 else len(gpus)
        return number if number < len(gpus) else None
    if not entry:
        return None
    for gpu in gpus:
        uuids = (known_or(gpu.uuid, ""), *gpu.mig_devices)
        if any(uuid.startswith(entry) for uuid in uuids if uuid):
            return gpu.index
    return None
