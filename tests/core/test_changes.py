"""What changed since something worked: found, dated, in order of likelihood, and never a mere consequence."""

import pytest
from tests.support.snapshots import (
    ABSENT,
    driver,
    engine,
    gpu,
    healthy_snapshot,
    host,
    no_toolkit,
    replaced,
    toolkit,
    unreached_engine,
)

from drydock.core.changes import CHANGES, KEPT_STATES, NEAR, changes_since, kept_of, past_of, remembered
from drydock.core.facts import (
    CdiSpec,
    Disk,
    DriverChange,
    DriverSetup,
    Known,
    LocalImage,
    Missing,
    NvmlState,
    PciGpu,
    User,
)
from drydock.core.facts.container import ContainerFacts
from drydock.core.findings import RUNGS
from drydock.data.knowledge import change_text, change_texts, past_text
from drydock.jobs.diagnose import diagnose_snapshot


def on(day, snapshot):
    return kept_of(diagnose_snapshot(replaced(snapshot, taken_at=f"2026-11-{day:02d}T08:00:00Z")))


def found(before, after, rung="driver"):
    return changes_since(on(1, before), [on(9, after)], rung)


def image(name, digest):
    return LocalImage(id=f"sha256:{digest}", references=(name,), digests=(), size=1, created="", labels={})


def spec(version, devices=("nvidia.com/gpu=all",)):
    return CdiSpec(path="/etc/cdi/nvidia.yaml", devices=devices, driver_version=Known(version))


MISMATCH = driver(
    nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
    version=Missing("failed"),
    cuda=Missing("failed"),
    library_files=Known(("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.105.08",)),
)


def test_a_driver_update_is_named_with_its_versions_and_days():
    root = diagnose_snapshot(healthy_snapshot(driver=MISMATCH, gpus=())).root_cause
    history = [on(18, healthy_snapshot())]
    past = past_of(root, history, on(20, healthy_snapshot(driver=MISMATCH, gpus=())))
    assert (past.finding, past.worked_at) == ("driver-versions", "2026-11-18T08:00:00Z")
    (change,) = past.changes
    assert change_text(change) == (
        "The installed NVIDIA driver changed from 580.95.05 to 580.105.08 between 2026-11-18 and 2026-11-20."
    )
    assert past_text(past) == "It last worked on 2026-11-18 08:00:00 UTC. Since then:"


def test_the_day_is_the_first_on_which_it_was_seen_so():
    broken = healthy_snapshot(driver=MISMATCH, gpus=())
    states = [on(18, broken), on(22, broken)]
    (change,) = changes_since(on(17, healthy_snapshot()), states, "driver")
    assert (change.since[:10], change.seen[:10]) == ("2026-11-17", "2026-11-18")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2026-11-19 06:12:44", "on 2026-11-19."),
        ("2026-11-02 06:12:44", "between 2026-11-18 and 2026-11-20."),
        ("yesterday", "between 2026-11-18 and 2026-11-20."),
    ],
)
def test_the_log_of_the_package_manager_tells_the_day(when, words):
    change = DriverChange(when=when, by="unattended-upgrade", text="libnvidia-compute-580")
    broken = healthy_snapshot(driver=MISMATCH, gpus=(), setup=DriverSetup(last_change=Known(change)))
    (change,) = changes_since(on(18, healthy_snapshot()), [on(20, broken)], "driver")
    assert change_text(change).endswith(words)


def test_a_value_that_went_there_and_back_is_dated_by_its_last_move():
    def with_kernel(name):
        return healthy_snapshot(host=host(kernel=Known(name)))

    states = [on(2, with_kernel("6.8")), on(3, with_kernel("6.1")), on(4, with_kernel("6.8"))]
    (change,) = changes_since(on(1, with_kernel("6.1")), states, "driver")
    assert (change.before, change.after, change.since[:10], change.seen[:10]) == (
        "6.1", "6.8", "2026-11-03", "2026-11-04"
    )  # fmt: skip


def test_a_state_in_which_it_was_not_known_is_passed_over():
    silent = healthy_snapshot(host=host(kernel=Missing("timeout")))
    newer = healthy_snapshot(host=host(kernel=Known("6.20")))
    (change,) = changes_since(on(1, healthy_snapshot()), [on(2, silent), on(3, newer)], "driver")
    assert (change.since[:10], change.seen[:10]) == ("2026-11-01", "2026-11-03")


