"""Checks of whether GPUs are whole, free and well connected."""

from collections.abc import Callable
from typing import TypeVar

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.situation import duration, gigabytes
from drydock.core.facts import Fact, Gpu, Known, Missing, RemappedRows, RetiredPages, Snapshot, known_or, missing_text
from drydock.core.findings import Evidence

_ECC_MANY = 5
"""Uncorrected errors over a GPU's life from which a word is due; remapping copes with single ones."""

_MANY_PAGES = 60
"""Retired pages from which NVIDIA's guide for page retirement lets a board be replaced."""

_NEAR = 5
"""Degrees Celsius below the slowdown limit from which the GPU counts as close to it."""

_BUSY = 20
"""Per cent of utilisation from which the PCIe link has no reason to rest."""

_FABRIC_TIME = 900.0
"""Seconds after a start within which a fabric manager has trained the links of a server."""

_KUBERNETES = ("kubelet", "k3s", "rke2")

_MOSTLY = 0.5
_LITTLE_LEFT = 2 * 10**9
"""Part of the memory, and bytes, that a framework should find free; a CUDA context alone takes half a gigabyte."""


def numbers(gpus: list[Gpu], between: str = ", ") -> str:
    """Return the indices of GPUs for a text or a command."""
    return between.join(str(gpu.index) for gpu in gpus)


_T = TypeVar("_T")


