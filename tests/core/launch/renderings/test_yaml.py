"""Our YAML, read by another's reader."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.launch.renderings.yaml import comment, document

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "yes",
        "No",
        "null",
        "~",
        "1",
        "1e3",
        "0x1",
        ".5",
        "2026-11-25",
        "a: b",
        "- a",
        "#",
        "",
        " a",
        "=",
        "<<",
        "---",
        "é",
    ]
)
NODES = st.recursive(
    TEXTS | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, NODES, min_size=1, max_size=4))
def test_it_reads_back(content):
    assert yaml.safe_load(document(content)) == content


@given(TEXTS, st.just({"a": 1}))
def test_comments_stay_comments(text, content):
    assert yaml.safe_load(comment(text) + document(content)) == content
