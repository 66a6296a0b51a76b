"""Questions to image registries: what an image is there, and which tags a repository has."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drydock.core.facts import Login, PublishedImage, RegistryRules, TagList
from drydock.registry.reference import parse_reference
from drydock.world import Stop

QUESTION_LIMIT = 30.0
"""Seconds for a whole question, however many requests it takes."""
CERTIFICATE_FOLDERS = (Path("/etc/docker/certs.d"), Path("/etc/containers/certs.d"))
"""Where Docker and Podman keep the certificates of single registries, one folder for each host."""


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
        """
        self._login = login
        self._rules = rules
        self._variables = variables
        self._now = now
        self._certificate_folders = tuple(certificate_folders)
        self._limit = limit

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
        parse_reference(reference)
        raise NotImplementedError

    def tags(self, repository: str, stop: Stop) -> TagList:
        """Ask for the whole list of a repository's tags, of the registry itself and never of a mirror.

        Raises:
            Trouble: there is no answer, or the list is not whole.
            Stopped: the stop was asked for.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Forget tokens."""
