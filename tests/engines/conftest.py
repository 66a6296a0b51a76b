from collections.abc import Callable, Iterator

import pytest
from tests.support.engine.handle import Engine as PrivateEngine

from drydock.engines import CreateRequest, Engine
from drydock.engines.open import open_engine
from drydock.world.live import LiveWorld


@pytest.fixture
def docker(engine: PrivateEngine) -> Iterator[Engine]:
    """Drydock's own connection to the private engine."""
    opened = open_engine(LiveWorld(), engine.docker_host)
    yield opened
    opened.close()


@pytest.fixture
def running(docker: Engine, tiny_image: object) -> Callable[..., str]:
    """Start a container of the tiny image: ``running("sh", "-c", …)`` returns its id."""

    def start(*command: str, name: str = "drydock-test-running") -> str:
        container = docker.create(CreateRequest(name=name, image="drydock-test/tiny:latest", command=command))
        docker.start(container)
        return container

    return start