def _told(
    snapshot: Snapshot, read: Callable[[Gpu], Fact[_T]], source: str
) -> tuple[list[tuple[Gpu, _T]], tuple[Evidence, ...]] | Answer:
    """Return what the GPUs tell, with the evidence; or the answer where none does."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    facts = [(gpu, read(gpu)) for gpu in snapshot.gpus]
    evidence = tuple(
        Evidence(f"{source}, GPU {gpu.index}", _words(fact.value)) if isinstance(fact, Known) else seen(source, fact)
        for gpu, fact in facts
    )
    known = [(gpu, fact.value) for gpu, fact in facts if isinstance(fact, Known)]
    if known:
        return known, evidence
    first = next((fact for _gpu, fact in facts if isinstance(fact, Missing)), Missing("failed"))
    if first.why == "not_supported":
        return not_tested("not_supported", *evidence)
    return not_tested("unknown", *evidence, why=first.detail or missing_text(first))


def _words(value: object) -> str:
    if isinstance(value, RemappedRows):
        counts = f"after corrected errors {value.corrected}, after uncorrected ones {value.uncorrected}"
        return f"{counts}; pending: {value.pending}; failed: {value.failed}"
    if isinstance(value, RetiredPages):
        return f"after single-bit errors {value.single_bit}, double-bit {value.double_bit}; pending: {value.pending}"
    return str(value)


def _with(told: list[tuple[Gpu, _T]], wanted: Callable[[_T], bool]) -> list[Gpu]:
    return [gpu for gpu, value in told if wanted(value)]


_RECOVERY = {
    "reset": "reset",
    "bus_reset": "reset",
    "drain_and_reset": "reset",
    "reboot": "reboot",
    "system_reboot": "reboot",
    "drain_p2p": "drain",
    "recover_imex_domain": "drain",
}


def ask_recovery(snapshot: Snapshot) -> Answer:
    """Ask whether the driver wants a GPU to be reset or the computer restarted."""
    told = _told(snapshot, lambda gpu: gpu.recovery, "GPU recovery action")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    wanting = _with(gpus, lambda action: action != "none")
    if not wanting:
        return ok(*evidence)
    variant = _RECOVERY.get(known_or(wanting[0].recovery, ""), "drain")
    return broken(variant, *evidence, gpus=numbers(wanting), ids=numbers(wanting, ","))


def ask_remapped(snapshot: Snapshot) -> Answer:
    """Ask whether rows of GPU memory wait to be replaced, or could not be."""
    told = _told(snapshot, lambda gpu: gpu.remapped_rows, "remapped rows")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    failed = _with(gpus, lambda rows: rows.failed)
    if failed:
        return broken("failed", *evidence, gpus=numbers(failed))
    pending = _with(gpus, lambda rows: rows.pending)
    if pending:
        return attention("pending", *evidence, gpus=numbers(pending), ids=numbers(pending, ","))
    some = _with(gpus, lambda rows: rows.corrected + rows.uncorrected > 0)
    return ok(*evidence, variant="some", gpus=numbers(some)) if some else ok(*evidence)


def ask_retired(snapshot: Snapshot) -> Answer:
    """Ask whether pages of GPU memory wait to be left out, or many already are."""
    told = _told(snapshot, lambda gpu: gpu.retired_pages, "retired pages")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    many = _with(gpus, lambda pages: pages.single_bit + pages.double_bit >= _MANY_PAGES)
    if many:
        return attention("many", *evidence, gpus=numbers(many), limit=_MANY_PAGES)
    pending = _with(gpus, lambda pages: pages.pending)
    if pending:
        return attention("pending", *evidence, gpus=numbers(pending), ids=numbers(pending, ","))
    return ok(*evidence)


def ask_ecc(snapshot: Snapshot) -> Answer:
    """Ask whether GPU memory had errors that could not be corrected."""
    told = _told(snapshot, lambda gpu: gpu.ecc_volatile, "uncorrected memory errors since the driver was loaded")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    evidence += tuple(seen(f"uncorrected memory errors ever, GPU {gpu.index}", gpu.ecc_aggregate) for gpu, _ in gpus)
    fresh = _with(gpus, lambda count: count > 0)
    if fresh:
        count = known_or(fresh[0].ecc_volatile, 0)
        return attention("fresh", *evidence, gpus=numbers(fresh), ids=numbers(fresh, ","), count=count)
    old = [gpu for gpu, _ in gpus if known_or(gpu.ecc_aggregate, 0) >= _ECC_MANY]
    if old:
        return attention("old", *evidence, gpus=numbers(old), count=known_or(old[0].ecc_aggregate, 0))
    return ok(*evidence)


def ask_pending(snapshot: Snapshot) -> Answer:
    """Ask whether a mode was changed that comes into force only after a reset."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    evidence: list[Evidence] = []
    for variant, modes in (("mig", _mig_modes), ("ecc", _ecc_modes)):
        known = [(gpu, *both) for gpu in snapshot.gpus if (both := modes(gpu))]
        evidence += [
            Evidence(f"{variant.upper()} mode, GPU {gpu.index}", f"{now}, after a reset {later}")
            for gpu, now, later in known
        ]
        waiting = [gpu for gpu, now, later in known if now != later]
        if waiting:
            return attention(variant, *evidence, gpus=numbers(waiting), ids=numbers(waiting, ","))
    return ok(*evidence) if evidence else not_tested("not_supported")


def _mig_modes(gpu: Gpu) -> tuple[bool, bool] | None:
    return _both(gpu.mig, gpu.mig_pending)


def _ecc_modes(gpu: Gpu) -> tuple[bool, bool] | None:
    return _both(gpu.ecc, gpu.ecc_pending)


def _both(now: Fact[bool], later: Fact[bool]) -> tuple[bool, bool] | None:
    return (now.value, later.value) if isinstance(now, Known) and isinstance(later, Known) else None


def ask_compute_mode(snapshot: Snapshot) -> Answer:
    """Ask whether a GPU lets only one program in, or none."""
    told = _told(snapshot, lambda gpu: gpu.compute_mode, "compute mode")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    closed = _with(gpus, lambda mode: mode == "prohibited")
    if closed:
        answer = broken if len(closed) == len(snapshot.gpus) else attention
        return answer("prohibited", *evidence, gpus=numbers(closed), ids=numbers(closed, ","))
    single = _with(gpus, lambda mode: mode.startswith("exclusive"))
    occupied = [gpu for gpu in single if _is_occupied(gpu)]
    if single and len(occupied) == len(snapshot.gpus):
        owners = _owners(occupied[0])
        return broken("occupied", *evidence, gpus=numbers(occupied), ids=numbers(occupied, ","), owners=owners)
    if single:
        return attention("exclusive", *evidence, gpus=numbers(single), ids=numbers(single, ","))
    return ok(*evidence)


