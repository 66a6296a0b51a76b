"""Why a name that somebody typed is no image."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.images.absent import why_absent
from drydock.core.images.catalogue import Catalogue
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text

CATALOGUE = load_catalogue()


def cause(reference: str, catalogue: Catalogue = CATALOGUE) -> str | None:
    reason = why_absent(reference, catalogue)
    return None if reason is None else str(reason.values.get("cause", reason.code))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("pytorch/pytorch:2.9-cuda11.8-devel", "cuda_ended"),
        ("pytorch/pytorch:2.9.0-cuda11.8-cudnn9-runtime", "cuda_ended"),
        ("pytorch/pytorch:2.9.1-cuda12.1-cudnn9-devel", "cuda_ended"),
        ("pytorch/pytorch:2.8.0-cuda11.8-cudnn9-devel", "cuda_ended"),
        ("pytorch/pytorch:2.12.1-cuda12.8-cudnn9-devel", "cuda_ended"),
        ("pytorch/pytorch:2.15.0-cuda12.6-cudnn9-runtime", "cuda_ended"),
        ("pytorch/pytorch:2.0.1-cuda13.0-cudnn9-runtime", "cuda"),
        ("pytorch/pytorch:2.13.0-cuda12.9-cudnn9-runtime", "no_image"),
        ("pytorch/pytorch:2.0.1-cuda11.8-cudnn8-devel", "no_image"),
        ("pytorch/pytorch:1.13.1-cuda11.7-cudnn8-devel", "no_image"),
        ("pytorch/pytorch:2.1.1-cuda11.8-cudnn8-runtime", "unproven"),
        ("pytorch/pytorch:2.6.1-cuda12.4-cudnn9-runtime", "release"),
        ("pytorch/pytorch:2.4-cuda12.1-cudnn9-devel", "form"),
        ("pytorch/pytorch:2.4.1-cuda12.1-devel", "form"),
        ("docker.io/pytorch/pytorch:2.4.1-cuda12.1-cudnn8-devel", "form"),
        ("pytorch-cuda:v2.9", "repository"),
        ("registry.example/team/pytorch-cuda:v2.9", "repository"),
        ("pytorch/pytorch", "FLOATING_TAG"),
        ("pytorch/pytorch:latest", "FLOATING_TAG"),
        ("nvcr.io/nvidia/pytorch:26.08-py3-igpu", "integrated"),
        ("nvcr.io/nvidia/pytorch:23.05-py3-igpu", "integrated"),
    ],
)
def test_names_that_never_existed_tell_why(reference: str, expected: str) -> None:
    assert cause(reference) == expected
    reason = why_absent(reference, CATALOGUE)
    assert reason is not None
    said = text(reason.code, reason.values)
    assert "{" not in said
    assert str(reason.values["name"]) in said


@pytest.mark.parametrize(
    "reference",
    [
        "pytorch/pytorch:2.16.0-cuda13.4-cudnn9-runtime",
        "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime-custom",
        "pytorch/pytorch@sha256:" + "0" * 64,
        "me/mine:2.9-cuda11.8-devel",
        "localhost:5000/pytorch/pytorch:2.9-cuda11.8-devel",
        "localhost:5000/mine",
        "nvcr.io/nvidia/pytorch:25.07-py3",
        "nvcr.io/nvidia/pytorch:24.05-py3-igpu",
        "ubuntu",
        "",
    ],
)
def test_what_is_not_known_gets_no_answer(reference: str) -> None:
    assert why_absent(reference, CATALOGUE) is None


def test_the_right_tag_is_named() -> None:
    reason = why_absent("pytorch/pytorch:2.4-cuda12.1-runtime", CATALOGUE)
    assert reason is not None
    assert reason.values["right"] == "2.4.1-cuda12.1-cudnn9-runtime"


def test_no_image_of_the_catalogue_is_called_absent() -> None:
    assert [image.reference for image in CATALOGUE.images if why_absent(image.reference, CATALOGUE)] == []


def test_a_tag_that_the_registry_lists_exists_after_all() -> None:
    tag = "2.1.1-cuda11.8-cudnn8-runtime"
    listed = msgspec.structs.replace(CATALOGUE.images[0], tag=tag, listed=True)
    catalogue = msgspec.structs.replace(CATALOGUE, images=(*CATALOGUE.images, listed))
    assert cause(f"pytorch/pytorch:{tag}") == "unproven"
    assert cause(f"docker.io/pytorch/pytorch:{tag}", catalogue) is None


@given(st.one_of(st.text(max_size=60), st.from_regex(r"pytorch/pytorch:[0-9.a-z-]{0,40}", fullmatch=True)))
def test_any_text_is_answered(reference: str) -> None:
    reason = why_absent(reference, CATALOGUE)
    assert reason is None or "{" not in text(reason.code, {**reason.values, "name": "x"})
