"""Worked cases: a machine and a wish, and the image or the refusal that is right."""

import fnmatch
import string
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drydock.core.images import Gpu, Machine, Reason, Recommendation, Refusal, Wish, recommend
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text, texts

CASES: list[dict[str, Any]] = msgspec.json.decode((Path(__file__).parent / "cases.json").read_bytes())


def decide(case: dict[str, Any]) -> Recommendation:
    gpus = tuple(
        Gpu(gpu["name"], tuple(int(part) for part in gpu["compute_capability"].split("."))) for gpu in case["gpus"]
    )
    machine = Machine(gpus=gpus, driver=case["driver"], os=case["os"], arch=case["arch"])
    return recommend(machine, Wish(**case["wish"]), load_catalogue())


def answer(recommendation: Recommendation) -> str:
    if recommendation.refusal is not None:
        return f"REFUSE:{recommendation.refusal.code}"
    assert recommendation.choice is not None
    return recommendation.choice.reference.removeprefix("pytorch/pytorch:")


def assert_text_is_filled(reason: Reason | Refusal) -> None:
    """Every placeholder of the text has a value."""
    template = texts().get(f"{reason.code}.{reason.values.get('cause')}") or texts()[reason.code]
    assert {name for _, name, _, _ in string.Formatter().parse(template) if name} <= set(reason.values)
    assert text(reason.code, reason.values)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    assert answer(decide(case)) == case["expected"], case["reason"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_other_image_says_why_not(case: dict[str, Any]) -> None:
    recommendation = decide(case)
    references = {image.reference for image in load_catalogue().images}
    chosen = {recommendation.choice.reference} if recommendation.choice else set[str]()
    assert {rejected.reference for rejected in recommendation.rejected} == references - chosen
    for rejected in recommendation.rejected:
        assert rejected.why
        for reason in rejected.why:
            assert_text_is_filled(reason)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["expected"].startswith("REFUSE")], ids=lambda c: c["id"]
)
def test_the_way_out_of_a_refusal_works(case: dict[str, Any]) -> None:
    refusal = decide(case).refusal
    assert refusal is not None
    assert_text_is_filled(refusal)
    for way in [refusal.nearest, *refusal.others]:
        if way is None:
            continue
        # NVIDIA's images cannot be named by torch version or flavour
        named = {} if "nvcr.io" in way.reference else {"torch": way.torch, "flavour": way.flavour}
        again = decide({**case, "wish": {"cuda": way.cuda, **named}})
        assert again.choice is not None
        assert way.reference in (again.choice.reference, *again.alternatives)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_note_is_a_whole_text(case: dict[str, Any]) -> None:
    recommendation = decide(case)
    for note in (*recommendation.notes, *(recommendation.choice.why if recommendation.choice else ())):
        assert_text_is_filled(note)


def test_accepted_patterns_hold_the_expected_answer_or_name_real_tags() -> None:
    tags = [image.reference.removeprefix("pytorch/pytorch:") for image in load_catalogue().images]
    for case in CASES:
        for pattern in case["also"]:
            assert fnmatch.filter(tags, pattern), pattern
