"""The table of checks holds together, and every answer it can give has a text."""

import pytest

from drydock.core.checks.check import SUBJECTS
from drydock.core.checks.table import CHECKS
from drydock.core.findings import RUNGS
from drydock.core.remedies import OFFERED
from drydock.data.knowledge import check_articles, fill


def test_ids_are_distinct_and_there_are_many():
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 14


def test_checks_stand_in_the_order_of_the_ladder():
    places = [RUNGS.index(check.rung) for check in CHECKS]
    assert places == sorted(places)


def test_needs_are_checks_and_lead_nowhere_in_a_circle():
    needs = {check.id: check.needs for check in CHECKS}
    settled: set[str] = set()
    while True:
        more = {name for name, wanted in needs.items() if name not in settled and settled.issuperset(wanted)}
        if not more:
            break
        settled |= more
    assert settled == set(needs)


def test_every_check_reads_known_subjects_and_asks_one_way():
    for check in CHECKS:
        assert check.reads
        assert set(check.reads) <= set(SUBJECTS)
        assert (check.ask is None) != (check.ask_images is None)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_variant_has_a_text_and_no_text_is_left_over(check):
    article = check_articles()[check.id]
    assert article.title
    assert set(article.variants) == set(check.all_variants)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_text_can_be_filled(check):
    article = check_articles()[check.id]
    for variant in article.variants.values():
        for text in (variant.text, variant.consequence, variant.remedy, *variant.commands):
            assert "{" not in fill(text, {}).replace("{'cdi': true}", "")


def test_no_article_is_without_a_check():
    assert set(check_articles()) == {check.id for check in CHECKS}


def test_remedies_are_offered_only_for_findings_that_exist():
    known = {(check.id, variant) for check in CHECKS for variant in check.variants}
    assert known >= OFFERED
