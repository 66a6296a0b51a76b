"""Whether GPUs are whole, free and well connected."""

import pytest
from tests.support.check_cases import ask, diagnose, unreached
from tests.support.snapshots import bare_snapshot, driver, gpu, healthy_snapshot, host, server_gpu, server_snapshot

from drydock.core.facts import DriverSetup, GpuProcess, KernelLog, Known, Missing, NvmlState, RemappedRows, RetiredPages

GIB = 1 << 30
NOT_SUPPORTED = Missing("not_supported", "Not Supported")
FAILED = Missing("failed", "Unknown Error")
NOBODY = healthy_snapshot(gpus=(), driver=driver(pci_gpus=Known(()), nvml=NvmlState(kind="ready")))


def with_gpu(**changes):
    return healthy_snapshot(gpus=(gpu(**changes),))


def rows(corrected=0, uncorrected=0, pending=False, failed=False):
    return Known(RemappedRows(corrected=corrected, uncorrected=uncorrected, pending=pending, failed=failed))


def pages(single=0, double=0, pending=False):
    return Known(RetiredPages(single_bit=single, double_bit=double, pending=pending))


def process(name, memory):
    return GpuProcess(pid=7, kind="compute", memory_used=memory, name=name, container=Missing("not_asked"))


def up(seconds):
    return Known(KernelLog(source="dmesg", lines=(), uptime=Known(seconds)))


def exclusive(name):
    return with_gpu(compute_mode=Known("exclusive_process"), processes=Known((process(Known(name), Known(GIB)),)))


def fabric(state, services=(), files=(), switches=4, **parts):
    return server_snapshot(
        2,
        gpus=tuple(server_gpu(index, fabric=state) for index in range(2)),
        setup=DriverSetup(services=Known(services), service_files=Known(files), switches=Known(switches)),
        **parts,
    )


