"""Every way a pull was seen to fail, against a real engine: the trouble, its text, and that nothing half is left."""

import contextlib
import dataclasses
import itertools
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from tests.engines.sockets import Relay
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine

from drydock.core.facts import Known
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import Engine, PullProgress
from drydock.engines.open import open_engine
from drydock.world import Stop
from drydock.world.live import LiveWorld

SIZES = (3_000_000, 9_000_000, 200)
_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@dataclasses.dataclass
class Ground:
    """What a failure is made with.

    Attributes:
        docker: the engine that is asked to pull.
        proxy: between the engine and the registry.
        name: a good image behind the proxy.
        wanted: what is pulled.
        busy: called in the thread of the pull when bytes have come.
        folder: for files.
        leaving: what is left at the end.
    """

    docker: Engine
    engine: PrivateEngine
    proxy: FaultyRegistry
    name: str
    wanted: str
    folder: Path
    patch: pytest.MonkeyPatch
    leaving: contextlib.ExitStack
    busy: Callable[[], None] = lambda: None


@pytest.fixture
def ground(
    docker: Engine,
    engine: PrivateEngine,
    faulty_registry: Callable[..., FaultyRegistry],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Ground]:
    seed, proxy = next(_seeds), faulty_registry()
    pushed = engine.registry.push_layers(f"fail/{seed}", "1.0", SIZES, seed=seed)
    name = pushed.reference.replace(str(engine.registry), str(proxy))
    with contextlib.ExitStack() as leaving:
        yield Ground(docker, engine, proxy, name, name, tmp_path, monkeypatch, leaving)
    engine.forget_image(name)
    engine.forget_image(pushed.reference)


def fault(kind: Fault, after_bytes: int = 0) -> Callable[[Ground], None]:
    return lambda ground: ground.proxy.fail(kind, after_bytes=after_bytes)


def unknown_tag(ground: Ground) -> None:
    ground.wanted = ground.name.replace(":1.0", ":2.0")


def unknown_repository(ground: Ground) -> None:
    ground.wanted = ground.name.replace("/fail/", "/no-such/")


def no_name(ground: Ground) -> None:
    ground.wanted = "UPPER/case:1"


def another_platform(ground: Ground) -> None:
    """Publish, under another tag, an index that knows only a platform nobody has."""
    address, _, path = ground.name.rpartition(":")[0].partition("/")
    url = f"http://{ground.engine.registry}/v2/{path}/manifests"
    manifest = requests.get(f"{url}/1.0", headers={"Accept": _MANIFEST}, timeout=30)
    entry = {
        "mediaType": _MANIFEST,
        "size": len(manifest.content),
        "digest": manifest.headers["Docker-Content-Digest"],
        "platform": {"os": "linux", "architecture": "s390x"},
    }
    index = json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]})
    requests.put(f"{url}/big-iron", data=index, headers={"Content-Type": _INDEX}, timeout=30).raise_for_status()
    ground.wanted = f"{address}/{path}:big-iron"


def nobody_there(ground: Ground) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        ground.wanted = f"127.0.0.1:{one.getsockname()[1]}/a/b:1"


def no_such_host(ground: Ground) -> None:
    ground.wanted = "registry.invalid/a/b:1"


def unknown_certificate(ground: Ground) -> None:
    """Listen with a certificate of nobody; loopback will not do, since engines trust anything there."""
    key, certificate = ground.folder / "key.pem", ground.folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=nobody", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = ground.leaving.enter_context(socket.create_server((_own_address(ground), 0)))

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    ground.leaving.callback(thread.join)
    ground.leaving.callback(listener.shutdown, socket.SHUT_RDWR)
    ground.wanted = "{}:{}/a/b:1".format(*listener.getsockname())


def _own_address(ground: Ground) -> str:
    bridge = ground.engine.client.networks.get("bridge").attrs or {}
    return str(bridge["IPAM"]["Config"][0]["Gateway"])


def silence(ground: Ground) -> None:
    ground.patch.setattr("drydock.engines.docker.PULL_SILENCE", 1.0)
    ground.proxy.fail(Fault.HANG, after_bytes=1_000_000)


def registry_ends(ground: Ground) -> None:
    # all layers are cut once; when the engine comes for the rest, nobody is there
    ground.proxy.fail(Fault.CUT, after_bytes=2_000_000)
    ground.busy = ground.proxy.__exit__
    # the registry behind it is still there
    ground.name = ground.name.replace(str(ground.proxy), str(ground.engine.registry))