HEALTHY = healthy_snapshot()
RUNTIMES = ("io.containerd.runc.v2", "runc")
SPEC = "/etc/cdi/nvidia.yaml"


@pytest.mark.parametrize(
    ("after", "subject", "kind", "name"),
    [
        (healthy_snapshot(driver=driver(module_version=Known("570.1"))), "module", "changed", ""),
        (healthy_snapshot(driver=driver(library_files=Known(()), version=ABSENT)), "driver", "gone", ""),
        (healthy_snapshot(host=host(kernel=Known("6.99"))), "kernel", "changed", ""),
        (healthy_snapshot(host=host(environment={"LD_LIBRARY_PATH": "/x"})), "variable", "appeared", "LD_LIBRARY_PATH"),
        (healthy_snapshot(driver=driver(pci_gpus=Known(()))), "gpu", "gone", "0000:01:00.0"),
        (
            healthy_snapshot(
                driver=driver(
                    pci_gpus=Known((PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("nouveau")),))
                )
            ),
            "holder",
            "changed",
            "0000:01:00.0",
        ),
        (healthy_snapshot(engine=engine(version=Known("29.0.1"))), "engine", "changed", ""),
        (healthy_snapshot(engine=engine(runtimes=Known(RUNTIMES))), "runtime", "gone", "nvidia"),
        (healthy_snapshot(engine=engine(data_root=Known("/data"))), "data-root", "changed", ""),
        (healthy_snapshot(engine=engine(images=Known((image("a:1", "f"),)))), "image", "appeared", "a:1"),
        (healthy_snapshot(toolkit=no_toolkit()), "toolkit", "gone", ""),
        (healthy_snapshot(toolkit=toolkit(version=Known("1.19.0"))), "toolkit", "changed", ""),
        (healthy_snapshot(toolkit=toolkit(cdi_specs=Known((spec("580.1"),)))), "cdi", "appeared", SPEC),
        (
            healthy_snapshot(host=host(user=Known(User(uid=1, groups=("ada",), database_groups=("ada",))))),
            "group",
            "gone",
            "docker",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_change_is_found(after, subject, kind, name):
    (change,) = found(HEALTHY, after)
    assert (change.subject, change.kind, change.name) == (subject, kind, name)


def test_changes_of_two_known_values():
    def machine(boot, digest, version, mig):
        return healthy_snapshot(
            setup=DriverSetup(secure_boot=Known(boot)),
            engine=engine(images=Known((image("a:1", digest),))),
            toolkit=toolkit(cdi_specs=Known((spec(version),))),
            gpus=(gpu(mig=Known(mig)),),
        )

    changes = found(machine(False, "a", "570.1", False), machine(True, "b", "580.2", True), "toolkit")
    assert [change.subject for change in changes] == ["cdi", "secure-boot", "mig", "image"]
    assert changes[0].after == "driver 580.2, 1 devices"
    assert (changes[-1].before, changes[-1].after) == ("sha256:a", "sha256:b")


def test_another_image_that_was_tested_is_a_change_that_a_look_at_the_host_does_not_hide():
    def walked(image):
        return healthy_snapshot(container=Known(ContainerFacts(image=image)))

    history = remembered((), on(1, walked("a:1")))
    history = remembered(history, on(2, HEALTHY))
    assert len(history) == 1
    (change,) = changes_since(history[-1], [on(3, walked("b:1"))], "container")
    assert (change.subject, change.kind, change.before, change.after) == ("walked", "changed", "a:1", "b:1")
    assert len(remembered(history, on(3, walked("b:1")))) == 2


def test_what_could_not_be_read_is_no_change():
    blind = healthy_snapshot(
        host=host(kernel=Missing("timeout"), distribution=Missing("timeout"), user=Missing("timeout")),
        driver=driver(
            version=Missing("timeout"),
            module_version=Missing("no_permission"),
            library_files=Missing("timeout"),
            pci_gpus=Missing("timeout"),
        ),
        gpus=(),
        engine=unreached_engine("not_running"),
        toolkit=toolkit(version=Missing("timeout"), cdi_specs=Missing("timeout")),
    )
    assert found(HEALTHY, blind) == ()
    assert found(blind, HEALTHY) == ()


def test_another_engine_is_one_change_and_its_contents_none():
    other = engine(
        endpoint="tcp://10.0.0.9:2376",
        chosen_by="DOCKER_HOST",
        version=Known("24.0.1"),
        images=Known((image("b:1", "c"),)),
        data_root=Known("/else"),
    )
    (change,) = found(HEALTHY, healthy_snapshot(engine=other), "engine")
    assert change.subject == "address"
    assert change.after == "tcp://10.0.0.9:2376 (DOCKER_HOST)"


def test_the_likeliest_cause_comes_first():
    changed = healthy_snapshot(
        host=host(kernel=Known("6.99"), environment={"DOCKER_HOST": "x"}),
        engine=engine(endpoint="unix:///x", chosen_by="DOCKER_HOST"),
        toolkit=toolkit(version=Known("1.19.0")),
    )
    firsts = {rung: found(HEALTHY, changed, rung)[0].subject for rung in ("host", "driver", "engine", "toolkit")}
    assert firsts == {"host": "kernel", "driver": "kernel", "engine": "address", "toolkit": "toolkit"}


def test_every_rung_knows_what_breaks_it():
    assert set(NEAR) == set(RUNGS)
    subjects = {subject for subject, _ in CHANGES}
    assert all(set(near) <= subjects for near in NEAR.values())


def test_what_was_never_seen_whole_has_no_past():
    broken = on(2, healthy_snapshot(driver=MISMATCH, gpus=()))
    root = diagnose_snapshot(broken.snapshot).root_cause
    assert past_of(root, [], broken) is None
    assert past_of(root, [broken], broken) is None
    assert past_of(None, [on(1, HEALTHY)], on(2, HEALTHY)) is None


def test_without_a_change_that_is_said():
    down = healthy_snapshot(engine=unreached_engine("not_running"))
    past = past_of(diagnose_snapshot(down).root_cause, [on(1, HEALTHY)], on(2, down))
    assert past.changes == ()
    assert "Nothing that Drydock compares has changed" in past_text(past)


def test_a_state_that_stays_is_kept_once_with_its_whole_time():
    history = ()
    for day in (1, 2, 3):
        fuller = Disk(purpose="home", path="/home/ada", total=Known(10**12), free=Known(10**11 - day))
        history = remembered(history, on(day, healthy_snapshot(host=host(disks=(fuller,)))))
    (kept,) = history
    assert (kept.first[:10], kept.last[:10]) == ("2026-11-01", "2026-11-03")
    assert kept.good


def test_a_quicker_look_forgets_nothing_of_a_deeper_one():
    deep, quick = on(1, HEALTHY), on(2, HEALTHY)
    deep.states["container-torch"] = "ok"
    quick.states["host-memory"] = "not_tested"
    (kept,) = remembered((deep,), quick)
    assert kept.states["container-torch"] == kept.states["host-memory"] == "ok"
    assert kept.last[:10] == "2026-11-02"
    broken = on(3, HEALTHY)
    broken.states["container-torch"] = "broken"
    assert len(remembered((kept,), broken)) == 2


def test_the_last_good_state_outlives_any_number_of_broken_ones():
    history = remembered(remembered((), on(1, healthy_snapshot(host=host(kernel=Known("old"))))), on(2, HEALTHY))
    for day in range(3, 25):
        down = healthy_snapshot(host=host(kernel=Known(f"6.{day}")), engine=unreached_engine("not_running"))
        history = remembered(history, on(day, down))
    assert len(history) == KEPT_STATES + 1
    assert history[0].good
    assert history[0].first[:10] == "2026-11-02"
    assert [kept.first[8:10] for kept in history[1:]] == ["19", "20", "21", "22", "23", "24"]


def test_every_change_has_its_sentence_and_no_sentence_is_left_over():
    texts = {(subject, kind) for subject, kinds in change_texts().items() for kind in kinds}
    assert texts - {("past", "changed"), ("past", "same"), ("when", "day"), ("when", "between")} == set(CHANGES)
