import contextlib
import uuid
from collections.abc import Callable, Iterator

import pytest
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.trouble import Trouble
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
def running(docker: Engine, tiny_image: TestImage) -> Iterator[Callable[..., str]]:
    """Start a container of the tiny image: ``running("sh", "-c", …)`` returns its id."""
    started: list[str] = []

    def start(*command: str, name: str = "") -> str:
        name = name or f"drydock-test-{uuid.uuid4().hex[:12]}"
        container = docker.create(CreateRequest(name=name, image=tiny_image.reference, command=command))
        started.append(container)
        docker.start(container)
        return container

    yield start
    for container in started:
        with contextlib.suppress(Trouble):
            docker.remove(container, force=True)
