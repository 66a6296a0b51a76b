"""What a reference stands for in the engine."""

import pytest

from drydock.core.facts import LocalImage
from drydock.core.launch import contents_of, digest_of, holds, short_digest
from drydock.core.launch.contents import find_local, repository_of

A, B, C = (f"sha256:{digit * 64}" for digit in "abc")


def local(image_id=C, references=(), digests=()):
    return LocalImage(id=image_id, references=references, digests=digests, size=1, created="", labels={})


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("pytorch/pytorch:2.9", "pytorch/pytorch"),
        (f"docker.io/pytorch/pytorch@{A}", "pytorch/pytorch"),
        (f"docker.io/library/ubuntu:24.04@{A}", "ubuntu"),
        ("localhost:5000/a/b", "localhost:5000/a/b"),
    ],
)
def test_the_repository(reference, repository):
    assert repository_of(reference) == repository


def test_the_digest_is_that_of_the_named_registry():
    image = local(digests=(f"mirror:5000/pytorch/pytorch@{A}", f"pytorch/pytorch@{B}"))
    assert digest_of("pytorch/pytorch:2.9", image) == B
    assert digest_of("docker.io/pytorch/pytorch:2.9", image) == B
    assert digest_of("mirror:5000/pytorch/pytorch:2.9", image) == A
    assert digest_of("mine:1", image) == ""
    assert contents_of("mine:1", image) in (A, B)
    assert contents_of("mine:1", local()) == C
    assert digest_of("mine:1", local()) == ""


def test_what_holds_a_digest():
    image = local(digests=(f"pytorch/pytorch@{B}",))
    assert holds(image, B)
    assert holds(image, C)
    assert not holds(image, A)


def test_the_local_image_of_a_reference():
    first = local(A, ("pytorch/pytorch:2.9",), (f"pytorch/pytorch@{B}",))
    second = local(C, ("ubuntu:latest",))
    images = (second, first)
    assert find_local(images, "docker.io/pytorch/pytorch:2.9") == first
    assert find_local(images, f"pytorch/pytorch@{B}") == first
    assert find_local(images, f"pytorch/pytorch:2.9@{B}") == first
    assert find_local(images, "library/ubuntu") == second
    assert find_local(images, "docker.io/library/ubuntu") == second
    assert find_local(images, "pytorch/pytorch") is None


def test_a_short_digest():
    assert short_digest(A) == "sha256:" + "a" * 12
    assert short_digest("abc") == "abc"
