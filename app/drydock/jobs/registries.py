"""How a job asks registries: with the engine's rules, this user's logins and this user's network settings."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from drydock.core.facts import Login, RegistryRules, known_or
from drydock.core.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from drydock.engines import Engine
    from drydock.jobs.context import Context
    from drydock.registry.client import Registry


@contextmanager
def open_registry(context: Context, engine: Engine | None, limit: float | None = None) -> Generator[Registry]:
    """Open a client for registries; without an engine, nothing but the user's own settings is known.

    Args:
        context: the doors.
        engine: whose rules and logins count.
        limit: seconds for a question, where it may take no longer than usual.
    """
    from drydock.registry.client import QUESTION_LIMIT, Registry

    registry = Registry(
        login=engine.registry_login if engine else _no_login,
        rules=_rules(engine),
        variables=context.world.environment(),
        now=context.world.now,
        limit=limit or QUESTION_LIMIT,
    )
    try:
        yield registry
    finally:
        registry.close()


def open_engine_or_none(context: Context) -> Engine | None:
    """Return the engine, or None: registries can be asked without one, and what it lacks the doctor says."""
    try:
        return context.open_engine()
    except Trouble:
        return None


def check_named(reference: str) -> None:
    """Refuse an empty name, which engines answer with words of their own.

    Raises:
        Trouble: ``image-name-invalid``.
    """
    if not reference.strip():
        raise Trouble("image-name-invalid", reference=reference, text="it is empty")


def check_platform(reference: str, wanted: str, platforms: Sequence[str]) -> None:
    """Refuse an image that is for other platforms alone; where none is told, nothing can be said.

    Raises:
        Trouble: ``platform-missing``.
    """
    from drydock.registry.platforms import best_of, parse_platform

    if platforms and best_of(parse_platform(wanted), platforms) is None:
        raise Trouble("platform-missing", reference=reference, text=f"it is published for {', '.join(platforms)}")


def _rules(engine: Engine | None) -> RegistryRules:
    try:
        return engine.registry_rules() if engine else RegistryRules()
    except Trouble:
        return RegistryRules()


def _no_login(_registry: str) -> Login | None:
    return None


def own_platform(context: Context, engine: Engine | None) -> str:
    """Return the platform that images are wanted for: the engine's, else this computer's."""
    own = context.world.architecture()
    return f"linux/{known_or(engine.facts().architecture, own) if engine else own}"
