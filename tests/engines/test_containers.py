import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.facts import Known
from drydock.core.trouble import Trouble
from drydock.engines import CreateRequest, Engine, GpuRequest, Mount, PortBinding
from drydock.world import Stop

UUIDS = ("GPU-5090aaaa-0000-4000-8000-000000000000", "GPU-5090bbbb-0000-4000-8000-000000000000")


def name() -> str:
    return f"drydock-test-{uuid.uuid4().hex[:8]}"


def trouble_of(act: Callable[[], object]) -> Trouble:
    with pytest.raises(Trouble) as caught:
        act()
    return caught.value


def test_everything_that_is_asked_for_reaches_the_engine(
    docker: Engine, engine: PrivateEngine, tiny_image: TestImage, tmp_path: Path
) -> None:
    volume = name()
    request = CreateRequest(
        name=name(),
        image=tiny_image.reference,
        command=("-c", "sleep 60"),
        entrypoint=("/bin/sh",),
        environment={"TOKEN": "a=b c", "EMPTY": ""},
        labels={"drydock.session": "x", "other": "y z"},
        gpus=GpuRequest(uuids=UUIDS),
        mounts=(
            Mount(kind="bind", source=str(tmp_path), target="/work", read_only=True),
            Mount(kind="volume", source=volume, target="/kept"),
        ),
        ports=(PortBinding(container_port=8888, host_port=0), PortBinding(container_port=22, host_port=0)),
        memory=64 << 20,
        shm_size=32 << 20,
        working_directory="/tmp",
        user="65534:65534",
    )
    container = docker.create(request)
    told = engine.client.api.inspect_container(container)
    config, host = told["Config"], told["HostConfig"]
    assert told["Name"] == f"/{request.name}"
    assert (config["Cmd"], config["Entrypoint"]) == (["-c", "sleep 60"], ["/bin/sh"])
    assert {"TOKEN=a=b c", "EMPTY="} <= set(config["Env"])
    assert {"drydock.session": "x", "other": "y z"}.items() <= config["Labels"].items()
    assert (config["WorkingDir"], config["User"]) == ("/tmp", "65534:65534")
    assert (host["Memory"], host["ShmSize"], host["Init"]) == (64 << 20, 32 << 20, True)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Privileged"] is False
    assert host["PortBindings"]["8888/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": ""}]
    assert host["DeviceRequests"][0]["DeviceIDs"] == list(UUIDS)
    assert host["DeviceRequests"][0]["Capabilities"] == [["gpu"]]
    mounts = {mount["Destination"]: mount for mount in told["Mounts"]}
    assert (mounts["/work"]["Source"], mounts["/work"]["RW"]) == (str(tmp_path), False)
    assert (mounts["/kept"]["Name"], mounts["/kept"]["RW"]) == (volume, True)

    docker.start(container)
    state = docker.inspect(request.name)
    assert (state.running, state.exit_code, state.container.status) == (True, None, "running")
    assert set(state.ports) == {8888, 22}
    assert all(address == "127.0.0.1" and port > 0 for address, port in state.ports.values())
    assert state.environment["TOKEN"] == "a=b c"
    assert state.container.labels["drydock.session"] == "x"
    assert [one.visible_devices for one in engine.gpu_requests(container)] == [",".join(UUIDS)]


def test_all_gpus_are_asked_for(docker: Engine, engine: PrivateEngine, tiny_image: TestImage) -> None:
    container = docker.create(
        CreateRequest(name=name(), image=tiny_image.reference, command=("true",), gpus=GpuRequest())
    )
    docker.start(container)
    assert [one.visible_devices for one in engine.gpu_requests(container)] == ["all"]


def test_a_failing_gpu_hook_says_its_own_words(docker: Engine, engine: PrivateEngine, tiny_image: TestImage) -> None:
    request = CreateRequest(name=name(), image=tiny_image.reference, command=("true",), gpus=GpuRequest())
    words = "initialization error: nvml error: driver/library version mismatch"
    container = docker.create(request)
    with engine.fail_gpu_hook(f"nvidia-container-cli: {words}"):
        trouble = trouble_of(lambda: docker.start(container))
    assert trouble.id == "gpu-runtime-failed"
    assert words in str(trouble.values["text"])
    # it is still there for its state to be looked at
    assert docker.inspect(container).container.status == "created"


def test_an_engine_without_cdi_says_so(docker: Engine, tiny_image: TestImage) -> None:
    facts = docker.facts()
    if isinstance(facts.cdi_devices, Known) and "nvidia.com/gpu=all" in facts.cdi_devices.value:
        pytest.skip("this engine has the CDI device")
    request = CreateRequest(name=name(), image=tiny_image.reference, command=("true",), gpus=GpuRequest(by="cdi"))
    container = docker.create(request)
    assert trouble_of(lambda: docker.start(container)).id == "cdi-device-missing"


def test_a_container_ends_with_its_code(docker: Engine, running: Callable[..., str]) -> None:
    container = running("sh", "-c", "exit 7")
    assert list(docker.logs(container, Stop())) == []
    state = docker.inspect(container)
    assert (state.running, state.exit_code, state.oom_killed) == (False, 7, False)
    assert state.started_at
    assert state.finished_at


