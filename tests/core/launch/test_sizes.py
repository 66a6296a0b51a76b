"""Sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.launch import format_size, parse_size
from drydock.core.trouble import Trouble


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("32g", 32 << 30),
        ("512m", 512 << 20),
        ("64K", 64 << 10),
        ("1.5 GiB", 3 << 29),
        ("2GB", 2 << 30),
        ("1t", 1 << 40),
        ("4096", 4096),
        (" 10b ", 10),
    ],
)
def test_means_bytes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "g", "0", "-1g", "1e9", "12 parsecs", "3gg", "0.0000001k", "99999999999t", "٣g"])
def test_refuses_with_an_example(text):
    with pytest.raises(Trouble) as caught:
        parse_size(text, "memory")
    assert caught.value.id == "launch-size-invalid"
    assert caught.value.values == {"text": text, "field": "memory"}


@given(st.integers(min_value=1, max_value=(1 << 63) - 1))
def test_what_is_written_reads_back(size):
    assert parse_size(format_size(size)) == size


@given(st.text(max_size=12))
def test_any_text_is_a_size_or_a_trouble(text):
    try:
        size = parse_size(text)
    except Trouble:
        return
    assert size > 0
