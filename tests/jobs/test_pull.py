import itertools
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.registries import running_registry

from drydock.core.trouble import Stopped, Trouble
from drydock.engines import PullProgress
from drydock.jobs.context import Context
from drydock.jobs.pull import PullJob, seconds_before_retry
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

PAUSES = (0.01, 0.01)
_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@pytest.fixture
def context(engine: PrivateEngine, tmp_path: Path) -> Context:
    return Context(world=LiveWorld(), store=Store(tmp_path), engine=engine.docker_host)


@pytest.fixture
def image(
    engine: PrivateEngine, faulty_registry: Callable[..., FaultyRegistry]
) -> Iterator[tuple[str, FaultyRegistry]]:
    """An image that no engine has, behind a registry that can be made to fail."""
    seed, proxy = next(_seeds), faulty_registry()
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (2_000_000, 500), seed=seed)
    name = pushed.reference.replace(str(engine.registry), str(proxy))
    yield name, proxy
    engine.forget_image(name)


def manifests(proxy: FaultyRegistry) -> int:
    return sum("/manifests/" in request for request in proxy.requests)


def test_a_pull_ends_with_what_is_here_now(context: Context, image: tuple[str, FaultyRegistry]) -> None:
    name, _proxy = image
    told: list[PullProgress] = []
    pulled = PullJob(context, name).run(told.append, Stop())
    assert pulled.reference == name
    assert pulled.digest.startswith("sha256:")
    assert told[-1].phase == "done"
    assert all(not progress.detail for progress in told)


def test_what_may_pass_is_tried_again_and_said(context: Context, image: tuple[str, FaultyRegistry]) -> None:
    name, proxy = image
    proxy.fail(Fault.CORRUPT, after_bytes=1_000_000, times=1)
    told: list[PullProgress] = []
    pulled = PullJob(context, name, pauses=PAUSES).run(told.append, Stop())
    assert pulled.digest.startswith("sha256:")
    details = [progress.detail for progress in told]
    assert any(detail.startswith("attempt 1 of 3 failed (") for detail in details)
    assert details[-1] == "attempt 2"


def test_what_does_not_pass_ends_after_the_last_attempt(context: Context, image: tuple[str, FaultyRegistry]) -> None:
    name, proxy = image
    proxy.fail(Fault.SERVER_ERROR)
    one = len(proxy.requests)
    with pytest.raises(Trouble) as caught:
        PullJob(context, name, expected=2_000_500, pauses=()).run(lambda _progress: None, Stop())
    assert caught.value.id == "registry-error"
    each = len(proxy.requests) - one
    assert each > 0
    with pytest.raises(Trouble):
        PullJob(context, name, expected=2_000_500, pauses=PAUSES).run(lambda _progress: None, Stop())
    assert len(proxy.requests) - one == 4 * each


@pytest.mark.parametrize(
    ("fault", "expected"), [(Fault.MISSING, "image-not-found"), (Fault.RATE_LIMITED, "registry-rate-limit")]
)
def test_what_will_not_change_is_not_tried_again(
    context: Context, image: tuple[str, FaultyRegistry], fault: Fault, expected: str
) -> None:
    name, proxy = image
    proxy.fail(fault)
    told: list[PullProgress] = []
    with pytest.raises(Trouble) as caught:
        PullJob(context, name, pauses=PAUSES).run(told.append, Stop())
    assert caught.value.id == expected
    assert all(not progress.detail for progress in told)


def test_an_image_for_another_processor_alone_is_not_fetched(
    context: Context, engine: PrivateEngine, tmp_path: Path
) -> None:
    with running_registry(tmp_path) as registry:
        registry.put_image("job/other", "1.0", layers=(b"x" * 1000,), platform="linux/arm64")
        name = f"{registry}/job/other:1.0"
        with pytest.raises(Trouble) as caught:
            PullJob(context, name, pauses=PAUSES).run(lambda _progress: None, Stop())
    assert caught.value.id == "platform-missing"
    assert "linux/arm64" in str(caught.value.values["text"])
    assert not engine.client.images.list(name)


def test_a_registry_that_falls_silent_is_waited_for_twice(
    context: Context, image: tuple[str, FaultyRegistry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drydock.engines.docker.PULL_SILENCE", 1.0)
    name, proxy = image
    proxy.fail(Fault.HANG, after_bytes=1_000_000)
    told: list[PullProgress] = []
    with pytest.raises(Trouble) as caught:
        PullJob(context, name, pauses=(0.01, 0.01, 0.01)).run(told.append, Stop())
    assert (caught.value.id, caught.value.values["text"]) == ("pull-interrupted", "nothing came for 1 s")
    assert not any(progress.detail.startswith("attempt 3") for progress in told)
    assert any(progress.detail.startswith("attempt 2") for progress in told)


def test_a_registry_that_refuses_connections_is_not_tried_again(context: Context) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    told: list[PullProgress] = []
    with pytest.raises(Trouble) as caught:
        PullJob(context, f"127.0.0.1:{port}/a/b:1", pauses=(60.0,)).run(told.append, Stop())
    assert caught.value.id == "registry-unreachable"
    assert all(not progress.detail for progress in told)


def test_a_stop_ends_the_wait_between_attempts(context: Context, image: tuple[str, FaultyRegistry]) -> None:
    name, proxy = image
    proxy.fail(Fault.SERVER_ERROR)
    stop = Stop()

    def tell(progress: PullProgress) -> None:
        if progress.detail.startswith("attempt 1"):
            stop.request()

    with pytest.raises(Stopped):
        PullJob(context, name, pauses=(600.0,)).run(tell, stop)


def test_no_engine_is_said_before_anything(tmp_path: Path) -> None:
    context = Context(world=LiveWorld(), store=Store(tmp_path), engine=f"unix://{tmp_path}/e.sock")
    with pytest.raises(Trouble) as caught:
        PullJob(context, "a/b:1").run(lambda _progress: None, Stop())
    assert caught.value.id in ("engine-not-running", "engine-not-installed")


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (Trouble("registry-rate-limit", text="toomanyrequests"), None),
        (Trouble("registry-rate-limit", text="", retry_after=0.2), 2.0),
        (Trouble("registry-rate-limit", text="", retry_after=40.0), 40.0),
        (Trouble("registry-rate-limit", text="", retry_after=21_600.0), None),
        (Trouble("registry-error", text="received unexpected HTTP status: 503 Service Unavailable"), 2.0),
        (Trouble("registry-error", text="unexpected status from GET request: 400 Bad Request"), None),
        (Trouble("registry-unreachable", text="dial tcp 10.0.0.1:443: i/o timeout"), 2.0),
        (Trouble("registry-unreachable", text="lookup r.invalid: no such host"), None),
        (Trouble("pull-interrupted", text="dial tcp 10.0.0.1:443: connection refused"), 2.0),
        (Trouble("pull-corrupt", text=""), 2.0),
        (Trouble("registry-proxy", text="proxyconnect tcp"), None),
        (Trouble("registry-auth", text=""), None),
        (Trouble("registry-tls", text=""), None),
        (Trouble("platform-missing", text=""), None),
        (Trouble("disk-full-ahead", text=""), None),
        (Trouble("engine-lost", text=""), None),
    ],
    ids=str,
)
def test_only_what_may_pass_is_worth_waiting_for(trouble: Trouble, wait: float | None) -> None:
    assert seconds_before_retry(trouble, 2.0) == wait
