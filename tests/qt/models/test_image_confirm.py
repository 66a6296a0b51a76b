import msgspec
import pytest

from drydock.core.checks.image import machine_of
from drydock.core.facts import ImageConfig, Known, Layer, LocalImage, Missing, PublishedImage
from drydock.core.images import Wish
from drydock.core.images.described import describe
from drydock.core.images.judged import judge
from drydock.core.images.result import Support
from drydock.core.images.transfer import transfer
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.jobs.confirm import Confirmed
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.image_confirm import (
    Asked,
    digest_of,
    entry_of,
    figures,
    is_changed,
    local_digest,
    problems,
    short_digest,
    standing,
    supported,
    why_not_pull,
)
from drydock.qt.models.image_inspection import inspection

DIGEST = "sha256:" + "ab12" * 16
GB = 1_000_000_000


@pytest.fixture(scope="module")
def snapshot():
    return open_machine("rtx4090-desktop").snapshot


@pytest.fixture(scope="module")
def choice(snapshot):
    return recommend_for(snapshot, Wish(), load_catalogue()).choice


def told(choice, snapshot, *, free=400 * GB, here=4, environment=None):
    """An answer of the registry about the chosen image."""
    says = {"PYTORCH_VERSION": choice.torch, "CUDA_VERSION": f"{choice.cuda}.2"} | (environment or {})
    config = ImageConfig(platform="linux/amd64", environment=says, chain=tuple(f"sha256:{n}" for n in range(9)))
    published = PublishedImage(
        reference=choice.reference,
        registry="registry-1.docker.io",
        digest=DIGEST,
        platforms=("linux/amd64",),
        platform="linux/amd64",
        layers=tuple(Layer(f"sha256:l{n}", 400_000_000) for n in range(9)),
        config=config,
        asked_at="2026-11-25T12:00:00Z",
    )
    described = describe(choice.reference, config, published.platforms, load_catalogue())
    return Confirmed(
        reference=choice.reference,
        source="registry",
        published=published,
        config=config,
        local=None,
        described=described,
        judgement=judge(described, machine_of(snapshot), load_catalogue()),
        transfer=transfer(published, (config.chain[:here],), Known(free)),
        changed=False,
        keeps_layers=True,
    )


def copy(reference, digest):
    return LocalImage(
        id="sha256:i",
        references=(reference,),
        digests=(f"{reference.rpartition(':')[0]}@{digest}",),
        size=8 * GB,
        created="",
        labels={},
    )


def asked(confirmed):
    return Asked(confirmed=confirmed, at="12:04")


def values(found):
    return {figure.name: figure.value for figure in found}


def test_before_anybody_answers_the_catalogue_is_named():
    for line in (
        standing(None, asking=False, recorded=True, made="2026-11-23"),
        standing(None, asking=True, recorded=False, made="2026-11-23"),
        standing(None, asking=False, recorded=False, made="2026-11-23"),
    ):
        assert line.state == "not_tested"
        assert "2026-11-23" in line.text


def test_who_confirmed_it_and_when_is_said(choice, snapshot):
    line = standing(asked(told(choice, snapshot)), asking=False, recorded=False, made="2026-11-23")
    assert line.state == "ok"
    assert "Docker Hub" in line.text
    assert "12:04" in line.text


def test_a_registry_that_is_not_reached_leaves_everything_working():
    trouble = Trouble("registry-unreachable", reference="a/b:1", text="no route")
    line = standing(Asked(trouble=trouble, at="12:04"), asking=False, recorded=False, made="2026-11-23")
    assert line.state == "not_tested"
    assert "cannot be reached" in line.text
    assert "pulling works" in line.text


def test_an_image_that_the_registry_does_not_have_is_the_first_thing_said(choice):
    trouble = Trouble("image-not-found", reference=choice.reference, text="manifest unknown")
    lines = problems(Asked(trouble=trouble, at="12:04"), choice, None)
    assert [line.state for line in lines] == ["broken"]
    assert choice.reference in lines[0].text
    assert "no such image" in why_not_pull(Asked(trouble=trouble, at="12:04"), None)


def test_sizes_are_the_registrys_where_it_told_and_estimates_where_not(choice, snapshot):
    entry = entry_of(load_catalogue(), choice.reference)
    guessed = values(figures(None, image=entry, local=None, free=Missing("not_asked")))
    assert " to " in guessed["Download"]
    assert guessed["Free on the engine's disk"] == "not known"
    known = values(figures(told(choice, snapshot), image=entry, local=None, free=None))
    assert known["Download"] == "3.6 GB"
    assert known["Still to fetch"] == "2.0 GB"
    assert known["Free on the engine's disk"] == "400.0 GB"


