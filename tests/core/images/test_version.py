"""Versions and the wishes for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.images.version import Version, driver_text, parse_cuda, parse_torch


@pytest.mark.parametrize(
    ("wish", "yes", "no"),
    [
        ("2.1", ["2.1.0", "2.1.2"], ["2.10.0", "2.0.1"]),
        ("==2.1", ["2.1.2"], ["2.2.0"]),
        ("==2.1.*", ["2.1.2"], ["2.2.0"]),
        ("2.1.2", ["2.1.2"], ["2.1.1"]),
        ("torch==2.9.1", ["2.9.1"], ["2.9.0"]),
        ("v2.9.1", ["2.9.1"], ["2.9.0"]),
        (">=2.6, <2.9", ["2.6.0", "2.8.0"], ["2.9.0", "2.5.1"]),
        ("<=2.9", ["2.9.0", "2.8.0"], ["2.9.1"]),
        (">2.9", ["2.9.1", "2.10.0"], ["2.9.0"]),
        ("~=2.7", ["2.7.0", "2.14.1"], ["2.6.0", "3.0.0"]),
        ("~=2.7.0", ["2.7.1"], ["2.8.0"]),
        ("!=2.14", ["2.13.0"], ["2.14.1"]),
        ("2", ["2.0.0", "2.15.0"], ["1.13.1"]),
    ],
)
def test_torch_wishes(wish: str, yes: list[str], no: list[str]) -> None:
    requirement = parse_torch(wish)
    assert [version for version in yes if not requirement.admits(Version.parse(version))] == []
    assert [version for version in no if requirement.admits(Version.parse(version))] == []


@pytest.mark.parametrize("wish", ["12.6", "cu126", "cuda126", "==12.6", "~=12.6", ">=12.5,<13"])
def test_cuda_wishes(wish: str) -> None:
    assert parse_cuda(wish).admits(Version((12, 6)))
    assert not parse_cuda(wish).admits(Version((11, 8)))


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=4))
def test_a_version_is_read_back_as_written(parts: list[int]) -> None:
    version = Version(parts)
    assert Version.parse(str(version)) == version
    assert Version.parse(driver_text(version)) == version


@pytest.mark.parametrize("text", ["", "a", "1.", ".1", "-1", "1.2.3-rc", "1 2", "¹", None])
def test_what_is_no_version_is_not_found(text: str | None) -> None:
    assert Version.find(text) is None
