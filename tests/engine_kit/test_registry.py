"""Pushes, pulls, and everything that can go wrong on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import docker.errors
import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine
from tests.support.engine.images import TestImage
from tests.support.engine.registry import PushedImage

MB = 1_000_000
SIX_LAYERS = (1 * MB, 5 * MB, 3 * MB, 200_000, 8 * MB, 1000)
REPOSITORY = "kit/layers"


@pytest.fixture
def pushed(engine: Engine) -> Iterator[PushedImage]:
    image = engine.registry.push_layers(REPOSITORY, "six", SIX_LAYERS, seed=6)
    yield image
    engine.forget_image(image.reference)


def pull(engine: Engine, repository: str, tag: str) -> list[dict[str, Any]]:
    # the type stubs of the low-level client are unfinished
    api = cast("Any", engine.client.api)
    return list(api.pull(repository, tag=tag, stream=True, decode=True))


def error_of(events: list[dict[str, Any]]) -> str | None:
    return next((str(event["error"]) for event in events if "error" in event), None)


def largest(image: PushedImage) -> int:
    return max(image.layer_bytes)


def test_six_layers_are_pushed_and_pulled(engine: Engine, pushed: PushedImage) -> None:
    assert len(pushed.layer_bytes) == 6
    # random content does not compress; one block in four is zeros
    assert 5.5 * MB < largest(pushed) < 8 * MB

    events = pull(engine, f"{engine.registry}/{REPOSITORY}", "six")

    assert error_of(events) is None
    finished = {event["id"] for event in events if event.get("status") == "Pull complete"}
    assert len(finished) == 6
    assert any(pushed.digest in event.get("status", "") for event in events)
    assert engine.client.images.get(pushed.reference).attrs["Size"] == sum(SIX_LAYERS)


def test_a_test_image_is_pulled_under_another_name(engine: Engine, tiny_image: TestImage) -> None:
    pushed = engine.push(tiny_image, "pytorch/pytorch", "kit-tiny")
    assert engine.push(tiny_image, "pytorch/pytorch", "kit-tiny") == pushed
    assert "kit-tiny" in engine.registry.tags("pytorch/pytorch")
    try:
        assert error_of(pull(engine, f"{engine.registry}/pytorch/pytorch", "kit-tiny")) is None
        # pulled or loaded, it is the very same image
        assert engine.client.images.get(pushed.reference).id == tiny_image.id
    finally:
        engine.forget_image(pushed.reference)


def test_new_layers_on_a_test_image_have_to_be_fetched(engine: Engine, tiny_image: TestImage) -> None:
    pushed = engine.push(tiny_image, "pytorch/pytorch", "kit-grown", new_layers=(300_000, 100_000), seed=3)
    try:
        events = pull(engine, f"{engine.registry}/pytorch/pytorch", "kit-grown")
        statuses = [event.get("status") for event in events]
        # an engine knows a layer that it was loaded with only after it has fetched it once
        assert statuses.count("Already exists") <= 1
        assert statuses.count("Already exists") + statuses.count("Pull complete") == 3
        assert engine.client.containers.run(pushed.reference, ["ls", "/opt"], remove=True) == b"layer-0\nlayer-1\n"
    finally:
        engine.forget_image(pushed.reference)


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Fault.CUT, "EOF"), (Fault.CORRUPT, "verification failed"), (Fault.BLOB_500, "500")],
    ids=["cut", "corrupt", "blob-500"],
)
def test_a_fault_inside_a_layer_is_told_in_the_stream(
    engine: Engine, pushed: PushedImage, faulty_registry: Callable[..., FaultyRegistry], fault: Fault, words: str
) -> None:
    proxy = faulty_registry()
    proxy.fail(fault, after_bytes=2 * MB)  # hits the layers of 5, 3 and 8 MB
    events = pull(engine, f"{proxy}/{REPOSITORY}", "six")
    error = error_of(events)
    assert error is not None
    assert words in error
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(f"{proxy}/{REPOSITORY}:six")


def test_a_layer_cut_once_is_resumed(
    engine: Engine, pushed: PushedImage, faulty_registry: Callable[..., FaultyRegistry]
) -> None:
    proxy = faulty_registry()
    proxy.fail(Fault.CUT, after_bytes=2 * MB, times=1)
    try:
        events = pull(engine, f"{proxy}/{REPOSITORY}", "six")
        assert error_of(events) is None
        assert any(event.get("status", "").startswith("Retrying in") for event in events)
        assert [line for line in proxy.requests if "bytes=" in line]
    finally:
        engine.forget_image(f"{proxy}/{REPOSITORY}:six")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.MISSING, "manifest unknown"),
        (Fault.UNAUTHORIZED, "unauthorized"),
        (Fault.RATE_LIMITED, "rate limit"),
        (Fault.SERVER_ERROR, "HTTP status: 500"),
    ],
    ids=["missing", "401", "429", "500"],
)
def test_a_refused_manifest_is_an_api_error(
    engine: Engine, pushed: PushedImage, faulty_registry: Callable[..., FaultyRegistry], fault: Fault, words: str
) -> None:
    proxy = faulty_registry()
    proxy.fail(fault)
    with pytest.raises(docker.errors.APIError, match=words):
        pull(engine, f"{proxy}/{REPOSITORY}", "six")


def test_a_hanging_layer_goes_on_when_healed(
    engine: Engine, pushed: PushedImage, faulty_registry: Callable[..., FaultyRegistry]
) -> None:
    proxy = faulty_registry()
    proxy.fail(Fault.HANG, after_bytes=2 * MB)
    events: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: events.extend(pull(engine, f"{proxy}/{REPOSITORY}", "six")))
    worker.start()
    try:
        worker.join(2)
        assert worker.is_alive()
        proxy.heal()
        worker.join(30)
        assert not worker.is_alive()
        assert error_of(events) is None
    finally:
        proxy.heal()
        worker.join(30)
        engine.forget_image(f"{proxy}/{REPOSITORY}:six")


def test_a_limited_rate_takes_at_least_its_time(
    engine: Engine, pushed: PushedImage, faulty_registry: Callable[..., FaultyRegistry]
) -> None:
    proxy = faulty_registry(bytes_per_second=4 * MB)
    begin = time.monotonic()
    try:
        assert error_of(pull(engine, f"{proxy}/{REPOSITORY}", "six")) is None
        # a lower bound holds however busy the machine is
        assert time.monotonic() - begin >= largest(pushed) / (4 * MB) * 0.95
    finally:
        engine.forget_image(f"{proxy}/{REPOSITORY}:six")


def test_no_thread_outlives_a_hanging_proxy(engine: Engine, pushed: PushedImage) -> None:
    import requests

    before = set(threading.enumerate())
    with FaultyRegistry(engine.registry.address) as proxy:
        proxy.fail(Fault.HANG)
        manifest_type = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        url = f"http://{proxy}/v2/{REPOSITORY}"
        manifest = requests.get(f"{url}/manifests/six", headers=manifest_type, timeout=10).json()
        digest = manifest["layers"][1]["digest"]
        with requests.get(f"{url}/blobs/{digest}", stream=True, timeout=10) as hanging:
            assert hanging.status_code == 200
            assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) <= before
