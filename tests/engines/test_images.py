import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage
from tests.support.engine.registry import PushedImage

from drydock.core.facts import RegistryRules
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine
from drydock.world import Stop

_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@pytest.fixture
def pushed(engine: PrivateEngine) -> Iterator[PushedImage]:
    seed = next(_seeds)
    image = engine.registry.push_layers(f"ask/{seed}", "1.0", (1000, 2000), seed=seed)
    yield image
    engine.forget_image(image.reference)


def trouble_of(docker: Engine, reference: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        docker.distribution(reference, Stop())
    return caught.value


def test_a_local_image_says_its_configuration(docker: Engine, engine: PrivateEngine, python_image: TestImage) -> None:
    config = docker.image_config(python_image.reference)
    told = engine.client.images.get(python_image.reference).attrs
    assert config.platform == "linux/amd64"
    assert config.environment["PATH"]
    assert list(config.chain) == told["RootFS"]["Layers"]
    assert config.command == ("/bin/sh",)
    assert config.labels == told["Config"]["Labels"]
    assert len(config.history) == len(config.chain)


def test_an_image_that_is_not_here_has_no_configuration(docker: Engine) -> None:
    with pytest.raises(Trouble) as caught:
        docker.image_config("no/such:1")
    assert caught.value.id == "image-not-found"


def test_the_layers_of_all_images_are_told(docker: Engine, tiny_image: TestImage, python_image: TestImage) -> None:
    chains = docker.chains()
    assert docker.image_config(tiny_image.reference).chain in chains
    assert docker.image_config(python_image.reference).chain in chains


def test_the_engine_asks_the_registry_for_the_digest(
    docker: Engine, engine: PrivateEngine, pushed: PushedImage
) -> None:
    image = docker.distribution(pushed.reference, Stop())
    assert (image.reference, image.digest) == (pushed.reference, pushed.digest)
    assert (image.platforms, image.platform) == (("linux/amd64",), "linux/amd64")
    assert image.registry == str(engine.registry)
    assert (image.layers, image.config) == ((), None)
    assert image.asked_at
    assert docker.find_image(pushed.reference) is None


def test_a_question_to_a_silent_registry_ends_with_the_stop(
    docker: Engine,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name = f"127.0.0.1:{silent.getsockname()[1]}/a/b:1"
        stop = Stop()
        timer = threading.Timer(0.3, stop.request)
        timer.start()
        with pytest.raises(Stopped):
            docker.distribution(name, stop)
        timer.join()


def test_what_the_registry_does_not_have_is_said_so(docker: Engine, pushed: PushedImage) -> None:
    assert trouble_of(docker, pushed.reference.replace(":1.0", ":2.0")).id == "image-not-found"
    assert trouble_of(docker, "UPPER/case:1").id == "image-name-invalid"


def test_a_registry_that_is_not_there_is_said_so(docker: Engine) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert trouble_of(docker, f"127.0.0.1:{port}/a/b:1").id == "registry-unreachable"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(Fault.UNAUTHORIZED, "registry-auth"), (Fault.RATE_LIMITED, "registry-rate-limit")],
    ids=lambda value: getattr(value, "name", value),
)
def test_refusals_of_a_registry_keep_their_reasons(
    docker: Engine,
    engine: PrivateEngine,
    pushed: PushedImage,
    faulty_registry: Callable[..., FaultyRegistry],
    fault: Fault,
    expected: str,
) -> None:
    proxy = faulty_registry()
    proxy.fail(fault)
    assert trouble_of(docker, pushed.reference.replace(str(engine.registry), str(proxy))).id == expected


def test_the_engine_tells_its_rules(docker: Engine) -> None:
    assert docker.registry_rules() == RegistryRules(insecure=("127.0.0.0/8",))


def test_a_graph_driver_keeps_no_layers(docker: Engine) -> None:
    assert docker.keeps_layers is False