FM = ("nvidia-fabricmanager",)
CASES = [
    ("gpu-recovery", with_gpu(recovery=Known("none")), "ok", "ok"),
    ("gpu-recovery", with_gpu(recovery=Known("reset")), "broken", "reset"),
    ("gpu-recovery", with_gpu(recovery=Known("reboot")), "broken", "reboot"),
    ("gpu-recovery", with_gpu(recovery=Known("drain_p2p")), "broken", "drain"),
    ("gpu-recovery", with_gpu(recovery=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-recovery", with_gpu(recovery=FAILED), "not_tested", "unknown"),
    ("gpu-recovery", NOBODY, "not_tested", "no_gpu"),
    ("gpu-remapped", with_gpu(remapped_rows=rows()), "ok", "ok"),
    ("gpu-remapped", with_gpu(remapped_rows=rows(1, 2)), "ok", "some"),
    ("gpu-remapped", with_gpu(remapped_rows=rows(pending=True)), "attention", "pending"),
    ("gpu-remapped", with_gpu(remapped_rows=rows(pending=True, failed=True)), "broken", "failed"),
    ("gpu-remapped", with_gpu(remapped_rows=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-remapped", with_gpu(remapped_rows=FAILED), "not_tested", "unknown"),
    ("gpu-remapped", NOBODY, "not_tested", "no_gpu"),
    ("gpu-retired", with_gpu(retired_pages=pages(2, 1)), "ok", "ok"),
    ("gpu-retired", with_gpu(retired_pages=pages(pending=True)), "attention", "pending"),
    ("gpu-retired", with_gpu(retired_pages=pages(40, 20)), "attention", "many"),
    ("gpu-retired", with_gpu(retired_pages=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-retired", with_gpu(retired_pages=FAILED), "not_tested", "unknown"),
    ("gpu-retired", NOBODY, "not_tested", "no_gpu"),
    ("gpu-ecc", with_gpu(ecc_volatile=Known(0), ecc_aggregate=Known(1)), "ok", "ok"),
    ("gpu-ecc", with_gpu(ecc_volatile=Known(3)), "attention", "fresh"),
    ("gpu-ecc", with_gpu(ecc_volatile=Known(0), ecc_aggregate=Known(9)), "attention", "old"),
    ("gpu-ecc", with_gpu(ecc_volatile=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-ecc", with_gpu(ecc_volatile=FAILED), "not_tested", "unknown"),
    ("gpu-ecc", NOBODY, "not_tested", "no_gpu"),
    ("gpu-pending", with_gpu(mig=Known(value=False), mig_pending=Known(value=False)), "ok", "ok"),
    ("gpu-pending", with_gpu(mig=Known(value=False), mig_pending=Known(value=True)), "attention", "mig"),
    ("gpu-pending", with_gpu(ecc=Known(value=True), ecc_pending=Known(value=False)), "attention", "ecc"),
    ("gpu-pending", with_gpu(), "not_tested", "not_supported"),
    ("gpu-pending", NOBODY, "not_tested", "no_gpu"),
    ("gpu-compute-mode", with_gpu(compute_mode=Known("default")), "ok", "ok"),
    ("gpu-compute-mode", with_gpu(compute_mode=Known("exclusive_process")), "attention", "exclusive"),
    ("gpu-compute-mode", with_gpu(compute_mode=Known("prohibited")), "broken", "prohibited"),
    ("gpu-compute-mode", exclusive("python3"), "broken", "occupied"),
    ("gpu-compute-mode", exclusive("/usr/bin/nvidia-cuda-mps-server"), "attention", "exclusive"),
    (
        "gpu-compute-mode",
        server_snapshot(
            2, gpus=(server_gpu(0, compute_mode=Known("prohibited")), server_gpu(1, compute_mode=Known("default")))
        ),
        "attention",
        "prohibited",
    ),
    ("gpu-compute-mode", with_gpu(compute_mode=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-compute-mode", with_gpu(compute_mode=FAILED), "not_tested", "unknown"),
    ("gpu-compute-mode", NOBODY, "not_tested", "no_gpu"),
    ("gpu-temperature", with_gpu(temperature=Known(41), slowdown_temperature=Known(90)), "ok", "ok"),
    ("gpu-temperature", with_gpu(temperature=Known(86), slowdown_temperature=Known(90)), "attention", "near"),
    ("gpu-temperature", with_gpu(slowdown_temperature=NOT_SUPPORTED), "not_tested", "not_supported"),
    ("gpu-temperature", with_gpu(temperature=FAILED), "not_tested", "unknown"),
    ("gpu-temperature", NOBODY, "not_tested", "no_gpu"),
    ("gpu-link", with_gpu(pcie_generation=Known(4)), "ok", "ok"),
    ("gpu-link", with_gpu(pcie_width=Known(4), utilisation=Known(99)), "attention", "narrow"),
    ("gpu-link", with_gpu(pcie_generation=Known(3), utilisation=Known(99)), "attention", "slow"),
    ("gpu-link", with_gpu(pcie_generation=Known(1), utilisation=Known(0)), "not_tested", "idle"),
    ("gpu-link", with_gpu(pcie_width=Known(8), utilisation=NOT_SUPPORTED), "not_tested", "idle"),
    ("gpu-link", with_gpu(pcie_width=NOT_SUPPORTED), "not_tested", "unknown"),
    ("gpu-link", NOBODY, "not_tested", "no_gpu"),
    ("gpu-memory", with_gpu(), "ok", "ok"),
    (
        "gpu-memory",
        with_gpu(memory_used=Known(20 * GIB), processes=Known((process(Known("python"), Known(19 * GIB)),))),
        "attention",
        "taken",
    ),
    (
        "gpu-memory",
        with_gpu(memory_total=Known(3 * GIB), memory_used=Known(14 * GIB // 10), display=Known(value=True)),
        "attention",
        "display",
    ),
    ("gpu-memory", with_gpu(memory_used=FAILED), "not_tested", "unknown"),
    ("gpu-memory", NOBODY, "not_tested", "no_gpu"),
    ("gpu-fabric", fabric(Known("completed"), FM, FM), "ok", "ok"),
    ("gpu-fabric", fabric(NOT_SUPPORTED, FM, FM), "ok", "ok"),
    ("gpu-fabric", fabric(Known("not_started"), (), FM), "broken", "not_running"),
    ("gpu-fabric", fabric(Known("not_started"), (), ()), "broken", "not_installed"),
    ("gpu-fabric", fabric(NOT_SUPPORTED, (), ()), "broken", "not_installed"),
    ("gpu-fabric", fabric(NOT_SUPPORTED, ("kubelet",), ()), "attention", "not_installed"),
    ("gpu-fabric", fabric(Known("not_started"), ("kubelet",), ()), "broken", "not_installed"),
    ("gpu-fabric", fabric(Known("in_progress"), FM, FM), "attention", "waiting"),
    ("gpu-fabric", fabric(Known("in_progress"), FM, FM, kernel_log=up(120.0)), "attention", "waiting"),
    ("gpu-fabric", fabric(Known("in_progress"), FM, FM, kernel_log=up(86_000.0)), "broken", "stuck"),
    (
        "gpu-fabric",
        fabric(Known("in_progress"), host=host(in_container=Known(value=True))),
        "attention",
        "waiting",
    ),
    ("gpu-fabric", fabric(NOT_SUPPORTED, host=host(in_container=Known(value=True))), "not_tested", "unknown"),
    ("gpu-fabric", fabric(NOT_SUPPORTED, switches=0), "not_tested", "no_switch"),
    ("gpu-fabric", bare_snapshot(), "not_tested", "no_gpu"),
]


@pytest.mark.parametrize(("check", "snapshot", "state", "variant"), CASES)
def test_state_and_variant(check, snapshot, state, variant):
    answer = ask(snapshot, check)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    ids = {check for check, *_ in CASES}
    assert unreached(ids, ((check, variant) for check, _, _, variant in CASES)) == set()


def test_who_holds_the_memory_is_named_largest_first():
    held = Known((process(Known("firefox"), Known(GIB)), process(Known("python"), Known(18 * GIB))))
    owners = ask(with_gpu(memory_used=Known(20 * GIB), processes=held), "gpu-memory").values["owners"]
    assert owners.index("python") < owners.index("firefox")
    unknown = with_gpu(memory_used=Known(20 * GIB), processes=NOT_SUPPORTED)
    assert ask(unknown, "gpu-memory").values["owners"] == "the driver does not tell by whom"


def test_the_reasons_for_lowered_clocks_stand_in_words():
    (evidence,) = ask(with_gpu(event_reasons=Known(0x44)), "gpu-slowed").evidence
    assert evidence.text == "0x44: power limit reached, too hot (hardware)"


def test_without_the_fabric_manager_it_is_the_root_cause():
    diagnosis = diagnose(fabric(Known("not_started"), (), FM))
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == ("gpu-fabric", "not_running")


def test_a_stranger_among_the_visible_devices_is_named():
    environment = {"CUDA_VISIBLE_DEVICES": "GPU-ffffffff-0000-0000-0000-000000000000"}
    answer = ask(healthy_snapshot(host=host(environment=environment)), "gpu-visible")
    assert (answer.variant, answer.values["shown"]) == ("stranger", 0)
