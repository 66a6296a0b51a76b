"""The ways of a question: which servers are asked one after the other, and page after page."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import msgspec

from drydock.core.facts import Login, RegistryRules
from drydock.core.trouble import Trouble
from drydock.registry.failures import trouble_of_silence, trouble_of_unreadable
from drydock.registry.fetch import Fetch, resolve
from drydock.registry.links import ForeignLink, next_page
from drydock.registry.manifests import Unreadable, decoded
from drydock.registry.question import PartOver, Question
from drydock.registry.reading import Found, Reading, Shelf
from drydock.registry.reference import Reference, valid_tag
from drydock.registry.servers import Server, mirrors_of, registry_of
from drydock.registry.talk import Talk
from drydock.registry.tokens import Keyring
from drydock.registry.trust import Trust
from drydock.registry.wire import Unanswered, Wire

MIRROR_LIMIT = 8.0
"""Seconds for one mirror, so that the registry itself still gets its turn."""
PAGE_LIMIT = 20
TAG_LIMIT = 20_000
_PAGE_BYTES = 4 << 20

_SHARED_SHELF = Shelf()


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class Asking:
    """What the questions of one :class:`~drydock.registry.client.Registry` have in common."""

    def __init__(
        self,
        login: Callable[[str], Login | None],
        rules: RegistryRules,
        variables: Mapping[str, str],
        trust: Trust,
        shelf: Shelf | None,
    ) -> None:
        self._rules = rules
        self._variables = variables
        self._trust = trust
        self._keyring = Keyring(login)
        self._shelf = shelf or _SHARED_SHELF

    def forget(self) -> None:
        """Forget tokens."""
        self._keyring.clear()

    def image(self, reference: Reference, platform: str, question: Question) -> tuple[str, Found]:
        """Read an image of the first server that has it, and say which one that was."""
        failed: list[str] = []
        other_platforms: Trouble | None = None
        with self._fetching(question) as fetch:
            for mirror in mirrors_of(reference, self._rules, resolve):
                try:
                    with question.part(MIRROR_LIMIT):
                        return mirror.host, self._read(mirror, reference, platform, fetch)
                except PartOver:
                    failed.append(f"{mirror.host}: no whole answer within {MIRROR_LIMIT:.0f} s")
                except Trouble as trouble:
                    failed.append(_with_host(mirror.host, str(trouble.values["text"])))
                    if trouble.id == "platform-missing":
                        other_platforms = trouble
            registry = registry_of(reference, self._rules, resolve)
            try:
                return registry.host, self._read(registry, reference, platform, fetch)
            except Trouble as trouble:
                if other_platforms is not None and trouble.id == "registry-unreachable":
                    raise other_platforms from trouble  # a mirror has the image, which says more than silence
                raise _with_mirrors(trouble, failed) from trouble

    def tags(self, reference: Reference, question: Question) -> tuple[str, ...]:
        """Read all tags of a repository."""
        with self._fetching(question) as fetch:
            server = registry_of(reference, self._rules, resolve)
            talk = Talk(server, reference, fetch, self._keyring)
            with _silence_named(reference):
                return _all_tags(talk, reference)

    def _read(self, server: Server, reference: Reference, platform: str, fetch: Fetch) -> Found:
        talk = Talk(server, reference, fetch, self._keyring)
        with _silence_named(reference):
            return Reading(talk, reference, self._shelf).image(platform)

    @contextmanager
    def _fetching(self, question: Question) -> Generator[Fetch]:
        wire = Wire(question)
        try:
            yield Fetch(question, wire, self._trust, self._rules, self._variables)
        finally:
            wire.close()


@contextmanager
def _silence_named(reference: Reference) -> Generator[None]:
    try:
        yield
    except Unanswered as error:
        raise trouble_of_silence(error.kind, error.text, reference.text) from error


def _all_tags(talk: Talk, reference: Reference) -> tuple[str, ...]:
    found: dict[str, None] = {}
    page = "/tags/list?n=1000"
    for _ in range(PAGE_LIMIT):
        answer = talk.ask(page, limit=_PAGE_BYTES)
        if answer.status != 200:
            raise talk.trouble(answer)
        try:
            read = decoded(answer.body, _Tags)
            page = next_page(answer.headers.get("link", ()), answer.url)
        except Unreadable as error:
            raise trouble_of_unreadable(error, talk.server.host, reference.text) from error
        except ForeignLink as error:
            raise _not_whole(talk, reference, f"goes on at another server ({error})") from error
        found.update(dict.fromkeys(tag for tag in read.tags or () if valid_tag(tag)))
        if len(found) > TAG_LIMIT:
            raise _not_whole(talk, reference, f"has more than {TAG_LIMIT} tags")
        if not page:
            return tuple(found)
    raise _not_whole(talk, reference, f"has more than {PAGE_LIMIT} pages")


def _not_whole(talk: Talk, reference: Reference, what: str) -> Trouble:
    text = f"the list of tags that {talk.server.host} sent {what}"
    return Trouble("registry-error", reference=reference.text, text=text)


def _with_host(host: str, text: str) -> str:
    return text if text.startswith(host) else f"{host}: {text}"


def _with_mirrors(trouble: Trouble, failed: list[str]) -> Trouble:
    if not failed:
        return trouble
    text = f"{trouble.values['text']} (mirrors that were asked before: {'; '.join(failed)})"
    return Trouble(trouble.id, **{**trouble.values, "text": text})
