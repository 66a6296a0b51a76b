"""Pytest fixtures that give tests the real container engine.

A test that names ``engine`` (or any fixture below) gets the marker ``engine`` by itself. Where no engine can be
had such a test is skipped and says why; with ``DRYDOCK_REQUIRE_ENGINE=1`` it fails instead.

``DRYDOCK_TEST_ENGINE_SHARED=1`` is for an engine that people also use by hand meanwhile: tests then neither take
turns nor remove what they left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from tests.support.engine import daemon, images
from tests.support.engine.faulty_registry import FaultyRegistry
from tests.support.engine.handle import Engine
from tests.support.engine.images import TestImage
from tests.support.engine.state import EngineState, EngineTrouble

# making the torch image takes a minute or two when nothing is cached; that may fall into the first test's time
_FIRST_USE_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the engine, and give those that may have to make an image time for it."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "engine" not in names:
            continue
        item.add_marker(pytest.mark.engine)
        if "torch_image" in names and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_FIRST_USE_SECONDS))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The running private engine; one that had to be started is stopped again at the end."""
    try:
        state = EngineState.from_environment()
        running = daemon.engine_answers(state) and daemon.registry_answers(state)
        if not running:
            reason = daemon.why_not()
            if reason:
                _no_engine(reason)
            daemon.up(state)
    except EngineTrouble as trouble:
        _no_engine(str(trouble))
    handle = Engine(state)
    yield handle
    handle.close()
    if not running:
        daemon.down(state, purge=False)


@pytest.fixture(autouse=True)
def _engine_left_clean(request: pytest.FixtureRequest) -> Iterator[None]:
    if "engine" not in request.fixturenames or os.environ.get("DRYDOCK_TEST_ENGINE_SHARED") == "1":
        yield
        return
    handle: Engine = request.getfixturevalue("engine")
    with handle.cleaned():
        yield


@pytest.fixture(scope="session")
def tiny_image(engine: Engine) -> TestImage:
    """Busybox alone, 2 MB."""
    return engine.image(images.TINY)


@pytest.fixture(scope="session")
def python_image(engine: Engine) -> TestImage:
    """Busybox and Debian's Python 3.11 with its standard library, 42 MB."""
    return engine.image(images.PYTHON)


@pytest.fixture(scope="session")
def torch_image(engine: Engine) -> TestImage:
    """The image that plays the PyTorch image, with CPU torch."""
    return engine.image(images.TORCH)


@pytest.fixture
def faulty_registry(engine: Engine) -> Iterator[Callable[..., FaultyRegistry]]:
    """A factory of slow and failing proxies in front of the registry: ``faulty_registry(bytes_per_second=…)``."""
    opened: list[FaultyRegistry] = []

    def make(bytes_per_second: float | None = None) -> FaultyRegistry:
        proxy = FaultyRegistry(engine.registry.address, bytes_per_second)
        opened.append(proxy.__enter__())
        return proxy

    yield make
    for proxy in opened:
        proxy.__exit__()


def _no_engine(reason: str) -> NoReturn:
    if os.environ.get("DRYDOCK_REQUIRE_ENGINE") == "1":
        pytest.fail(f"the container engine is required and cannot be had: {reason}", pytrace=False)
    pytest.skip(f"no container engine for tests: {reason}")
