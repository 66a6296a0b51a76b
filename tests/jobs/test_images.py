import uuid
from pathlib import Path

import pytest
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.images import InspectImageJob, ListImagesJob, RemoveImageJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def context(engine: PrivateEngine, tmp_path: Path) -> Context:
    return Context(world=LiveWorld(), store=Store(tmp_path), engine=engine.docker_host)


def ignore(_step: object) -> None:
    pass


def test_images_are_listed_newest_first(context: Context, tiny_image: TestImage, python_image: TestImage) -> None:
    images = ListImagesJob(context).run(ignore, Stop())
    assert {tiny_image.id, python_image.id} <= {image.id for image in images}
    assert [image.created for image in images] == sorted((image.created for image in images), reverse=True)


def test_one_name_of_an_image_is_removed(context: Context, engine: PrivateEngine, tiny_image: TestImage) -> None:
    extra = f"drydock-test/{uuid.uuid4().hex}"
    engine.client.images.get(tiny_image.reference).tag(extra, "1")
    RemoveImageJob(context, f"{extra}:1").run(ignore, Stop())
    names = {name for image in ListImagesJob(context).run(ignore, Stop()) for name in image.references}
    assert f"{extra}:1" not in names
    assert tiny_image.reference in names


def test_what_is_not_there_cannot_be_removed(context: Context) -> None:
    with pytest.raises(Trouble) as caught:
        RemoveImageJob(context, "no/such:1").run(ignore, Stop())
    assert (caught.value.id, caught.value.values) == ("image-not-here", {"reference": "no/such:1"})


def test_an_image_says_what_it_sets(context: Context, tiny_image: TestImage) -> None:
    inspected = InspectImageJob(context, tiny_image.reference).run(ignore, Stop())
    assert inspected.image.id == tiny_image.id
    assert inspected.config.environment["PATH"]
    with pytest.raises(Trouble) as caught:
        InspectImageJob(context, "no/such:1").run(ignore, Stop())
    assert caught.value.id == "image-not-here"
