import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.registry.platforms import best_of, parse_platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("Linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("", ""),
        ("linux", ""),
    ],
)
def test_platforms_are_written_in_one_way(text, platform):
    assert parse_platform(text) == platform


@pytest.mark.parametrize(
    ("wanted", "offered", "taken"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["linux/amd64/v3", "linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["linux/amd64/v2"], None),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2"], "linux/amd64/v2"),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], "linux/arm/v6"),
        ("linux/arm/v6", ["linux/arm/v7"], None),
        ("linux/arm", ["linux/arm/v7"], "linux/arm/v7"),
        ("linux/amd64", ["windows/amd64"], None),
        ("linux/arm64", [], None),
        ("linux/riscv64", ["linux/riscv64/odd"], None),
    ],
)
def test_the_best_of_the_platforms_that_run(wanted, offered, taken):
    place = best_of(wanted, offered)
    assert (None if place is None else offered[place]) == taken


@given(st.text(max_size=30), st.lists(st.text(max_size=20), max_size=5))
def test_any_texts_are_compared_without_a_failure(wanted, offered):
    place = best_of(parse_platform(wanted), map(parse_platform, offered))
    assert place is None or 0 <= place < len(offered)
