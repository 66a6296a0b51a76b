"""How grave a line of a log looks, by its shape: what programs, engines and the kernel write where."""

import re
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "info", "debug"]

# A level that the line names itself counts for more than the words in it. Only the beginning is looked at for one:
# "[E 12:00 App]", "E0811 02:59:27", "2026-01-01 12:00:00,000 ERROR", "level=error", "ERROR:torch", "[rank0]:[E312 …".
_LEVELS = re.compile(
    r"(?:^|[\s\[(|:])(?:level=\"?)?"
    r"(?:(?P<error>ERROR|CRITICAL|FATAL|EMERG|ALERT|ERRO\[|FATA\[|[eE]rror:|error|fatal"
    r"|[EF](?=\d{3,4} |[ ]\d\d:|[ ]\w+\.cpp))"
    r"|(?P<warning>WARNING|WARN|[wW]arning:|warning|warn|W(?=\d{3,4} |[ ]\d\d:|[ ]\w+\.cpp))"
    r"|(?P<info>INFO|NOTICE|info|I(?=\d{3,4} |[ ]\d\d:))"
    r"|(?P<debug>DEBUG|TRACE|VERBOSE|debug|trace|D(?=\d{3,4} |[ ]\d\d:)))"
    r"(?=[\]\s:|,=\"\[)\d]|$)"
)
# an exception's name at the beginning, or behind what tells the container, the rank or the time
_NAMED = re.compile(r"(?:^|[|\]:>] ?)\s{0,8}(?:[a-z_]\w{0,40}\.){0,8}[A-Z]\w{0,60}(?:Error|Exception|Interrupt)(?::|$)")
_BAD = re.compile(
    r"(?<!no )(?<!0 )(?<!without )\b(?:error|fatal|critical|traceback|exception|failed|panic|killed|aborted|segfault)\b"
    r"|out of memory|core dumped|assertion [`'].*failed|NVRM: Xid|: not found$|permission denied|command not found",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\b(?:0 (?:errors?|failed)|no errors?|errors?[:=] ?0\b|failed[:=] ?0\b|PASSED\b)", re.IGNORECASE
)
_WARN = re.compile(r"\bwarn(?:ing)?\b|\bdeprecated\b|Warning:", re.IGNORECASE)
_LEVEL_WITHIN = 160
_LOOKED_AT = 2000
# words of which a line must hold one to be anything but plain; looking for them one by one is quicker than by pattern
_MAYBE = (
    "err", "fatal", "crit", "trace", "exce", "fail", "panic", "kill", "abort", "fault", "memory", "dump", "assert",
    "xid", "not found", "denied", "warn", "deprec", "debug", "emerg", "alert", "verbose", "interrupt",
)  # fmt: skip
_SHORT_LEVEL = re.compile(r"(?:^|[\[:])[EFWID](?:\d{3,4} | \d\d| \w+\.cpp)")


def _may_matter(line: str) -> bool:
    lowered = line.lower()
    for word in _MAYBE:
        if word in lowered:
            return True
    return bool(_SHORT_LEVEL.search(line, 0, _LEVEL_WITHIN))


def severity_of(line: str) -> Severity:
    """Return how grave one line looks by itself; a line that says nothing of it is ``info``."""
    line = line[:_LOOKED_AT]
    if not _may_matter(line):
        return "info"
    level = _LEVELS.search(line, 0, _LEVEL_WITHIN)
    if level is not None and level.lastgroup in ("error", "warning", "debug"):
        return level.lastgroup  # type: ignore[return-value]
    if _NAMED.search(line, 0, _LEVEL_WITHIN):
        return "error"
    if _BAD.search(line) and not _HARMLESS.search(line) and level is None:
        return "error"
    return "warning" if _WARN.search(line) and level is None else "info"


class SeverityReader:
    """Reads lines in their order, since a traceback's lines are as grave as the error that they lead to."""

    def __init__(self) -> None:
        self._inside = False

    def read(self, line: str) -> Severity:
        """Return how grave the next line is."""
        begins = "Traceback (most recent call last)" in line
        if begins:
            self._inside = True
            return "error"
        if not self._inside:
            return severity_of(line)
        # indented lines belong to the traceback; the first that is not is its error, and ends it
        body = line.split("]: ", 1)[1] if line.startswith("[rank") and "]: " in line else line
        if not body.startswith((" ", "\t")) and body.strip():
            self._inside = False
        return "error"
