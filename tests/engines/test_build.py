import time
import uuid
from collections.abc import Iterator

import pytest
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.trouble import Stopped, Trouble
from drydock.data.knowledge import trouble_article
from drydock.engines import BuildRequest, CreateRequest, Engine
from drydock.world import Stop


@pytest.fixture
def tag(engine: PrivateEngine) -> Iterator[str]:
    made = f"drydock-test/{uuid.uuid4().hex}:1"
    yield made
    engine.forget_image(made)


def test_a_build_tells_its_lines_and_labels_the_image(docker: Engine, tiny_image: TestImage, tag: str) -> None:
    request = BuildRequest(
        dockerfile=f"FROM {tiny_image.reference}\nARG WORD\nCOPY deep/file.txt /file.txt\n"
        "RUN cat /file.txt && echo word $WORD\n",
        files={"deep/file.txt": b"from the context\n"},
        tag=tag,
        labels={"drydock.kind": "test"},
        build_arguments={"WORD": "given"},
        network="none",
    )
    told: list[str] = []
    image_id = docker.build(request, told.append, Stop())
    assert {"from the context", "word given"} <= set(told)
    image = docker.find_image(tag)
    assert image is not None
    assert image.id == image_id
    assert image.labels["drydock.kind"] == "test"
    container = docker.create(CreateRequest(name=f"b-{uuid.uuid4().hex[:8]}", image=tag, command=("cat", "/file.txt")))
    docker.start(container)
    assert list(docker.logs(container, Stop())) == ["from the context"]


def test_a_failing_step_is_told_with_its_last_words(docker: Engine, tiny_image: TestImage, tag: str) -> None:
    request = BuildRequest(dockerfile=f"FROM {tiny_image.reference}\nRUN echo 'no such luck' && exit 3\n", tag=tag)
    with pytest.raises(Trouble) as caught:
        docker.build(request, lambda _line: None, Stop())
    assert caught.value.id == "build-failed"
    assert "returned a non-zero code: 3" in str(caught.value.values["text"])
    assert str(caught.value.values["last"]).endswith("no such luck")
    assert docker.find_image(tag) is None


def test_a_base_that_is_not_there_is_told(docker: Engine, engine: PrivateEngine, tag: str) -> None:
    request = BuildRequest(dockerfile=f"FROM {engine.registry}/no/such:1\n", tag=tag)
    with pytest.raises(Trouble) as caught:
        docker.build(request, lambda _line: None, Stop())
    assert caught.value.id == "image-not-found"
    assert caught.value.values["reference"] == f"{engine.registry}/no/such:1"


def test_a_bad_dockerfile_is_told(docker: Engine, tag: str) -> None:
    with pytest.raises(Trouble) as caught:
        docker.build(BuildRequest(dockerfile="NONSENSE\n", tag=tag), lambda _line: None, Stop())
    assert caught.value.id == "build-failed"
    assert "(" not in trouble_article(caught.value).text.replace("()", "")


def test_a_stop_ends_the_build_in_the_engine(
    docker: Engine, engine: PrivateEngine, tiny_image: TestImage, tag: str
) -> None:
    stop = Stop()
    mark = uuid.uuid4().hex
    dockerfile = f"FROM {tiny_image.reference}\nRUN echo begun-{mark} && sleep 300\n"

    def tell(line: str) -> None:
        if line == f"begun-{mark}":
            stop.request()

    with pytest.raises(Stopped):
        docker.build(BuildRequest(dockerfile=dockerfile, tag=tag), tell, stop)
    for _ in range(100):
        if not any(mark in str(one.attrs["Config"]["Cmd"]) for one in engine.client.containers.list()):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the step's container still runs")
    assert docker.find_image(tag) is None
