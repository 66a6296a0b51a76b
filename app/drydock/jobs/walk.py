"""Walks up the ladder inside a container of the image that the person would use, and leaves nothing behind."""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import msgspec

from drydock import __version__
from drydock.core.bench.records import Record
from drydock.core.checks.check import Subject
from drydock.core.checks.image import machine_of
from drydock.core.checks.situation import has_gpu
from drydock.core.facts import CollectorRun, Fact, Known, LocalImage, Missing, Snapshot
from drydock.core.facts.container import ContainerFacts, GpuWay, StartAttempt
from drydock.core.facts.load import LoadFacts
from drydock.core.images import Wish, recommend
from drydock.core.launch import Choice, contents_of, default_shm_size, gpu_way, labels
from drydock.core.launch.planning import plan
from drydock.core.trouble import Trouble
from drydock.engines import CreateRequest, Engine, Mount
from drydock.jobs.context import Context
from drydock.jobs.inside import kernels_of, nvml_of, torch_of, with_part, words_of
from drydock.jobs.launch import create_request
from drydock.jobs.load import measure_load
from drydock.jobs.session import opened
from drydock.probing import Probe, run_probe_in_container
from drydock.world import Stop

STANDARD_SECONDS = 120.0
"""For the whole walk; a minute is usual. What has no time left is not tested."""

DEEP_SECONDS = 600.0
"""For the load that comes after it."""