def _is_occupied(gpu: Gpu) -> bool:
    """Return whether a program holds the GPU; the server of MPS lets others in beside itself."""
    programs = [one for one in known_or(gpu.processes, ()) if one.kind == "compute"]
    return bool(programs) and not any("nvidia-cuda-mps" in known_or(one.name, "") for one in programs)


def ask_temperature(snapshot: Snapshot) -> Answer:
    """Ask whether a GPU is close to the temperature at which it lowers its clocks."""
    told = _told(snapshot, lambda gpu: gpu.temperature, "temperature")
    if isinstance(told, Answer):
        return told
    gpus, evidence = told
    limited = [gpu for gpu, _ in gpus if isinstance(gpu.slowdown_temperature, Known)]
    evidence += tuple(seen(f"slowdown temperature, GPU {gpu.index}", gpu.slowdown_temperature) for gpu in limited)
    if not limited:
        return not_tested("not_supported", *evidence)
    near = [gpu for gpu in limited if known_or(gpu.temperature, 0) >= known_or(gpu.slowdown_temperature, 0) - _NEAR]
    if near:
        values = {"temperature": known_or(near[0].temperature, 0), "limit": known_or(near[0].slowdown_temperature, 0)}
        return attention("near", *evidence, gpus=numbers(near), **values)
    return ok(*evidence, highest=max(known_or(gpu.temperature, 0) for gpu in limited))


def ask_link(snapshot: Snapshot) -> Answer:
    """Ask whether the PCIe links are as wide and fast as card and slot allow; idle GPUs lower theirs."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    told = [gpu for gpu in snapshot.gpus if all(isinstance(fact, Known) for fact in _link_facts(gpu))]
    if not told:
        first = next((fact for fact in _link_facts(snapshot.gpus[0]) if isinstance(fact, Missing)), Missing("failed"))
        return not_tested("unknown", seen("PCIe link", first), why=first.detail or missing_text(first))
    evidence = tuple(Evidence(f"PCIe link, GPU {gpu.index}", _link_words(gpu)) for gpu in told)
    below = [gpu for gpu in told if _width(gpu)[0] < _width(gpu)[1] or _generation(gpu)[0] < _generation(gpu)[1]]
    busy = [gpu for gpu in below if known_or(gpu.utilisation, 0) >= _BUSY]
    narrow = [gpu for gpu in busy if _width(gpu)[0] < _width(gpu)[1]]
    if narrow:
        width, most = _width(narrow[0])
        return attention("narrow", *evidence, gpus=numbers(narrow), width=width, most=most)
    if busy:
        generation, most = _generation(busy[0])
        return attention("slow", *evidence, gpus=numbers(busy), generation=generation, most=most)
    if below:
        return not_tested("idle", *evidence, gpus=numbers(below))
    return ok(*evidence)


def _link_facts(gpu: Gpu) -> tuple[Fact[int], ...]:
    return gpu.pcie_generation, gpu.max_pcie_generation, gpu.pcie_width, gpu.max_pcie_width


def _width(gpu: Gpu) -> tuple[int, int]:
    return known_or(gpu.pcie_width, 0), known_or(gpu.max_pcie_width, 0)


def _generation(gpu: Gpu) -> tuple[int, int]:
    return known_or(gpu.pcie_generation, 0), known_or(gpu.max_pcie_generation, 0)


def _link_words(gpu: Gpu) -> str:
    (generation, most_generation), (width, most_width) = _generation(gpu), _width(gpu)
    use = known_or(gpu.utilisation, "unknown")
    return f"generation {generation} of {most_generation}, x{width} of x{most_width}; utilisation {use} %"


def ask_memory(snapshot: Snapshot) -> Answer:
    """Ask whether GPU memory is free, and if not, who holds it."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    told = [gpu for gpu in snapshot.gpus if known_or(gpu.memory_total, 0) and isinstance(gpu.memory_used, Known)]
    if not told:
        return not_tested("unknown", why="the driver does not tell")
    evidence = tuple(
        Evidence(
            f"memory, GPU {gpu.index}",
            f"bytes: used {known_or(gpu.memory_used, 0)} of {known_or(gpu.memory_total, 0)}; {_owners(gpu)}",
        )
        for gpu in told
    )
    full = [gpu for gpu in told if known_or(gpu.memory_used, 0) > _MOSTLY * known_or(gpu.memory_total, 1)]
    if full:
        worst = min(full, key=_free)
        values = {"gpu": worst.index, "free": gigabytes(_free(worst)), "owners": _owners(worst), "gpus": numbers(full)}
        return attention("taken", *evidence, **values)
    drawing = [gpu for gpu in told if known_or(gpu.display, default=False) and _free(gpu) < _LITTLE_LEFT]
    if drawing:
        return attention("display", *evidence, gpu=drawing[0].index, free=gigabytes(_free(drawing[0])))
    return ok(*evidence, free=gigabytes(min(_free(gpu) for gpu in told)))