def engine_dies(ground: Ground) -> None:
    ground.proxy.bytes_per_second = 3e6
    relay = ground.leaving.enter_context(Relay(ground.folder / "r.sock", ground.engine.docker_host))
    ground.docker = ground.leaving.enter_context(contextlib.closing(open_engine(LiveWorld(), relay.address)))
    killer = threading.Thread(target=relay.die)
    ground.leaving.callback(killer.join)
    ground.busy = killer.start


class NearlyFull(LiveWorld):
    """This computer, with little room left on its disks."""

    def disk_room(self, path: str) -> Known[tuple[int, int]]:
        return Known((10**12, 5_000_000))


def disk_nearly_full(ground: Ground) -> None:
    ground.proxy.bytes_per_second = 3e6
    opened = open_engine(NearlyFull(), ground.engine.docker_host)
    ground.docker = ground.leaving.enter_context(contextlib.closing(opened))


FAILURES: list[tuple[Callable[[Ground], None], str, str]] = [
    (fault(Fault.RATE_LIMITED), "registry-rate-limit", "docker login"),
    (fault(Fault.MISSING), "image-not-found", "Check the name"),
    (unknown_tag, "image-not-found", "Check the name"),
    (unknown_repository, "image-not-found", "docker login"),
    (no_name, "image-name-invalid", "small letters"),
    (another_platform, "platform-missing", "Choose an image"),
    (fault(Fault.UNAUTHORIZED), "registry-auth", "docker login"),
    (unknown_certificate, "registry-tls", "certs.d"),
    (nobody_there, "registry-unreachable", "Check the network"),
    (no_such_host, "registry-unreachable", "Check the network"),
    (fault(Fault.SERVER_ERROR), "registry-error", "try again"),
    (fault(Fault.BLOB_500), "registry-error", "try again"),
    (fault(Fault.CUT, 1_000_000), "pull-interrupted", "Try again"),
    (fault(Fault.CORRUPT, 1_000_000), "pull-corrupt", "Try again"),
    (registry_ends, "pull-interrupted", "Try again"),
    (silence, "pull-interrupted", "Try again"),
    (engine_dies, "engine-lost", "Check that it runs"),
    (disk_nearly_full, "disk-full-ahead", "Remove images"),
]
IDS = [
    "rate limit",
    "manifest unknown",
    "tag unknown",
    "repository unknown",
    "no name",
    "no matching platform",
    "login wanted",
    "certificate unknown",
    "nobody there",
    "no such host",
    "server error",
    "layer refused",
    "layer cut for ever",
    "layer corrupt",
    "registry ends in the middle",
    "silence",
    "engine dies in the middle",
    "disk would fill",
]


@pytest.mark.parametrize(("arrange", "expected", "advice"), FAILURES, ids=IDS)
def test_a_failed_pull_says_why_and_leaves_nothing_half(
    ground: Ground, docker: Engine, arrange: Callable[[Ground], None], expected: str, advice: str
) -> None:
    arrange(ground)
    told: list[PullProgress] = []
    called: list[bool] = []

    def tell(progress: PullProgress) -> None:
        told.append(progress)
        if progress.done > 1_000_000 and not called:
            called.append(True)
            ground.busy()

    with pytest.raises(Trouble) as caught:
        ground.docker.pull(ground.wanted, tell, Stop())

    assert caught.value.id == expected
    article = trouble_article(caught.value)
    assert advice in article.remedy
    assert "{" not in article.text
    assert ground.wanted in article.text or caught.value.values["text"]
    assert [moment.done for moment in told] == sorted(moment.done for moment in told)
    assert all(moment.phase != "done" for moment in told)
    assert docker.find_image(ground.wanted) is None
    assert "engine stream" not in {thread.name for thread in threading.enumerate()}

    ground.proxy.heal()
    ground.proxy.bytes_per_second = None
    told.clear()
    digest = docker.pull(ground.name, told.append, Stop())
    assert digest.startswith("sha256:")
    assert told[-1].phase == "done"
    image = docker.find_image(ground.name)
    assert image is not None
    assert ground.name in image.references


def test_a_disk_that_fills_is_told_with_numbers(ground: Ground) -> None:
    disk_nearly_full(ground)
    with pytest.raises(Trouble) as caught:
        ground.docker.pull(ground.wanted, lambda _progress: None, Stop())
    assert caught.value.values["reference"] == ground.wanted
    assert caught.value.values["free"] == "5 MB"


def test_the_silence_that_was_given_up_is_told(ground: Ground) -> None:
    silence(ground)
    with pytest.raises(Trouble) as caught:
        ground.docker.pull(ground.wanted, lambda _progress: None, Stop())
    assert caught.value.values["text"] == "nothing came for 1 s"