_LIMITS: dict[Probe, float] = {"container": 75.0, "environment": 60.0, "kernels": 90.0}
_NETWORK_LIMIT = 15.0
_NVML_LIMIT = 25.0
_LEAST_SECONDS = 2.0
_OVER = Missing("not_applicable", "the time of the whole look was over")
_GONE = ("container-died", "container-not-running", "container-not-found", "engine-lost", "engine-not-running")
_MOUNT = "/drydock-volume"
_HTTPS = 443


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the walk: what is known after it."""

    run: CollectorRun
    subject: Subject
    container: Fact[ContainerFacts]
    load: Fact[LoadFacts] = Missing("not_asked")


class Walk:
    """One walk.

    Args:
        context: the engine.
        snapshot: the machine, as the quick look saw it.
        image: a reference; empty takes the recommended one. It must be here, since nothing is pulled.
        workspace: directory whose disk is measured and written to; empty takes the home directory.
        deep: put a load on the GPUs at the end.
    """

    def __init__(
        self,
        context: Context,
        snapshot: Snapshot,
        *,
        image: str = "",
        workspace: str = "",
        deep: bool = False,
        seconds: float = STANDARD_SECONDS,
    ) -> None:
        self._context = context
        self._snapshot = snapshot
        self._image = image
        self._workspace = workspace
        self._deep = deep
        self._end = time.monotonic() + seconds
        self._container: Fact[ContainerFacts] = Missing("not_asked")

    def steps(self, stop: Stop) -> Generator[Walked]:
        """Walk, and tell each step when it is done.

        Raises:
            Stopped: the stop was asked for; the container is gone.
        """
        clock = _Clock()
        try:
            with opened(self._context) as engine:
                _clear_old(engine)
                yield from self._in_engine(engine, clock, stop)
        except Trouble as trouble:
            # the engine or the container was lost on the way: what was measured stays, the rest says why it is missing
            if isinstance(self._container, Known):
                self._rest(words_of(trouble))
            else:
                self._container = Missing("failed", words_of(trouble))
            yield self._walked("container", clock.run("container", str(trouble)))

    def _in_engine(self, engine: Engine, clock: "_Clock", stop: Stop) -> Generator[Walked]:
        local = self._local_image(engine)
        if isinstance(local, Missing):
            self._container = local
            yield self._walked("container", clock.run("container"))
            return
        with self._folder(remote=engine.remote) as folder, self._started(engine, local, folder) as name:
            yield self._walked("container", clock.run("container"))
            if name:
                yield from self._inside(engine, name, folder, clock, stop)

    def _local_image(self, engine: Engine) -> LocalImage | Missing:
        if not self._image:
            choice = recommend(machine_of(self._snapshot), Wish(), self._context.catalogue()).choice
            if choice is None:
                return Missing("not_applicable", "no image of the catalogue fits this machine")
            self._image = choice.reference
        return engine.find_image(self._image) or Missing("absent", self._image)

    @contextmanager
    def _folder(self, *, remote: bool) -> Generator[str]:
        """Make a directory for the test of writing; empty where that cannot be.

        In the workspace that was asked for and nowhere else, as an answer about another place would mislead.
        """
        home = self._context.world.environment().get("HOME", "")
        made = ""
        for place in () if remote else (self._workspace,) if self._workspace else (home, tempfile.gettempdir()):
            with contextlib.suppress(OSError):
                made = tempfile.mkdtemp(prefix="drydock-test-", dir=place or None)
                break
        try:
            yield made
        finally:
            if made:
                shutil.rmtree(made, ignore_errors=True)

    @contextmanager
    def _started(self, engine: Engine, local: LocalImage, folder: str) -> Generator[str]:
        """Start a container as a launch would, or else without GPUs; its id is empty where neither does."""
        name = f"drydock-probe-{secrets.token_hex(4)}"
        seconds = int(max(0.0, self._end - time.monotonic()) + (DEEP_SECONDS if self._deep else 0) + 60)
        facts = engine.facts()
        self._container = Known(ContainerFacts(image=self._image, digest=contents_of(self._image, local)))
        container = ""
        try:
            for way in self._ways(engine, gpu_way(facts)):
                choice = Choice(image=self._image, gpus="none" if way == "none" else "all")
                made = plan(choice, facts, name=name, version=__version__, gpu_by="cdi" if way == "cdi" else "hook")
                mounts = (Mount(kind="bind", source=folder, target=_MOUNT),) if folder else ()
                request = msgspec.structs.replace(
                    create_request(made), labels={labels.PROBE: name, labels.VERSION: __version__},
                    entrypoint=("sleep",), command=(str(seconds),), shm_size=default_shm_size(None, None),
                    mounts=mounts, working_directory=None,
                )  # fmt: skip
                container, attempt = _attempt(engine, request, way)
                self._know(starts=(*self._facts.starts, attempt), shm_asked=request.shm_size or 0)
                if container:
                    break
            yield container
        finally:
            if container:
                with contextlib.suppress(Trouble):
                    engine.remove(container, force=True)

    def _ways(self, engine: Engine, way: GpuWay | None) -> tuple[GpuWay, ...]:
        # GPUs of another computer were not looked at; there, only the engine's own words tell whether it has a way
        wanted = way is not None if engine.remote else has_gpu(self._snapshot)
        if wanted is None:
            wanted = way is not None
        return (way or "hook", "none") if wanted else ("none",)

    def _inside(self, engine: Engine, container: str, folder: str, clock: "_Clock", stop: Stop) -> Generator[Walked]:
        def probe(
            name: Probe, arguments: tuple[str, ...], limit: float, tell: Callable[[Record], None]
        ) -> Missing | None:
            """Run a probe; what it told until it failed is kept."""
            left = self._end - time.monotonic()
            if left < _LEAST_SECONDS:
                return _OVER
            try:
                run_probe_in_container(
                    engine, container, name, arguments, tell, stop, min(left, limit), where=self._image
                )
            except Trouble as trouble:
                if trouble.id in _GONE:
                    raise
                if trouble.id == "probe-timeout":
                    # one that had its whole time hangs; one that was cut short says nothing
                    return Missing("timeout", words_of(trouble)) if left >= limit else _OVER
                return Missing("absent" if trouble.id == "probe-no-python" else "failed", words_of(trouble))
            return None

        def take(record: Record) -> None:
            self._container = Known(with_part(self._facts, record, time.time))

        parts = "nodes,libraries,search,nvml,cuda,limits,clock,tools" + (",volume" if folder else "")
        missing = probe("container", ("--parts", parts, "--volume", _MOUNT), _LIMITS["container"], take)
        if missing is not None:
            self._fill(missing)
        if folder:
            self._own_volume(folder)
        else:
            self._know(volume=Missing("not_applicable", "no directory of this computer can be mounted there"))
        answers = isinstance(self._facts.python, Known)
        if not answers:
            self._rest("nothing could be run inside")
        yield self._walked("inside", clock.run("inside", missing.detail if missing else ""))
        if not answers:
            return

        calls = _calls(self._image)
        missing = probe("container", ("--parts", "network", *calls), _NETWORK_LIMIT, take)
        if missing is not None and not isinstance(self._facts.network, Known):
            self._know(network=missing)
        yield self._walked("inside_network", clock.run("inside_network", missing.detail if missing else ""))

        told: list[Record] = []
        missing = probe("environment", (), _LIMITS["environment"], told.append)
        self._know(torch=missing if missing is not None and not told else torch_of(told))
        yield self._walked("torch", clock.run("torch", missing.detail if missing else ""))

        if isinstance(self._facts.torch, Known):
            told = []
            missing = probe("kernels", (), _LIMITS["kernels"], told.append)
            runs = kernels_of(told)
            self._know(kernels=Known(runs) if runs else missing or Missing("failed", "no kernel was run"))
        else:
            self._know(kernels=Missing("not_applicable", "torch could not be used"))
        told = []
        missing = probe("container", ("--parts", "nvml"), _NVML_LIMIT, told.append)
        self._know(nvml_again=missing if missing is not None and not told else nvml_of(told))
        yield self._walked("kernels", clock.run("kernels", missing.detail if missing else ""))

        if self._deep:
            load = measure_load(engine, container, self._facts, _MOUNT if folder else "", DEEP_SECONDS, stop)
            yield self._walked("load", clock.run("load"), load)

    @property
    def _facts(self) -> ContainerFacts:
        assert isinstance(self._container, Known)
        return self._container.value

    def _know(self, **changes: object) -> None:
        self._container = Known(msgspec.structs.replace(self._facts, **changes))

    def _fill(self, missing: Missing) -> None:
        """Say of everything that the first probe should have told why it is not there."""
        names = ("python", "nodes", "libraries", "search", "nvml", "cuda", "limits", "volume", "clock_ahead", "tools")
        self._know(**{name: missing for name in names if not isinstance(getattr(self._facts, name), Known)})

    def _rest(self, why: str) -> None:
        """Say of everything that was not come to why not."""
        fields = ContainerFacts.__struct_fields__
        waiting = [name for name in fields if getattr(self._facts, name) == Missing("not_asked")]
        self._know(**dict.fromkeys(waiting, Missing("not_applicable", why)))

    def _own_volume(self, folder: str) -> None:
        """Look at the file that the container wrote from this side."""
        tested = self._facts.volume
        if not isinstance(tested, Known) or tested.value.step:
            return
        owner: Fact[int] = Missing("absent", "the file is not to be seen on this computer")
        with contextlib.suppress(OSError):
            owners = [entry.stat().st_uid for entry in os.scandir(folder)]
            owner = Known(owners[0]) if owners else owner
        self._know(volume=Known(msgspec.structs.replace(tested.value, path=folder, owner=owner)))

    def _walked(self, subject: Subject, run: CollectorRun, load: Fact[LoadFacts] | None = None) -> Walked:
        not_yet = Missing("not_applicable", "the walk did not come to it") if self._deep else Missing("not_asked")
        return Walked(run=run, subject=subject, container=self._container, load=load or not_yet)


class _Clock:
    """Times the steps one after the other."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def run(self, name: str, text: str = "") -> CollectorRun:
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        return CollectorRun(name=name, seconds=seconds, outcome="done", text=text[:500])


