"""Questions to image registries: what an image is there, and which tags a repository has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drydock.core.facts import Login, PublishedImage, RegistryRules, TagList
from drydock.core.trouble import Trouble
from drydock.registry.platforms import parse_platform
from drydock.registry.question import OutOfTime, PartOver, Question
from drydock.registry.reference import Reference, parse_reference
from drydock.registry.trust import Trust
from drydock.world import Stop

if TYPE_CHECKING:
    from drydock.registry.asking import Asking
    from drydock.registry.reading import Shelf

QUESTION_LIMIT = 30.0
"""Seconds for a whole question, however many requests it takes."""
CERTIFICATE_FOLDERS = (Path("/etc/docker/certs.d"), Path("/etc/containers/certs.d"))
"""Where Docker and Podman keep the certificates of single registries, one folder for each host."""

T = TypeVar("T")


class Registry:
    """Asks the registries that image references name. Belongs to the thread of one job."""

    def __init__(
        self,
        *,
        login: Callable[[str], Login | None],
        rules: RegistryRules,
        variables: Mapping[str, str],
        now: Callable[[], str],
        certificate_folders: Sequence[Path] = CERTIFICATE_FOLDERS,
        limit: float = QUESTION_LIMIT,
        shelf: Shelf | None = None,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            login: this user's login for a registry named as in references (``docker.io`` for Docker Hub); called from
                a thread of the question's own, and only when a registry wants a login.
            rules: how the engine reaches registries.
            variables: the user's environment, for its proxies and certificate files. Nothing else is read of it, and
                the environment of this process counts for nothing.
            now: the time, ISO 8601 in UTC.
            certificate_folders: where certificates of single registries lie.
            limit: seconds for a whole question.
            shelf: where to keep what was read; one for the whole process when it is not given.
        """
        self._login = login
        self._rules = rules
        self._variables = variables
        self._now = now
        self._trust = Trust(variables, certificate_folders)
        self._limit = limit
        self._shelf = shelf
        self._asking: Asking | None = None

    def image(self, reference: str, platform: str, stop: Stop) -> PublishedImage:
        """Ask what the registry has under a reference.

        Args:
            reference: as a person writes it.
            platform: such as ``linux/amd64`` or ``linux/arm/v7``; when empty, the only one there is, else none.
            stop: cuts the question off.

        Raises:
            Trouble: there is no answer, or it is no image for that platform.
            Stopped: the stop was asked for.
        """
        parsed = parse_reference(reference)
        wanted = parse_platform(platform)
        host, found = self._ask(parsed, stop, lambda asking, question: asking.image(parsed, wanted, question))
        return PublishedImage(
            reference=reference,
            registry=host,
            digest=found.digest,
            platforms=found.platforms,
            platform=found.platform,
            layers=found.layers,
            config=found.config,
            asked_at=self._now(),
        )

    def tags(self, repository: str, stop: Stop) -> TagList:
        """Ask for the whole list of a repository's tags, of the registry itself.

        A mirror is not asked: many know only the tags that were pulled through them, and a list with gaps would say
        of images that they are gone.

        Raises:
            Trouble: there is no answer, or the list is not whole.
            Stopped: the stop was asked for.
        """
        parsed = parse_reference(repository)
        tags = self._ask(parsed, stop, lambda asking, question: asking.tags(parsed, question))
        return TagList(repository=repository, tags=tags, read_at=self._now())

    def close(self) -> None:
        """Forget tokens."""
        if self._asking is not None:
            self._asking.forget()

    def _ask(self, reference: Reference, stop: Stop, work: Callable[[Asking, Question], T]) -> T:
        stop.check()
        if self._asking is None:
            # what speaks HTTP takes a while to import, and is needed only here
            from drydock.registry.asking import Asking

            self._asking = Asking(self._login, self._rules, self._variables, self._trust, self._shelf)
        asking = self._asking
        question = Question(stop, self._limit)
        try:
            return question.answer(lambda: work(asking, question))
        except (OutOfTime, PartOver) as error:
            text = f"{reference.host}: no whole answer within {self._limit:.0f} s"
            raise Trouble("registry-unreachable", reference=reference.text, text=text) from error
