import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.qt.theme.colour import contrast, mix
from drydock.qt.theme.tokens import DARK, LIGHT, MARK_PAIRS, TEXT_PAIRS

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_on_white_has_the_greatest_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@given(COLOURS, COLOURS)
def test_contrast_has_no_direction(one, other):
    assert contrast(one, other) == contrast(other, one) >= 1


@given(COLOURS, COLOURS)
def test_mixing_goes_from_one_colour_to_the_other(one, other):
    assert mix(one, other, 0) == one
    assert mix(one, other, 1) == other


@pytest.mark.parametrize("text", ["red", "#fff", "1b232b0"])
def test_other_notations_are_refused(text):
    with pytest.raises(ValueError, match="#rrggbb"):
        contrast(text, "#000000")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_every_text_reaches_aa(colours, ink, ground):
    assert contrast(colours.role(ink), colours.role(ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARK_PAIRS)
def test_every_mark_can_be_seen(colours, mark, ground):
    assert contrast(colours.role(mark), colours.role(ground)) >= 3


def test_series_colours_repeat_and_unknown_roles_are_refused():
    assert LIGHT.role("series.6") == LIGHT.role("series.0")
    with pytest.raises(KeyError):
        LIGHT.role("mauve")
    with pytest.raises(KeyError):
        LIGHT.role("dark")
