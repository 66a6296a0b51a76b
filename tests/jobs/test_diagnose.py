"""The diagnosis of this machine ends in time, whatever hangs, and says what it could not find out."""

import dataclasses
import socket
import sys
import threading

import pytest
from tests.support.snapshots import healthy_snapshot
from tests.support.world import TestWorld

from drydock.collect.gpu import collect_nvml
from drydock.collect.side_by_side import Collector
from drydock.core.facts import Known, Missing
from drydock.core.trouble import Stopped
from drydock.jobs.context import Context
from drydock.jobs.diagnose import (
    CollectorEnded,
    CollectorStarted,
    DiagnoseJob,
    FindingReached,
    diagnose_snapshot,
    standard_collectors,
)
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def context(tmp_path):
    store = Store(tmp_path)
    yield Context(world=LiveWorld(), store=store)
    store.close()


def replaced(context, **functions):
    """The standard collectors with some of them replaced by (limit, function)."""
    return [
        Collector(name=item.name, limit=functions[item.name][0], collect=functions[item.name][1])
        if item.name in functions
        else item
        for item in standard_collectors(context)
    ]


def found(diagnosis, check):
    return next(finding for finding in diagnosis.findings if finding.id == check)


def run_of(diagnosis, name):
    return next(run for run in diagnosis.snapshot.collectors if run.name == name)


def test_this_machine_is_diagnosed(context):
    steps = []
    diagnosis = DiagnoseJob(context).run(steps.append, Stop())
    started = {step.name for step in steps if isinstance(step, CollectorStarted)}
    ended = {step.run.name for step in steps if isinstance(step, CollectorEnded)}
    assert started == ended == {item.name for item in standard_collectors(context)}
    reached = {step.finding.id: step.finding for step in steps if isinstance(step, FindingReached)}
    assert reached == {finding.id: finding for finding in diagnosis.findings}
    assert {run.outcome for run in diagnosis.snapshot.collectors} == {"done"}
    assert found(diagnosis, "host-system").state == "ok"
    assert found(diagnosis, "engine-installed").evidence
    assert diagnose_snapshot(diagnosis.snapshot).findings == diagnosis.findings


def test_findings_come_before_the_slowest_collector_ends(context):
    gate = threading.Event()
    findings = []

    def tell(step):
        if isinstance(step, FindingReached):
            findings.append(step.finding.id)
            if "host-system" in findings:
                gate.set()

    collectors = replaced(context, host_torch=(60, lambda: gate.wait(60) and ()))
    DiagnoseJob(context, collectors=collectors).run(tell, Stop())
    assert findings.index("host-system") < findings.index("work-host-torch")
    assert gate.is_set()


def test_a_driver_that_hangs_is_said_and_delays_nothing(context, fake_nvml):
    fake = fake_nvml("rtx4090")
    fake.add("fault.nvmlInit = hang 20")
    collectors = replaced(context, nvml=(20, lambda: collect_nvml(fake.library, limit=0.5)))
    diagnosis = DiagnoseJob(context, collectors=collectors).run(lambda _step: None, Stop())
    assert diagnosis.snapshot.driver.nvml.kind == "timeout"
    assert run_of(diagnosis, "nvml").outcome == "done"
    assert found(diagnosis, "host-system").state == "ok"


def test_a_collector_that_never_comes_back_leaves_its_facts_missing(context):
    gate = threading.Event()
    collectors = replaced(context, nvml=(0.5, lambda: gate.wait(60)), host=(0.5, lambda: gate.wait(60)))
    try:
        diagnosis = DiagnoseJob(context, collectors=collectors).run(lambda _step: None, Stop())
    finally:
        gate.set()
    assert run_of(diagnosis, "nvml").outcome == "timeout"
    assert diagnosis.snapshot.driver.nvml.kind == "timeout"
    assert diagnosis.snapshot.driver.version == Missing("timeout", "no answer within 0.5 s")
    assert found(diagnosis, "host-memory").variant == "unknown"
    assert found(diagnosis, "engine-installed").state in ("ok", "broken")


