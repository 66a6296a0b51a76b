"""Checks of what the kernel's log says: errors of GPUs, a driver that could not start them, memory that ran out."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok
from drydock.core.checks.situation import duration, has_gpu, own_pci_gpus
from drydock.core.checks.xids import Xid, gravest, xids_of
from drydock.core.facts import KernelLog, Known, Missing, Snapshot, known_or, missing_text
from drydock.core.findings import Evidence

_SHOWN = 5


def _log(snapshot: Snapshot) -> KernelLog | Answer:
    """Return the log, or the answer of a check that cannot see it."""
    log = snapshot.kernel_log
    if isinstance(log, Known):
        return log.value
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    why = "this user may not read it" if log.why == "no_permission" else log.detail or missing_text(log)
    return not_tested("unknown", Evidence("kernel log", log.detail or missing_text(log)), why=why)


def _evidence(log: KernelLog, lines: list[str]) -> Evidence:
    return Evidence(log.source, "\n".join(lines[-_SHOWN:]))


def gpus_answer(snapshot: Snapshot) -> bool:
    """Return whether the driver answers now, with all GPUs that it holds, and none of them ill."""
    if snapshot.driver.nvml.kind != "ready" or not snapshot.gpus:
        return False
    if any(gpu.state != "ok" or known_or(gpu.recovery, "none") != "none" for gpu in snapshot.gpus):
        return False
    some_only = known_or(snapshot.host.in_container, default=False)
    # one that another driver holds is none of NVIDIA's driver
    wanted = [gpu for gpu in own_pci_gpus(snapshot) if known_or(gpu.driver, "nvidia") == "nvidia"]
    return some_only or len(snapshot.gpus) >= len(wanted)


def ask_out_of_memory(snapshot: Snapshot) -> Answer:
    """Ask whether the kernel killed programs because main memory ran out."""
    log = _log(snapshot)
    if isinstance(log, Answer):
        return log
    killed = [line.text for line in log.lines if "Killed process" in line.text]
    if not killed:
        return ok(Evidence(log.source, "no program was killed for lack of memory"))
    match = re.search(r"Killed process (\d+) \(([^)]*)\)", killed[-1])
    values = {"process": match[2] if match else "a program", "pid": match[1] if match else "?", "count": len(killed)}
    variant = "group" if "cgroup" in killed[-1].lower() else "killed"
    return attention(variant, _evidence(log, killed), **values)


_BUS = (("page_fault", re.compile(r"IO_PAGE_FAULT")), ("errors", re.compile(r"AER:.*(?:Fatal|Uncorrect)")))


def ask_bus(snapshot: Snapshot) -> Answer:
    """Ask whether the kernel saw errors of the PCI Express bus or of its protection (IOMMU)."""
    log = _log(snapshot)
    if isinstance(log, Answer):
        return log
    for variant, pattern in _BUS:
        lines = [line.text for line in log.lines if pattern.search(line.text)]
        if lines:
            return attention(variant, _evidence(log, lines), count=len(lines))
    return ok(Evidence(log.source, "no errors of the bus"))


def ask_xid(snapshot: Snapshot) -> Answer:
    """Ask whether the driver reported errors of a GPU since the start; a grave one that is over is for attention."""
    log = _log(snapshot)
    if isinstance(log, Answer):
        return log
    xids = xids_of(log)
    if not xids:
        return ok(Evidence(log.source, "no Xid"))
    worst = gravest(xids)
    evidence = _evidence(log, [worst.text, *(xid.text for xid in xids[-_SHOWN + 1 :] if xid != worst)])
    count = sum(xid.kind == worst.kind for xid in xids)
    values = {"xid": worst.code, "gpu": worst.gpu, "count": count, "when": _when(log, worst.seconds)}
    if worst.kind == "harmless":
        return ok(evidence, variant="harmless", **values)
    if worst.kind in ("program", "other") or gpus_answer(snapshot):
        return attention(worst.kind, evidence, **values)
    variant = "restart" if worst.kind in ("memory", "reset") and _wants_restart(snapshot, xids) else worst.kind
    return broken(variant, evidence, **values)


def _wants_restart(snapshot: Snapshot, xids: tuple[Xid, ...]) -> bool:
    """Return whether the driver says that a reset will not do."""
    asked = any("reboot" in known_or(gpu.recovery, "") for gpu in snapshot.gpus)
    told = [xid.text for xid in xids if xid.kind == "recovery"]
    return asked or bool(told and "reboot" in told[-1].rpartition(" to ")[2].lower())


def _when(log: KernelLog, seconds: float) -> str:
    uptime = known_or(log.uptime, 0.0)
    return f"{duration(uptime - seconds)} ago" if uptime > seconds else "since the start"


_DRIVER = (
    ("power_state", re.compile(r"nvidia .*change power state from D3(?:cold|hot) to D0")),
    ("needs_open", re.compile(r"requires use of the NVIDIA open kernel modules")),
    ("legacy", re.compile(r"supported through the NVIDIA (\S+) +Legacy drivers")),
    ("needs_proprietary", re.compile(r"installed in this system is not supported by (?:the )?open")),
    ("unsupported", re.compile(r"installed in this system is not supported by the")),
    ("held", re.compile(r"is already bound to (\w+)")),
    ("bar", re.compile(r"PCI I/O region assigned to your NVIDIA device is invalid|BAR\d+ is 0M @ 0x0")),
    (
        "firmware",
        re.compile(r"No firmware image found|Cannot initialize GSP firmware|firmware load for nvidia/.* failed"),
    ),
    ("init_failed", re.compile(r"RmInitAdapter failed|rm_init_adapter failed")),
)


def _some_answer(snapshot: Snapshot) -> bool:
    return snapshot.driver.nvml.kind == "ready" and any(gpu.state == "ok" for gpu in snapshot.gpus)


def ask_driver_log(snapshot: Snapshot) -> Answer:
    """Ask whether the driver said why it does not start a GPU; what is over is no fault."""
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    log = _log(snapshot)
    if isinstance(log, Answer):
        return log
    for variant, pattern in _DRIVER:
        lines = [line.text for line in log.lines if pattern.search(line.text)]
        if lines:
            match = pattern.search(lines[-1])
            name = match[1] if match and match.groups() else ""
            if gpus_answer(snapshot):
                return ok(_evidence(log, lines), variant="past", line=lines[-1])
            near = [line.text for line in log.lines if "NVRM" in line.text]
            # an old card beside one that works is there to draw a picture, if for anything
            answer = attention if variant == "legacy" and _some_answer(snapshot) else broken
            return answer(variant, _evidence(log, [*near, lines[-1]]), name=name, line=lines[-1])
    return ok(Evidence(log.source, "the driver names no GPU that it could not start"))


def module_rejected(snapshot: Snapshot) -> str:
    """Return the line with which the kernel refused an unsigned module; empty where there is none."""
    log = snapshot.kernel_log
    if isinstance(log, Missing):
        return ""
    words = re.compile(
        r"unsigned module|PKCS#7 signature not signed|key was rejected|loading of module .* is rejected", re.IGNORECASE
    )
    return next((line.text for line in log.value.lines if words.search(line.text)), "")