def test_stop_start_and_remove(docker: Engine, running: Callable[..., str]) -> None:
    container = running("sleep", "60")
    docker.stop(container, grace=1)
    assert not docker.inspect(container).running
    docker.stop(container, grace=1)
    docker.start(container)
    assert docker.inspect(container).running
    docker.remove(container, force=True)
    assert trouble_of(lambda: docker.inspect(container)).id == "container-not-found"
    assert trouble_of(lambda: docker.remove(container)).id == "container-not-found"


def test_a_name_is_taken_once(docker: Engine, running: Callable[..., str], tiny_image: TestImage) -> None:
    taken = name()
    running("sleep", "60", name=taken)
    trouble = trouble_of(lambda: docker.create(CreateRequest(name=taken, image=tiny_image.reference)))
    assert trouble.id == "name-taken"
    assert trouble.values["container"] == taken


def test_a_port_is_taken_once(docker: Engine, tiny_image: TestImage) -> None:
    def request(port: int) -> CreateRequest:
        ports = (PortBinding(container_port=80, host_port=port),)
        return CreateRequest(name=name(), image=tiny_image.reference, command=("sleep", "60"), ports=ports)

    first = docker.create(request(0))
    docker.start(first)
    port = docker.inspect(first).ports[80][1]
    second = docker.create(request(port))
    trouble = trouble_of(lambda: docker.start(second))
    assert trouble.id == "port-taken"
    assert trouble.values["port"] == str(port)


def test_what_is_not_there_is_named(docker: Engine, tiny_image: TestImage, tmp_path: Path) -> None:
    absent = trouble_of(lambda: docker.create(CreateRequest(name=name(), image="no/such:1")))
    assert (absent.id, absent.values["reference"]) == ("image-not-found", "no/such:1")
    mount = Mount(kind="bind", source=str(tmp_path / "gone"), target="/x")
    lost = CreateRequest(name=name(), image=tiny_image.reference, mounts=(mount,))
    assert trouble_of(lambda: docker.create(lost)).id == "mount-source-missing"
    assert not (tmp_path / "gone").exists()
    strange = docker.create(CreateRequest(name=name(), image=tiny_image.reference, command=("no-such-program",)))
    # `init` would start and fail inside
    state_or_trouble = docker.create(
        CreateRequest(name=name(), image=tiny_image.reference, command=("no-such-program",), init=False)
    )
    assert trouble_of(lambda: docker.start(state_or_trouble)).id == "program-not-in-image"
    docker.start(strange)
    assert any("no-such-program" in line for line in docker.logs(strange, Stop()))
    assert docker.inspect(strange).exit_code == 127


def test_containers_are_found_by_label(docker: Engine, tiny_image: TestImage) -> None:
    mark = uuid.uuid4().hex
    made = [
        docker.create(
            CreateRequest(
                name=name(), image=tiny_image.reference, command=("sleep", "60"), labels={"drydock.test": mark}
            )
        )
        for _ in range(2)
    ]
    docker.start(made[0])
    found = docker.containers(label=f"drydock.test={mark}", with_pids=True)
    assert {one.id for one in found} == set(made)
    by_id = {one.id: one for one in found}
    assert by_id[made[0]].status == "running"
    assert len(by_id[made[0]].pids) == 2
    assert by_id[made[1]].pids == ()
    only_running = docker.containers(label=f"drydock.test={mark}", running_only=True)
    assert [one.id for one in only_running] == made[:1]
    owners = docker.container_of_pids()
    assert isinstance(owners, Known)
    assert {owners.value[pid] for pid in by_id[made[0]].pids} == {by_id[made[0]].name}


def test_files_are_put_without_a_mount(docker: Engine, running: Callable[..., str]) -> None:
    container = running("sleep", "60")
    docker.put_files(container, "/tmp/new/place", {"deep/er.py": b"print(1)\n", "data.bin": bytes(range(256))})
    docker.put_files(container, "/tmp", {"tool": b"#!/bin/sh\necho it runs\n"}, mode=0o755)
    told: list[str] = []
    script = "cat /tmp/new/place/deep/er.py; wc -c < /tmp/new/place/data.bin; stat -c %a /tmp; /tmp/tool"
    docker.exec(container, ["sh", "-c", script], told.append, Stop())
    assert told == ["print(1)", "256", "1777", "it runs"]


@pytest.mark.parametrize("path", ["../out", "/absolute", "a/../../out"])
def test_no_file_is_put_outside(docker: Engine, path: str) -> None:
    with pytest.raises(ValueError, match="below"):
        docker.put_files("any", "/inside", {path: b""})


def test_images_are_found_listed_and_removed(docker: Engine, engine: PrivateEngine, tiny_image: TestImage) -> None:
    image = docker.find_image(tiny_image.reference)
    assert image is not None
    assert (image.id, tiny_image.reference in image.references) == (tiny_image.id, True)
    assert docker.find_image(tiny_image.id) == image
    assert docker.find_image("no/such:1") is None
    assert docker.find_image("NOT A NAME") is None
    assert tiny_image.id in {one.id for one in docker.images()}
    assert docker.image_config(tiny_image.reference).environment["PATH"]
    extra = f"drydock-test/{uuid.uuid4().hex}"
    engine.client.images.get(tiny_image.reference).tag(extra, "1")
    docker.remove_image(f"{extra}:1")
    assert docker.find_image(f"{extra}:1") is None
    assert docker.find_image(tiny_image.reference) == image
    assert trouble_of(lambda: docker.remove_image(f"{extra}:1")).id == "image-not-found"
