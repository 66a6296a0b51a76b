import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drydock.core.images import Wish
from drydock.core.launch import Choice, Ground, Problem, blockers
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.jobs.launch import LaunchPreview, make_plan
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.launch import (
    FormTexts,
    all_problems,
    command_line,
    gpu_lines,
    image_note,
    problem_text,
    read_form,
    service_words,
    steps,
)

IMAGE = "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"


@pytest.fixture(scope="module")
def desktop():
    return open_machine("rtx4090-desktop").snapshot


def preview_of(choice, snapshot, *problems, image_here=True, service_image_here=False):
    return LaunchPreview(
        plan=make_plan(choice, Ground(engine=snapshot.engine), None),
        problems=problems,
        command=(),
        line="docker run",
        image_here=image_here,
        service_image_here=service_image_here,
    )


def test_a_form_becomes_a_choice():
    texts = FormTexts(
        image=f" {IMAGE} ",
        gpus=("GPU-1",),
        workspace="/work",
        jupyter=0,
        tensorboard=6006,
        memory="32g",
        shm_size="8 GiB",
        name=" mine ",
        mounts="/data:/data:ro\n\ncache:/cache",
        environment="A=1\nB=x=y\n",
        caches=True,
    )
    choice, problems = read_form(texts, {"NVIDIA_DISABLE_REQUIRE": "1", "A": "0"})
    assert problems == ()
    assert (choice.image, choice.gpus, choice.name, choice.caches) == (IMAGE, ("GPU-1",), "mine", True)
    assert (choice.memory, choice.shm_size) == (32 << 30, 8 << 30)
    assert [(mount.source, mount.read_only) for mount in choice.mounts] == [("/data", True), ("cache", False)]
    assert choice.environment == {"NVIDIA_DISABLE_REQUIRE": "1", "A": "1", "B": "x=y"}
    assert choice.ports == {"jupyter": 0, "tensorboard": 6006}


@pytest.mark.parametrize(
    ("texts", "field", "trouble"),
    [
        (FormTexts(image=IMAGE, memory="much"), "memory", "launch-size-invalid"),
        (FormTexts(image=IMAGE, shm_size="0"), "shm_size", "launch-size-invalid"),
        (FormTexts(image=IMAGE, mounts="/data"), "mounts", "launch-mount-invalid"),
        (FormTexts(image=IMAGE, environment="A"), "environment", "launch-variable-unreadable"),
    ],
)
def test_what_cannot_be_read_is_a_blocker_at_its_field(texts, field, trouble):
    _choice, problems = read_form(texts)
    assert [(problem.field, problem.id, problem.state) for problem in problems] == [(field, trouble, "blocker")]
    assert "(" not in problem_text(problems[0])  # every placeholder has a value


def test_the_machine_is_asked_before_the_engine(desktop):
    choice = Choice(image=IMAGE, gpus=("GPU-not-there",), name="x", workspace="/etc")
    problems = all_problems(choice, (), desktop, frozenset(), None)
    assert [problem.field for problem in problems] == ["gpus", "workspace", "name"]
    assert blockers(problems) == problems


def test_a_name_that_is_taken(desktop):
    problems = all_problems(Choice(image=IMAGE, name="mine"), (), desktop, frozenset({"mine"}), None)
    assert [problem.id for problem in problems] == ["launch-name-taken"]


def test_what_the_engine_said_counts_until_its_field_changes(desktop):
    missing = Problem(field="workspace", state="blocker", id="launch-place-missing", values={"path": "/no"})
    then = Choice(image=IMAGE, workspace="/no")
    previewed = (then, preview_of(then, desktop, missing))
    renamed = Choice(image=IMAGE, workspace="/no", name="other")
    assert all_problems(renamed, (), desktop, frozenset(), previewed) == (missing,)
    moved = Choice(image=IMAGE, workspace="/yes")
    assert all_problems(moved, (), desktop, frozenset(), previewed) == ()


def test_the_same_problem_is_told_once(desktop):
    taken = Problem(field="name", state="blocker", id="launch-name-taken", values={"name": "mine"})
    choice = Choice(image=IMAGE, name="mine")
    problems = all_problems(choice, (), desktop, frozenset({"mine"}), (choice, preview_of(choice, desktop, taken)))
    assert len(problems) == 1


def test_the_command_is_known_at_once(desktop):
    choice = Choice(image=IMAGE, gpus=("GPU-1",), workspace="/work", environment={"HF_TOKEN": "hush"})
    line = command_line(choice, desktop, frozenset({"drydock-pytorch"}), ())
    assert line.startswith("docker run --detach --name drydock-pytorch-2 ")
    assert "device=GPU-1" in line
    assert "source=/work,target=/workspace" in line
    assert "hush" not in line
    assert command_line(Choice(image=""), desktop, frozenset(), ()) == ""


def test_the_image_is_judged(desktop):
    answer, catalogue = recommend_for(desktop, Wish(), load_catalogue()), load_catalogue()
    assert image_note(answer.choice.reference, answer, catalogue, ())[0] == "ok"
    assert image_note(answer.alternatives[0], answer, catalogue, ())[0] == "ok"
    assert image_note("me/mine:1", answer, catalogue, ())[0] == "not_tested"
    state, words = image_note("pytorch/pytorch:2.14.1-cuda13.2-cudnn9-devel", answer, catalogue, ())
    assert state == "attention"
    assert "driver" in words


def test_gpus_and_slices_can_be_chosen(desktop):
    assert [line.title for line in gpu_lines(desktop)] == ["GPU 0: GeForce RTX 4090, 24 GiB"]
    assert len(gpu_lines(open_machine("h100x8-server").snapshot)) == 8
    assert gpu_lines(open_machine("broken-laptop").snapshot) == ()


def test_the_service_image_is_announced(desktop):
    choice = Choice(image=IMAGE, jupyter=0, tensorboard=0)
    told = " ".join(steps(choice, None, ()))
    assert "pulled first" in told
    assert "adds Jupyter and TensorBoard to it" in told
    told = " ".join(steps(choice, preview_of(choice, desktop, service_image_here=True), ()))
    assert "here already" in told
    assert "used again" in told
    assert steps(Choice(image=""), None, ()) == ()


def test_services_by_name():
    assert service_words("jupyter, ssh") == "Jupyter and SSH"
    assert service_words("my-container") == "my-container"


@example(FormTexts(workspace="~0"))
@given(st.builds(FormTexts, image=st.text(), memory=st.text(), shm_size=st.text(), mounts=st.text(),
                 environment=st.text(), name=st.text(), workspace=st.text()))  # fmt: skip
def test_any_form_can_be_judged(texts):
    snapshot = open_machine("rtx4090-desktop").snapshot
    choice, unread = read_form(texts)
    for problem in all_problems(choice, unread, snapshot, frozenset(), None):
        assert problem_text(problem)
    assert isinstance(command_line(choice, snapshot, frozenset(), ()), str)
