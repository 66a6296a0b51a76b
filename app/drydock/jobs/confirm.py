"""Ask, before anything is pulled, what an image is today: in its registry, by its own words, and for this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from drydock.core.facts import ImageConfig, LocalImage, Missing, PublishedImage, Snapshot
from drydock.core.images.described import Described, describe
from drydock.core.images.judged import Judgement
from drydock.core.images.transfer import Transfer, transfer
from drydock.core.launch.service_image import LABEL_SERVICE_IMAGE
from drydock.core.trouble import Trouble
from drydock.jobs.absent import better_known
from drydock.jobs.job import Job, Tell
from drydock.jobs.recommend import judge_for
from drydock.jobs.registries import check_named, check_platform, open_engine_or_none, open_registry, own_platform

if TYPE_CHECKING:
    from drydock.engines import Engine
    from drydock.jobs.context import Context
    from drydock.world import Stop

# what a registry says that the engine cannot know better
_FINAL = frozenset(("image-name-invalid", "platform-missing"))


class ConfirmStep(msgspec.Struct, frozen=True):
    """Step: what is being asked."""

    text: str


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What could be found out about an image.

    Attributes:
        source: who told: its registry; the engine, which asked the registry for the digest alone; or only the copy
            that is here.
        published: as the registry has it; None when only the copy here was looked at.
        local: the copy that the engine has, if any.
        config: the image's configuration, as the registry or else the copy here has it; None when nobody told.
        described: what the image says of itself by that; None without it.
        judgement: whether it runs on the machine; None without a description or a machine.
        transfer: what pulling it would move; None when that is not known.
        changed: the copy here is not what the registry has now.
        keeps_layers: whether this engine keeps finished layers of a pull that is broken off; None without an engine.
        unconfirmed: why the registry did not tell; None when it did, or was not asked.
    """

    reference: str
    source: Literal["registry", "engine", "local"]
    published: PublishedImage | None
    local: LocalImage | None
    config: ImageConfig | None
    described: Described | None
    judgement: Judgement | None
    transfer: Transfer | None
    changed: bool
    keeps_layers: bool | None
    unconfirmed: Trouble | None = None

    @property
    def digest(self) -> str:
        """What pins the image: the registry's digest, else that of the copy here; empty when neither is known."""
        if self.published:
            return self.published.digest
        return self.local.digests[0].rpartition("@")[2] if self.local and self.local.digests else ""


class ConfirmJob(Job[Confirmed]):
    """Asks the registry directly; where that fails, through the engine; else looks at the copy that is here."""

    def __init__(
        self,
        context: Context,
        reference: str,
        snapshot: Snapshot | None = None,
        *,
        platform: str = "",
        ask_registry: bool = True,
    ) -> None:
        """Prepare.

        Args:
            context: the doors.
            reference: the image's name.
            snapshot: the machine to judge it for; None judges nothing.
            platform: such as ``linux/amd64``; empty takes the engine's.
            ask_registry: False looks at the copy that is here alone.
        """
        self._context = context
        self._reference = reference
        self._snapshot = snapshot
        self._platform = platform
        self._ask_registry = ask_registry

    def run(self, tell: Tell, stop: Stop) -> Confirmed:
        """Ask.

        Raises:
            Trouble: neither the registry, nor the engine, nor a copy here tells anything; the registry's reason.
            Stopped: the stop was asked for.
        """
        engine = open_engine_or_none(self._context) if self._ask_registry else self._context.open_engine()
        try:
            return self.run_with(engine, tell, stop)
        finally:
            if engine:
                engine.close()

    def run_with(self, engine: Engine | None, tell: Tell, stop: Stop) -> Confirmed:
        """Ask through an engine that is already open (it stays open), or without one."""
        check_named(self._reference)
        local = engine.find_image(self._reference) if engine else None
        if local is not None and local.labels.get(LABEL_SERVICE_IMAGE):
            return self._conclude(engine, None, local, None)  # made here: no registry has it
        if not self._ask_registry:
            if local is None:
                raise Trouble("image-not-here", reference=self._reference)
            return self._conclude(engine, None, local, None)
        tell(ConfirmStep(f"Asking the registry about {self._reference}…"))
        published: PublishedImage | None = None
        why: Trouble | None = None
        try:
            published = self._from_registry(engine, stop)
        except Trouble as trouble:
            stop.check()
            why = trouble
            published = self._from_engine(engine, stop) if trouble.id not in _FINAL else None
            if published is None and local is None:
                raise better_known(why, self._reference, self._context.catalogue(), self._snapshot) from why
        return self._conclude(engine, published, local, why)

    def _conclude(
        self, engine: Engine | None, published: PublishedImage | None, local: LocalImage | None, why: Trouble | None
    ) -> Confirmed:
        config = published.config if published else None
        if config is None and local is not None and engine is not None:
            config = engine.image_config(self._reference)
        described = judgement = None
        if config is not None:
            catalogue = self._context.catalogue()
            # of several platforms, the engine takes the machine's own unless another one is asked for
            several = published.platforms if published and not self._platform else ()
            platforms = several or (config.platform,)
            described = describe(self._reference, config, platforms, catalogue)
            judgement = judge_for(self._snapshot, described, catalogue) if self._snapshot else None
        return Confirmed(
            reference=self._reference,
            source="local" if published is None else "registry" if published.layers else "engine",
            published=published,
            local=local,
            config=config,
            described=described,
            judgement=judgement,
            transfer=_transfer(engine, published),
            changed=_changed(published, local),
            keeps_layers=engine.keeps_layers if engine else None,
            unconfirmed=why,
        )

    def _from_registry(self, engine: Engine | None, stop: Stop) -> PublishedImage:
        with open_registry(self._context, engine) as registry:
            return registry.image(self._reference, self._wanted(engine), stop)

    def _from_engine(self, engine: Engine | None, stop: Stop) -> PublishedImage | None:
        """Let the engine ask: it may have a mirror, a proxy or a certificate that this program has not.

        Raises:
            Trouble: ``platform-missing``.
        """
        if engine is None:
            return None
        try:
            published = engine.distribution(self._reference, stop)
        except Trouble:
            return None
        check_platform(self._reference, self._wanted(engine), published.platforms)
        return published

    def _wanted(self, engine: Engine | None) -> str:
        return self._platform or own_platform(self._context, engine)


def _transfer(engine: Engine | None, published: PublishedImage | None) -> Transfer | None:
    if published is None or not published.layers:
        return None
    if engine is None:
        return transfer(published, (), Missing("not_asked"))
    return transfer(published, engine.chains(), engine.facts().data_root_free)


def _changed(published: PublishedImage | None, local: LocalImage | None) -> bool:
    if published is None or local is None or not local.digests:
        return False
    return not any(digest.endswith(published.digest) for digest in local.digests)
