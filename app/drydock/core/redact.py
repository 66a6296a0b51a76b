"""Takes out of texts and facts what names a person, a network or a secret, and lists what was taken.

The same secret always becomes the same token within one report, so that a reader still sees that two lines speak of
the same thing.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return what is sought, by kind; compiled when a report is made, not when the app starts."""
    return (
        (
            "private key",
            re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        ),
        ("login in an address", re.compile(r"""(?<=://)[^\s/"'<>\\]+(?=@)""")),
        (
            "access token",
            re.compile(r"\b(?:hf_|ghp_|gho_|github_pat_|glpat-|sk-|nvapi-|dckr_pat_|xox[bap]-)[A-Za-z0-9_\-]{10,}"),
        ),
        ("cloud key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
        ("web token", re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*")),
        ("credential", re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/\-]{8,}=*")),
        (
            "secret value",
            # the name's ending says what it is: HF_TOKEN=, AWS_SECRET_ACCESS_KEY=, ?token=, --password=
            re.compile(
                r"""(?i)(?:token|secret|passw(?:or)?d|passphrase|(?:api|access|private)_?key)=(?!<)([^\s&"'\\]+)"""
            ),
        ),
        ("e-mail address", re.compile(r"\b[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}\b")),
        ("device UUID", re.compile(r"(?:(?<=GPU-)|(?<=MIG-))[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")),
        ("hardware address", re.compile(r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b")),
        ("network address", re.compile(r"(?<![\d.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)")),
        (
            "network address",
            # IPv6: eight groups, or fewer with ``::`` among them
            re.compile(
                r"(?<![\w:.])(?=(?:[0-9A-Fa-f]{1,4}:){7}|(?:[0-9A-Fa-f]{1,4}:)+:)"
                r"[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*[0-9A-Fa-f](?![\w:])"
            ),
        ),
    )


_SECRET_NAME = re.compile(r"(?i)secret|token|passw|api_?key|credential|auth")
_WORD = r"(?<![A-Za-z0-9_]){}(?![A-Za-z0-9_])"


_LOGIN = re.compile(r"(^|://)[^/\s]*@")


def without_login(address: str) -> str:
    """Return an address, such as a proxy's, without the user name and password it may carry."""
    return _LOGIN.sub(r"\1", address)


class Removed(msgspec.Struct, frozen=True):
    """What was taken out: its kind, the token that stands for it, and how often it stood there."""

    kind: str
    token: str
    times: int


class Redactor:
    """Redacts the texts of one report.

    Args:
        user: the person's login name.
        host: the computer's name.
        homes: home directories.
    """

    def __init__(self, *, user: str = "", host: str = "", homes: Iterable[str] = ()) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._times: dict[str, int] = {}
        self._kinds: dict[str, str] = {}
        # secrets first: a login name that is replaced inside one would hide the rest of it from its pattern
        self._patterns: list[tuple[str, re.Pattern[str]]] = list(_patterns())
        for home in sorted({home.rstrip("/\\") for home in homes} - {"", "/root"}, key=len, reverse=True):
            self._patterns.append(("home directory", re.compile(re.escape(home) + r"(?![A-Za-z0-9_])")))
        for kind, word in (("host name", host), ("user name", user)):
            # very short or general names would tear other words apart and hide nothing
            if len(word) > 2 and word not in {"root", "user", "localhost", "ubuntu", "debian", "admin"}:
                self._patterns.append((kind, re.compile(_WORD.format(re.escape(word)))))

    @property
    def removed(self) -> tuple[Removed, ...]:
        """What was taken out so far, in the order it was met."""
        return tuple(Removed(self._kinds[token], token, times) for token, times in self._times.items())

    def text(self, text: str) -> str:
        """Return the text without what must not leave this computer."""
        for kind, pattern in self._patterns:
            text = pattern.sub(lambda match, kind=kind: self._replaced(kind, match), text)
        return text

    def _replaced(self, kind: str, match: re.Match[str]) -> str:
        """Return a match with a token in the place of its secret: its group, or all of it where it has none."""
        whole, secret = match.group(), match.group(match.lastindex or 0)
        return whole.removesuffix(secret) + self._token(kind, secret)

    def value(self, name: str, value: str) -> str:
        """Redact an environment variable's or setting's value; all of it where the name speaks of a secret."""
        return self._token("secret value", value) if value and _SECRET_NAME.search(name) else self.text(value)

    def tree(self, tree: Any) -> Any:
        """Redact every text in a JSON-like value of dictionaries and lists."""
        if isinstance(tree, str):
            return self.text(tree)
        if isinstance(tree, dict):
            return {
                key: self.value(key, inner) if isinstance(inner, str) else self.tree(inner)
                for key, inner in cast("dict[str, Any]", tree).items()
            }
        if isinstance(tree, (list, tuple)):
            return [self.tree(inner) for inner in cast("Sequence[Any]", tree)]
        return tree

    def _token(self, kind: str, secret: str) -> str:
        token = self._tokens.get((kind, secret))
        if token is None:
            number = 1 + sum(1 for known, _ in self._tokens if known == kind)
            token = _form(kind, secret, number)
            self._tokens[kind, secret] = token
            self._kinds[token] = kind
            self._times[token] = 0
        self._times[token] += 1
        return token


def _form(kind: str, secret: str, number: int) -> str:
    """Return a token in the form of what it stands for, where a replayed machine needs that."""
    if kind == "device UUID":
        return f"00000000-0000-0000-0000-{number:012d}"
    if kind == "home directory" and secret.startswith("/"):
        # still a path, so that the file system that holds it is still found
        place = "/home/" if re.fullmatch(r"/home/[^/]+", secret) else "/"
        return f"{place}<{kind} {number}>"
    return f"<{kind} {number}>"
