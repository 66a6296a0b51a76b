"""The private engine runs, and its command line says so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.engine.handle import Engine
from tests.support.engine.images import TestImage
from tests.support.engine.state import EngineState, EngineTrouble, RecordedProcess

REPOSITORY = Path(__file__).parents[2]


def command_line(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.support.engine", *arguments],
        cwd=REPOSITORY,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_up_is_idempotent_and_prints_exports(engine: Engine) -> None:
    dockerd = engine.state.process("dockerd").find()
    assert dockerd is not None

    done = command_line("up")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"export DOCKER_HOST={engine.docker_host}",
        f"export DRYDOCK_TEST_REGISTRY={engine.registry}",
    ]
    assert engine.state.process("dockerd").find() == dockerd


def test_a_second_engine_is_refused_beside_the_first(engine: Engine, tmp_path: Path) -> None:
    root = Path("/tmp") / f"drydock-second-{os.getpid()}"
    try:
        done = command_line("up", DRYDOCK_TEST_ENGINE_ROOT=str(root), DRYDOCK_TEST_REGISTRY_PORT="5999")
        assert done.returncode == 1
        assert "another dockerd runs here" in done.stderr
        assert command_line("down", "--purge", DRYDOCK_TEST_ENGINE_ROOT=str(root)).returncode == 0
        assert [entry.name for entry in root.iterdir()] == ["up-down.lock"]
    finally:
        (root / "up-down.lock").unlink(missing_ok=True)
        root.rmdir()


def test_status_without_an_engine(tmp_path: Path) -> None:
    done = command_line("status", DRYDOCK_TEST_ENGINE_ROOT="/tmp/drydock-nothing-here")
    assert done.returncode == 1
    assert "no engine answers" in done.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DRYDOCK_TEST_ENGINE_ROOT", "relative/path"),
        ("DRYDOCK_TEST_ENGINE_ROOT", "/" + "x" * 80),
        ("DRYDOCK_TEST_ENGINE_ROOT", "/"),
        ("DRYDOCK_TEST_REGISTRY_PORT", "80"),
        ("DRYDOCK_TEST_REGISTRY_PORT", "http"),
    ],
)
def test_bad_settings_are_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(EngineTrouble, match=variable):
        EngineState.from_environment()


def test_tiny_image_runs(engine: Engine, tiny_image: TestImage) -> None:
    output = engine.client.containers.run(tiny_image.reference, ["sh", "-c", "echo $((6 * 7))"], remove=True)
    assert output == b"42\n"


def test_python_image_runs(engine: Engine, python_image: TestImage) -> None:
    program = "import ssl, sqlite3, sys; print(sys.version_info[:2])"
    output = engine.client.containers.run(python_image.reference, ["python", "-c", program], remove=True)
    assert output == b"(3, 11)\n"


def test_an_image_is_made_once(engine: Engine, tiny_image: TestImage) -> None:
    assert engine.image(tiny_image.recipe).id == tiny_image.id


# the two below run in this order: the first leaves things behind, the second looks for them


def test_leave_things_behind(engine: Engine, tiny_image: TestImage) -> None:
    engine.client.volumes.create("drydock-kit-left")
    engine.client.networks.create("drydock-kit-left")
    engine.client.containers.run(
        tiny_image.reference,
        ["sleep", "60"],
        name="drydock-kit-left",
        network="drydock-kit-left",
        volumes={"drydock-kit-left": {"bind": "/data", "mode": "rw"}},
        detach=True,
    )


@pytest.mark.skipif(os.environ.get("DRYDOCK_TEST_ENGINE_SHARED") == "1", reason="a shared engine is not cleaned")
def test_nothing_is_left_behind(engine: Engine) -> None:
    assert engine.client.containers.list(all=True, filters={"name": "drydock-kit-left"}) == []
    assert engine.client.volumes.list(filters={"name": "drydock-kit-left"}) == []
    assert cast("Any", engine.client.networks).list(names=["drydock-kit-left"]) == []


def files_of(pid: int) -> set[Path]:
    """The files that a process has open now."""
    return {link.resolve() for link in Path(f"/proc/{pid}/fd").iterdir()}


def test_a_daemon_keeps_no_file_of_its_caller(tmp_path: Path) -> None:
    record = RecordedProcess(tmp_path / "sleep.json", "sleep")
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        record.start(["sleep", "60"], dict(os.environ), tmp_path / "log")
    process = record.find()
    assert process is not None
    try:
        own = {Path("/dev/null"), (tmp_path / "log").resolve()}
        end = time.monotonic() + 10
        # a program that has only just started still opens its libraries, and closes them again
        while (files := files_of(process.pid)) != own and time.monotonic() < end:
            time.sleep(0.05)
        assert files == own
    finally:
        assert record.stop(wait_seconds=5)
    assert record.find() is None