def _attempt(engine: Engine, request: CreateRequest, way: GpuWay) -> tuple[str, StartAttempt]:
    container = ""
    try:
        container = engine.create(request)
        engine.start(container)
        if engine.inspect(container).running:
            return container, StartAttempt(gpus=way, started=True)
        trouble = Trouble("container-died", text="it ended at once")
    except Trouble as refusal:
        trouble = refusal
    except BaseException:
        _remove(engine, container)
        raise
    _remove(engine, container)
    return "", StartAttempt(gpus=way, started=False, trouble=trouble.id, text=words_of(trouble))


def _remove(engine: Engine, container: str) -> None:
    if container:
        with contextlib.suppress(Trouble):
            engine.remove(container, force=True)


def _clear_old(engine: Engine) -> None:
    """Remove ended containers of probes: an app that was killed could not."""
    for old in engine.containers(label=labels.PROBE):
        if old.status in ("exited", "dead"):
            _remove(engine, old.id)


def _calls(image: str) -> tuple[str, ...]:
    """Return the image's registry as an argument of the probe, where it has one that a container could reach."""
    host, slash, _ = image.partition("/")
    if not slash or ("." not in host and ":" not in host) or host.startswith(("127.", "localhost")):
        return ()
    name, colon, port = host.partition(":")
    return ("--call", f"registry={name}:{port if colon else _HTTPS}")
