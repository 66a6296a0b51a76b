"""The equivalent command line."""

import csv
import io
import shlex

from hypothesis import given
from hypothesis import strategies as st
from tests.support.launch_facts import engine_facts

from drydock.core.launch import Choice, MountWish, docker_run, docker_run_line, plan

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
PATHS = WORDS.map("/{}".format)
CHOICES = st.builds(
    Choice,
    image=st.just("pytorch/pytorch:2.9"),
    gpus=st.sampled_from(["all", "none", ("GPU-1",), ("GPU-1", "MIG-2")]),
    workspace=PATHS,
    mounts=st.lists(
        st.builds(MountWish, source=WORDS.map("/{}".format), target=WORDS.map("/{}".format)), max_size=2
    ).map(tuple),
    jupyter=st.sampled_from([None, 0, 8888]),
    memory=st.none() | st.integers(6 << 20, 1 << 45),
    environment=st.dictionaries(st.sampled_from(["A", "HF_TOKEN", "B"]), WORDS),
    command=st.lists(WORDS, max_size=3).map(tuple),
)


def made(choice, **keywords):
    return plan(choice, engine_facts(), name="n", version="1", **keywords)


@given(CHOICES)
def test_the_line_reads_back_as_the_arguments(choice):
    made_plan = made(choice)
    arguments = docker_run(made_plan)
    assert tuple(shlex.split(docker_run_line(made_plan))) == arguments
    assert arguments[-len(made_plan.command) - 1 :] == (made_plan.image, *made_plan.command)


@given(CHOICES)
def test_mounts_read_back(choice):
    made_plan = made(choice)
    arguments = docker_run(made_plan)
    fields = [arguments[index + 1] for index, word in enumerate(arguments) if word == "--mount"]
    for mount, field in zip(made_plan.mounts, fields, strict=False):
        (row,) = csv.reader(io.StringIO(field, newline=""))
        assert row == ["type=bind", f"source={mount.source}", f"target={mount.target}"]


def test_gpu_options():
    assert "--gpus" not in docker_run(made(Choice(image="i", gpus="none")))
    all_gpus = docker_run(made(Choice(image="i")))
    assert all_gpus[all_gpus.index("--gpus") + 1] == "all"
    two = docker_run(made(Choice(image="i", gpus=("GPU-1", "GPU-2"))))
    assert two[two.index("--gpus") + 1] == '"device=GPU-1,GPU-2"'
    cdi = docker_run(made(Choice(image="i", gpus=("GPU-1",)), gpu_by="cdi"))
    assert cdi[cdi.index("--device") + 1] == "nvidia.com/gpu=GPU-1"


def test_ports_stay_on_this_computer():
    arguments = docker_run(made(Choice(image="i", jupyter=0, tensorboard=7000)))
    published = [arguments[index + 1] for index, word in enumerate(arguments) if word == "--publish"]
    assert published == ["127.0.0.1::8888", "127.0.0.1:7000:6006"]


def test_secrets_are_not_written_out():
    line = docker_run_line(
        made(Choice(image="i", environment={"HF_TOKEN": "hf_abc", "WANDB_API_KEY": "k3y", "A": "1"}))
    )
    assert "hf_abc" not in line
    assert "k3y" not in line
    assert "--env HF_TOKEN" in line
    assert "--env A=1" in line


def test_nothing_is_privileged():
    line = docker_run_line(made(Choice(image="i", jupyter=0)))
    assert "--privileged" not in line
    assert "--security-opt no-new-privileges" in line
