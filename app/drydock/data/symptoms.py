"""Known failures in logs: how they show, and their texts for people.

Every file in ``drydock_resources/knowledge/symptoms`` is a TOML table of symptoms. One has ``title``, ``patterns`` (see
:mod:`drydock.core.symptoms.pattern`), ``text``, and what of a :class:`~drydock.core.symptoms.Sign` it needs; further
``consequence``, ``remedy``, ``commands``, ``links``, ``checks`` (ids of the doctor that look at the same thing) and
``more``: sentences that are added where the log, or the catalogue, gives the value after which they are called.
"""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec

from drydock.core.symptoms import Rank, Sign, SignTable, Symptom
from drydock.data.knowledge import fill, xid_texts


class SymptomArticle(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a symptom, filled with its values.

    Attributes:
        checks: ids of the doctor's checks that look at the same thing on this machine.
    """

    title: str
    text: str
    consequence: str
    remedy: str
    commands: tuple[str, ...]
    links: tuple[str, ...]
    checks: tuple[str, ...]


class SymptomEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A symptom as its file has it."""

    title: str
    text: str
    patterns: tuple[str, ...] = ()
    in_context: tuple[str, ...] = ()
    rank: Rank = "cause"
    explains: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    at_least: int = 1
    catch_all: bool = False
    grave: bool = False
    consequence: str = ""
    remedy: str = ""
    commands: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    more: dict[str, str] = {}


@functools.cache
def symptom_entries() -> dict[str, SymptomEntry]:
    """Return every symptom by its id."""
    merged: dict[str, SymptomEntry] = {}
    root = resources.files("drydock_resources") / "knowledge" / "symptoms"
    for file in sorted(root.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            for name, content in tomllib.loads(file.read_text("utf-8")).items():
                if name in merged:
                    raise ValueError(f"two symptoms are called {name!r}")
                merged[name] = msgspec.convert(content, SymptomEntry)
    return merged


@functools.cache
def sign_table() -> SignTable:
    """Return all signs, ready to be searched for."""
    return SignTable(
        [
            Sign(
                id=name,
                patterns=entry.patterns,
                in_context=entry.in_context,
                rank=entry.rank,
                explains=entry.explains,
                needs=entry.needs,
                at_least=entry.at_least,
                catch_all=entry.catch_all,
                grave=entry.grave,
            )
            for name, entry in symptom_entries().items()
        ]
    )


def symptom_article(symptom: Symptom, learned: Mapping[str, str] | None = None) -> SymptomArticle:
    """Return the text of a symptom.

    Args:
        symptom: as it was found in a log.
        learned: values that are not in the log, such as what the catalogue knows of a version in it.
    """
    entry = symptom_entries()[symptom.id]
    values: dict[str, str | int | float] = {**symptom.values, **(learned or {})}
    if "xid" in values:
        values["xid_meaning"] = xid_texts().get(str(values["xid"]), xid_texts()["other"])
    added = [fill(sentence, values) for name, sentence in entry.more.items() if values.get(name)]
    return SymptomArticle(
        title=fill(entry.title, values),
        text=" ".join((fill(entry.text, values), *added)),
        consequence=fill(entry.consequence, values),
        remedy=fill(entry.remedy, values),
        commands=entry.commands,
        links=entry.links,
        checks=entry.checks,
    )