def test_a_collector_with_a_bug_is_said_and_the_rest_is_there(context):
    def crash():
        raise KeyError("bug")

    collectors = replaced(context, toolkit=(30, crash), engine=(30, crash))
    diagnosis = DiagnoseJob(context, collectors=collectors).run(lambda _step: None, Stop())
    assert run_of(diagnosis, "toolkit").outcome == "crashed"
    assert "KeyError" in run_of(diagnosis, "toolkit").text
    assert diagnosis.snapshot.toolkit.version.why == "failed"
    running = found(diagnosis, "engine-running")
    assert (running.state, running.variant) == ("broken", "failed")
    assert "KeyError" in running.values["text"]


@pytest.fixture
def silent_engine(tmp_path):
    """A socket that takes connections and never answers."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(8)
        yield f"unix://{path}"


def test_an_engine_that_hangs_is_said(context, silent_engine):
    diagnosis = DiagnoseJob(dataclasses.replace(context, engine=silent_engine)).run(lambda _step: None, Stop())
    assert diagnosis.snapshot.engine.reach.kind == "timeout"
    running = found(diagnosis, "engine-running")
    assert (running.state, running.variant) == ("broken", "silent")
    assert running.values["endpoint"] == silent_engine
    assert found(diagnosis, "engine-disk").variant == "blocked"


def test_only_some_checks_collect_only_what_they_need(context):
    steps = []
    diagnosis = DiagnoseJob(context, only=["engine-running"]).run(steps.append, Stop())
    assert [finding.id for finding in diagnosis.findings] == ["engine-running"]
    # what the check itself reads, and the checks that it waits for
    assert {step.name for step in steps if isinstance(step, CollectorStarted)} == {
        "host",
        "disks",
        "engine",
        "engine_setup",
    }
    assert {step.finding.id for step in steps if isinstance(step, FindingReached)} == {"engine-running"}


def test_a_stop_ends_it(context):
    gate = threading.Event()
    stop = Stop()

    def tell(step):
        if isinstance(step, CollectorEnded):
            stop.request()

    with pytest.raises(Stopped):
        DiagnoseJob(context, collectors=replaced(context, nvml=(60, lambda: gate.wait(60)))).run(tell, stop)
    gate.set()


def test_a_machine_out_of_dictionaries(tmp_path, fake_nvml):
    pci = "/sys/bus/pci/devices/0000:01:00.0"
    world = TestWorld(
        files={
            "/etc/os-release": "ID=ubuntu\nPRETTY_NAME='Ubuntu 24.04'\n",
            "/proc/1/cgroup": "0::/init.scope",
            f"{pci}/vendor": "0x10de",
            f"{pci}/class": "0x030000",
            f"{pci}/device": "0x2684",
            "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Sun\n",
            "/dev/nvidia0": "",
            "/dev/nvidiactl": "",
            "/dev/nvidia-uvm": "",
        },
        links={
            f"{pci}/driver": "nvidia",
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": "libnvidia-ml.so.570.86.10",
        },
        variables={"HOME": "/home/ada"},
    )
    store = Store(tmp_path)
    mismatch = Context(world=world, store=store)
    fake = fake_nvml("mismatch")
    collectors = replaced(mismatch, nvml=(30, lambda: collect_nvml(fake.library)))
    diagnosis = DiagnoseJob(mismatch, collectors=collectors).run(lambda _step: None, Stop())
    store.close()
    root = diagnosis.root_cause
    assert (root.id, root.variant) == ("driver-versions", "mismatch")
    assert (root.values["module"], root.values["library"]) == ("560.35.03", "570.86.10")
    assert diagnosis.snapshot.taken_at == "2026-11-20T09:30:00Z"


def test_a_recorded_machine_is_concluded_without_looking():
    assert diagnose_snapshot(healthy_snapshot()).root_cause is None
    assert isinstance(healthy_snapshot().driver.version, Known)


def test_neither_torch_nor_the_engine_sdk_is_imported_without_need():
    code = (
        "import sys\n"
        "from drydock.jobs.diagnose import DiagnoseJob\n"
        "bad = [name for name in ('torch', 'docker', 'psutil', 'pynvml', 'PySide6') if name in sys.modules]\n"
        "print(','.join(bad) or 'none')\n"
    )
    outcome = LiveWorld().run([sys.executable, "-c", code], limit=60)
    assert outcome.stdout.strip() == "none", outcome
