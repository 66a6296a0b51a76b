"""Launches against a real engine."""

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request

import msgspec
import psutil
import pytest
from tests.support.launch_fixtures import alike, container_names, context, inspected, new_context, run

from drydock.core.launch import Choice, MountWish
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import PullProgress
from drydock.jobs.launch import LaunchJob, PreviewLaunchJob
from drydock.jobs.launch_steps import BuildLine, LogLine, Ready, Stage
from drydock.jobs.service_image import LABEL_STAGE
from drydock.jobs.sessions import ConnectJob, ListSessionsJob, RemoveSessionJob
from drydock.world import Stop

__all__ = ["context", "new_context"]


def launch_fails(context, choice, trouble_id):
    """Launch, and return the trouble, after making sure that no container is left."""
    with pytest.raises(Trouble) as caught:
        run(LaunchJob(context, choice))
    assert caught.value.id == trouble_id
    return caught.value


def test_without_services(context, engine, tiny_image):
    choice = Choice(image=tiny_image.reference, gpus="none", name="plain", memory=64 << 20, shm_size=1 << 20)
    session, steps = run(LaunchJob(context, choice))
    stages = [step.name for step in steps if isinstance(step, Stage)]
    assert stages == ["checking", "creating", "starting", "waiting"]
    assert steps[-1] == Ready()
    assert (session.name, session.state, session.services) == ("plain", "running", ())
    seen = inspected(engine, "plain")
    assert seen["HostConfig"]["Memory"] == 64 << 20
    assert seen["HostConfig"]["ShmSize"] == 1 << 20
    assert seen["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
    assert not seen["HostConfig"]["Privileged"]
    assert run(RemoveSessionJob(context, "plain", force=True))[0] == "plain"
    assert "plain" not in container_names(engine)


@pytest.mark.parametrize("gpus", ["none", "all", ("GPU-5cbd5b0c-0000-0000-0000-000000000001",)])
def test_the_shown_line_does_the_same(context, engine, tiny_image, tmp_path, gpus):
    odd = tmp_path / 'odd, "name"'
    odd.mkdir()
    choice = Choice(
        image=tiny_image.reference,
        gpus=gpus,
        workspace=str(tmp_path),
        mounts=(
            MountWish(source=str(odd), target="/odd dir", read_only=True),
            MountWish(source="drydock-test-volume", target="/volume"),
        ),
        memory=100_000_000,
        environment={"GREETING": "it's $HOME", "MY_TOKEN": "s3cret"},
        command=("sh", "-c", 'echo "$GREETING"; exec tail -f /dev/null'),
        name="direct",
    )
    preview, _ = run(PreviewLaunchJob(context, choice))
    assert "s3cret" not in str(preview)
    session, _ = run(LaunchJob(context, choice))
    direct = alike(inspected(engine, session.id))
    run(RemoveSessionJob(context, "direct", force=True))
    environment = {**os.environ, "DOCKER_HOST": engine.docker_host, "MY_TOKEN": "s3cret"}
    subprocess.run(preview.line, shell=True, check=True, env=environment, timeout=60, capture_output=True)
    assert alike(inspected(engine, "direct")) == direct


def test_a_command_may_end_well(context, tiny_image):
    choice = Choice(image=tiny_image.reference, gpus="none", command=("echo", "done"), name="short")
    session, steps = run(LaunchJob(context, choice))
    assert (session.state, session.exit_code) == ("exited", 0)
    assert LogLine("done") in steps


@pytest.mark.timeout(120)
def test_a_container_that_never_stops_writing_does_not_keep_the_launch(context, tiny_image):
    flood = ("sh", "-c", "while :; do echo flood; done")
    session, _steps = run(
        LaunchJob(context, Choice(image=tiny_image.reference, gpus="none", command=flood, name="flood"))
    )
    assert session.state == "running"
    run(RemoveSessionJob(context, "flood", force=True))


def test_a_container_that_dies_at_once(context, engine, tiny_image):
    before = container_names(engine)
    choice = Choice(image=tiny_image.reference, gpus="none", command=("sh", "-c", "echo last words; exit 3"))
    trouble = launch_fails(context, choice, "launch-died")
    assert trouble.values["code"] == 3
    assert "last words" in str(trouble.values["log"])
    assert container_names(engine) <= before


def test_a_container_that_is_killed(context, engine, tiny_image):
    before = container_names(engine)
    choice = Choice(image=tiny_image.reference, gpus="none", command=("sh", "-c", "kill -SEGV $$"))
    assert launch_fails(context, choice, "launch-died-signal").values["signal"] == "SIGSEGV"
    assert container_names(engine) <= before


def test_a_command_that_is_not_there(context, engine, tiny_image):
    before = container_names(engine)
    choice = Choice(image=tiny_image.reference, gpus="none", command=("no-such-program",))
    with pytest.raises(Trouble) as caught:
        run(LaunchJob(context, choice))
    assert caught.value.id in ("program-not-in-image", "launch-died-command")
    assert container_names(engine) <= before


def test_a_gpu_hook_that_refuses(context, engine, tiny_image):
    before = container_names(engine)
    text = "nvidia-container-cli: initialization error: nvml error: driver not loaded"
    with engine.fail_gpu_hook(text):
        trouble = launch_fails(context, Choice(image=tiny_image.reference, gpus="all"), "gpu-runtime-failed")
    assert "driver not loaded" in str(trouble.values)
    assert container_names(engine) <= before


def test_gpus_reach_the_engine(context, engine, tiny_image):
    uuid = "GPU-5cbd5b0c-0000-0000-0000-000000000002"
    session, _ = run(LaunchJob(context, Choice(image=tiny_image.reference, gpus=(uuid,))))
    (request,) = engine.gpu_requests(session.id)
    assert uuid in str(request)
    assert session.gpus == uuid


def test_a_taken_port(context, engine, tiny_image):
    before = container_names(engine)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        trouble = launch_fails(
            context, Choice(image=tiny_image.reference, gpus="none", jupyter=port), "launch-port-taken"
        )
    assert trouble.values["port"] == port
    assert psutil.Process().name() in str(trouble.values["owner"])
    assert container_names(engine) <= before


def test_a_missing_workspace_and_a_taken_name(context, tiny_image, tmp_path):
    gone = str(tmp_path / "gone")
    choice = Choice(image=tiny_image.reference, gpus="none", workspace=gone, name="first")
    assert launch_fails(context, choice, "launch-place-missing").values == {"path": gone}
    choice = msgspec.structs.replace(choice, workspace=str(tmp_path))
    run(LaunchJob(context, choice))
    launch_fails(context, choice, "launch-name-taken")


def test_the_image_is_pulled_when_it_is_missing(context, engine, tiny_image):
    pushed = engine.push(tiny_image, "launch/tiny", "1")
    reference = f"{engine.registry}/launch/tiny"
    engine.forget_image(f"{reference}:1")
    choice = Choice(image=f"{reference}:1", gpus="none", name="pulled")
    _, steps = run(LaunchJob(context, choice))
    assert Stage("pulling", f"{reference}:1") in steps
    assert any(isinstance(step, PullProgress) and step.phase == "done" for step in steps)
    label = inspected(engine, "pulled")["Config"]["Labels"]["drydock.image-digest"]
    run(RemoveSessionJob(context, "pulled", force=True))
    engine.forget_image(f"{reference}:1")
    pinned = msgspec.structs.replace(choice, image=f"{reference}:other", digest=label, name="pinned")
    assert run(LaunchJob(context, pinned))[0].running
    assert label in str(pushed)


def test_a_missing_image(context, engine):
    before = container_names(engine)
    launch_fails(context, Choice(image=f"{engine.registry}/launch/none:1", gpus="none"), "image-not-found")
    assert container_names(engine) <= before


@pytest.mark.parametrize("moment", ["creating", "starting", "waiting"])
def test_a_stop_leaves_nothing(context, engine, tiny_image, moment):
    before = container_names(engine)
    stop = Stop()

    def tell(step):
        if isinstance(step, Stage) and step.name == moment:
            stop.request()

    with pytest.raises(Stopped):
        LaunchJob(context, Choice(image=tiny_image.reference, gpus="none")).run(tell, stop)
    assert container_names(engine) <= before


def status(url, token=""):
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.timeout(900)
def test_jupyter_answers(context, new_context, engine, torch_image, tmp_path):
    (tmp_path / "notes.txt").write_text("here")
    choice = Choice(image=torch_image.reference, gpus="none", jupyter=0, workspace=str(tmp_path), name="lab")
    session, steps = run(LaunchJob(context, choice))
    ready = steps[-1]
    assert isinstance(ready, Ready)
    port = session.port_of("jupyter")
    api = f"http://127.0.0.1:{port}/api/status"
    assert status(api) == 403

    # a new start of the app knows nothing but the engine
    later = new_context()
    (found,) = (one for one in run(ListSessionsJob(later))[0] if one.name == "lab")
    assert found == session
    assert found.image == torch_image.reference
    connection, _ = run(ConnectJob(later, "lab"))
    token = connection.jupyter_token
    assert len(token) >= 32
    assert connection.jupyter_url == ready.url
    assert status(api, token) == 200
    assert status(f"http://127.0.0.1:{port}/api/contents/notes.txt", token) == 200
    assert status(ready.url) == 200

    # the token is nowhere but in its file
    assert token not in json.dumps(inspected(engine, session.id))
    assert token not in engine.client.containers.get(session.id).logs().decode()
    assert not any(token in step.text for step in steps if isinstance(step, LogLine | BuildLine))
    container = engine.client.containers.get(session.id)
    assert container.exec_run(["stat", "-c", "%a %U", "/run/drydock/jupyter_token"]).output == b"600 root\n"
    assert token.encode() not in container.exec_run(["sh", "-c", "cat /proc/[0-9]*/cmdline"]).output

    # kernels have the image's torch, and the image has no settings of the network it was built on
    kernel = container.exec_run(
        ["/opt/drydock/venv/bin/python", "-c", "import ipykernel, torch; print(torch.__file__)"]
    )
    assert b"dist-packages/torch" in kernel.output
    assert container.exec_run(["ls", "/opt/drydock-network"]).exit_code != 0
    assert engine.client.images.list(filters={"label": LABEL_STAGE, "dangling": True}) == []

    # the second launch finds the service image
    again, steps = run(LaunchJob(context, msgspec.structs.replace(choice, name="lab2")))
    assert again.running
    assert not any(isinstance(step, BuildLine) for step in steps)


@pytest.mark.timeout(900)
def test_the_shown_line_alone_gives_a_closed_jupyter(context, engine, torch_image):
    """Typed by hand, nobody puts a token there: the container must make one of its own."""
    choice = Choice(image=torch_image.reference, gpus="none", jupyter=0, name="byhand")
    run(LaunchJob(context, msgspec.structs.replace(choice, name="maker")))
    preview, _ = run(PreviewLaunchJob(context, choice))
    assert preview.service_image_here
    environment = {**os.environ, "DOCKER_HOST": engine.docker_host}
    subprocess.run(preview.line, shell=True, check=True, env=environment, timeout=60, capture_output=True)
    (session,) = (one for one in run(ListSessionsJob(context))[0] if one.name == "byhand")
    api = f"http://127.0.0.1:{session.port_of('jupyter')}/api/status"
    container = engine.client.containers.get("byhand")
    for _ in range(300):
        if b"is running at" in container.logs():
            break
        Stop().wait(0.2)
    connection, _ = run(ConnectJob(context, "byhand"))
    assert status(api) == 403
    assert status(api, connection.jupyter_token) == 200


@pytest.mark.timeout(600)
def test_ssh_by_key_alone(monkeypatch, new_context, torch_image, tmp_path):
    folder = tmp_path / ".ssh"
    folder.mkdir(mode=0o700)
    key, known = folder / "id_ed25519", folder / "known_hosts"
    monkeypatch.setenv("HOME", str(tmp_path))
    context = new_context()
    choice = Choice(image=torch_image.reference, gpus="none", ssh=0, name="shell")
    launch_fails(context, choice, "launch-ssh-key-missing")

    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
    run(LaunchJob(context, choice))
    connection, _ = run(ConnectJob(context, "shell"))
    known.write_text(f"{connection.ssh_host_key}\n")
    options = [
        "-F",
        "none",
        "-o",
        "BatchMode=yes",
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        "StrictHostKeyChecking=yes",
    ]

    def ssh(identity, command):
        line = [*connection.ssh_command[:1], *options, "-i", str(identity), *connection.ssh_command[1:], command]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    # a login shell keeps what CUDA needs
    inside = ssh(key, "echo $PATH; echo $LD_LIBRARY_PATH")
    assert inside.stdout.splitlines() == [
        torch_image.recipe.environment["PATH"],
        torch_image.recipe.environment["LD_LIBRARY_PATH"],
    ]
    stranger = tmp_path / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)], check=True, timeout=30)
    refused = ssh(stranger, "true")
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr
