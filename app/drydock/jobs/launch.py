"""From a choice to a session that answers: pull, service image, container, and the wait for its services."""

import secrets

import msgspec

from drydock import __version__
from drydock.core.facts import LocalImage, Snapshot
from drydock.core.launch import (
    Choice,
    Ground,
    LaunchPlan,
    Problem,
    blockers,
    contents_of,
    digest_of,
    docker_run,
    docker_run_line,
    gpu_way,
    judge,
    plan,
    proposed_name,
    service_image,
    without_secrets,
)
from drydock.core.launch.labels import DIGEST, PRIVATE_DIRECTORY
from drydock.core.launch.planning import private_files
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import CreateRequest, Engine, GpuRequest, Mount, PortBinding
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.launch_ground import look_around, public_keys
from drydock.jobs.launch_steps import BuildLine, LogLine, Ready, Stage, Superseded
from drydock.jobs.launch_wait import wait_until_ready
from drydock.jobs.pin import pin_gone, pin_problems
from drydock.jobs.service_image import have_service_image
from drydock.jobs.session import Session, opened, session_of
from drydock.world import Stop

__all__ = [
    "BuildLine",
    "LaunchJob",
    "LaunchPreview",
    "LogLine",
    "PreviewLaunchJob",
    "Ready",
    "Stage",
    "Superseded",
    "look_around",
]

_TOKEN_BYTES = 32


class LaunchJob(Job[Session]):
    """Start a session.

    Steps: :class:`Stage`, ``Problem`` for each warning of the preflight, ``PullProgress``, :class:`BuildLine`,
    :class:`Superseded`, :class:`LogLine`, :class:`Ready`.

    When it fails or is stopped, no container is left over; layers and images that were finished stay.

    Args:
        snapshot: what was read of this machine before; lets the GPUs in the choice be judged as well.
    """

    def __init__(self, context: Context, choice: Choice, snapshot: Snapshot | None = None) -> None:
        self._context = context
        self._choice = choice
        self._snapshot = snapshot

    def run(self, tell: Tell, stop: Stop) -> Session:
        """Launch.

        Raises:
            Trouble: a blocker of the preflight, or what went wrong with image, engine, container or service.
            Stopped: the stop was asked for.
        """
        with opened(self._context) as engine:
            tell(Stage("checking", self._choice.image))
            world, choice = self._context.world, self._choice
            ground = look_around(engine, world, choice, self._snapshot)
            problems = (*judge(choice, ground), *pin_problems(self._context, engine, choice, stop))
            for problem in blockers(problems):
                raise problem.trouble
            for problem in problems:
                tell(problem)
            keys = public_keys(world) if "ssh" in choice.services else ()
            stop.check()
            local = _have_image(engine, choice, tell, stop)
            launch_plan = make_plan(choice, ground, local)
            if choice.parts:
                image = service_image(
                    choice.pinned_image, local.id, choice.parts, choice.digest or digest_of(choice.image, local)
                )
                have_service_image(engine, world, image, tell, stop)
                stop.check()
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            return _start(engine, launch_plan, private_files(choice.services, token, keys), token, tell, stop)


class LaunchPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch would do.

    Attributes:
        plan: for showing; secrets have no values in it.
        command: the equivalent ``docker run``, as arguments; ``line`` is the same for a POSIX shell.
        image_here: the image need not be pulled; ``service_image_here``: nor the derived one built.
        image_digest: what would run, by its registry's digest (or the id of an image that was in none); empty where
            the image is not here and not pinned.
    """

    plan: LaunchPlan
    problems: tuple[Problem, ...]
    command: tuple[str, ...]
    line: str
    image_here: bool
    service_image_here: bool
    image_digest: str = ""


class PreviewLaunchJob(Job[LaunchPreview]):
    """Find out what a launch would do, without doing anything (``--dry-run``)."""

    def __init__(self, context: Context, choice: Choice, snapshot: Snapshot | None = None) -> None:
        self._context = context
        self._choice = choice
        self._snapshot = snapshot

    def run(self, tell: Tell, stop: Stop) -> LaunchPreview:
        """Ask the engine, and plan."""
        with opened(self._context) as engine:
            ground = look_around(engine, self._context.world, self._choice, self._snapshot)
            local = engine.find_image(self._choice.pinned_image) if self._choice.image else None
            launch_plan = make_plan(self._choice, ground, local)
            return LaunchPreview(
                plan=without_secrets(launch_plan),
                problems=(
                    *judge(self._choice, ground),
                    *pin_problems(self._context, engine, self._choice, stop),
                ),
                command=docker_run(launch_plan),
                line=docker_run_line(launch_plan),
                image_here=local is not None,
                service_image_here=not launch_plan.parts or engine.find_image(launch_plan.image) is not None,
                image_digest=launch_plan.labels.get(DIGEST, ""),
            )


def make_plan(choice: Choice, ground: Ground, local: LocalImage | None) -> LaunchPlan:
    """Make the plan for a choice on this ground; ``local`` is the chosen image where the engine has it."""
    return plan(
        choice,
        ground.engine,
        name=proposed_name(choice, ground.taken_names),
        version=__version__,
        parent_id=local.id if local else "",
        parent_digest=contents_of(choice.image, local) if local else "",
        gpu_by=gpu_way(ground.engine) or "hook",
    )


def create_request(launch_plan: LaunchPlan) -> CreateRequest:
    """Say a plan in the engine's words."""
    gpus = launch_plan.gpus
    return CreateRequest(
        name=launch_plan.name,
        image=launch_plan.image,
        command=launch_plan.command,
        environment=launch_plan.environment,
        labels=launch_plan.labels,
        gpus=GpuRequest(uuids=gpus.uuids, by=gpus.by) if gpus else None,
        mounts=tuple(
            Mount(kind=mount.kind, source=mount.source, target=mount.target, read_only=mount.read_only)
            for mount in launch_plan.mounts
        ),
        ports=tuple(
            PortBinding(container_port=port.container_port, host_port=port.host_port) for port in launch_plan.ports
        ),
        memory=launch_plan.memory,
        shm_size=launch_plan.shm_size,
        working_directory=launch_plan.working_directory,
        init=launch_plan.init,
        no_new_privileges=launch_plan.no_new_privileges,
    )


def _have_image(engine: Engine, choice: Choice, tell: Tell, stop: Stop) -> LocalImage:
    reference = choice.pinned_image
    local = engine.find_image(reference)
    if local is None:
        tell(Stage("pulling", reference))
        try:
            engine.pull(reference, tell, stop)
        except Trouble as trouble:
            if choice.digest and trouble.id == "image-not-found":
                raise pin_gone(choice) from trouble
            raise
        local = engine.find_image(reference)
    stop.check()
    if local is None:
        raise Trouble("launch-image-gone", image=reference)
    return local


def _start(
    engine: Engine, launch_plan: LaunchPlan, files: dict[str, bytes], token: str, tell: Tell, stop: Stop
) -> Session:
    tell(Stage("creating", launch_plan.name))
    container = engine.create(create_request(launch_plan))
    try:
        if files:
            engine.put_files(container, PRIVATE_DIRECTORY, files, mode=0o600)
        stop.check()
        tell(Stage("starting", launch_plan.name))
        engine.start(container)
        wait_until_ready(engine, container, launch_plan, token, tell, stop)
        return session_of(engine, engine.inspect(container))
    except BaseException as error:
        _clear(engine, container, tell)
        if stop.requested and not isinstance(error, Stopped):
            raise Stopped from error
        raise


def _clear(engine: Engine, container: str, tell: Tell) -> None:
    try:
        engine.remove(container, force=True)
    except Trouble as trouble:
        # one that somebody else removed meanwhile is not left over
        if trouble.id != "container-not-found":
            tell(Stage("left-over", container[:12]))
