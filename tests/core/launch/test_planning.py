"""From a choice to a plan."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.launch_facts import GIB, engine_facts

from drydock.core.facts import Known, Missing
from drydock.core.launch import Choice, MountWish, PlannedGpus, default_shm_size, gpu_way, plan, proposed_name
from drydock.core.launch.planning import private_files

MAKE = {"name": "n", "version": "1"}


def test_the_same_choice_makes_the_same_plan():
    choice = Choice(image="i:1", jupyter=8888, environment={"B": "2", "A": "1"}, caches=True)
    turned = msgspec.structs.replace(choice, environment={"A": "1", "B": "2"})
    first = plan(choice, engine_facts(), parent_id="sha256:x", **MAKE)
    assert msgspec.json.encode(first) == msgspec.json.encode(plan(turned, engine_facts(), parent_id="sha256:x", **MAKE))


def test_services_decide_image_and_command():
    without = plan(Choice(image="i:1", command=("python", "train.py")), engine_facts(), **MAKE)
    assert (without.image, without.command) == ("i:1", ("python", "train.py"))
    within = plan(
        Choice(image="i:1", jupyter=0, ssh=2222, command=("python", "train.py")),
        engine_facts(),
        parent_id="sha256:x",
        **MAKE,
    )
    assert within.parent == "i:1"
    assert within.image.startswith("drydock/service:")
    assert within.command[2:] == ("jupyter", "ssh", "--", "python", "train.py")
    assert [(port.container_port, port.host_port) for port in within.ports] == [(8888, 0), (22, 2222)]


def test_the_service_image_follows_contents_and_services():
    def image(identity, **services):
        return plan(Choice(image="i:1", **services), engine_facts(), parent_id=identity, **MAKE).image

    assert image("sha256:x", jupyter=0) == image("sha256:x", jupyter=9999)
    images = {image("sha256:x", jupyter=0), image("sha256:y", jupyter=0), image("sha256:x", jupyter=0, ssh=0)}
    assert len(images) == 3


def test_gpus():
    def gpus(wish, by="hook"):
        return plan(Choice(image="i", gpus=wish), engine_facts(), gpu_by=by, **MAKE)

    assert gpus("all").gpus == PlannedGpus(by="hook")
    assert gpus(("GPU-1",), "cdi").gpus == PlannedGpus(uuids=("GPU-1",), by="cdi")
    assert gpus("all").labels["drydock.gpus"] == "all"
    none = gpus("none")
    assert none.gpus is None
    # images ask for all GPUs by themselves, and an NVIDIA default runtime would listen
    assert none.environment["NVIDIA_VISIBLE_DEVICES"] == "void"


def test_the_way_to_gpus():
    cdi = Known(("nvidia.com/gpu=all", "nvidia.com/gpu=0"))
    plain = Known(("runc",))
    assert gpu_way(engine_facts()) == "hook"
    assert gpu_way(engine_facts(cdi_devices=cdi)) == "hook"
    assert gpu_way(engine_facts(runtimes=plain, cdi_devices=cdi)) == "cdi"
    assert gpu_way(engine_facts(runtimes=plain, cdi_devices=Known(("amd.com/gpu=all",)))) is None
    assert gpu_way(engine_facts(runtimes=plain), hook_here=True) == "hook"
    assert gpu_way(engine_facts(runtimes=Missing("failed"))) is None
    podman = {"product": Known("Podman"), "cdi_devices": Missing("not_supported")}
    assert gpu_way(engine_facts(**podman)) == "cdi"
    assert gpu_way(engine_facts(**podman, runtimes=plain), hook_here=True) == "cdi"


def test_mounts_are_directories_or_volumes():
    choice = Choice(
        image="i",
        workspace="/home/me/work",
        checkpoints=r"D:\runs",
        mounts=(MountWish(source="models", target="/models", read_only=True),),
        caches=True,
    )
    made = plan(choice, engine_facts(), **MAKE)
    assert [(mount.kind, mount.target) for mount in made.mounts[:3]] == [
        ("bind", "/workspace"),
        ("bind", "/checkpoints"),
        ("volume", "/models"),
    ]
    assert made.mounts[2].read_only
    assert all(mount.kind == "volume" for mount in made.mounts[3:])
    assert made.working_directory == "/workspace"
    assert made.environment["TRITON_CACHE_DIR"] in {mount.target for mount in made.mounts}


def test_shared_memory_by_default():
    assert default_shm_size(None, 64 * GIB) == 8 * GIB
    assert default_shm_size(4 * GIB, 64 * GIB) == 2 * GIB
    assert default_shm_size(None, 4 * GIB) == 2 * GIB
    assert default_shm_size(32 << 20, None) == 64 << 20
    assert default_shm_size(None, None) == 4 * GIB
    assert plan(Choice(image="i", shm_size=GIB), engine_facts(), **MAKE).shm_size == GIB


@given(st.sets(st.sampled_from(["drydock-pytorch", "drydock-pytorch-2", "drydock-pytorch-4", "other"])))
def test_a_proposed_name_is_free(taken):
    name = proposed_name(Choice(image="docker.io/pytorch/pytorch:2.9@sha256:1"), taken)
    assert name not in taken
    assert name.startswith("drydock-pytorch")


def test_a_chosen_name_is_kept():
    assert proposed_name(Choice(image="i", name="mine"), {"mine"}) == "mine"


def test_secrets_are_files_alone():
    files = private_files(("jupyter", "ssh"), "the-token", ("ssh-ed25519 AAAA me\n", "ssh-rsa BBBB"))
    assert files == {"jupyter_token": b"the-token", "authorized_keys": b"ssh-ed25519 AAAA me\nssh-rsa BBBB\n"}
    assert private_files(("tensorboard",), "t", ()) == {}
