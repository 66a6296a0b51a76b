"""What the engine keeps besides images: running and ended containers, published ports, the build cache."""

from drydock.core.facts import Container, Missing
from drydock.core.facts.engine_setup import EngineContents, Published
from drydock.core.launch.labels import PROBE, SESSION
from drydock.core.trouble import Trouble
from drydock.engines.interface import Engine
from drydock.world import World

_CONNECT_LIMIT = 2.0
_CALL_LIMIT = 6.0

_ENDED = ("exited", "dead", "created", "stopped")


def collect_engine_contents(world: World, wish: str = "") -> EngineContents | Missing:
    """Ask the chosen engine for its containers and its build cache.

    Args:
        world: the doors.
        wish: an address or a context's name; empty follows the environment.
    """
    from drydock.engines.open import probe_reach

    _, reach, engine = probe_reach(world, wish, connect_limit=_CONNECT_LIMIT, call_limit=_CALL_LIMIT)
    if engine is None:
        return Missing("not_asked", reach.text)
    try:
        return contents_of(engine)
    except Trouble as trouble:
        why = "timeout" if trouble.id == "engine-timeout" else "failed"
        return Missing(why, str(trouble.values.get("text", trouble.id)))
    finally:
        engine.close()


def contents_of(engine: Engine) -> EngineContents:
    """Ask an engine that answers.

    Raises:
        Trouble: it does not answer any more.
    """
    containers = engine.containers()
    running = [container for container in containers if container.status == "running"]
    ended = [container for container in containers if container.status in _ENDED]
    return EngineContents(
        published=tuple(port for container in running for port in _published(container)),
        running=len(running),
        ended=tuple(container.name for container in ended),
        ended_sessions=tuple(container.name for container in ended if SESSION in container.labels),
        build_cache=engine.build_cache(),
    )


def _published(container: Container) -> list[Published]:
    ours = SESSION in container.labels or PROBE in container.labels
    return [
        Published(container=container.name, address=address, port=port, session=ours)
        for address, port in container.published
    ]
