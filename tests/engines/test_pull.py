import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine, PullProgress
from drydock.engines.docker_pull import split_reference
from drydock.world import Stop

SIZES = (3_000_000, 9_000_000, 200)
LARGE = (30_000_000, 30_000_000)
_seeds = itertools.count(int(time.time() * 1000) % 10**9)

Make = Callable[..., FaultyRegistry]


@pytest.fixture
def pushed(engine: PrivateEngine) -> Iterator[Callable[..., tuple[str, int]]]:
    """Push an image of layers that no engine has; returns (repository:tag, compressed bytes)."""
    names: list[str] = []

    def push(sizes: tuple[int, ...] = SIZES, through: object = None) -> tuple[str, int]:
        seed = next(_seeds)
        image = engine.registry.push_layers(f"pull/{seed}", "1.0", sizes, seed=seed)
        name = image.reference.replace(str(engine.registry), str(through)) if through else image.reference
        names.append(name)
        return name, sum(image.layer_bytes)

    yield push
    for name in names:
        engine.forget_image(name)


def pull(docker: Engine, name: str, **options: object) -> tuple[str, list[PullProgress]]:
    told: list[PullProgress] = []
    return docker.pull(name, told.append, Stop(), **options), told


def test_a_pull_tells_bytes_and_ends_with_the_digest(
    docker: Engine, engine: PrivateEngine, pushed: Callable[..., tuple[str, int]]
) -> None:
    name, size = pushed()
    digest, told = pull(docker, name)
    image = docker.find_image(name)
    assert image is not None
    assert image.digests == (f"{name.rpartition(':')[0]}@{digest}",)
    end = told[-1]
    assert (end.phase, end.layers, end.layers_done) == ("done", 3, 3)
    assert end.done == end.total == size
    assert [moment.done for moment in told] == sorted(moment.done for moment in told)


def test_what_is_here_is_not_fetched_again(docker: Engine, pushed: Callable[..., tuple[str, int]]) -> None:
    name, _size = pushed()
    pull(docker, name)
    _digest, told = pull(docker, name)
    assert told[-1].phase == "done"
    assert told[-1].done == 0


