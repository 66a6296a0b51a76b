"""The small language in which the lines of known failures are written, and how a line is held against it.

A pattern is literal text. ``{name}`` stands for a captured word, ``{name:kind}`` for one of the kinds below, ``…`` for
a gap of any text. One space stands for any white space. The language has no repetition and no alternatives, so that
no pattern can run away: its literals are searched one after the other, and only a line that has them all is captured.
"""

import re
from collections.abc import Sequence

import msgspec

KINDS = {
    "word": r"[^\s,;\"'()]{1,120}",
    "int": r"\d{1,12}",
    "version": r"\d{1,6}(?:\.\d{1,6}){0,3}",
    "size": r"\d{1,9}(?:\.\d{1,4})? ?[KMGT]?i?B",
    "path": r"[^\s\"']{1,300}",
    "quoted": r"[^\"']{1,200}",
    "product": r"[A-Z][\w .()/-]{1,80}?",
    "text": r".{1,200}?",
}
_GAP = ".{0,600}?"
_PART = re.compile(r"…|\{([a-z_]+)(?::([a-z]+))?\}")


class Pattern(msgspec.Struct, frozen=True):
    """A pattern, ready to be searched.

    Attributes:
        literals: the texts between gaps and captures, in order; never empty.
        masked: the same with their digits masked.
        regex: finds the captures in a line that has the literals.
    """

    literals: tuple[str, ...]
    masked: tuple[str, ...]
    regex: re.Pattern[str]

    def may_fit(self, masked_line: str) -> bool:
        """Whether a line whose digits are masked has the literals, in their order."""
        at = 0
        for literal in self.masked:
            at = masked_line.find(literal, at)
            if at < 0:
                return False
            at += len(literal)
        return True

    def values_in(self, line: str) -> dict[str, str] | None:
        """Return what the pattern captures of a line; None where the line is another one."""
        if not all(literal in line for literal in self.literals):
            return None
        match = self.regex.search(line)
        return (
            None
            if match is None
            else {name: text.strip(" .,:;") for name, text in match.groupdict().items() if name[0] != "_"}
        )


def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        ValueError: it has no literal text to search for, or names a kind that does not exist.
    """
    literals: list[str] = []
    pieces: list[str] = []
    at = 0
    for match in _PART.finditer(text):
        _literal(text[at : match.start()], literals, pieces)
        pieces.append(_GAP if match[0] == "…" else _capture(match[1], match[2] or "word", text))
        at = match.end()
    _literal(text[at:], literals, pieces)
    if not literals or max(map(len, literals)) < 4:
        raise ValueError(f"nothing to search for in the pattern {text!r}")
    return Pattern(tuple(literals), tuple(map(masked, literals)), re.compile("".join(pieces)))


def _literal(text: str, literals: list[str], pieces: list[str]) -> None:
    if text:
        literals.append(text)
        pieces.append(re.escape(text))


def _capture(name: str, kind: str, text: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}, in the pattern {text!r}")
    return f"(?P<{name}>{KINDS[kind]})"


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_SPACES = re.compile(r"\s+")
_WORDS = re.compile(r"[^\s\"'\\]+")
_QUOTES = re.compile(r"\\+([\"'])")


_DIGITS = str.maketrans("123456789", "000000000")


def masked(text: str) -> str:
    """Return a text of the same length with every digit made 0: lines that differ in numbers alone become equal."""
    return text.translate(_DIGITS)


def without_escapes(text: str) -> str:
    """Return the text without a terminal's colours and other escape codes."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def plain(line: str) -> str:
    """Return a line as patterns are written: one space for any white space, no backslashes before quotes.

    Engines pass messages on inside quotes inside quotes, with ever more backslashes.
    """
    if "\\" in line:
        line = _QUOTES.sub(r"\1", line)
    return _SPACES.sub(" ", line).strip()


def triggers_of(patterns: Sequence[Pattern], offered: Sequence[str]) -> list[str]:
    """Return a text for each pattern that every line it fits must hold: an offered one, else its longest literal."""
    chosen: list[str] = []
    for pattern in patterns:
        fits = (trigger for trigger in offered if any(trigger in literal for literal in pattern.masked))
        # a literal's white space may be wider in the log, so a trigger must not rely on a single space
        words = [word for literal in pattern.masked for word in _WORDS.findall(literal)]
        chosen.append(next(fits, "") or max(words, key=len))
    return chosen
