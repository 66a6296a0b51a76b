"""What holds for a plan in whichever words."""

import json
import shlex
import subprocess

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.launch_facts import engine_facts

from drydock.core.launch import Choice, MountWish, plan
from drydock.core.launch.renderings import TARGETS, render
from drydock.core.trouble import Trouble

SIGNS = st.characters(codec="utf-8", exclude_characters="\0")
WORDS = st.text(SIGNS, max_size=20) | st.sampled_from(
    ["-x", "--", "$HOME", "$(id)", "`id`", "a b", "'\"", "yes", "1e3"]
)
PATHS = st.text(SIGNS, min_size=1, max_size=20).map("/{}".format)
MOUNTS = st.builds(MountWish, source=PATHS | st.just("a-volume"), target=PATHS, read_only=st.booleans())
CHOICES = st.builds(
    Choice,
    image=st.sampled_from(["pytorch/pytorch:2.9", "nvcr.io/nvidia/pytorch:25.10-py3", f"busybox@sha256:{'0' * 64}"]),
    gpus=st.sampled_from(["all", "none", ("GPU-1",), ("GPU-1", "MIG-2")]),
    workspace=st.just("") | PATHS,
    mounts=st.lists(MOUNTS, max_size=3).map(tuple),
    jupyter=st.sampled_from([None, 0, 8888]),
    ssh=st.sampled_from([None, 2222]),
    memory=st.none() | st.integers(6 << 20, 1 << 45),
    caches=st.booleans(),
    environment=st.dictionaries(st.sampled_from(["A", "B", "PATH", "NO"]), WORDS),
    command=st.lists(WORDS, max_size=3).map(tuple),
)
SECRET = "hf_never-to-be-shown"
FULL = Choice(
    image="pytorch/pytorch:2.9",
    gpus=("GPU-1", "GPU-2"),
    workspace="/home/someone/my work",
    caches=True,
    jupyter=0,
    ssh=2222,
    memory=32 << 30,
    mounts=(MountWish(source="/data", target="/data", read_only=True),),
    environment={"HF_TOKEN": SECRET, "GREETING": "it's $HOME\nand more"},
    command=("python", "train.py", "--lr", "1e-4"),
)


def made(choice, name="My_run", **keywords):
    return plan(choice, engine_facts(), name=name, version="1", **keywords)


def documents(text):
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_plan_gives_the_same_bytes_and_no_secret(target):
    first, second = render(made(FULL), target), render(made(FULL), target)
    assert first == second
    assert first.filename == TARGETS[target].filename
    assert first.text.endswith("\n")
    assert SECRET not in str(first)
    assert "HF_TOKEN" in first.text
    assert any("HF_TOKEN" in note for note in first.notes)


@pytest.mark.parametrize("target", TARGETS)
def test_what_no_program_takes_is_refused(target):
    for wrong in ({"environment": {"A B": "1"}}, {"environment": {"A": "\0"}}, {"command": ("a\0b",)}):
        with pytest.raises(Trouble) as caught:
            render(made(Choice(image="i", **wrong)), target)
        assert caught.value.id == "launch-render-impossible"
        assert caught.value.values["target"] == TARGETS[target].title


@given(CHOICES)
def test_lines_read_back_as_arguments(choice):
    a_plan = made(choice)
    for target in ("run", "podman"):
        arguments = shlex.split(render(a_plan, target).text)
        assert tuple(arguments[len(arguments) - len(a_plan.command) :]) == a_plan.command
        variables = [arguments[index + 1] for index, word in enumerate(arguments) if word == "--env"]
        assert set(variables) >= {f"{name}={value}" for name, value in a_plan.environment.items()}


@given(CHOICES)
def test_compose_reads_back(choice):
    a_plan = made(choice)
    (content,) = documents(render(a_plan, "compose").text)
    (service,) = content["services"].values()

    def value(text):
        assert "$" not in text.replace("$$", "")
        return text.replace("$$", "$")

    assert [value(word) for word in service.get("command", ())] == list(a_plan.command)
    assert {name: value(text) for name, text in service.get("environment", {}).items()} == a_plan.environment
    assert {name: value(text) for name, text in service["labels"].items()} == a_plan.labels
    mounts = [(value(one["source"]), value(one["target"])) for one in service.get("volumes", ())]
    assert mounts == [(mount.source, mount.target) for mount in a_plan.mounts]


@given(CHOICES)
def test_a_dev_container_reads_back(choice):
    a_plan = made(choice)
    try:
        content = json.loads(render(a_plan, "devcontainer").text)
    except Trouble as trouble:
        assert "${" in str(trouble.values)  # noqa: PT017 - only such texts may be refused
        return
    assert content.get("containerEnv", {}) == a_plan.environment