def test_a_layer_that_is_cut_once_is_fetched_again(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry()
    name, size = pushed(through=proxy)
    proxy.fail(Fault.CUT, after_bytes=1_000_000, times=1)
    _digest, told = pull(docker, name)
    assert told[-1].done == size
    assert [moment.done for moment in told] == sorted(moment.done for moment in told)


def test_a_stop_ends_the_download_in_the_engine_too(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry(bytes_per_second=2e6)
    name, size = pushed(LARGE, through=proxy)
    stop, told = Stop(), []

    def tell(progress: PullProgress) -> None:
        told.append(progress)
        if progress.done > 1_000_000:
            stop.request()

    with pytest.raises(Stopped):
        docker.pull(name, tell, stop)
    assert 0 < told[-1].done < size
    # the engine has hung up: what the proxy still has cannot be sent, and nothing new is asked for
    asked = len(proxy.requests)
    proxy.bytes_per_second = None
    time.sleep(1.0)
    assert len(proxy.requests) == asked
    assert docker.find_image(name) is None


def test_a_stop_from_another_thread_ends_a_pull_that_hangs(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry()
    name, _size = pushed(through=proxy)
    proxy.fail(Fault.HANG, after_bytes=1_000_000)
    stop, hanging = Stop(), threading.Event()

    def tell(progress: PullProgress) -> None:
        if progress.done > 100_000:
            hanging.set()

    def ask() -> None:
        hanging.wait(30)
        stop.request()

    asker = threading.Thread(target=ask)
    asker.start()
    with pytest.raises(Stopped):
        docker.pull(name, tell, stop)
    asker.join()
    assert hanging.is_set()


def test_a_stop_before_the_beginning_asks_nothing(docker: Engine, faulty_registry: Make) -> None:
    proxy, stop = faulty_registry(), Stop()
    stop.request()
    with pytest.raises(Stopped):
        docker.pull(f"{proxy}/a/b:1", lambda _progress: None, stop)
    assert proxy.requests == []


_CHILD = """
import sys
from drydock.engines.open import open_engine
from drydock.world import Stop
from drydock.world.live import LiveWorld
told = lambda progress: progress.done > 1_000_000 and print("busy", flush=True)
open_engine(LiveWorld(), sys.argv[1]).pull(sys.argv[2], told, Stop())
"""


def test_a_program_that_is_killed_leaves_nothing_running_in_the_engine(
    docker: Engine, engine: PrivateEngine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry(bytes_per_second=2e6)
    name, _size = pushed(LARGE, through=proxy)
    command = [sys.executable, "-c", _CHILD, engine.docker_host, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"busy\n"
        child.kill()
    # the engine has hung up: what the proxy still has cannot be sent, and nothing new is asked for
    time.sleep(0.5)
    asked = len(proxy.requests)
    proxy.bytes_per_second = None
    time.sleep(1.0)
    assert len(proxy.requests) == asked
    assert docker.find_image(name) is None
    _digest, told = pull(docker, name)
    assert told[-1].phase == "done"


def test_a_digest_is_pulled_and_found_by_all_its_names(
    docker: Engine, engine: PrivateEngine, pushed: Callable[..., tuple[str, int]]
) -> None:
    name, _size = pushed()
    digest, _told = pull(docker, name)
    engine.forget_image(name)
    repository = name.rpartition(":")[0]
    assert pull(docker, f"{repository}@{digest}")[0] == digest
    image = docker.find_image(f"{repository}@{digest}")
    assert image is not None
    assert image.references == ()
    pinned = f"{name}@{digest}"
    assert pull(docker, pinned)[0] == digest
    image = docker.find_image(pinned)
    assert image is not None
    assert (image.references, image.digests) == ((name,), (f"{repository}@{digest}",))


def test_a_pinned_pull_does_not_take_a_name_from_another_image(
    docker: Engine, engine: PrivateEngine, pushed: Callable[..., tuple[str, int]], tiny_image: TestImage
) -> None:
    name, _size = pushed()
    digest, _told = pull(docker, name)
    engine.forget_image(name)
    repository, _, tag = name.rpartition(":")
    engine.client.images.get(tiny_image.reference).tag(repository, tag)
    pull(docker, f"{name}@{digest}")
    holder, pinned = docker.find_image(name), docker.find_image(f"{repository}@{digest}")
    assert holder is not None
    assert pinned is not None
    assert holder.id == tiny_image.id != pinned.id
    engine.forget_image(f"{repository}@{digest}")


def test_an_image_for_another_platform_is_not_kept(
    docker: Engine, engine: PrivateEngine, pushed: Callable[..., tuple[str, int]], tiny_image: TestImage
) -> None:
    name, _size = pushed()
    repository, _, tag = name.rpartition(":")
    with pytest.raises(Trouble) as caught:
        pull(docker, name, platform="linux/arm64")
    assert caught.value.id == "platform-missing"
    assert docker.find_image(name) is None
    engine.client.images.get(tiny_image.reference).tag(repository, tag)
    with pytest.raises(Trouble):
        pull(docker, name, platform="linux/arm64")
    image = docker.find_image(name)
    assert image is not None
    assert image.id == tiny_image.id
    pull(docker, name, platform="linux/amd64")
    image = docker.find_image(name)
    assert image is not None
    assert image.id != tiny_image.id


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("pytorch/pytorch", ("pytorch/pytorch", "latest")),
        ("pytorch/pytorch:2.9.1-cuda12.8", ("pytorch/pytorch", "2.9.1-cuda12.8")),
        ("127.0.0.1:5000/a/b", ("127.0.0.1:5000/a/b", "latest")),
        ("127.0.0.1:5000/a/b:c", ("127.0.0.1:5000/a/b", "c")),
        ("a/b@sha256:00", ("a/b", "sha256:00")),
        ("r:5000/a/b:c@sha256:00", ("r:5000/a/b", "sha256:00")),
    ],
)
def test_references_are_split(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts
