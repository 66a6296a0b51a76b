"""The container engine that Drydock would use."""

from drydock.core.facts import Engine, Missing, Reach
from drydock.core.facts.engine import silent_engine
from drydock.core.trouble import Trouble
from drydock.world import World

_CONNECT_LIMIT = 2.0
_CALL_LIMIT = 4.0


def collect_engine(world: World, wish: str = "") -> Engine:
    """Ask the chosen engine what it is, or say why it does not answer.

    Args:
        world: the doors.
        wish: an address or a context's name; empty follows the environment.
    """
    from drydock.engines.open import probe_reach, reach_facts

    endpoint, reach, engine = probe_reach(world, wish, connect_limit=_CONNECT_LIMIT, call_limit=_CALL_LIMIT)
    if engine is None:
        return reach_facts(endpoint, reach)
    try:
        return engine.facts()
    except Trouble as trouble:
        # it answered a first question and fell silent at the next
        kind = "timeout" if trouble.id == "engine-timeout" else "unknown"
        return reach_facts(endpoint, Reach(kind=kind, text=str(trouble.values.get("text", trouble.id))))
    finally:
        engine.close()


def engine_not_collected(missing: Missing, wish: str = "") -> Engine:
    """Return the facts of an engine about which nothing was found out, not even its address."""
    kind = "timeout" if missing.why == "timeout" else "unknown"
    return silent_engine(
        endpoint=wish or "(not found out)",
        chosen_by="--engine" if wish else "default",
        reach=Reach(kind=kind, text=missing.detail),
        missing=missing,
    )
