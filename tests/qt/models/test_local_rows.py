from datetime import UTC, datetime

import pytest

from drydock.core.facts import LocalImage
from drydock.core.launch.service_image import LABEL_PARENT, LABEL_PARTS, LABEL_SERVICE_IMAGE
from drydock.data.catalogue import load_catalogue
from drydock.qt.models.local_rows import age_text, local_rows, removal_question, total_size

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def local(number, *references, labels=None, size=5_000_000_000):
    return LocalImage(
        id=f"sha256:{number:064x}",
        references=references,
        digests=(),
        size=size,
        created="2026-11-01T10:00:00Z",
        labels=labels or {},
    )


SERVICES = {LABEL_SERVICE_IMAGE: "key", LABEL_PARENT: "p/q:1", LABEL_PARTS: "jupyter,ssh"}


def rows_of(*images, sessions=None):
    return local_rows(images, load_catalogue(), "a/b:1", sessions)


def test_images_have_a_row_for_each_name():
    listed = load_catalogue().images[0].reference
    rows = rows_of(
        local(1, "a/b:1", "a/b:latest"), local(2, "drydock/service:key", labels=SERVICES), local(3), local(4, listed)
    )
    assert [row.kind for row in rows] == ["recommended", "own", "derived", "leftover", "catalogue"]
    assert rows[2].what.endswith("p/q:1 with jupyter, ssh")
    assert rows[3].key == f"sha256:{3:064x}"
    assert rows[3].name.startswith("(no name) 000")
    assert rows[0].size_text == "5.0 GB"


def test_an_image_of_two_names_is_counted_once():
    assert total_size(rows_of(local(1, "a/b:1", "a/b:latest"), local(2, "c:1"))) == 10_000_000_000


def test_sessions_are_named_at_their_image():
    rows = rows_of(local(1, "a/b:1"), local(2, "c:1"), sessions={"c:1": ("one", "two")})
    assert [row.used_by for row in rows] == ["", "one, two"]


@pytest.mark.parametrize(
    ("made", "age"),
    [
        ("2026-11-25T10:00:00Z", "today"),
        ("2026-11-25T13:00:00Z", "today"),
        ("2026-11-24T10:00:00.123456789Z", "1 day"),
        ("2026-11-01T10:00:00+02:00", "24 days"),
        ("2026-06-01T10:00:00Z", "5 months"),
        ("2023-06-01T10:00:00Z", "3 years"),
        ("0001-01-01T00:00:00Z", ""),
        ("1970-01-01T00:00:00Z", ""),
        ("", ""),
        ("yesterday", ""),
    ],
)
def test_ages_are_told_in_the_unit_that_matters(made, age):
    assert age_text(made, NOW) == age


def test_removing_one_names_it_and_says_what_becomes_free():
    question, detail = removal_question(rows_of(local(1, "a/b:1")))
    assert question == "Remove a/b:1?"
    assert "5.0 GB" in detail
    assert "gone for good" not in detail


def test_removing_several_names_them_and_warns_of_what_cannot_be_pulled():
    rows = rows_of(*(local(number, f"own/n{number}:1") for number in range(8)), sessions={"own/n1:1": ("mine",)})
    question, detail = removal_question(rows)
    assert question == "Remove 8 images?"
    assert "own/n5:1" in detail
    assert "own/n6:1" not in detail
    assert "and 2 more" in detail
    assert "gone for good" in detail
    assert "mine" in detail


def test_what_drydock_made_can_be_made_again():
    _, detail = removal_question(rows_of(local(2, "drydock/service:key", labels=SERVICES)))
    assert "makes it again" in detail
