import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engines.sockets import Relay
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine

from drydock.core.facts import Known
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine, PullProgress
from drydock.engines.docker_pull import split_reference
from drydock.engines.open import open_engine
from drydock.world import Stop
from drydock.world.live import LiveWorld

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


def trouble_of(docker: Engine, name: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        docker.pull(name, lambda _progress: None, Stop())
    return caught.value


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


def test_a_missing_tag_is_said_so(docker: Engine, pushed: Callable[..., tuple[str, int]]) -> None:
    name, _size = pushed()
    trouble = trouble_of(docker, name.replace(":1.0", ":2.0"))
    assert trouble.id == "image-not-found"
    assert trouble.values["reference"] == name.replace(":1.0", ":2.0")


def test_a_registry_that_is_not_there_is_said_so(docker: Engine) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert trouble_of(docker, f"127.0.0.1:{port}/a/b:1").id == "registry-unreachable"


def test_a_name_that_cannot_be_is_said_so(docker: Engine) -> None:
    assert trouble_of(docker, "UPPER/case:1").id == "image-name-invalid"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.MISSING, "image-not-found"),
        (Fault.UNAUTHORIZED, "registry-auth"),
        (Fault.RATE_LIMITED, "registry-rate-limit"),
        (Fault.SERVER_ERROR, "registry-error"),
    ],
)
def test_refusals_of_a_registry_keep_their_reasons(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]], fault: Fault, expected: str
) -> None:
    proxy = faulty_registry()
    name, _size = pushed(through=proxy)
    proxy.fail(fault)
    trouble = trouble_of(docker, name)
    assert trouble.id == expected
    assert trouble.values["text"]


def test_a_layer_that_is_cut_once_is_fetched_again(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry()
    name, size = pushed(through=proxy)
    proxy.fail(Fault.CUT, after_bytes=1_000_000, times=1)
    _digest, told = pull(docker, name)
    assert told[-1].done == size
    assert [moment.done for moment in told] == sorted(moment.done for moment in told)


def test_a_damaged_layer_is_said_so(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry()
    name, _size = pushed(through=proxy)
    proxy.fail(Fault.CORRUPT, after_bytes=1_000_000)
    assert trouble_of(docker, name).id == "pull-corrupt"
    assert docker.find_image(name) is None


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


def test_silence_is_given_up(
    docker: Engine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drydock.engines.docker.PULL_SILENCE", 1.0)
    proxy = faulty_registry()
    name, _size = pushed(through=proxy)
    proxy.fail(Fault.HANG, after_bytes=1_000_000)
    trouble = trouble_of(docker, name)
    assert trouble.id == "pull-interrupted"
    assert "no answer for 1 s" in str(trouble.values["text"])


def test_an_engine_that_dies_in_the_middle_is_lost(
    engine: PrivateEngine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]], tmp_path: Path
) -> None:
    proxy = faulty_registry(bytes_per_second=3e6)
    name, _size = pushed(LARGE, through=proxy)
    with Relay(tmp_path / "r.sock", engine.docker_host) as relay:
        docker = open_engine(LiveWorld(), relay.address)
        killer = threading.Thread(target=relay.die)

        def tell(progress: PullProgress) -> None:
            if progress.done > 1_000_000 and not killer.ident:
                killer.start()

        with contextlib.closing(docker), pytest.raises(Trouble) as caught:
            docker.pull(name, tell, Stop())
        killer.join()
    assert caught.value.id == "engine-lost"


class NearlyFull(LiveWorld):
    """This computer, with little room left on its disks."""

    def disk_room(self, path: str) -> Known[tuple[int, int]]:
        return Known((10**12, 20_000_000))


def test_a_pull_that_would_fill_the_disk_is_ended_before(
    engine: PrivateEngine, faulty_registry: Make, pushed: Callable[..., tuple[str, int]]
) -> None:
    proxy = faulty_registry(bytes_per_second=3e6)
    name, _size = pushed(LARGE, through=proxy)
    docker = open_engine(NearlyFull(), engine.docker_host)
    with contextlib.closing(docker):
        trouble = trouble_of(docker, name)
        assert docker.find_image(name) is None
    assert trouble.id == "disk-full-ahead"
    assert trouble.values["reference"] == name


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
