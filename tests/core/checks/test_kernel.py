"""What the kernel's log tells: Xid codes, GPUs that could not be started, memory that ran out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.check_cases import ask, diagnose, kernel_log, unreached
from tests.support.snapshots import ABSENT, bare_snapshot, driver, gpu, healthy_snapshot, host

from drydock.core.checks.xids import gravest, xids_of
from drydock.core.facts import Known, Missing, NvmlState, PciGpu
from drydock.data.knowledge import xid_texts

LOST = {"gpus": (gpu(state="lost", text="GPU is lost"),)}
SILENT = {"driver": driver(nvml=NvmlState(kind="ready")), "gpus": ()}


def xid(code, text="", address="0000:01:00"):
    return f"NVRM: Xid (PCI:{address}): {code}, {text}"


def logged(*lines, **parts):
    return healthy_snapshot(kernel_log=kernel_log(*lines), **parts)


HIDDEN = healthy_snapshot(kernel_log=Missing("no_permission", "dmesg: read kernel buffer failed"))
WINDOWS = healthy_snapshot(host=host(system="windows"))
KILLED = "Out of memory: Killed process 4711 (python3) total-vm:90000000kB, anon-rss:60000000kB"
IN_GROUP = "Memory cgroup out of memory: Killed process 99 (python) total-vm:9000kB"
TWO_ON_BUS = Known(
    (
        PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("nvidia")),
        PciGpu(address="0000:02:00.0", device_id="128b", driver=ABSENT),
    )
)
CASES = [
    ("host-killed", logged(), "ok", "ok"),
    ("host-killed", logged(KILLED), "attention", "killed"),
    ("host-killed", logged(KILLED, IN_GROUP), "attention", "group"),
    ("host-killed", HIDDEN, "not_tested", "unknown"),
    ("host-killed", WINDOWS, "not_tested", "not_linux"),
    ("gpu-bus", logged(), "ok", "ok"),
    (
        "gpu-bus",
        logged("nvidia 0000:41:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1]"),
        "attention",
        "page_fault",
    ),
    ("gpu-bus", logged("pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received"), "attention", "errors"),
    ("gpu-bus", HIDDEN, "not_tested", "unknown"),
    ("gpu-bus", WINDOWS, "not_tested", "not_linux"),
    ("gpu-xid", logged(), "ok", "ok"),
    ("gpu-xid", logged(xid(43), xid(45)), "ok", "harmless"),
    ("gpu-xid", logged(xid(31, "MMU Fault"), xid(43)), "attention", "program"),
    ("gpu-xid", logged(xid(999, "new")), "attention", "other"),
    ("gpu-xid", logged(xid(48)), "attention", "memory"),
    ("gpu-xid", logged(xid(48), **LOST), "broken", "memory"),
    ("gpu-xid", logged(xid(119, "Timeout after 6s"), **LOST), "broken", "reset"),
    ("gpu-xid", logged(xid(119), xid(79), xid(45), **LOST), "broken", "off_bus"),
    ("gpu-xid", logged(xid(79)), "attention", "off_bus"),
    ("gpu-xid", logged(xid(54), **LOST), "broken", "power"),
    ("gpu-xid", logged(xid(74), **LOST), "broken", "link"),
    ("gpu-xid", logged(xid(154, "GPU recovery action changed to 0x1"), xid(43), **LOST), "broken", "recovery"),
    ("gpu-xid", logged(xid(119), gpus=(gpu(recovery=Known("reset")),)), "broken", "reset"),
    ("gpu-xid", logged(xid(95), gpus=(gpu(recovery=Known("reboot")),)), "broken", "restart"),
    ("gpu-xid", HIDDEN, "not_tested", "unknown"),
    ("gpu-xid", WINDOWS, "not_tested", "not_linux"),
    ("driver-log", logged(), "ok", "ok"),
    (
        "driver-log",
        logged("NVRM: installed in this system requires use of the NVIDIA open kernel modules.", **SILENT),
        "broken",
        "needs_open",
    ),
    (
        "driver-log",
        logged("NVRM: installed in this system is supported through the NVIDIA 470.xx Legacy drivers.", **SILENT),
        "broken",
        "legacy",
    ),
    ("driver-log", logged("NVRM: installed in this system is not supported by the", **SILENT), "broken", "unsupported"),
    (
        "driver-log",
        logged("NVRM: installed in this system is not supported by open", **SILENT),
        "broken",
        "needs_proprietary",
    ),
    # an old card beside one that works
    (
        "driver-log",
        logged("NVRM: supported through the NVIDIA 470.xx Legacy drivers. Please", driver=driver(pci_gpus=TWO_ON_BUS)),
        "attention",
        "legacy",
    ),
    ("driver-log", logged("NVRM: GPU 0000:01:00.0 is already bound to NovaCore.", **SILENT), "broken", "held"),
    (
        "driver-log",
        logged("NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:", **SILENT),
        "broken",
        "bar",
    ),
    (
        "driver-log",
        logged(
            "nvidia 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible",
            "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1482)",
            **SILENT,
        ),
        "broken",
        "power_state",
    ),
    ("driver-log", logged("NVRM: RmFetchGspRmImages: No firmware image found", **SILENT), "broken", "firmware"),
    (
        "driver-log",
        logged("NVRM: GPU 0000:98:00.0: RmInitAdapter failed! (0x62:0x65:1792)", **SILENT),
        "broken",
        "init_failed",
    ),
    ("driver-log", logged("NVRM: GPU 0000:98:00.0: RmInitAdapter failed! (0x62:0x65:1792)"), "ok", "past"),
    ("driver-log", HIDDEN, "not_tested", "unknown"),
    ("driver-log", bare_snapshot(), "not_tested", "no_gpu"),
    ("driver-log", WINDOWS, "not_tested", "not_linux"),
]


@pytest.mark.parametrize(("check", "snapshot", "state", "variant"), CASES)
def test_state_and_variant(check, snapshot, state, variant):
    answer = ask(snapshot, check)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    ids = {check for check, *_ in CASES}
    assert unreached(ids, ((check, variant) for check, _, _, variant in CASES)) == set()


def test_the_first_of_the_gravest_is_named_and_not_what_follows():
    log = kernel_log(xid(13), xid(119, "first"), xid(119, "second"), xid(45), xid(154)).value
    found = gravest(xids_of(log))
    assert (found.code, "first" in found.text) == (119, True)


def test_a_gpu_off_the_bus_is_the_root_cause_and_the_loss_its_consequence():
    diagnosis = diagnose(logged(xid(79, "GPU has fallen off the bus."), **LOST))
    assert (diagnosis.root_cause.id, diagnosis.root_cause.values["xid"]) == ("gpu-xid", 79)


def test_a_driver_that_lists_no_gpu_is_not_called_ready():
    diagnosis = diagnose(logged("NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)", **SILENT))
    assert diagnosis.root_cause.id == "driver-log"
    without_log = diagnose(healthy_snapshot(**SILENT))
    assert (without_log.root_cause.id, without_log.root_cause.variant) == ("gpu-lost", "none")


def test_a_gpu_that_another_driver_holds_does_not_make_an_old_report_grave():
    two = (
        PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("nvidia")),
        PciGpu(address="0000:02:00.0", device_id="1c03", driver=Known("nouveau")),
    )
    assert ask(logged(xid(79), driver=driver(pci_gpus=Known(two))), "gpu-xid").state == "attention"


def test_how_long_ago_a_report_came_is_told():
    # the first line of such a log stands at second 10
    later = healthy_snapshot(kernel_log=kernel_log(xid(31), uptime=7300.0))
    assert ask(later, "gpu-xid").values["when"] == "2 hours ago"
    unknown = healthy_snapshot(kernel_log=kernel_log(xid(31), uptime=0.0))
    assert ask(unknown, "gpu-xid").values["when"] == "since the start"


def test_every_code_that_is_sorted_has_words():
    for code in (8, 13, 31, 48, 63, 79, 94, 95, 119, 140, 154):
        assert str(code) in xid_texts()


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_log_is_read(lines):
    xids_of(kernel_log(*lines).value)
    ask(logged(*lines), "gpu-xid")


@given(st.integers(0, 9999))
def test_any_code_has_an_answer(code):
    assert ask(logged(xid(code)), "gpu-xid").values["xid"] == code


def test_a_machine_without_a_driver_and_with_a_log_has_no_driver_trouble():
    quiet = bare_snapshot(
        kernel_log=kernel_log(), driver=driver(nvml=NvmlState(kind="library_not_found"), version=ABSENT)
    )
    assert ask(quiet, "gpu-xid").variant == "ok"
