"""The kernel's log, through dmesg or journalctl, or not at all."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.kernel_log import collect_kernel_log, parse_kernel_log
from drydock.core.facts import Known, Missing
from drydock.world import Outcome
from drydock.world.live import LiveWorld

DMESG = """[    0.000000] Linux version 6.14.0-29-generic
[   12.500000] nvidia: loading out-of-tree module taints kernel.
[   12.900000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2b85)
               NVRM: installed in this system requires use of the NVIDIA open kernel modules.
[  100.000000] eth0: link up
[ 4000.123456] NVRM: Xid (PCI:0000:01:00): 79, pid=1234, GPU has fallen off the bus.
[ 4001.000000] Out of memory: Killed process 4711 (python3) total-vm:1kB
"""
JOURNAL = """[   12.500000] box kernel: NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.95.05
[ 4000.123456] box kernel: NVRM: Xid (PCI:0000:01:00): 31, pid=9, name=python, MMU Fault
"""


def test_a_module_that_is_refused_for_its_key_is_kept_though_the_line_does_not_name_it():
    (line,) = parse_kernel_log("[    4.000000] Loading of module with unavailable key is rejected\n")
    assert line.text == "Loading of module with unavailable key is rejected"


DENIED = Outcome(argv=("dmesg",), code=1, stderr="dmesg: read kernel buffer failed: Operation not permitted")


def test_only_the_lines_that_matter_are_kept_with_their_times():
    world = TestWorld(outputs={"dmesg": DMESG}, files={"/proc/uptime": "5000.12 9000.00\n"})
    log = collect_kernel_log(world).value
    assert (log.source, log.uptime) == ("dmesg", Known(5000.12))
    texts = [line.text for line in log.lines]
    assert len(texts) == 5
    assert "eth0: link up" not in str(texts)
    assert "Linux version" not in str(texts)
    fallen = next(line for line in log.lines if "Xid" in line.text)
    assert fallen.seconds == 4000.123456


def test_further_lines_of_a_message_have_the_time_of_its_first():
    lines = list(parse_kernel_log(DMESG))
    wanted = next(line for line in lines if "open kernel modules" in line.text)
    assert wanted.seconds == 12.9


def test_the_journal_is_read_where_dmesg_may_not_be():
    world = TestWorld(outputs={"dmesg": DENIED, "journalctl": JOURNAL})
    log = collect_kernel_log(world).value
    assert log.source == "journalctl -k -b"
    assert [line.text.partition(":")[0] for line in log.lines] == ["NVRM", "NVRM"]


def test_where_neither_may_be_read_it_says_so():
    empty = Outcome(argv=("journalctl",), code=0, stdout="")
    found = collect_kernel_log(TestWorld(outputs={"dmesg": DENIED, "journalctl": empty}))
    assert isinstance(found, Missing)
    assert found.why == "no_permission"
    assert "not permitted" in found.detail


def test_missing_programs_and_one_that_hangs():
    assert collect_kernel_log(TestWorld()).why == "absent"
    hanging = Outcome(argv=("journalctl",), code=None, problem="timeout")
    assert collect_kernel_log(TestWorld(outputs={"dmesg": DENIED, "journalctl": hanging})).why == "timeout"
    assert collect_kernel_log(TestWorld(system="windows")).why == "not_applicable"


def test_a_long_log_keeps_its_newest_lines():
    many = "".join(f"[{second}.0] NVRM: Xid (PCI:0000:01:00): 31, {second}\n" for second in range(1000))
    log = collect_kernel_log(TestWorld(outputs={"dmesg": many})).value
    assert len(log.lines) == 200
    assert log.lines[-1].text.endswith("999")


FLOOD = """#!/bin/sh
i=0; while [ $i -lt 150 ]; do i=$((i+1)); cat "$0.page"; done
echo '[9000000.000001] NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.'
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this log")
@pytest.mark.parametrize("program", ["dmesg", "journalctl"])
def test_of_a_log_of_months_the_newest_line_is_seen(tmp_path, monkeypatch, program):
    # 9 MiB: more than twice of what is kept of an output
    (tmp_path / f"{program}.page").write_text("[    7.000001] usb 1-1: device is there again and again\n" * 1100)
    for name, text in (("dmesg", "#!/bin/sh\nexit 1\n"), (program, FLOOD)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = collect_kernel_log(LiveWorld())
    assert found.value.source.split()[0] == program
    assert found.value.lines[-1].seconds == 9000000.000001
    assert "Xid" in found.value.lines[-1].text


def test_the_journal_is_asked_for_its_newest_lines_alone():
    world = TestWorld(outputs={"dmesg": DENIED, "journalctl": JOURNAL})
    collect_kernel_log(world)
    asked = next(argv for argv in world.ran if argv[0] == "journalctl")
    assert int(asked[asked.index("-n") + 1]) > 1000


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    for line in parse_kernel_log(text):
        assert line.text


@given(st.lists(st.text(alphabet="[]0123456789. NVRMXid:", max_size=60), max_size=20))
def test_almost_any_log_is_read(lines):
    assert all(line.seconds >= 0 for line in parse_kernel_log("\n".join(lines)))


def test_a_time_that_no_computer_reaches_is_no_time():
    digits = "9" * 400
    (line,) = parse_kernel_log(f"[{digits}.1] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.")
    assert line.seconds == 0.0
    world = TestWorld(files={"/proc/uptime": "1e999 0"}, outputs={"dmesg": "[    1.5] NVRM: loaded"})
    assert isinstance(collect_kernel_log(world).value.uptime, Missing)
