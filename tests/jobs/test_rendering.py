"""Launches in the words of other tools; those that can be had here are started, and compared with the launch itself."""

import os
import shutil
import subprocess

import pytest
from tests.support.launch_fixtures import alike, container_names, context, inspected, new_context, run

from drydock.core.launch import Choice, MountWish
from drydock.core.launch.renderings import TARGETS
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.launch import LaunchJob
from drydock.jobs.rendering import RenderLaunchJob
from drydock.jobs.sessions import RemoveSessionJob
from drydock.store import Store
from drydock.world.live import LiveWorld

__all__ = ["context", "new_context"]

UUID = "GPU-5cbd5b0c-0000-0000-0000-000000000001"


@pytest.fixture
def compose_program():
    """The Compose program that is installed; a test engine without one is no whole one."""
    program = shutil.which("docker-compose")
    if program is None:
        reason = "docker-compose is not installed"
        if os.environ.get("DRYDOCK_REQUIRE_ENGINE") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return program


def a_choice(image, folder, gpus):
    odd = folder / 'odd, "name" of $HOME'
    odd.mkdir()
    return Choice(
        image=image,
        gpus=gpus,
        workspace=str(folder),
        mounts=(
            MountWish(source=str(odd), target="/odd dir", read_only=True),
            MountWish(source="drydock-test-volume", target="/volume"),
        ),
        memory=100_000_000,
        environment={"GREETING": "it's $HOME\n${HOME:?} $$", "MY_TOKEN": "s3cret"},
        command=("sh", "-c", 'echo "$GREETING"; exec tail -f /dev/null'),
        name="rendered_one",
    )


def launched(context, engine, choice):
    """What the engine has after a launch, which is taken away again."""
    session, _ = run(LaunchJob(context, choice))
    direct = alike(inspected(engine, session.id))
    run(RemoveSessionJob(context, choice.name, force=True))
    return direct


@pytest.mark.parametrize("gpus", ["none", "all", (UUID,)])
def test_docker_run_starts_the_same(context, engine, tiny_image, tmp_path, gpus):
    choice = a_choice(tiny_image.reference, tmp_path, gpus)
    direct = launched(context, engine, choice)
    answer, _ = run(RenderLaunchJob(context, choice, "run"))
    assert answer.problems == ()
    environment = {**os.environ, "DOCKER_HOST": engine.docker_host, "MY_TOKEN": "s3cret"}
    script = tmp_path / answer.rendering.filename
    script.write_text(answer.rendering.text)
    subprocess.run(["sh", str(script)], check=True, env=environment, timeout=60, capture_output=True)
    assert alike(inspected(engine, choice.name)) == direct
    # what is named by hand is a session like any other
    run(RemoveSessionJob(context, choice.name, force=True))


@pytest.mark.parametrize("gpus", ["none", "all", (UUID,)])
def test_compose_starts_the_same(context, engine, tiny_image, tmp_path, gpus, compose_program):
    choice = a_choice(tiny_image.reference, tmp_path, gpus)
    direct = launched(context, engine, choice)
    answer, _ = run(RenderLaunchJob(context, choice, "compose"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / answer.rendering.filename).write_text(answer.rendering.text)

    def compose(*words):
        environment = {**os.environ, "DOCKER_HOST": engine.docker_host}
        words = (compose_program, "-f", answer.rendering.filename, *words)
        return subprocess.run(words, cwd=folder, env=environment, timeout=100, capture_output=True, text=True)  # noqa: PLW1510

    refused = compose("up", "-d")
    assert refused.returncode != 0
    assert "MY_TOKEN" in refused.stderr
    assert "beside this one" in refused.stderr
    assert choice.name not in container_names(engine)
    (folder / ".env").write_text("MY_TOKEN=s3cret\n")
    started = compose("up", "-d")
    assert started.returncode == 0, started.stderr
    seen = alike(inspected(engine, choice.name))
    # what Compose knows its containers by
    labels = seen["Config"]["Labels"]
    seen["Config"]["Labels"] = {name: value for name, value in labels.items() if not name.startswith("com.docker.")}
    assert seen == direct
    assert compose("down").returncode == 0
    assert choice.name not in container_names(engine)


@pytest.mark.parametrize("target", TARGETS)
def test_without_an_engine(tmp_path, target):
    store = Store(tmp_path / "store")
    context = Context(world=LiveWorld(), store=store, engine=f"unix://{tmp_path}/nobody.sock")
    try:
        answer, _ = run(RenderLaunchJob(context, Choice(image="a/b:1", workspace=str(tmp_path / "gone")), target))
    finally:
        store.close()
    assert answer.without_engine.startswith("engine-")
    assert "a/b:1" in answer.rendering.text
    # directories of this computer matter to what runs on it alone
    found = [problem.id for problem in answer.problems]
    assert found == (["launch-place-missing"] if TARGETS[target].here else [])


def test_an_engine_that_was_named_wrongly_is_said(tmp_path):
    store = Store(tmp_path / "store")
    try:
        with pytest.raises(Trouble) as caught:
            run(RenderLaunchJob(Context(world=LiveWorld(), store=store, engine="nowhere"), Choice(image="i"), "run"))
    finally:
        store.close()
    assert caught.value.id == "engine-context-unknown"
