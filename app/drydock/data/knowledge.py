"""Texts for people, keyed by the ids of findings and troubles.

``changes.toml`` holds the sentences for what changed on a computer, ``xids.toml`` what the driver's Xid codes mean,
``endings.toml`` how a container ended.

Every file in ``drydock_resources/knowledge/checks`` and ``…/troubles`` is a TOML table of articles. A trouble's
article has ``title``, ``text``, ``remedy`` and optionally ``links`` and ``exit_code``. A check's article has
``title``, ``links`` and one sub-table a variant with ``text`` and, where something is wrong, ``consequence`` and
``remedy`` (and optionally ``commands``, each a line to type). Texts hold ``{placeholders}`` for the values.
"""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec

from drydock.core.findings import Change, Finding, Past
from drydock.core.trouble import Trouble, Value


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """A text for people.

    Attributes:
        exit_code: of the command line when this ends it (1: the act failed, 2: wrong usage, 3: could not be found out).
    """

    title: str
    text: str
    consequence: str = ""
    remedy: str = ""
    commands: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    exit_code: int = 1


class _Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    consequence: str = ""
    remedy: str = ""
    commands: tuple[str, ...] = ()


class CheckArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The article of a check: its title, links, and the text of each variant."""

    title: str
    links: tuple[str, ...] = ()
    variants: dict[str, _Variant]


class TroubleArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The article of a trouble."""

    title: str
    text: str
    remedy: str = ""
    links: tuple[str, ...] = ()
    exit_code: int = 1


class _Lenient(dict[str, Value]):
    def __missing__(self, key: str) -> str:
        return f"({key})"


def fill(text: str, values: Mapping[str, Value]) -> str:
    """Put the values into the text's placeholders; one that has no value shows its name in brackets."""
    return text.format_map(_Lenient(values))


def _read(folder: str) -> dict[str, object]:
    merged: dict[str, object] = {}
    root = resources.files("drydock_resources") / "knowledge" / folder
    if not root.is_dir():
        return merged
    for entry in sorted(root.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            for key, article in tomllib.loads(entry.read_text("utf-8")).items():
                if key in merged:
                    raise ValueError(f"two articles are called {key!r}")
                merged[key] = article
    return merged


@functools.cache
def check_articles() -> dict[str, CheckArticle]:
    """Return every check's article by its id."""
    return msgspec.convert(_read("checks"), dict[str, CheckArticle])


@functools.cache
def trouble_articles() -> dict[str, TroubleArticle]:
    """Return every trouble's article by its id."""
    return msgspec.convert(_read("troubles"), dict[str, TroubleArticle])


@functools.cache
def xid_texts() -> dict[str, str]:
    """Return what each of the driver's Xid codes means; ``other`` stands for all that are not known."""
    entry = resources.files("drydock_resources") / "knowledge" / "xids.toml"
    return msgspec.convert(tomllib.loads(entry.read_text("utf-8")), dict[str, str])


def _values(finding: Finding) -> dict[str, Value]:
    """Return the values of a finding, with the words for those that are codes."""
    if "xid" not in finding.values:
        return finding.values
    texts = xid_texts()
    return {**finding.values, "xid_meaning": texts.get(str(finding.values["xid"]), texts["other"])}


def finding_article(finding: Finding) -> Article:
    """Return the text of a finding, filled with its values."""
    article = check_articles().get(finding.id)
    variant = article.variants.get(finding.variant) if article else None
    if article is None or variant is None:
        return Article(title=finding.id, text=finding.variant)
    values = _values(finding)
    return Article(
        title=article.title,
        text=fill(variant.text, values),
        consequence=fill(variant.consequence, values),
        remedy=fill(variant.remedy, values),
        commands=tuple(fill(line, values) for line in variant.commands),
        links=article.links,
    )


@functools.cache
def _endings() -> dict[str, dict[str, str]]:
    entry = resources.files("drydock_resources") / "knowledge" / "endings.toml"
    return msgspec.convert(tomllib.loads(entry.read_text("utf-8")), dict[str, dict[str, str]])


def ending_article(kind: str, code: int, signal: int) -> Article:
    """Return how a container ended, in words: a title and what it means."""
    entry = _endings()[kind]
    values: dict[str, Value] = {"code": code, "signal": signal}
    return Article(title=fill(entry["title"], values), text=fill(entry["text"], values))


@functools.cache
def change_texts() -> dict[str, dict[str, str]]:
    """Return the sentence of every subject's every kind of change, and those that say when (subject ``when``)."""
    entry = resources.files("drydock_resources") / "knowledge" / "changes.toml"
    return msgspec.convert(tomllib.loads(entry.read_text("utf-8")), dict[str, dict[str, str]])


def change_text(change: Change) -> str:
    """Return a change in words, with the day or the days between which it came about."""
    since, seen = change.since.partition("T")[0], change.seen.partition("T")[0]
    texts = change_texts()
    sentence = texts.get(change.subject, {}).get(change.kind)
    if sentence is None:
        return f"{change.subject} {change.name} {change.kind}: {change.before} → {change.after}"
    values: dict[str, Value] = {"name": change.name, "before": change.before, "after": change.after}
    when = fill(texts["when"]["day" if since == seen else "between"], {"since": since, "seen": seen})
    return f"{fill(sentence, values)} {when}"


def past_text(past: Past) -> str:
    """Return the line above what changed: when it last worked."""
    day = past.worked_at.replace("T", " ").removesuffix("Z")
    return fill(change_texts()["past"]["changed" if past.changes else "same"], {"worked_at": day})


def trouble_article(trouble: Trouble) -> Article:
    """Return the text of a trouble, filled with its values."""
    article = trouble_articles().get(trouble.id)
    if article is None:
        return Article(title=trouble.id, text=str(trouble))
    return Article(
        title=fill(article.title, trouble.values),
        text=fill(article.text, trouble.values),
        remedy=fill(article.remedy, trouble.values),
        links=article.links,
        exit_code=article.exit_code,
    )