def test_a_copy_that_is_here_needs_nothing(choice, snapshot):
    mine = copy(choice.reference, DIGEST)
    found = values(figures(told(choice, snapshot), image=None, local=mine, free=None))
    assert found["Still to fetch"] == "nothing"
    assert found["Unpacked"] == "8.0 GB"


def test_an_older_copy_is_told_from_the_registrys(choice, snapshot):
    confirmed = told(choice, snapshot)
    old, new = copy(choice.reference, "sha256:old"), copy(choice.reference, DIGEST)
    assert is_changed(confirmed, old)
    assert not is_changed(confirmed, new)
    assert not is_changed(None, old)
    assert "Pull again" in problems(asked(confirmed), choice, old)[0].text
    assert problems(asked(confirmed), choice, new) == ()


def test_a_disk_without_room_stops_the_pull_only_where_it_surely_has_none(choice, snapshot):
    roomy, tight, full = (told(choice, snapshot, free=free * GB) for free in (400, 4, 1))
    assert problems(asked(roomy), choice, None) == ()
    assert [line.state for line in problems(asked(tight), choice, None)] == ["attention"]
    assert why_not_pull(asked(tight), None) == ""
    assert [line.state for line in problems(asked(full), choice, None)] == ["broken"]
    assert "1.0 GB free" in why_not_pull(asked(full), None)
    assert why_not_pull(asked(full), copy(choice.reference, DIGEST)) == ""


def test_the_images_own_demand_comes_before_everything_else(choice, snapshot):
    confirmed = told(choice, snapshot, free=4 * GB, environment={"NVIDIA_REQUIRE_CUDA": "cuda>=99.0"})
    lines = problems(asked(confirmed), choice, None)
    assert "99.0" in lines[0].text
    assert "room" not in lines[0].text
    assert len(lines) == 2


def test_an_image_that_holds_something_else_than_expected_is_said(choice, snapshot):
    confirmed = told(choice, snapshot, environment={"PYTORCH_VERSION": "2.1.0"})
    assert any(
        "torch 2.1.0" in line.text and choice.torch in line.text for line in problems(asked(confirmed), choice, None)
    )


def test_the_copy_here_is_what_a_launch_is_pinned_to(choice, snapshot):
    confirmed = told(choice, snapshot)
    assert local_digest(None, confirmed) == DIGEST
    assert local_digest(copy(choice.reference, "sha256:old"), confirmed) == "sha256:old"
    assert local_digest(copy(choice.reference, DIGEST), confirmed) == DIGEST
    assert digest_of(None, None, f"a/b@{DIGEST}") == DIGEST
    assert digest_of(None, None) == ""
    assert short_digest(DIGEST) == "sha256:ab12ab12ab12"


@pytest.mark.parametrize(
    ("until", "words"),
    [("2026-10-28", "No more fixes since"), ("2026-11", "Fixes until"), ("2029-04", "Fixes until")],
)
def test_an_end_of_support_that_is_past_is_told_as_one(until, words):
    assert supported(Support(until=until), "2026-11-25")[0].startswith(words)


def test_nothing_is_said_of_support_that_nobody_knows():
    assert supported(Support(), "2026-11-25") == ()


def test_an_inspection_tells_what_the_image_says(choice, snapshot):
    found = inspection(asked(told(choice, snapshot)), None, None)
    assert found.stage == "told"
    assert dict(found.facts)["torch"] == choice.torch
    assert "8.6" in dict(found.details)["Code for"]


def test_an_inspection_of_what_told_nothing_says_so():
    failed = inspection(Asked(trouble=Trouble("registry-auth", reference="a/b:1", text="denied"), at="1"), None, None)
    assert (failed.stage, failed.word) == ("failed", "Not known")
    assert "login" in failed.lines[0].text
    assert inspection(None, None, None).stage == "asking"


def test_an_inspection_without_configuration_is_no_verdict(choice, snapshot):
    bare = msgspec.structs.replace(told(choice, snapshot), described=None, judgement=None)
    found = inspection(asked(bare), None, None)
    assert found.state == "not_tested"
    assert "not told" in found.lines[0].text
