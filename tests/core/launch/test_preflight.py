"""What is said before anything is started."""

import pytest
from tests.support.launch_facts import GIB, engine_facts

from drydock.core.facts import Known, Missing, Port
from drydock.core.launch import Choice, Ground, MountWish, blockers, judge, preflight
from drydock.data.knowledge import trouble_article
from drydock.data.machine import open_machine

HOME = "/home/me"


def ground(**changes):
    return Ground(**{"engine": engine_facts(), "home": HOME, **changes})


def found(choice, **changes):
    return [(problem.field, problem.state, problem.id) for problem in judge(choice, ground(**changes))]


def test_nothing_is_wrong():
    choice = Choice(image="i:1", workspace="/home/me/work", jupyter=8888, memory=32 * GIB, name="mine")
    assert found(choice, places={"/home/me/work": "directory"}, hook_here=False) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/", ("blocker", "launch-mount-root")),
        ("/home/../", ("blocker", "launch-mount-root")),
        ("C:\\", ("blocker", "launch-mount-root")),
        ("/var/run/docker.sock", ("blocker", "launch-mount-socket")),
        ("/var/run", ("blocker", "launch-mount-socket")),
        ("/run/podman/podman.sock", ("blocker", "launch-mount-socket")),
        ("/etc/ssl", ("blocker", "launch-mount-system")),
        ("/var", ("blocker", "launch-mount-system")),
        ("/var/lib", ("blocker", "launch-mount-system")),
        ("/home/me/work/../../../etc", ("blocker", "launch-mount-system")),
        ("/home/me/.ssh", ("blocker", "launch-mount-secrets")),
        ("/home/me/.config/gcloud/x", ("blocker", "launch-mount-secrets")),
        ("/home/me", ("warning", "launch-mount-home")),
        ("/home", ("warning", "launch-mount-home")),
        ("/home/me/gone", ("blocker", "launch-place-missing")),
        ("/home/me/file", ("blocker", "launch-place-not-directory")),
        ("not a volume", ("blocker", "launch-mount-relative")),
        ("./here", ("blocker", "launch-mount-relative")),
    ],
)
def test_mounts_that_harm_or_fail(path, problem):
    places = {"/home/me/gone": "missing", "/home/me/file": "not_a_directory"}
    choice = Choice(image="i", gpus="none", mounts=(MountWish(source=path, target="/data"),))
    assert found(choice, places=places) == [("mounts", *problem)]


@pytest.mark.parametrize("path", ["/home/me/work", "/data", "/srv/etc", "/usr/share/datasets", r"C:\work", "models"])
def test_mounts_that_are_fine(path):
    assert found(Choice(image="i", gpus="none", mounts=(MountWish(source=path, target="/data"),))) == []


def test_targets():
    mounts = (MountWish(source="/a", target="/"), MountWish(source="/b", target="/run/drydock"))
    assert [problem for _, _, problem in found(Choice(image="i", gpus="none", mounts=mounts))] == [
        "launch-mount-target"
    ] * 2
    twice = Choice(image="i", gpus="none", workspace="/a", mounts=(MountWish(source="/b", target="/workspace"),))
    assert found(twice) == [("mounts", "blocker", "launch-mount-twice")]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/x/../run/drydock", "launch-mount-target"),
        ("/run/drydock/", "launch-mount-target"),
        ("/run", "launch-mount-target"),
        ("/data/..", "launch-mount-target"),
        ("/workspace/", "launch-mount-twice"),
        ("/x/../workspace", "launch-mount-twice"),
    ],
)
def test_detours_to_a_target_hide_nothing(target, problem):
    choice = Choice(image="i", gpus="none", workspace="/a", mounts=(MountWish(source="/b", target=target),))
    assert found(choice) == [("mounts", "blocker", problem)]


