"""What is said of an image before it is pulled: by its registry, by the engine, or by the copy that is here."""

import io
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.facts import Known, Missing
from drydock.core.launch.service_image import LABEL_PARENT, LABEL_SERVICE_IMAGE
from drydock.core.trouble import Stopped, Trouble
from drydock.data.machine import open_machine
from drydock.jobs.confirm import ConfirmJob
from drydock.jobs.context import Context
from drydock.jobs.pull import PullJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@pytest.fixture
def context(engine: PrivateEngine, tmp_path: Path) -> Context:
    return Context(world=LiveWorld(), store=Store(tmp_path), engine=engine.docker_host)


@pytest.fixture
def nowhere(tmp_path: Path) -> Context:
    return Context(world=LiveWorld(), store=Store(tmp_path), engine=f"unix://{tmp_path}/none.sock")


def ignore(_step: object) -> None:
    pass


def test_the_registry_tells_sizes_and_what_is_here(context: Context, engine: PrivateEngine) -> None:
    seed = next(_seeds)
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (300_000, 500), seed=seed)
    before = ConfirmJob(context, pushed.reference).run(ignore, Stop())
    assert (before.source, before.local, before.unconfirmed) == ("registry", None, None)
    assert before.digest == pushed.digest
    assert before.transfer is not None
    assert before.transfer.layers_here == 0
    assert before.transfer.to_fetch == before.transfer.download > 300_000
    assert before.transfer.fits is True
    PullJob(context, pushed.reference).run(ignore, Stop())
    after = ConfirmJob(context, pushed.reference).run(ignore, Stop())
    engine.forget_image(pushed.reference)
    assert after.local is not None
    assert after.changed is False
    assert after.transfer is not None
    assert (after.transfer.layers_here, after.transfer.to_fetch) == (2, 0)


def test_a_copy_that_the_registry_has_replaced_is_said_so(context: Context, engine: PrivateEngine) -> None:
    seed = next(_seeds)
    old = engine.registry.push_layers(f"job/{seed}", "1.0", (1000,), seed=seed)
    PullJob(context, old.reference).run(ignore, Stop())
    new = engine.registry.push_layers(f"job/{seed}", "1.0", (2000,), seed=seed + 1)
    found = ConfirmJob(context, old.reference).run(ignore, Stop())
    engine.forget_image(old.reference)
    assert found.changed is True
    assert found.digest == new.digest != old.digest


def test_without_an_answer_of_the_registry_the_copy_here_speaks(
    context: Context, engine: PrivateEngine, tiny_image: TestImage
) -> None:
    name = "127.0.0.1:9/no/registry:1"
    engine.client.images.get(tiny_image.reference).tag(name.rpartition(":")[0], "1")
    try:
        found = ConfirmJob(context, name, open_machine("rtx4090-desktop").snapshot).run(ignore, Stop())
    finally:
        engine.client.images.remove(name)
    assert found.source == "local"
    assert found.unconfirmed is not None
    assert found.unconfirmed.id == "registry-unreachable"
    assert found.local is not None
    assert found.config is not None
    assert found.config.environment["PATH"]
    assert found.judgement is not None
    assert found.judgement.verdict != "runs"


def test_what_nobody_has_is_the_registrys_trouble(context: Context, engine: PrivateEngine) -> None:
    with pytest.raises(Trouble) as caught:
        ConfirmJob(context, f"{engine.registry}/no/such:1").run(ignore, Stop())
    assert caught.value.id == "image-not-found"


def test_an_image_made_here_is_not_asked_for_in_any_registry(
    context: Context, engine: PrivateEngine, tiny_image: TestImage
) -> None:
    made = engine.client.images.build(
        fileobj=io.BytesIO(
            f"FROM {tiny_image.reference}\nLABEL {LABEL_SERVICE_IMAGE}=x {LABEL_PARENT}={tiny_image.reference}".encode()
        ),
        tag="drydock-test/made-here:1",
    )[0]
    try:
        found = ConfirmJob(context, "drydock-test/made-here:1").run(ignore, Stop())
    finally:
        engine.client.images.remove("drydock-test/made-here:1", noprune=False)
    assert found.local is not None
    assert found.local.id == made.id
    assert (found.source, found.published, found.unconfirmed) == ("local", None, None)


def test_of_several_platforms_the_one_that_is_asked_for_is_judged(context: Context, engine: PrivateEngine) -> None:
    seed = next(_seeds)
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (1000,), seed=seed)
    with pytest.raises(Trouble) as caught:
        ConfirmJob(context, pushed.reference, platform="linux/arm64").run(ignore, Stop())
    assert caught.value.id == "platform-missing"


def test_a_gpu_that_could_not_be_read_is_not_said_to_be_absent(context: Context, tiny_image: TestImage) -> None:
    machine = open_machine("broken-laptop").snapshot
    found = ConfirmJob(context, tiny_image.reference, machine, ask_registry=False).run(ignore, Stop())
    assert found.judgement is not None
    assert [(reason.code, reason.values) for reason in found.judgement.against] == [
        ("NO_NVIDIA_GPU", {"cause": "unread"})
    ]


def test_the_registry_can_be_asked_without_an_engine(nowhere: Context, engine: PrivateEngine) -> None:
    seed = next(_seeds)
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (1000,), seed=seed)
    found = ConfirmJob(nowhere, pushed.reference).run(ignore, Stop())
    assert found.digest == pushed.digest
    assert found.keeps_layers is None
    assert found.transfer is not None
    assert found.transfer.fits is None
    assert isinstance(found.transfer.free, Missing)


def test_the_copy_alone_is_looked_at_on_request(context: Context, tiny_image: TestImage) -> None:
    found = ConfirmJob(context, tiny_image.reference, ask_registry=False).run(ignore, Stop())
    assert (found.source, found.published, found.unconfirmed) == ("local", None, None)
    with pytest.raises(Trouble) as caught:
        ConfirmJob(context, "no/such:1", ask_registry=False).run(ignore, Stop())
    assert caught.value.id == "image-not-here"


def test_a_registry_that_is_silent_is_left_on_request(
    context: Context, engine: PrivateEngine, faulty_registry: Callable[..., FaultyRegistry]
) -> None:
    seed, proxy = next(_seeds), faulty_registry()
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (1000,), seed=seed)
    proxy.fail(Fault.HANG)
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        ConfirmJob(context, pushed.reference.replace(str(engine.registry), str(proxy))).run(ignore, stop)


def test_room_is_that_of_the_engines_disk(context: Context, engine: PrivateEngine, tiny_image: TestImage) -> None:
    seed = next(_seeds)
    pushed = engine.registry.push_layers(f"job/{seed}", "1.0", (1000,), seed=seed)
    found = ConfirmJob(context, pushed.reference).run(ignore, Stop())
    assert found.transfer is not None
    assert isinstance(found.transfer.free, Known)
    assert found.transfer.free.value > 1_000_000
