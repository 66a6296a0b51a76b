"""Concluding: order, causes before consequences, answers as facts come in."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.snapshots import (
    ABSENT,
    bare_snapshot,
    driver,
    engine,
    gpu,
    healthy_snapshot,
    host,
    no_toolkit,
    server_snapshot,
    toolkit,
    unreached_engine,
    wsl_snapshot,
)

from drydock.core.checks.check import SUBJECTS
from drydock.core.checks.run import ask_ready_checks, conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Disk, EngineSetup, Known, Missing, NvmlState, PciGpu, Reach, User
from drydock.core.facts.engine_setup import DaemonConfig, EngineSocket
from drydock.core.findings import Diagnosis
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article
from drydock.data.machine import open_machine, sample_machines

CATALOGUE = load_catalogue()


def diagnose(snapshot):
    return Diagnosis(snapshot=snapshot, findings=conclude(snapshot, CATALOGUE))


def states(diagnosis):
    return {finding.id: finding.state for finding in diagnosis.findings}


def variants(diagnosis):
    return {finding.id: finding.variant for finding in diagnosis.findings}


def assert_texts_are_filled(diagnosis):
    declared = {check.id: check.all_variants for check in CHECKS}
    for finding in diagnosis.findings:
        assert finding.variant in declared[finding.id]
        article = finding_article(finding)
        for text in (article.text, article.consequence, article.remedy, *article.commands):
            for key in ("(endpoint)", "(version)", "(free)", "(why)", "(path)", "(gpu)", "(needed)", "(text)"):
                assert key not in text, (finding, text)
        if finding.state in ("broken", "attention"):
            assert article.consequence, finding
            assert article.remedy, finding


@pytest.mark.parametrize(
    "snapshot",
    [healthy_snapshot(), server_snapshot(), wsl_snapshot(), server_snapshot(1)],
    ids=["desktop", "server", "wsl", "one GPU server"],
)
def test_a_healthy_machine_has_nothing_to_look_at(snapshot):
    diagnosis = diagnose(snapshot)
    assert [finding for finding in diagnosis.findings if finding.state in ("broken", "attention")] == []
    assert diagnosis.root_cause is None
    assert len(diagnosis.findings) == len(CHECKS)
    assert_texts_are_filled(diagnosis)


def test_findings_come_in_reading_order():
    assert [finding.id for finding in diagnose(healthy_snapshot()).findings] == [check.id for check in CHECKS]


def test_consequences_of_a_broken_driver_are_not_tested_and_name_their_cause():
    mismatch = driver(
        nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
        version=Missing("failed"),
        cuda=Missing("failed"),
        module_version=Known("570.172.08"),
    )
    diagnosis = diagnose(healthy_snapshot(driver=mismatch, gpus=()))
    assert diagnosis.root_cause.id == "driver-versions"
    assert diagnosis.root_cause.values["module"] == "570.172.08"
    assert diagnosis.root_cause.values["library"] == "580.95.05"
    assert [finding.id for finding in diagnosis.findings if finding.state == "broken"] == ["driver-versions"]
    blocked = next(finding for finding in diagnosis.findings if finding.id == "gpu-lost")
    assert (blocked.state, blocked.variant) == ("not_tested", "blocked")
    assert blocked.values == {"by": "driver-versions"}
    # what does not hang on the driver is still asked
    assert states(diagnosis)["engine-running"] == "ok"
    assert_texts_are_filled(diagnosis)


def _pci(bound):
    return Known((PciGpu(address="0000:01:00.0", device_id="2684", driver=bound),))


NO_DRIVER = {
    "nvml": NvmlState(kind="library_not_found", text="no such file"),
    "version": ABSENT,
    "cuda": ABSENT,
    "module_version": ABSENT,
    "device_nodes": Known(()),
    "library_files": Known(()),
}
NOT_LOADED = {
    **NO_DRIVER,
    "nvml": NvmlState(kind="driver_not_loaded", code=9, text="Driver Not Loaded"),
    "library_files": Known(("/usr/lib64/libnvidia-ml.so.580.95.05",)),
}

MACHINES = {
    "fresh desktop with nouveau": (
        healthy_snapshot(driver=driver(**NO_DRIVER, pci_gpus=_pci(Known("nouveau"))), gpus=(), toolkit=no_toolkit()),
        ("driver-installed", "absent"),
    ),
    "no kernel driver at all": (
        healthy_snapshot(driver=driver(**NO_DRIVER, pci_gpus=_pci(ABSENT)), gpus=()),
        ("driver-installed", "absent"),
    ),
    "nouveau beside an installed driver": (
        healthy_snapshot(driver=driver(**NOT_LOADED, pci_gpus=_pci(Known("nouveau"))), gpus=()),
        ("driver-bound", "nouveau"),
    ),
    "nova core": (
        healthy_snapshot(driver=driver(**NOT_LOADED, pci_gpus=_pci(Known("NovaCore"))), gpus=()),
        ("driver-bound", "nova"),
    ),
    "kernel updated, module not built": (
        healthy_snapshot(driver=driver(**NOT_LOADED, pci_gpus=_pci(ABSENT)), gpus=()),
        ("driver-ready", "not_loaded"),
    ),
    "module without library": (
        healthy_snapshot(driver=driver(nvml=NvmlState(kind="library_not_found"), version=ABSENT, cuda=ABSENT), gpus=()),
        ("driver-installed", "no_library"),
    ),
    "driver hangs": (
        healthy_snapshot(
            driver=driver(nvml=NvmlState(kind="timeout"), version=Missing("timeout"), cuda=Missing("timeout")), gpus=()
        ),
        ("driver-ready", "silent"),
    ),
    "GPU off the bus": (
        healthy_snapshot(gpus=(gpu(state="lost", text="GPU is lost"),)),
        ("gpu-lost", "lost"),
    ),
    "driver says a GPU is lost at once": (
        healthy_snapshot(driver=driver(nvml=NvmlState(kind="gpu_lost", code=15, text="GPU is lost")), gpus=()),
        ("gpu-lost", "lost"),
    ),
    "one of eight is missing": (
        server_snapshot(gpus=tuple(gpu(index) for index in range(7))),
        ("gpu-lost", "missing"),
    ),
    "nodes missing": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="unknown", code=999, text="Unknown Error"),
                version=Missing("failed"),
                cuda=Missing("failed"),
                device_nodes=Known(()),
            ),
            gpus=(),
        ),
        ("driver-nodes", "absent"),
    ),
    "MIG without slices": (healthy_snapshot(gpus=(gpu(mig=Known(value=True)),)), ("gpu-mig", "no_slices")),
    "no engine": (healthy_snapshot(engine=unreached_engine("not_installed")), ("engine-installed", "absent")),
    "engine stopped": (healthy_snapshot(engine=unreached_engine("not_running")), ("engine-running", "not_running")),
    "engine hangs": (healthy_snapshot(engine=unreached_engine("timeout")), ("engine-running", "silent")),
    "engine stopped, chosen by DOCKER_HOST": (
        healthy_snapshot(engine=unreached_engine("not_running", chosen_by="DOCKER_HOST")),
        ("engine-running", "not_running_chosen"),
    ),
    "engine stopped beside another": (
        healthy_snapshot(
            engine=unreached_engine("not_running", endpoint="unix:///gone.sock", chosen_by="context colima"),
            engine_setup=EngineSetup(sockets=Known((EngineSocket(path="/var/run/docker.sock", kind="system"),))),
        ),
        ("engine-running", "not_running_beside"),
    ),
    "engine stopped on a full disk": (
        healthy_snapshot(
            engine=unreached_engine("not_running"),
            host=host(disks=(Disk(purpose="engine data", path="/var/lib/docker", total=Known(10**11), free=Known(0)),)),
        ),
        ("engine-running", "not_running_full"),
    ),
    "engine of WSL's own stopped": (
        wsl_snapshot(
            engine=unreached_engine("not_running"), engine_setup=EngineSetup(daemon=Known("/usr/bin/dockerd"))
        ),
        ("engine-running", "not_running_wsl_own"),
    ),
    "engine stopped with an empty file": (
        healthy_snapshot(
            engine=unreached_engine("not_running"),
            engine_setup=EngineSetup(
                configs=Known((DaemonConfig(path="/etc/docker/daemon.json", reader="rootful", empty=True),))
            ),
        ),
        ("engine-running", "not_running_empty"),
    ),
    "a web server": (healthy_snapshot(engine=unreached_engine("not_an_engine")), ("engine-running", "not_an_engine")),
    "remote away": (healthy_snapshot(engine=unreached_engine("unreachable")), ("engine-running", "unreachable")),
    "engine unclear": (healthy_snapshot(engine=unreached_engine("unknown")), ("engine-running", "failed")),
    "engine ancient": (
        healthy_snapshot(engine=engine(reach=Reach(kind="too_old"), version=Known("18.09.1"))),
        ("engine-version", "too_old"),
    ),
    "not in the group": (
        healthy_snapshot(
            engine=unreached_engine("no_permission"),
            host=host(user=Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))),
        ),
        ("engine-permission", "not_member"),
    ),
    "joined, not logged in again": (
        healthy_snapshot(
            engine=unreached_engine("no_permission"),
            host=host(user=Known(User(uid=1000, groups=("ada",), database_groups=("ada", "docker")))),
        ),
        ("engine-permission", "login_again"),
    ),
    "in the group and refused": (
        healthy_snapshot(engine=unreached_engine("no_permission")),
        ("engine-permission", "denied"),
    ),
    "no toolkit": (
        healthy_snapshot(engine=engine(runtimes=Known(("runc",))), toolkit=no_toolkit()),
        ("toolkit-installed", "absent"),
    ),
    "toolkit not registered": (
        healthy_snapshot(engine=engine(runtimes=Known(("runc",))), toolkit=toolkit(hook_path=ABSENT)),
        ("toolkit-path", "none"),
    ),
    "full disk": (healthy_snapshot(engine=engine(data_root_free=Known(3 * 10**9))), ("engine-disk", "small")),
    "driver of 2017": (
        healthy_snapshot(
            driver=driver(
                version=Known("390.157"),
                cuda=Known((9, 1)),
                module_version=Known("390.157"),
                library_files=Known(("/usr/lib/libnvidia-ml.so.390.157",)),
            ),
            gpus=(gpu(name=Known("GeForce GTX 1080"), compute_capability=Known((6, 1))),),
        ),
        ("image-driver", "too_old"),
    ),
    "Fermi": (
        healthy_snapshot(gpus=(gpu(name=Known("GeForce GTX 580"), compute_capability=Known((2, 0))),)),
        ("image-gpu", "no_build"),
    ),
    "WSL without a GPU from Windows": (
        wsl_snapshot(
            driver=driver(
                **{
                    **NO_DRIVER,
                    "pci_gpus": Known(()),
                    "device_nodes": Known(()),
                    "library_files": Known(("/usr/lib/wsl/lib/libnvidia-ml.so.1",)),
                },
            ),
            gpus=(),
        ),
        ("wsl-device", "absent"),
    ),
    "Linux driver inside WSL": (
        wsl_snapshot(
            driver=driver(
                **{
                    **NO_DRIVER,
                    "nvml": NvmlState(kind="driver_not_loaded"),
                    "pci_gpus": Known(()),
                    "device_nodes": Known(("dxg",)),
                    "library_files": Known(("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.120",)),
                }
            ),
            gpus=(),
        ),
        ("wsl-driver", "hides"),
    ),
    "WSL 1": (
        wsl_snapshot(host=host(kernel=Known("4.4.0-19041-Microsoft"), wsl=Known(value=True))),
        ("host-system", "wsl1"),
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_root_cause_comes_first(name):
    snapshot, expected = MACHINES[name]
    diagnosis = diagnose(snapshot)
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == expected
    assert diagnosis.root_cause.evidence
    assert_texts_are_filled(diagnosis)


def test_no_gpu_is_for_attention_and_the_driver_is_not_called_broken():
    diagnosis = diagnose(bare_snapshot())
    assert variants(diagnosis)["gpu-present"] == "none"
    assert states(diagnosis)["gpu-present"] == "attention"
    assert states(diagnosis)["driver-ready"] == "not_tested"
    assert diagnosis.root_cause.id == "engine-installed"


@pytest.mark.parametrize("name", ["rtx4090-desktop", "h100x8-server", "wsl2-desktop"])
def test_healthy_samples_are_not_called_broken(name):
    diagnosis = diagnose(open_machine(name).snapshot)
    assert diagnosis.root_cause is None, diagnosis.root_cause
    assert_texts_are_filled(diagnosis)


def test_wsl_on_a_computer_without_nvidia_has_nothing_broken():
    nothing = driver(**{**NO_DRIVER, "pci_gpus": Known(()), "device_nodes": Known(("dxg",))})
    diagnosis = diagnose(wsl_snapshot(driver=nothing, gpus=()))
    assert diagnosis.root_cause is None
    assert variants(diagnosis)["driver-installed"] == "wsl"
    without_any = driver(**{**NO_DRIVER, "pci_gpus": Known(()), "device_nodes": Known(())})
    diagnosis = diagnose(wsl_snapshot(driver=without_any, gpus=()))
    assert diagnosis.root_cause is None
    assert variants(diagnosis)["wsl-device"] == "none"
    assert_texts_are_filled(diagnosis)


def test_a_jetson_is_not_said_to_have_no_gpu():
    tegra = driver(**{**NO_DRIVER, "pci_gpus": Known(())})
    jetson = healthy_snapshot(host=host(kernel=Known("5.15.148-tegra"), architecture="arm64"), driver=tegra, gpus=())
    assert variants(diagnose(jetson))["gpu-present"] == "unknown"


def test_the_broken_sample_is_understood():
    assert set(sample_machines()) >= {"broken-laptop"}
    assert diagnose(open_machine("broken-laptop").snapshot).root_cause.id == "driver-versions"


def test_a_check_waits_for_what_it_reads_and_what_it_needs():
    snapshot = healthy_snapshot()
    early = ask_ready_checks(snapshot, CATALOGUE, {"host"}, {})
    assert all(set(check.reads) <= {"host"} for check in CHECKS if check.id in early)
    assert {"host-system", "host-memory", "host-shm", "host-libraries", "host-clock"} <= set(early)
    later = ask_ready_checks(snapshot, CATALOGUE, {"host", "disks", "engine", "engine_setup"}, early)
    assert "engine-running" in later
    assert not set(early) & set(later)
    assert "engine-kind" not in later


@given(st.permutations(SUBJECTS))
def test_the_order_in_which_facts_come_does_not_change_the_answers(order):
    snapshot = MACHINES["no toolkit"][0]
    known = {}
    for count in range(1, len(order) + 1):
        known.update(ask_ready_checks(snapshot, CATALOGUE, set(order[:count]), known))
    assert known == {finding.id: finding for finding in conclude(snapshot, CATALOGUE)}


REACHES = get_args(Reach.__annotations__["kind"])
NVML_KINDS = get_args(NvmlState.__annotations__["kind"])
ANY_TEXT_FACT = st.one_of(
    st.just(Missing("no_permission", "denied")), st.sampled_from(["580.95.05", "", "weird"]).map(Known)
)


@given(
    nvml=st.sampled_from(NVML_KINDS),
    reach=st.sampled_from(REACHES),
    system=st.sampled_from(["linux", "windows", "macos", "other"]),
    wsl=st.sampled_from([Known(value=True), Known(value=False), Missing("failed")]),
    module=ANY_TEXT_FACT,
    nodes=st.sampled_from([Known(()), Known(("nvidiactl", "nvidia0")), Known(("dxg",)), Missing("failed")]),
    pci=st.sampled_from([Known(()), _pci(Known("nvidia")), _pci(ABSENT), _pci(Known("vfio-pci")), Missing("failed")]),
    gpus=st.sampled_from([(), (gpu(),), (gpu(state="error", text="x", compute_capability=Missing("failed")),)]),
    runtimes=st.sampled_from([Known(()), Known(("nvidia",)), Missing("not_asked")]),
    remote=st.booleans(),
)
def test_every_machine_gets_an_answer_with_a_text(nvml, reach, system, wsl, module, nodes, pci, gpus, runtimes, remote):
    snapshot = healthy_snapshot(
        host=host(system=system, wsl=wsl),
        driver=driver(
            nvml=NvmlState(kind=nvml), version=module, module_version=module, device_nodes=nodes, pci_gpus=pci
        ),
        gpus=gpus,
        engine=engine(reach=Reach(kind=reach), runtimes=runtimes, remote=remote),
    )
    diagnosis = diagnose(snapshot)
    assert len(diagnosis.findings) == len(CHECKS)
    assert_texts_are_filled(diagnosis)
