"""The walk through a container on the real engine: what is measured, what follows, and that nothing is left."""

import contextlib
import time

import msgspec
import pytest
from tests.support.launch_fixtures import container_names, context, new_context
from tests.support.snapshots import bare_snapshot, gpu, healthy_snapshot
from tests.support.snapshots import engine as engine_facts

from drydock.core.checks.container_table import CONTAINER, LOAD, TORCH
from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, Missing
from drydock.core.facts.container import ContainerFacts
from drydock.core.findings import Diagnosis
from drydock.core.launch import labels
from drydock.core.trouble import Stopped
from drydock.data.catalogue import load_catalogue
from drydock.engines import CreateRequest
from drydock.jobs.diagnose import (
    CollectorEnded,
    CollectorStarted,
    DiagnoseJob,
    DiagnosisSoFar,
    FindingReached,
    diagnose_snapshot,
)
from drydock.jobs.load import load_device
from drydock.jobs.session import opened
from drydock.jobs.walk import Walk
from drydock.world import Stop

__all__ = ["context", "new_context"]

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
GPU_RUNGS = ("container-library", "container-nvml", "container-compat", "container-cuda", "container-devices")


@pytest.fixture(autouse=True)
def _nothing_left(engine, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    before = container_names(engine)
    yield
    assert container_names(engine) <= before
    assert list(home.iterdir()) == []


def walk(context, snapshot, image, **options):
    """Walk to the end; return the steps, and what is concluded from the snapshot with what was measured."""
    steps = list(Walk(context, snapshot, image=image, **options).steps(Stop()))
    whole = msgspec.structs.replace(snapshot, container=steps[-1].container, load=steps[-1].load)
    return steps, Diagnosis(snapshot=whole, findings=conclude(whole, load_catalogue()))


def found(diagnosis):
    return {finding.id: finding for finding in diagnosis.findings}


def variants(diagnosis):
    return {finding.id: finding.variant for finding in diagnosis.findings}


@pytest.fixture
def nodes(tmp_path):
    """Files that play the driver's device nodes."""
    made = {}
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
        made[f"/dev/{name}"] = tmp_path / name
    return made


def test_an_engine_that_gives_no_gpu_breaks_at_the_nodes_and_nothing_above_is_blamed(context, python_image):
    steps, diagnosis = walk(context, healthy_snapshot(), python_image.reference)
    assert [step.subject for step in steps] == ["container", "inside", "inside_network", "torch", "kernels"]
    answers = found(diagnosis)
    assert answers["container-start"].state == answers["container-gpu"].state == "ok"
    assert diagnosis.root_cause.id == "container-nodes"
    assert diagnosis.root_cause.variant == "none"
    for name in GPU_RUNGS:
        assert (answers[name].variant, answers[name].values["by"]) == ("blocked", "container-nodes")
    # this image has no torch, which is a cause of its own
    assert [finding.id for finding in diagnosis.findings if finding.state == "broken"] == [
        "container-nodes",
        "torch-import",
    ]
    assert answers["container-shm"].state == "ok"
    assert answers["container-volume"].state == "ok"
    assert answers["container-clock"].state == "ok"


def test_a_hook_that_refuses_is_named_and_the_rest_is_measured_without_a_gpu(context, engine, python_image):
    words = "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown"
    with engine.fail_gpu_hook(words):
        _, diagnosis = walk(context, healthy_snapshot(), python_image.reference)
    answers = found(diagnosis)
    assert diagnosis.root_cause.id == "container-gpu"
    assert diagnosis.root_cause.variant == "hook_failed"
    assert "driver not loaded" in str(diagnosis.root_cause.values["text"])
    assert answers["container-start"].state == "ok"
    assert answers["container-python"].state == "ok"
    assert answers["container-volume"].state == "ok"
    assert {answers[name].variant for name in ("container-nodes", *GPU_RUNGS)} == {"blocked"}


def test_the_whole_way_to_the_cuda_driver(context, engine, python_image, fake_driver, nodes):
    libraries = {f"{LIBRARIES}/{name}": fake_driver(name) for name in ("libcuda.so.1", "libnvidia-ml.so.1")}
    with engine.inject_gpu_files({**nodes, **libraries}):
        steps, diagnosis = walk(context, healthy_snapshot(), python_image.reference)
    answers = found(diagnosis)
    assert {answers[name].state for name in ("container-nodes", *GPU_RUNGS, "container-exec")} == {"ok"}
    facts = steps[-1].container.value
    assert facts.nvml.value.version == Known("580.95.05")
    assert facts.nvml.value.devices == ("GPU-00000000-0000-0000-0000-000000000000",)
    assert facts.cuda.value.devices == ("Stand-in 0",)
    assert facts.cuda.value.version == Known("13.0")


@pytest.mark.parametrize(
    ("code", "variant"),
    [(803, "mismatch"), (804, "compat"), (999, "unknown_error"), (100, "no_device"), (36, "too_old"), (34, "stub")],
)
def test_cuda_that_does_not_initialise(context, engine, python_image, fake_driver, nodes, code, variant):
    libraries = {
        f"{LIBRARIES}/libcuda.so.1": fake_driver("libcuda.so.1", init=code),
        f"{LIBRARIES}/libnvidia-ml.so.1": fake_driver("libnvidia-ml.so.1"),
    }
    with engine.inject_gpu_files({**nodes, **libraries}):
        _, diagnosis = walk(context, healthy_snapshot(), python_image.reference)
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == ("container-cuda", variant)
    assert diagnosis.root_cause.values["code"] == code
    assert found(diagnosis)["container-devices"].variant == "blocked"


def test_a_driver_of_another_version_and_fewer_gpus(context, engine, python_image, fake_driver, nodes):
    cuda = {f"{LIBRARIES}/libcuda.so.1": fake_driver("libcuda.so.1")}
    other = {f"{LIBRARIES}/libnvidia-ml.so.1": fake_driver("libnvidia-ml.so.1", version="575.51.03")}
    with engine.inject_gpu_files({**nodes, **cuda, **other}):
        _, diagnosis = walk(context, healthy_snapshot(), python_image.reference)
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == ("container-nvml", "other_version")
    same = {f"{LIBRARIES}/libnvidia-ml.so.1": fake_driver("libnvidia-ml.so.1")}
    with engine.inject_gpu_files({**nodes, **cuda, **same}):
        _, diagnosis = walk(context, healthy_snapshot(gpus=(gpu(0), gpu(1))), python_image.reference)
    assert variants(diagnosis)["container-nvml"] == "fewer"


def test_an_image_without_python(context, tiny_image):
    steps, diagnosis = walk(context, bare_machine(), tiny_image.reference)
    assert [step.subject for step in steps] == ["container", "inside"]
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == ("container-python", "absent")
    blocked = [check.id for check in (*CONTAINER, *TORCH, *LOAD) if "container-python" in check.needs]
    assert {variants(diagnosis)[name] for name in blocked} == {"blocked"}


def bare_machine():
    return bare_snapshot(engine=engine_facts())


def test_an_image_that_is_not_here_is_not_fetched(context, engine):
    steps, diagnosis = walk(context, healthy_snapshot(), "example.test/not/here:1")
    assert steps[-1].container == Missing("absent", "example.test/not/here:1")
    finding = found(diagnosis)["container-image"]
    assert (finding.state, finding.variant) == ("not_tested", "not_here")
    assert diagnosis.root_cause is None


def test_no_image_fits_and_none_is_named(context, engine):
    steps = list(Walk(context, bare_machine()).steps(Stop()))

    (step,) = steps
    assert step.container == Missing("not_applicable", "no image of the catalogue fits this machine")


@pytest.mark.parametrize("after", ["container", "inside"])
def test_a_stop_leaves_nothing(context, python_image, after):
    stop = Stop()

    def go():
        for step in Walk(context, healthy_snapshot(), image=python_image.reference).steps(stop):
            if step.subject == after:
                stop.request()

    with pytest.raises(Stopped):
        go()


def test_a_crash_of_the_listener_leaves_nothing(context, python_image):
    def listen(_step):
        raise KeyError("bug of a listener")

    def go():
        with contextlib.closing(Walk(context, healthy_snapshot(), image=python_image.reference).steps(Stop())) as steps:
            for step in steps:
                listen(step)

    with pytest.raises(KeyError):
        go()


def test_a_container_that_dies_on_the_way_is_no_cause_of_anything(context, engine, python_image):
    for step in Walk(context, healthy_snapshot(), image=python_image.reference, deep=True).steps(Stop()):
        if step.subject == "inside":
            (name,) = (one for one in container_names(engine) if one.startswith("drydock-probe-"))
            engine.client.containers.get(name).kill()
    facts = step.container.value
    assert facts.torch.why == facts.kernels.why == step.load.why == "not_applicable"
    whole = msgspec.structs.replace(healthy_snapshot(), container=step.container, load=step.load)
    findings = conclude(whole, load_catalogue())
    assert [finding.id for finding in findings if finding.state == "broken"] == ["container-nodes"]


def test_without_a_directory_to_mount_writing_is_not_tested(context, python_image, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    _, diagnosis = walk(context, bare_machine(), python_image.reference)
    assert (found(diagnosis)["container-volume"].state, variants(diagnosis)["container-volume"]) == (
        "not_tested",
        "unknown",
    )


def refuse(**_arguments):
    raise PermissionError(13, "no place for a directory")


def test_what_an_app_that_was_killed_left_is_removed(context, engine, python_image):
    with opened(context) as client:
        request = CreateRequest(
            name="drydock-probe-old", image=python_image.reference, labels={labels.PROBE: "old"},
            entrypoint=("true",), command=(),
        )  # fmt: skip
        client.start(client.create(request))
        while client.inspect("drydock-probe-old").running:
            time.sleep(0.05)
    walk(context, bare_machine(), python_image.reference)
    assert "drydock-probe-old" not in container_names(engine)


def test_without_time_nothing_is_claimed(context, python_image):
    _, diagnosis = walk(context, healthy_snapshot(), python_image.reference, seconds=0.0)
    assert variants(diagnosis)["container-start"] == "ok"
    assert not [finding.id for finding in diagnosis.findings if finding.state == "broken" and finding.rung == "torch"]


@pytest.mark.timeout(600)
def test_the_diagnosis_tells_findings_step_by_step(context, torch_image):
    told = []
    job = DiagnoseJob(context, depth="standard", image=torch_image.reference)
    diagnosis = job.run(told.append, Stop())
    names = [step.run.name for step in told if isinstance(step, CollectorEnded)]
    assert names[-5:] == ["container", "inside", "inside_network", "torch", "kernels"]
    started = [step.name for step in told if isinstance(step, CollectorStarted)]
    assert sorted(started) == sorted(names)
    order = [step.finding.id if isinstance(step, FindingReached) else step.run.name
             for step in told if isinstance(step, FindingReached | CollectorEnded)]  # fmt: skip
    assert order.index("container-start") < order.index("kernels") < order.index("torch-kernels")
    answers = found(diagnosis)
    assert answers["torch-kernels"].variant == "cpu"
    assert answers["torch-compiler"].variant == "absent"
    assert answers["load-products"].variant == "not_asked"
    assert {step.finding.id: step.finding for step in told if isinstance(step, FindingReached)} == answers
    assert diagnose_snapshot(diagnosis.snapshot).findings == diagnosis.findings


@pytest.mark.timeout(600)
def test_a_cpu_build_given_a_gpu(context, engine, torch_image, fake_driver, nodes):
    libraries = {f"{LIBRARIES}/{name}": fake_driver(name) for name in ("libcuda.so.1", "libnvidia-ml.so.1")}
    with engine.inject_gpu_files({**nodes, **libraries}):
        _, diagnosis = walk(context, healthy_snapshot(), torch_image.reference)
    assert (diagnosis.root_cause.id, diagnosis.root_cause.variant) == ("torch-build", "cpu")
    assert variants(diagnosis)["torch-kernels"] == "blocked"


def test_a_quick_look_starts_no_container(context, engine):
    told = []
    DiagnoseJob(context).run(told.append, Stop())
    assert not {"container", "inside"} & {step.name for step in told if isinstance(step, CollectorStarted)}


def test_only_the_steps_that_are_wanted(context, python_image):
    told = []
    DiagnoseJob(context, only=["container-shm"], depth="deep", image=python_image.reference).run(told.append, Stop())
    started = [step.name for step in told if isinstance(step, CollectorStarted)]
    assert started[-2:] == ["container", "inside"]
    assert [step.finding.id for step in told if isinstance(step, FindingReached)] == ["container-shm"]


@pytest.mark.timeout(600)
def test_a_load_in_a_container(context, engine, torch_image):
    with opened(context) as client:
        request = CreateRequest(name="load", image=torch_image.reference, entrypoint=("sleep",), command=("300",))
        container = client.create(request)
        try:
            client.start(container)
            arguments = ("--memory-bytes", str(32 << 20), "--seconds", "3")
            load = load_device(client, container, "cpu", "processor", 30, Stop(), arguments=arguments)
        finally:
            client.remove(container, force=True)
    assert load.soak.value.kind == ""
    assert load.soak.value.parts > 1
    assert load.soak.value.teraflops > 0
    assert (load.memory.value.tested, load.memory.value.wrong) == (32 << 20, 0)
    assert min(load.copy.value.to_gpu, load.copy.value.from_gpu, load.copy.value.within) > 0
    assert isinstance(load.samples, Missing)


@pytest.mark.timeout(600)
def test_a_deep_look_without_a_gpu_loads_nothing_but_the_disk(context, torch_image):
    steps, diagnosis = walk(context, bare_machine(), torch_image.reference, deep=True)
    assert steps[-1].subject == "load"
    assert variants(diagnosis)["load-products"] == "no_gpu"
    assert found(diagnosis)["load-disk"].state in ("ok", "attention")
    assert steps[-1].load.value.disk.value.read > 0


def test_facts_survive_being_stored(context, python_image):
    steps, _ = walk(context, healthy_snapshot(), python_image.reference)
    facts = steps[-1].container.value
    assert msgspec.json.decode(msgspec.json.encode(facts), type=ContainerFacts) == facts


def test_a_stop_on_the_way_tells_what_was_found_until_then(context, python_image):
    stop, told = Stop(), []

    def tell(step):
        told.append(step)
        if isinstance(step, CollectorEnded) and step.run.name == "container":
            stop.request()

    with pytest.raises(Stopped):
        DiagnoseJob(context, depth="standard", image=python_image.reference).run(tell, stop)
    so_far = told[-1]
    assert isinstance(so_far, DiagnosisSoFar)
    answers = found(so_far.diagnosis)
    assert set(answers) == {check.id for check in CHECKS}
    assert answers["host-system"].state != "not_tested"
    assert answers["container-start"].state == "ok"
    assert {answers[check.id].state for check in TORCH} == {"not_tested"}
    assert context.store.machines[-1].states["container-start"] == "ok"
