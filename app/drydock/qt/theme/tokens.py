"""Design tokens: the only place where a colour, a distance or a text size is decided."""

from __future__ import annotations

from dataclasses import dataclass

# Distances in device-independent pixels.
S4, S8, S12, S16, S24, S32 = 4, 8, 12, 16, 24, 32
RADIUS_SMALL, RADIUS_CONTROL, RADIUS_CARD = 4, 6, 10
CONTROL_HEIGHT = 32
ICON = 18
PAGE_WIDTH = 1040  # lines longer than this are hard to read

# Text sizes as a multiple of the body size.
SCALE: dict[str, float] = {
    "display": 1.8,
    "title": 1.45,
    "heading": 1.12,
    "lead": 1.08,
    "body": 1.0,
    "small": 0.9,
}
SMALLEST_BODY_PT = 10.0


@dataclass(frozen=True, kw_only=True)
class Colours:
    """Every colour of one theme, as ``#rrggbb``.

    ``*_soft`` are quiet fills of the same hue; ``series`` are line colours for charts, told apart in order.
    """

    dark: bool
    canvas: str
    rail: str
    surface: str
    raised: str
    inset: str
    field: str
    hover: str
    pressed: str
    line: str
    control_line: str
    handle: str
    handle_hover: str
    ink: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    accent_soft: str
    on_accent: str
    focus: str
    focus_on_accent: str
    ok: str
    ok_soft: str
    attention: str
    attention_soft: str
    broken: str
    broken_soft: str
    not_tested: str
    not_tested_soft: str
    series: tuple[str, ...]

    def role(self, name: str) -> str:
        """Return a colour by name; ``series.0``, ``series.1`` … name chart colours.

        Raises:
            KeyError: no colour has that name.
        """
        head, _, index = name.partition(".")
        if head == "series" and index.isdigit():
            return self.series[int(index) % len(self.series)]
        value = getattr(self, name, None)
        if not isinstance(value, str):
            raise KeyError(name)
        return value


LIGHT = Colours(
    dark=False,
    canvas="#f5f6f7",
    rail="#eceef0",
    surface="#ffffff",
    raised="#ffffff",
    inset="#eff1f3",
    field="#ffffff",
    hover="#eceff2",
    pressed="#dfe4e9",
    line="#e1e5e9",
    control_line="#c3cad1",
    handle="#c3cad1",
    handle_hover="#9aa5af",
    ink="#1b232b",
    muted="#55616d",
    disabled="#7c8792",
    accent="#175e94",
    accent_hover="#114f7e",
    accent_pressed="#0c4069",
    accent_soft="#e1edf7",
    on_accent="#ffffff",
    focus="#2f86c9",
    focus_on_accent="#9ecdf2",
    ok="#1b6e42",
    ok_soft="#e3f3ea",
    attention="#855100",
    attention_soft="#fbf0da",
    broken="#ac2a22",
    broken_soft="#fce9e7",
    not_tested="#56616c",
    not_tested_soft="#eceff2",
    series=("#1f6fb2", "#b4560f", "#1d8057", "#9c3f86", "#6a5acd", "#7d6608"),
)

DARK = Colours(
    dark=True,
    canvas="#14181c",
    rail="#101417",
    surface="#1c2126",
    raised="#252b31",
    inset="#252b31",
    field="#171c20",
    hover="#2a3138",
    pressed="#343d45",
    line="#2b3239",
    control_line="#48525c",
    handle="#3f4953",
    handle_hover="#5d6a76",
    ink="#e8ecef",
    muted="#a5b0ba",
    disabled="#7a8691",
    accent="#7cbbea",
    accent_hover="#97cbf2",
    accent_pressed="#65a8da",
    accent_soft="#1d3547",
    on_accent="#07202f",
    focus="#5aa6de",
    focus_on_accent="#e8f4fd",
    ok="#74cf9c",
    ok_soft="#1b3227",
    attention="#e9bb62",
    attention_soft="#382d18",
    broken="#ff958b",
    broken_soft="#412422",
    not_tested="#a7b1bb",
    not_tested_soft="#262d33",
    series=("#6fb3ea", "#f0a35e", "#6ecb9c", "#e08fce", "#a99cf5", "#d9c75a"),
)

_GROUNDS = ("canvas", "rail", "surface", "raised", "inset", "field")
_STATES = ("ok", "attention", "broken", "not_tested")
# (text, background) pairs that occur; each must reach 4.5 : 1.
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *(
        (ink, ground)
        for ink in ("ink", "muted")
        for ground in ("canvas", "rail", "surface", "raised", "inset", "field")
    ),
    *(("ink", ground) for ground in ("hover", "pressed", "accent_soft", "ok_soft", "attention_soft", "broken_soft")),
    ("muted", "accent_soft"),
    ("muted", "ok_soft"),
    ("muted", "attention_soft"),
    ("muted", "broken_soft"),
    ("muted", "not_tested_soft"),
    *(("on_accent", ground) for ground in ("accent", "accent_hover", "accent_pressed")),
    *(("accent", ground) for ground in ("canvas", "rail", "surface", "inset", "hover", "accent_soft")),
    *(
        (state, ground)
        for state in ("ok", "attention", "broken", "not_tested")
        for ground in ("canvas", "surface", "inset")
    ),
    *((state, f"{state}_soft") for state in ("ok", "attention", "broken", "not_tested")),
)
# Lines, outlines and marks that carry meaning; each must reach 3 : 1.
MARK_PAIRS: tuple[tuple[str, str], ...] = (
    *((f"series.{index}", "surface") for index in range(6)),
    ("focus", "canvas"),
    ("focus", "surface"),
    ("disabled", "surface"),
)
