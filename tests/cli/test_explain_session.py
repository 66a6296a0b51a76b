"""A session's log and its end, explained on the command line against a real engine."""

import contextlib

import docker.errors
import pytest

from drydock.core.launch import labels

NAME = "drydock-test-explained"
DIES = "echo step 1; echo 'RuntimeError: CUDA error: device-side assert triggered'; exit 139"


@pytest.fixture
def drydock(engine, program):
    yield program(engine.docker_host)
    with contextlib.suppress(docker.errors.NotFound):
        engine.client.containers.get(NAME).remove(force=True)


def run(engine, image, script):
    container = engine.client.containers.run(
        image.reference, ["sh", "-c", script], name=NAME, detach=True, labels={labels.SESSION: NAME}
    )
    return container.wait(timeout=60)["StatusCode"]


def test_a_session_that_died_is_explained_with_its_end(drydock, engine, tiny_image):
    assert run(engine, tiny_image, DIES) == 139
    answer = drydock("explain", "--session", NAME)
    assert answer.code == 1
    assert "The session: Crashed in native code" in answer.out
    assert "[cuda-710-device-assert]" in answer.out
    assert "line 2:" in answer.out
    told = drydock("explain", "--session", NAME, "--json").json
    assert told["ending"] == {"kind": "segfault", "code": 139, "signal": 11}
    assert told["matches"][0]["id"] == "cuda-710-device-assert"
    listed = drydock("sessions")
    assert f"{NAME}: It used memory that is not its own" in listed.err


def test_a_session_that_ended_well_has_nothing_to_explain(drydock, engine, tiny_image):
    assert run(engine, tiny_image, "echo done") == 0
    answer = drydock("explain", "--session", NAME)
    assert answer.code == 0
    assert "The session: Ended by itself" in answer.out
    assert "Nothing known was found in 1 line" in answer.err


def test_a_session_that_is_not_there_is_told(drydock):
    answer = drydock("explain", "--session", "nobody")
    assert answer.code != 0
    assert "nobody" in answer.err
