import ast
import re
from pathlib import Path

import pytest

import drydock
from drydock.core.checks.table import CHECKS
from drydock.core.findings import Finding
from drydock.core.trouble import Trouble
from drydock.data.knowledge import check_articles, finding_article, trouble_article, trouble_articles

APP = Path(drydock.__file__).parent


def raised_troubles():
    """Every literal id with which the app makes a Trouble or a problem of the preflight."""
    found = {}
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            place = {"Trouble": 0, "_blocker": 1, "_warning": 1}.get(name)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found[node.args[place].value] = path.name
    return found


def test_every_trouble_has_an_article():
    missing = {name: where for name, where in raised_troubles().items() if name not in trouble_articles()}
    assert not missing
    assert len(raised_troubles()) > 40


@pytest.mark.parametrize("name", sorted(trouble_articles()))
def test_a_trouble_article_says_something(name):
    article = trouble_articles()[name]
    assert article.title
    assert article.text
    assert article.exit_code in (1, 2, 3)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_variant_of_every_check_has_a_text(check):
    article = check_articles()[check.id]
    assert set(check.variants) <= set(article.variants)
    assert all(variant.text for variant in article.variants.values())
    assert all(link.startswith("https://") for link in article.links)


def test_no_article_is_about_a_check_that_does_not_exist():
    assert set(check_articles()) == {check.id for check in CHECKS}


def test_values_are_filled_in_and_missing_ones_named():
    told = trouble_article(Trouble("machine-not-found", where="here"))
    assert "here is neither" in told.text
    assert "(samples)" in told.text


def test_an_unknown_id_is_shown_as_it_is():
    assert trouble_article(Trouble("no-such-thing", a=1)).title == "no-such-thing"
    finding = Finding(id="no-such-check", rung="host", state="ok", variant="ok")
    assert finding_article(finding).title == "no-such-check"


def test_texts_have_no_stray_braces():
    for name, article in trouble_articles().items():
        for text in (article.title, article.text, article.remedy):
            assert not re.search(r"\{[^a-z_}]", text), name
