import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.qt.models.image_names import never_made, plain_name, read_name


@pytest.fixture(scope="module")
def desktop():
    return open_machine("rtx4090-desktop").snapshot


def never(name, snapshot):
    reference, wrong = read_name(name)
    assert not wrong
    return never_made(reference, snapshot, load_catalogue())


@pytest.mark.parametrize("name", ["Foo/Bar:1", "a b", "a:b:c", "a@sha256:12", ":1", "http://a/b"])
def test_what_cannot_be_a_name_is_said(name):
    reference, wrong = read_name(name)
    assert reference is None
    assert "cannot be the name" in wrong


def test_nothing_typed_is_no_mistake():
    assert read_name("  ") == (None, "")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(name):
    reference, wrong = read_name(name)
    assert reference is None or not wrong
    assert reference is not None or wrong or not name.strip()
    if reference is not None:
        assert read_name(plain_name(reference))[0] is not None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ubuntu", "ubuntu:latest"),
        ("docker.io/pytorch/pytorch:2.9.1", "pytorch/pytorch:2.9.1"),
        ("ghcr.io/me/mine", "ghcr.io/me/mine:latest"),
        ("localhost:5000/a@sha256:" + "1" * 64, "localhost:5000/a@sha256:" + "1" * 64),
    ],
)
def test_names_are_written_as_the_engine_lists_them(name, plain):
    assert plain_name(read_name(name)[0]) == plain


def test_an_image_that_was_never_made_comes_back_with_why_and_the_nearest(desktop):
    found = never("pytorch/pytorch:2.9-cuda11.8-devel", desktop)
    assert found.known
    assert "published for CUDA 12.6, 12.8, 13.0 only" in found.why
    assert found.ways[0].torch.startswith("2.9")
    assert all(way.flavour == "devel" for way in found.ways)


def test_a_slip_in_a_tag_leads_to_the_image_that_is_meant(desktop):
    found = never("pytorch/pytorch:2.9.1-cuda12.6-cudnn9-runtim", desktop)
    assert not found.known
    assert "pytorch/pytorch:2.9.1-cuda12.6-cudnn9-runtime" in [way.reference for way in found.ways]


def test_a_repository_that_never_was_names_the_official_one(desktop):
    found = never("nvidia/pytorch-cuda:2.1", desktop)
    assert "pytorch/pytorch" in found.why
    assert found.ways


@pytest.mark.parametrize("name", ["me/mine:1", "pytorch/pytorch@sha256:" + "1" * 64, "ghcr.io/pytorch/pytorch:2.9"])
def test_of_other_peoples_images_nothing_is_claimed(name, desktop):
    assert never(name, desktop) is None
