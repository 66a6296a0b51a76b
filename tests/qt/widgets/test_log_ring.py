import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.qt.widgets.log_ring import LogRing, clean

LINES = st.lists(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["C"]), max_size=8), max_size=30)


@given(st.lists(LINES, max_size=8), st.integers(1, 40))
def test_the_last_lines_are_kept_and_keep_their_numbers(batches, capacity):
    ring = LogRing(capacity)
    every = []
    for batch in batches:
        ring.extend(batch)
        every += batch
        assert list(ring.slice(ring.first, ring.end)) == every[-capacity:]
        assert ring.end == len(every)


def test_a_slice_of_lines_already_gone_is_what_is_left():
    ring = LogRing(3)
    ring.extend("abcde")
    assert list(ring.slice(0, 4)) == ["c", "d"]
    assert list(ring.slice(0, 1)) == []


def test_clearing_goes_on_numbering():
    ring = LogRing(5)
    ring.extend("ab")
    ring.clear()
    ring.extend("c")
    assert (ring.first, ring.end, list(ring.slice(2, 3))) == (2, 3, ["c"])


def test_finding_ignores_capitals_and_knows_both_ways():
    ring = LogRing(3)
    ring.extend(["loss a", "b", "LOSS c", "d"])
    assert ring.find("loss", 0) == 2
    assert ring.find("loss", 3) is None
    assert ring.find("LoSS", 3, backwards=True) == 2
    assert ring.find("a", 9, backwards=True) is None
    assert ring.find("", 0) is None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("10%\r50%\r100%\n", "100%"),
        ("a\tb", "a       b"),
        ("bell\x07", "bell"),
        ("windows\r\n", "windows"),
        ("", ""),
    ],
)
def test_lines_are_shown_as_a_terminal_would(raw, shown):
    assert clean(raw) == shown


@given(st.text(max_size=200))
def test_no_line_breaks_or_controls_survive(raw):
    assert not any(ord(sign) < 32 or ord(sign) == 127 for sign in clean(raw.replace("\n", " ")))


def test_an_endless_line_is_cut():
    assert len(clean("x" * 100_000)) < 5000


def test_no_capacity_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        LogRing(0)
