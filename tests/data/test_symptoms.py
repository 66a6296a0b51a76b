import re

import pytest

from drydock.core.checks.table import CHECKS
from drydock.core.symptoms import Symptom, explain_text
from drydock.core.symptoms.learned import learned
from drydock.core.symptoms.pattern import compile_pattern
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import ending_article
from drydock.data.symptoms import sign_table, symptom_article, symptom_entries

SHOWN = {name: entry for name, entry in symptom_entries().items() if entry.rank != "context"}


def found(name, **values):
    return Symptom(id=name, rank="cause", lines=(1,), count=1, evidence="", values=values)


def test_there_are_many_and_all_patterns_can_be_used():
    assert len(SHOWN) > 200
    assert sign_table().signs.keys() == symptom_entries().keys()


@pytest.mark.parametrize("name", SHOWN)
def test_an_article_says_what_it_is_what_follows_and_what_to_do(name):
    entry = SHOWN[name]
    assert len(entry.title) <= 80
    assert entry.title[-1] not in ".!"
    assert entry.text
    assert entry.consequence
    assert entry.remedy
    assert all(link.startswith("https://") for link in entry.links)
    assert set(entry.checks) <= {check.id for check in CHECKS}


@pytest.mark.parametrize("name", SHOWN)
def test_a_text_names_only_values_that_every_pattern_captures(name):
    entry = SHOWN[name]
    always = set.intersection(
        *(set(compile_pattern(text).regex.groupindex) for text in (*entry.patterns, *entry.in_context))
    )
    if "xid" in always:
        always.add("xid_meaning")
    texts = (entry.title, entry.text, entry.consequence, entry.remedy)
    assert {value for text in texts for value in re.findall(r"\{([a-z_]+)\}", text)} <= always


def test_sentences_are_added_for_the_values_that_are_there():
    article = symptom_article(found("cuda-oom", wanted="3 GiB"))
    assert "3 GiB were asked for." in article.text
    assert "{" not in article.text
    assert "free." not in article.text.replace("what is free.", "")


def test_an_unknown_xid_is_explained_by_its_meaning():
    explanation = explain_text("NVRM: Xid (PCI:0000:18:00): 38, pid=1, x", sign_table())
    article = symptom_article(explanation.symptoms[0])
    assert "38" in article.title
    assert "watchdog" in article.text


def test_the_first_driver_for_a_demanded_cuda_comes_from_the_catalogue():
    values = learned(found("nvc-requirement-cuda", cuda="12.8"), load_catalogue())
    assert values["first_driver"].startswith("570")
    assert learned(found("nvc-requirement-cuda", cuda="99.0"), load_catalogue()) == {}


def test_the_cuda_of_an_old_driver_is_read_from_its_number():
    values = learned(found("torch-driver-too-old", found="12040"), load_catalogue())
    assert values["driver_cuda"] == "12.4"
    assert values["fitting"].startswith("12.")
    assert learned(found("torch-driver-too-old"), load_catalogue()) == {}


@pytest.mark.parametrize(("arch", "cuda"), [("120", "13."), ("61", "12.6"), ("86", "1")])
def test_images_that_hold_code_for_a_gpu_are_named(arch, cuda):
    values = learned(found("gpu-arch-not-in-torch-build", arch=arch, gpu="Some GPU"), load_catalogue())
    assert values["images"].startswith("pytorch/pytorch:")
    assert f"-cuda{cuda}" in values["images"]


def test_no_image_is_named_for_what_none_was_built_for():
    assert learned(found("gpu-arch-not-in-torch-build", arch="20"), load_catalogue()) == {
        "no_image": "compute capability 2.0"
    }


@pytest.mark.parametrize("kind", ["well", "memory", "shm", "signal", "failed"])
def test_every_ending_has_words(kind):
    words = ending_article(kind, 139, 11)
    assert words.title
    assert "{" not in words.title + words.text
