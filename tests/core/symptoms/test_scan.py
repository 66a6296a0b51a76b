import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.symptoms import LogScanner, Sign, SignTable, explain_text
from drydock.core.symptoms.pattern import compile_pattern, plain
from drydock.core.symptoms.signs import _TRIGGERS
from drydock.data.symptoms import sign_table

BAD = "RuntimeError: CUDA error: an illegal memory access was encountered"
MISSING = "ImportError: libGL.so.1: cannot open shared object file"
ANY = st.text(alphabet=st.characters(codec="utf-8"), max_size=400)
ODD = st.sampled_from(
    [BAD, MISSING, "\x1b[31m", "\r", "\n", "\r\n", "\x00", "[rank3]:", "NVRM: Xid (", "CUDA out of memory. ", "é" * 50]
)


@given(st.lists(ANY | ODD, max_size=30), st.lists(st.integers(1, 40), max_size=40))
def test_any_text_is_read_and_its_cuts_do_not_matter(parts, cuts):
    text = "".join(parts)
    whole = explain_text(text, sign_table())
    scanner = LogScanner(sign_table())
    at = 0
    for cut in cuts:
        scanner.feed(text[at : at + cut])
        at += cut
    scanner.feed(text[at:])
    assert scanner.finish() == whole
    assert whole.line_count == text.count("\n") + (not text.endswith("\n") and bool(text))
    assert all(1 <= line <= whole.line_count for one in whole.symptoms for line in one.lines)


@given(st.binary(max_size=2000))
def test_random_bytes_are_no_trouble(content):
    explain_text(content.decode("utf-8", "replace"), sign_table())
    explain_text(content.decode("latin-1"), sign_table())


@given(st.text("0123456789abcdef :/.()", max_size=120), st.integers(0, 3))
def test_a_failure_keeps_its_line_among_others(noise, before):
    text = f"{noise}\n" * before + f"{noise} {BAD}\n{noise}\n"
    symptom = next(one for one in explain_text(text, sign_table()).symptoms if one.id.startswith("cuda-700"))
    assert symptom.lines == (before + 1,)
    assert BAD in symptom.evidence


def test_a_line_without_end_is_searched_to_its_end():
    text = "x" * 3_000_000 + " " + BAD + " " + "y" * 3_000_000
    scanner = LogScanner(sign_table())
    for start in range(0, len(text), 300_000):
        scanner.feed(text[start : start + 300_000])
    explanation = scanner.finish()
    assert explanation.root is not None
    assert explanation.root.id == "cuda-700-illegal-memory-access"
    assert explanation.line_count == 1


def test_many_equal_lines_are_counted_and_the_first_kept():
    text = "ok\n" + "".join(f"pid {number}: {BAD}\n" for number in range(5000))
    root = explain_text(text, sign_table()).root
    assert root is not None
    assert (root.count, root.lines[0], len(root.lines)) == (5000, 2, 20)


def test_lines_that_differ_in_digits_alone_are_told_apart():
    table = SignTable([Sign(id="one", patterns=("code 79 failed",)), Sign(id="other", patterns=("code 13 failed",))])
    found = explain_text("code 13 failed\ncode 79 failed\ncode 55 failed\n", table).symptoms
    assert [(one.id, one.lines) for one in found] == [("other", (1,)), ("one", (2,))]


def test_the_pattern_language():
    pattern = compile_pattern("Bind for {address} failed: … {code:int} of {_skipped}!")
    line = plain("Bind  for 0.0.0.0:80 \t failed:  what ever  12 of nine!")
    assert pattern.values_in(line) == {"address": "0.0.0.0:80", "code": "12"}
    assert pattern.values_in("Bind for nothing") is None
    assert compile_pattern("a [literal] (b)?").values_in("see a [literal] (b)? here") == {}


@pytest.mark.parametrize("text", ["{all}", "…", "a {x:nonesuch} b text", "ab {x} c"])
def test_a_pattern_with_nothing_to_search_for_is_refused(text):
    with pytest.raises(ValueError, match="pattern"):
        compile_pattern(text)


def test_a_sign_that_names_an_unknown_one_is_refused():
    with pytest.raises(ValueError, match="nonesuch"):
        SignTable([Sign(id="a", patterns=("some text",), explains=("nonesuch",))])


def test_patterns_in_context_count_only_there():
    table = SignTable(
        [
            Sign(id="place", patterns=("in a container",), rank="context"),
            Sign(id="both", patterns=("always bad",), in_context=("sometimes bad",), needs=("place",)),
        ]
    )

    def lines(text):
        return [one.lines for one in explain_text(text, table).symptoms]

    assert lines("sometimes bad") == []
    assert lines("sometimes bad\nin a container") == [(1,)]
    assert lines("sometimes bad\nalways bad") == [(2,)]
    assert lines("sometimes bad\nalways bad\nin a container") == [(1, 2)]


def test_triggers_stay_few_and_hold_nothing_that_is_made_even():
    assert not [text for text in _TRIGGERS if any(sign in text for sign in " \t\"'\\123456789")]
    assert len(sign_table().by_trigger) < 100
