"""The image with services, really built."""

import pytest
from tests.support.launch_fixtures import container_names, context, new_context, run

from drydock.core.launch import Choice, service_image
from drydock.core.trouble import Stopped, Trouble
from drydock.data.knowledge import trouble_article
from drydock.jobs.launch import LaunchJob, PreviewLaunchJob
from drydock.jobs.launch_steps import BuildLine
from drydock.jobs.service_image import LABEL_STAGE, ensure_service_image, read_build_network
from drydock.world import Stop
from drydock.world.live import LiveWorld

__all__ = ["context", "new_context"]

VARIABLES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES",
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy",
)  # fmt: skip


@pytest.fixture
def bare(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def network():
    return read_build_network(LiveWorld())


def test_an_ordinary_network_needs_nothing(bare):
    found = network()
    assert (found.files, found.proxies, found.host_network) == ({}, {}, False)


def test_index_certificates_and_proxy_are_passed_on(bare, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    bare.setenv("SSL_CERT_FILE", str(bundle))
    bare.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    bare.setenv("PIP_EXTRA_INDEX_URL", "file:///mirror https://two.example/simple")
    bare.setenv("https_proxy", "http://proxy.example:3128")
    found = network()
    assert found.files["ca.pem"] == b"certificates"
    lines = found.files["pip.conf"].decode().splitlines()
    assert lines == [
        "[global]",
        "index-url = https://mirror.example/simple",
        # a directory of this computer cannot be seen from inside a build
        "extra-index-url = https://two.example/simple",
    ]
    assert found.proxies == {"https_proxy": "http://proxy.example:3128"}
    assert not found.host_network


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:3128", "localhost:3128"])
def test_a_proxy_on_this_computer_needs_its_network(bare, proxy):
    bare.setenv("HTTPS_PROXY", proxy)
    bare.setenv("NO_PROXY", "localhost")
    assert network().host_network


def test_certificates_that_are_not_there(bare, tmp_path):
    bare.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    with pytest.raises(Trouble, match="launch-certificates-unreadable"):
        network()


@pytest.fixture
def no_leftovers(engine):
    before = container_names(engine)
    yield
    # after a stop the engine itself clears up the container of the step that was cut
    for _ in range(100):
        if container_names(engine) <= before:
            break
        Stop().wait(0.1)
    # one that an earlier step left may have gone meanwhile, too
    assert container_names(engine) <= before
    assert engine.client.images.list(filters={"label": LABEL_STAGE, "dangling": True}) == []


@pytest.mark.parametrize(
    ("parts", "moment"),
    [(("tensorboard",), "RUN python3"), (("tini", "compiler"), "RUN apt-get"), (("tini", "compiler"), "Unpacking")],
)
def test_a_stop_ends_the_build(context, engine, torch_image, no_leftovers, parts, moment):
    stop = Stop()
    image = service_image(torch_image.reference, "sha256:never-finished", parts)

    def tell(line):
        if moment in line:
            stop.request()

    opened = context.open_engine()
    try:
        with pytest.raises(Stopped):
            ensure_service_image(opened, context.world, image, tell, stop)
        assert opened.find_image(image.tag) is None
    finally:
        opened.close()


def test_without_a_way_to_the_packages(bare, new_context, engine, torch_image, no_leftovers):
    bare.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    bare.setenv("PIP_RETRIES", "0")
    context = new_context()
    image = service_image(torch_image.reference, "sha256:never-reached", ("tensorboard",))
    opened = context.open_engine()
    try:
        with pytest.raises(Trouble) as caught:
            ensure_service_image(opened, context.world, image, lambda line: None, Stop())
        assert opened.find_image(image.tag) is None
    finally:
        opened.close()
    assert caught.value.id == "launch-build-no-network"
    assert "127.0.0.1" in str(caught.value.values["log"])
    remedy = trouble_article(caught.value).remedy
    # the way out can be typed as it stands
    assert f"drydock images build {torch_image.reference} --tensorboard" in remedy
    assert f"drydock images export {image.tag}" in remedy
    assert "(" not in remedy.replace("('", "")


def test_an_image_without_python(context, tiny_image, no_leftovers):
    with pytest.raises(Trouble) as caught:
        run(LaunchJob(context, Choice(image=tiny_image.reference, gpus="none", jupyter=0)))
    assert caught.value.id == "launch-build-no-python"
    with pytest.raises(Trouble) as caught:
        run(LaunchJob(context, Choice(image=tiny_image.reference, gpus="none", tensorboard=0)))
    assert caught.value.id == "launch-build-no-python"


def test_the_preview_says_that_it_must_be_built(context, tiny_image):
    preview, steps = run(PreviewLaunchJob(context, Choice(image=tiny_image.reference, gpus="none", jupyter=0)))
    assert preview.image_here
    assert not preview.service_image_here
    assert not any(isinstance(step, BuildLine) for step in steps)
