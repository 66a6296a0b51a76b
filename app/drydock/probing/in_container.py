"""Runs a probe in a running container. It is put there as files, so a remote engine works like a local one."""

from collections.abc import Callable, Sequence

from drydock.core.bench.records import Record
from drydock.core.trouble import Trouble
from drydock.engines import Engine
from drydock.probing.carry import PACKAGE, Probe, content_key, probe_files
from drydock.probing.end import ProbeEnd, Reader
from drydock.world import Stop

_PYTHON = "python3"


def run_probe_in_container(
    engine: Engine,
    container: str,
    probe: Probe,
    arguments: Sequence[str],
    tell: Callable[[Record], None],
    stop: Stop,
    limit: float,
    where: str = "",
) -> ProbeEnd:
    """Run a probe with the container's own Python, telling each record as it comes.

    Args:
        engine: where the container is.
        container: name or id of a running container.
        probe: which one.
        arguments: its command line.
        tell: takes the records.
        stop: ends the probe inside the container too.
        limit: seconds.
        where: what the place is called in messages; the container where empty.

    Raises:
        Trouble: ``probe-timeout``, ``probe-no-python``, ``probe-silent``, or what the engine says.
        Stopped: the stop was asked for.
    """
    directory = f"/tmp/drydock/{content_key()}"  # noqa: S108 - in the container, and written anew by root each time
    engine.put_files(container, directory, probe_files())
    reader, place = Reader(tell), where or container
    argv = (_PYTHON, "-B", f"{directory}/{PACKAGE}/{probe}.py", *arguments)
    try:
        ended = engine.exec(container, argv, reader.take, stop, limit=limit)
    except Trouble as trouble:
        if trouble.id == "exec-timeout":
            raise Trouble("probe-timeout", probe=probe, where=place, limit=round(limit)) from trouble
        if trouble.id == "program-not-in-image":
            raise Trouble(
                "probe-no-python", probe=probe, where=place, code=127, text=str(trouble.values.get("text", ""))
            ) from trouble
        raise
    return reader.end(probe, place, ended.exit_code, ended.output)