def _free(gpu: Gpu) -> int:
    return known_or(gpu.memory_total, 0) - known_or(gpu.memory_used, 0)


def _owners(gpu: Gpu) -> str:
    if isinstance(gpu.processes, Missing):
        return "the driver does not tell by whom"
    sorted_ones = sorted(gpu.processes.value, key=lambda process: -known_or(process.memory_used, 0))
    words = [
        f"{known_or(process.name, 'a program')} (process {process.pid}"
        + (f", {gigabytes(process.memory_used.value)})" if isinstance(process.memory_used, Known) else ")")
        for process in sorted_ones[:4]
    ]
    return ", ".join(words) or "no program is listed"


def ask_fabric(snapshot: Snapshot) -> Answer:
    """Ask whether the NVLink fabric of a server with NVSwitch is set up; CUDA does not start before."""
    if not snapshot.gpus:
        return not_tested("no_gpu")
    setup = snapshot.setup
    states = {known_or(gpu.fabric, "not_supported") for gpu in snapshot.gpus}
    evidence = (
        seen("NVSwitch devices", setup.switches),
        Evidence("NVLink fabric of the GPUs", ", ".join(sorted(states))),
        seen("running services of NVIDIA", setup.services),
    )
    waiting = states & {"not_started", "in_progress"}
    if not waiting and not known_or(setup.switches, 0):
        return not_tested("no_switch", *evidence)
    if "completed" in states and not waiting:
        return ok(*evidence)
    return _ask_fabric_manager(snapshot, evidence, waiting=bool(waiting))


def _uptime(snapshot: Snapshot) -> float:
    """Return seconds since the computer started; 0 where nothing tells."""
    log = snapshot.kernel_log
    return known_or(log.value.uptime, 0.0) if isinstance(log, Known) else 0.0


def _ask_fabric_manager(snapshot: Snapshot, evidence: tuple[Evidence, ...], *, waiting: bool) -> Answer:
    """Judge a fabric that is not known to be complete by the service that sets it up."""
    setup, services = snapshot.setup, snapshot.setup.services
    if isinstance(services, Missing) or known_or(snapshot.host.in_container, default=False):
        unseen = not_tested("unknown", *evidence, why="services cannot be seen from here")
        return attention("waiting", *evidence) if waiting else unseen
    if "nvidia-fabricmanager" in services.value:
        uptime = _uptime(snapshot)
        if waiting and uptime > _FABRIC_TIME:
            return broken("stuck", *evidence, Evidence("since the start", duration(uptime)), time=duration(uptime))
        return attention("waiting", *evidence) if waiting else ok(*evidence)
    installed = "nvidia-fabricmanager" in known_or(setup.service_files, ())
    version = known_or(snapshot.driver.version, "of the driver")
    # Kubernetes may run a fabric manager in a container, and A100s do not tell whether theirs has done its work
    hidden = not waiting and any(name.startswith(_KUBERNETES) for name in services.value)
    answer = attention if hidden else broken
    return answer("not_running" if installed else "not_installed", *evidence, version=version)
