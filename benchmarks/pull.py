"""Pulling: wall time against the docker program, and how many of the engine's events are read in a second.

The image is real, in the registry of the tests' own engine, and is removed before each pull. The events are those of
many layers at once, far more than an engine sends: once straight from memory, once over a socket in the way engines
send them, each in an HTTP chunk of its own.
"""

import contextlib
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import Ratio, environment, told

WALL_GOAL = 1.05
EVENTS_GOAL = 50_000
"""Events a second that must be read and merged."""
SIZES = (60_000_000, 40_000_000, 20_000_000, 5_000_000, 1_000_000)
"""Bytes of the image's layers."""
ROUNDS = 6
_LAYERS = 20
_EVENTS = 100_000
_PIECE = 1 << 16


def measure() -> Iterator[Ratio]:
    yield _wall()
    memory, wire, plain = told([sys.executable, "-m", "benchmarks.pull"])
    second = 1e6
    yield Ratio(
        "pull events decoded and merged", "json.loads of each line", second / memory, second / plain, "us", None
    )
    yield Ratio("pull events from memory", "50,000/s", EVENTS_GOAL, memory, "events/s", 1.0)
    yield Ratio("pull events over a socket", "50,000/s", EVENTS_GOAL, wire, "events/s", 1.0)


def _wall() -> Ratio:
    name = "pull, wall time"
    docker = shutil.which("docker")
    if docker is None:
        return Ratio(name, "docker pull", 0, 0, "s", WALL_GOAL, "the docker program is missing")
    with contextlib.ExitStack() as stack:
        try:
            host, reference = stack.enter_context(_image())
        except Exception as error:  # noqa: BLE001 - whatever keeps the engine from running is a reason not to measure
            return Ratio(name, "docker pull", 0, 0, "s", WALL_GOAL, f"no engine: {error}")
        from drydock.engines.open import open_engine
        from drydock.world import Stop
        from drydock.world.live import LiveWorld

        engine = stack.enter_context(contextlib.closing(open_engine(LiveWorld(), host)))

        def forget() -> None:
            if engine.find_image(reference) is not None:
                engine.remove_image(reference)

        def ours() -> None:
            engine.pull(reference, lambda _progress: None, Stop())

        def theirs() -> None:
            command = [docker, "pull", reference]
            subprocess.run(command, env=environment(DOCKER_HOST=host), check=True, capture_output=True, timeout=300)

        mine, others = _alternate(ours, theirs, forget)
    return Ratio(
        name, "docker pull", mine, others, "s", WALL_GOAL, f"median of {2 * ROUNDS}, {sum(SIZES) / 1e6:.0f} MB"
    )


@contextlib.contextmanager
def _image() -> Iterator[tuple[str, str]]:
    from tests.support.engine import daemon
    from tests.support.engine.handle import Engine
    from tests.support.engine.state import EngineState

    state = EngineState.from_environment()
    running = daemon.engine_answers(state) and daemon.registry_answers(state)
    if not running:
        daemon.up(state)
    handle = Engine(state)
    try:
        seed = random.SystemRandom().randrange(1 << 30)
        image = handle.registry.push_layers(f"benchmark/{seed}", "1.0", SIZES, seed=seed)
        yield state.docker_host, image.reference
        handle.forget_image(image.reference)
    finally:
        handle.close()
        if not running:
            daemon.down(state, purge=False)


def _alternate(ours: Callable[[], None], theirs: Callable[[], None], forget: Callable[[], None]) -> tuple[float, float]:
    """Return the median seconds of each, run in the order A B B A after one round of both that is dropped."""
    times: dict[Callable[[], None], list[float]] = {ours: [], theirs: []}
    for number in range(ROUNDS + 1):
        for action in (ours, theirs, theirs, ours):
            forget()
            started = time.perf_counter()
            action()
            if number:
                times[action].append(time.perf_counter() - started)
    forget()
    return statistics.median(times[ours]), statistics.median(times[theirs])


def _events() -> list[bytes]:
    """Return the lines of a pull of many large layers."""
    size, steps = 400_000_000, _EVENTS // _LAYERS
    lines = [{"status": "Pulling fs layer", "progressDetail": {}, "id": f"{layer:012x}"} for layer in range(_LAYERS)]
    for step in range(1, steps + 1):
        status = "Downloading" if step < steps * 0.7 else "Extracting"
        detail = {"current": size * step // steps, "total": size}
        bar = "[==========================>                        ]  201.3MB/400MB"
        lines += [
            {"status": status, "progressDetail": detail, "progress": bar, "id": f"{layer:012x}"}
            for layer in range(_LAYERS)
        ]
    return [json.dumps(line).encode() + b"\r\n" for line in lines]


def _merge(pieces: Iterator[bytes]) -> None:
    from drydock.engines.pull_meter import PullMeter, decode_event
    from drydock.engines.stream_lines import LineCutter

    meter, cutter, lines = PullMeter(time.monotonic()), LineCutter(), 0
    for piece in pieces:
        for line in cutter.feed(piece):
            event = decode_event(line)
            if event is not None:
                meter.take(event, time.monotonic())
                lines += 1
        meter.progress(time.monotonic())
    assert meter.progress(time.monotonic()).layers == _LAYERS
    assert lines >= _EVENTS


def _from_memory(stream: bytes) -> None:
    _merge(stream[start : start + _PIECE] for start in range(0, len(stream), _PIECE))


def _over_a_socket(path: str) -> None:
    from drydock.engines.endpoint import Endpoint
    from drydock.engines.wire import Exchange
    from drydock.world import Stop

    endpoint = Endpoint(address=f"unix://{path}", chosen_by="--engine", remote=False)
    with Exchange(endpoint, "POST", "/images/create") as exchange:
        _merge(exchange.chunks(Stop(), silence=60.0))


def _plain(stream: bytes) -> None:
    for line in stream.split(b"\n"):
        if line:
            json.loads(line)


def _serve(listener: socket.socket, lines: list[bytes], times: int) -> None:
    """Play the engine in a process of its own, so that it does not share this one's interpreter."""
    if os.fork():
        return
    body = b"".join(b"%x\r\n%b\r\n" % (len(line), line) for line in lines)
    for _ in range(times):
        connection, _address = listener.accept()
        with connection:
            connection.recv(_PIECE)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n")
    os._exit(0)


def _best(action: Callable[[], None], rounds: int) -> float:
    """Return the least seconds: whatever else the machine does only adds to it."""
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def main(rounds: int = 5) -> None:
    lines = _events()
    stream = b"".join(lines)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = str(Path(folder) / "events.sock")
        listener.bind(path)
        listener.listen()
        _serve(listener, lines, rounds)
        wire = _best(lambda: _over_a_socket(path), rounds)
    memory = _best(lambda: _from_memory(stream), rounds)
    plain = _best(lambda: _plain(stream), rounds)
    print(*(len(lines) / seconds for seconds in (memory, wire, plain)))


if __name__ == "__main__":
    main()
