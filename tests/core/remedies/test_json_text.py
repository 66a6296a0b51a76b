"""Changes to a JSON file keep what is in it, as it is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.remedies.json_text import corrected, merged

RUNTIME = {"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=5)
styles = st.sampled_from([None, 1, 2, 4, "\t"])


def merged_values(old, new):
    out = dict(old)
    for key, value in new.items():
        both = isinstance(out.get(key), dict) and isinstance(value, dict)
        out[key] = merged_values(out[key], value) if both else value
    return out


def written(tree, indent, newline="\n"):
    return json.dumps(tree, indent=indent).replace("\n", newline)


@given(objects, objects, styles, st.sampled_from(["\n", "\r\n"]))
def test_the_result_means_both(old, new, indent, newline):
    text = written(old, indent, newline)
    assert json.loads(merged(text, new)) == merged_values(old, new)


@given(objects, objects, styles)
def test_order_stays_and_doing_it_twice_changes_nothing_more(old, new, indent):
    once = merged(written(old, indent), new)
    assert list(json.loads(once))[: len(old)] == list(old)
    assert merged(once, new) == once


@given(objects, styles)
def test_what_is_there_already_is_not_touched(tree, indent):
    text = "\n " + written(tree, indent) + "  \n"
    assert merged(text, tree) == text


def test_only_lines_are_added_and_numbers_and_spacing_stay():
    text = '{\n  "log-opts": { "max-size":"10m" },\n  "mtu": 1.4e3,\n  "hosts": ["unix:///var/run/docker.sock"]\n}\n'
    result = merged(text, RUNTIME)
    kept = [line.rstrip(",") for line in text.splitlines()]
    assert [line.rstrip(",") for line in result.splitlines() if line.rstrip(",") in kept] == kept
    assert '\n  "runtimes": {\n    "nvidia": {\n      "args": [],' in result


def test_a_member_joins_an_object_that_is_there():
    text = '{"runtimes": {"runsc": {"path": "/usr/bin/runsc"}}, "debug": true}'
    nvidia = '"nvidia": {"args": [], "path": "nvidia-container-runtime"}'
    inside = f'{{"runsc": {{"path": "/usr/bin/runsc"}}, {nvidia}}}'
    assert merged(text, RUNTIME) == f'{{"runtimes": {inside}, "debug": true}}'


@pytest.mark.parametrize("text", ["", " \n", "{}", "{ }\n"])
def test_an_empty_file_becomes_an_object(text):
    assert json.loads(merged(text, RUNTIME)) == RUNTIME


@pytest.mark.parametrize("text", ["[1]", "nonsense", '{"a": 1,}', "\ufeff{}", "[" * 100_000, '"text"'])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError):
        merged(text, RUNTIME)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('{"a": 1,}', {"a": 1}),
        ('{"a": [1, 2,],\n}', {"a": [1, 2]}),
        ('{\n "a": true\n "b": "x"\n}', {"a": True, "b": "x"}),
        ('{"a": {"b": 1} "c": 2}', {"a": {"b": 1}, "c": 2}),
        ('{\n // why\n "a": "http://x", # more\n /* and\n on */ "b": 2}', {"a": "http://x", "b": 2}),
        ('\ufeff{"a": 1,, "b": 2}', {"a": 1, "b": 2}),
    ],
)
def test_slips_are_corrected(text, tree):
    assert json.loads(corrected(text)) == tree


@pytest.mark.parametrize("text", ['{"a" 1}', '{"a": 1', "hello", "[1,]", '{"a: 1}', ""])
def test_what_would_be_a_guess_is_not_corrected(text):
    assert corrected(text) is None


@given(objects, styles)
def test_what_is_right_is_left_alone(tree, indent):
    assert corrected(written(tree, indent)) == written(tree, indent)


@given(st.text(max_size=60))
def test_any_text_is_answered(text):
    fixed = corrected(text)
    assert fixed is None or isinstance(json.loads(fixed), dict)
