"""Pinned contents: found out, started, and told when they are gone or others."""

import msgspec
import pytest
from tests.support.launch_fixtures import context, inspected, new_context, run

from drydock.core.launch import Choice, short_digest
from drydock.core.trouble import Trouble
from drydock.jobs.launch import LaunchJob, PreviewLaunchJob
from drydock.jobs.launch_steps import Stage
from drydock.jobs.pin import PinJob
from drydock.jobs.sessions import RemoveSessionJob

__all__ = ["context", "new_context"]

NOWHERE = "sha256:" + "0" * 64


@pytest.fixture
def published(engine, tiny_image):
    """A reference that the registry has and the engine has not."""
    name = f"{engine.registry}/pin/tiny"
    engine.push(tiny_image, "pin/tiny", "1")
    yield f"{name}:1"
    engine.forget_image(f"{name}:1")


def digest(context, reference):
    return run(PinJob(context, reference))[0].digest


def problems(context, choice):
    return {problem.id: problem for problem in run(PreviewLaunchJob(context, choice))[0].problems}


def test_the_copy_here_and_the_registry_say_the_same(context, engine, published):
    engine.client.images.pull(published)
    here, _ = run(PinJob(context, published))
    engine.forget_image(published)
    there, _ = run(PinJob(context, published))
    assert (here.source, there.source) == ("local", "registry")
    assert here.digest == there.digest
    given, _ = run(PinJob(context, f"{published}@{here.digest}"))
    assert (given.source, given.reference, given.digest) == ("given", published, here.digest)


def test_an_image_that_never_was_in_a_registry(context, engine, tiny_image):
    container = engine.client.containers.create(tiny_image.reference, ["true"])
    container.commit("drydock-test/own", "1", changes="LABEL own=1")
    container.remove()
    try:
        with pytest.raises(Trouble) as caught:
            run(PinJob(context, "drydock-test/own:1"))
    finally:
        engine.client.api.remove_image("drydock-test/own:1")
    assert caught.value.id == "launch-pin-no-digest"


def test_a_digest_of_another_name_pins_nothing(context, engine, published):
    engine.client.images.pull(published)
    engine.client.api.tag(published, "drydock-test/renamed", "1")
    try:
        with pytest.raises(Trouble) as caught:
            run(PinJob(context, "drydock-test/renamed:1"))
    finally:
        engine.client.api.remove_image("drydock-test/renamed:1")
    assert caught.value.id == "launch-pin-no-digest"


@pytest.mark.parametrize("text", ["a/b@sha256:12", "a/b@", "@" + NOWHERE, "a/b:1@latest"])
def test_what_is_no_digest(context, text):
    with pytest.raises(Trouble) as caught:
        run(PinJob(context, text))
    assert caught.value.id == "launch-digest-invalid"


def test_pinned_contents_are_shown_and_run(context, engine, published):
    choice = Choice(image=published, digest=digest(context, published), gpus="none", name="pin-exact")
    preview, _ = run(PreviewLaunchJob(context, choice))
    assert choice.pinned_image in preview.line
    assert f"drydock.image-digest={choice.digest}" in preview.line
    assert preview.image_digest == choice.digest
    engine.forget_image(published)
    session, steps = run(LaunchJob(context, choice))
    assert Stage("pulling", choice.pinned_image) in steps
    assert (session.image, session.digest) == (published, choice.digest)
    assert inspected(engine, "pin-exact")["Config"]["Image"] == choice.pinned_image
    run(RemoveSessionJob(context, "pin-exact", force=True))


def test_what_ran_is_recorded_without_a_pin(context, engine, published):
    session, _ = run(LaunchJob(context, Choice(image=published, gpus="none", name="open")))
    assert session.digest == digest(context, published)
    run(RemoveSessionJob(context, "open", force=True))


def test_pinned_contents_that_are_gone(context, published):
    choice = Choice(image=published, digest=NOWHERE, gpus="none")
    gone = problems(context, choice)["launch-pin-gone"]
    assert (gone.state, gone.field, gone.values["digest"]) == ("blocker", "image", short_digest(NOWHERE))
    with pytest.raises(Trouble) as caught:
        run(LaunchJob(context, choice))
    assert caught.value.id == "launch-pin-gone"


def test_another_copy_under_the_name(context, engine, published, python_image):
    engine.client.images.pull(published)
    older = digest(context, published)
    engine.push(python_image, "pin/tiny", "1")
    with_older = Choice(image=published, digest=older, gpus="none", name="older")
    assert problems(context, with_older) == {}
    engine.client.images.pull(published)
    newer = digest(context, published)
    assert newer != older
    told = problems(context, with_older)["launch-pin-differs"]
    assert (told.state, told.values["here"]) == ("warning", short_digest(newer))
    session, steps = run(LaunchJob(context, with_older))
    assert told in steps
    assert session.digest == older
    run(RemoveSessionJob(context, "older", force=True))
    assert not problems(context, msgspec.structs.replace(with_older, digest=newer))