@given(choice=CHOICES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
def test_a_batch_script_starts_the_command(choice, tmp_path):
    """A stand-in for srun writes down what it was given."""
    a_plan = made(choice)
    record = tmp_path / "srun"
    record.write_text(f"#!/bin/bash\nprintf '%s\\0' \"$@\" >'{tmp_path}/arguments'\n")
    record.chmod(0o755)
    (tmp_path / "arguments").write_bytes(b"")
    try:
        texts = {target: render(a_plan, target).text for target in ("slurm", "slurm-apptainer")}
    except Trouble as trouble:
        assert set(',:"').intersection(str(trouble.values["what"]))  # noqa: PT017
        return
    for text in texts.values():
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
        subprocess.run(["bash", "-c", text], check=True, env=environment, timeout=20, cwd=tmp_path)
        arguments = (tmp_path / "arguments").read_bytes().decode().split("\0")[:-1]
        assert tuple(arguments[len(arguments) - len(a_plan.command) :]) == a_plan.command
        whole = " ".join(arguments)
        for mount in a_plan.mounts:
            source = mount.source if mount.kind == "bind" else f"{tmp_path}/drydock-volumes/{mount.source}"
            assert f"{source}:{mount.target}{':ro' if mount.read_only else ''}" in whole


@pytest.mark.parametrize("target", ["slurm", "slurm-apptainer"])
def test_batch_scripts_are_bash(target):
    text = render(made(FULL), target).text
    subprocess.run(["bash", "-n"], input=text, text=True, check=True, timeout=20)
    assert "#SBATCH --gpus-per-node=2\n" in text
    assert "#SBATCH --mem=33554432K\n" in text
    # without the secret the job ends before it begins
    ended = subprocess.run(["bash"], input=text, text=True, timeout=20, capture_output=True, env={"HOME": "/nowhere"})  # noqa: PLW1510
    assert ended.returncode != 0


def test_images_as_each_tool_writes_them():
    digest = f"sha256:{'0' * 64}"
    for image, podman, enroot, apptainer in (
        ("busybox", "docker.io/library/busybox", "busybox", "docker://docker.io/library/busybox"),
        ("a/b:1", "docker.io/a/b:1", "a/b:1", "docker://docker.io/a/b:1"),
        ("nvcr.io/n/p:2", "nvcr.io/n/p:2", "nvcr.io#n/p:2", "docker://nvcr.io/n/p:2"),
        ("here:5000/b:1", "here:5000/b:1", "here:5000#b:1", "docker://here:5000/b:1"),
        (f"a/b:1@{digest}", f"docker.io/a/b:1@{digest}", f"a/b@{digest}", f"docker://docker.io/a/b@{digest}"),
    ):
        a_plan = made(Choice(image=image, gpus="none", command=("true",)))
        assert shlex.split(render(a_plan, "podman").text)[-2] == podman
        assert f"--container-image={enroot}" in shlex.split(render(a_plan, "slurm").text, comments=True)
        assert f"  {apptainer} " in render(a_plan, "slurm-apptainer").text


def test_gpus_by_cdi():
    cdi = made(Choice(image="i", gpus=("GPU-1",)), gpu_by="cdi")
    (content,) = documents(render(cdi, "compose").text)
    (devices,) = content["services"]["my-run"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == {"driver": "cdi", "device_ids": ["nvidia.com/gpu=GPU-1"], "capabilities": ["gpu"]}
    # podman knows no other way
    assert "--device nvidia.com/gpu=GPU-1 " in render(made(Choice(image="i", gpus=("GPU-1",))), "podman").text
    assert "--device nvidia.com/gpu=all " in render(made(Choice(image="i")), "podman").text


def test_what_a_target_cannot_say_is_in_its_notes():
    for target, words in {
        "kubernetes": ("GPU-1, GPU-2", "kubectl cp", "port-forward job/my-run :8888 2222:22", "my-run-secrets", "Push"),
        "slurm": ("GPU-1, GPU-2", "/dev/shm", "No port is published", "drydock.session=My_run", "init", "Push"),
        "podman": ("nvidia-ctk cdi generate", "catatonit", "SELinux"),
        "devcontainer": ("entry point", "/tmp/drydock-command.log"),
        "compose": (".env",),
    }.items():
        notes = "\n".join(render(made(FULL), target).notes)
        for word in words:
            assert word in notes, (target, word)
        assert "Jupyter" in notes


def test_dev_container_has_published_fields_alone():
    published = {
        "name", "image", "init", "overrideCommand", "runArgs", "securityOpt", "workspaceMount", "workspaceFolder",
        "mounts", "forwardPorts", "portsAttributes", "containerEnv", "remoteEnv", "postStartCommand",
    }  # fmt: skip
    content = json.loads(render(made(FULL), "devcontainer").text)
    assert set(content) == published
    assert content["remoteEnv"] == {"HF_TOKEN": "${localEnv:HF_TOKEN}"}
    assert content["forwardPorts"] == [8888]
    assert "127.0.0.1:2222:22" in content["runArgs"]
    plain = json.loads(render(made(Choice(image="i", gpus="none")), "devcontainer").text)
    assert plain.keys().isdisjoint({"postStartCommand", "mounts", "forwardPorts", "remoteEnv", "workspaceFolder"})


def test_a_dev_container_says_what_its_tools_would_replace():
    with pytest.raises(Trouble) as caught:
        render(made(Choice(image="i", environment={"A": "${localEnv:HOME}"})), "devcontainer")
    assert "containerEnv" in str(caught.value.values["what"])