def test_ports():
    taken = {8888: Port(number=8888, taken=Known(value=True), owner=Known("jupyter-lab"))}
    (problem,) = judge(Choice(image="i", gpus="none", jupyter=8888, tensorboard=0), ground(ports=taken))
    assert (problem.field, problem.state) == ("jupyter", "blocker")
    assert problem.values == {"port": 8888, "owner": "jupyter-lab"}
    assert "jupyter-lab" in trouble_article(problem.trouble).text
    assert found(Choice(image="i", gpus="none", jupyter=9000, ssh=9000)) == [("ssh", "blocker", "launch-port-twice")]
    assert found(Choice(image="i", gpus="none", jupyter=70000)) == [("jupyter", "blocker", "launch-port-invalid")]


def test_gpus():
    bare = engine_facts(runtimes=Known(("runc",)))
    assert found(Choice(image="i"), engine=bare, hook_here=False) == [("gpus", "blocker", "launch-no-gpu-way")]
    assert found(Choice(image="i"), engine=bare, hook_here=None) == []
    assert found(Choice(image="i", gpus="none"), engine=bare, hook_here=False) == []
    assert found(Choice(image="i", gpus=())) == [("gpus", "blocker", "launch-gpus-empty")]
    # a driver that names none may be one that cannot be asked
    assert found(Choice(image="i", gpus=("GPU-x",)), gpus=()) == [("gpus", "warning", "launch-no-gpu-seen")]
    assert found(Choice(image="i"), gpus=()) == [("gpus", "warning", "launch-no-gpu-seen")]
    assert found(Choice(image="i", gpus="none"), gpus=()) == []
    assert found(Choice(image="i", gpus=("GPU-x",)), gpus=None) == []


def test_memory():
    def memory(**fields):
        return [(field, problem) for field, _, problem in found(Choice(image="i", gpus="none", **fields))]

    assert memory(memory=100 * GIB) == [("memory", "launch-memory-above-machine")]
    assert memory(memory=1 << 20) == [
        ("memory", "launch-memory-small"),
        ("shm_size", "launch-shm-above-memory"),
    ]
    assert memory(memory=4 * GIB, shm_size=8 * GIB) == [("shm_size", "launch-shm-above-memory")]
    assert memory(shm_size=65 * GIB) == [("shm_size", "launch-shm-above-memory")]


def test_names_and_variables():
    assert found(Choice(image="i", gpus="none", name="a b")) == [("name", "blocker", "launch-name-invalid")]
    assert found(Choice(image="i", gpus="none", name="mine"), taken_names=frozenset(["mine"])) == [
        ("name", "blocker", "launch-name-taken")
    ]
    assert found(Choice(image="i", gpus="none", environment={"1X": ""})) == [
        ("environment", "blocker", "launch-variable-invalid")
    ]
    assert found(Choice(image=" ", gpus="none")) == [("image", "blocker", "launch-image-empty")]


def test_room_for_the_image():
    assert found(Choice(image="i", gpus="none"), image_size=200_000_000_000) == [
        ("image", "blocker", "launch-disk-small")
    ]
    full = engine_facts(data_root_free=Missing("not_applicable"))
    assert found(Choice(image="i", gpus="none"), image_size=200_000_000_000, engine=full) == []


def test_a_remote_engine_has_other_directories():
    far = engine_facts(remote=True, runtimes=Known(("runc",)))
    choice = Choice(image="i", workspace="/data/set", gpus=("GPU-x",))
    problems = judge(choice, ground(engine=far, places={"/data/set": "missing"}, gpus=(), hook_here=False))
    assert [(problem.state, problem.id) for problem in problems] == [("warning", "launch-no-gpu-way")]
    assert blockers(problems) == ()


def test_on_a_whole_machine():
    snapshot = open_machine("rtx4090-desktop").snapshot
    uuid = snapshot.gpus[0].uuid
    assert isinstance(uuid, Known)
    assert preflight(Choice(image="i", gpus=(uuid.value,)), snapshot) == ()
    (problem,) = preflight(Choice(image="i", gpus=("GPU-other",)), snapshot)
    assert uuid.value in str(problem.values["known"])
