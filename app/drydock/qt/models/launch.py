"""What the Launch page works out without widgets: the choice behind the form, its problems, its words."""

from pathlib import Path
from typing import TypeAlias

import msgspec

from drydock.core.facts import Known, LocalImage, Snapshot, known_or
from drydock.core.findings import State
from drydock.core.images import Catalogue, Recommendation
from drydock.core.launch import (
    Choice,
    GpuWish,
    Ground,
    MountWish,
    Problem,
    Service,
    docker_run_line,
    parse_image,
    parse_mount,
    parse_size,
    preflight,
    short_digest,
)
from drydock.core.launch.additions import TRITON_CAPABILITY, part_names, suggests_compiler
from drydock.core.launch.contents import find_local
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.reasons import text as reason_text
from drydock.jobs.launch import LaunchPreview, make_plan

Port: TypeAlias = int | None

SERVICE_NAMES: dict[Service, str] = {"jupyter": "Jupyter", "ssh": "SSH", "tensorboard": "TensorBoard"}
FIELDS = (
    "image",
    "pin",
    "gpus",
    "workspace",
    "checkpoints",
    "mounts",
    "jupyter",
    "ssh",
    "tensorboard",
    "memory",
    "shm_size",
    "name",
    "environment",
)


class LaunchWish(msgspec.Struct, frozen=True, kw_only=True):
    """What another page sends the person here with: an image, and GPUs of their own for it.

    Attributes:
        digest: what the image is to be pinned to; empty pins nothing.
        compiles: the work uses ``torch.compile``.
    """

    image: str = ""
    digest: str = ""
    gpus: tuple[str, ...] = ()
    compiles: bool = False


class FormTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The form as it was typed.

    Attributes:
        pin: the image is to be pinned, to ``digest`` once that is known.
        mounts: one ``SOURCE:TARGET[:ro]`` a line; ``environment``: one ``NAME=VALUE`` a line.
    """

    image: str = ""
    gpus: GpuWish = "all"
    workspace: str = ""
    checkpoints: str = ""
    jupyter: Port = None
    ssh: Port = None
    tensorboard: Port = None
    compiler: bool = False
    pin: bool = False
    digest: str = ""
    memory: str = ""
    shm_size: str = ""
    name: str = ""
    mounts: str = ""
    environment: str = ""
    caches: bool = False


class GpuLine(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU or a MIG slice that can be chosen."""

    uuid: str
    title: str


def read_form(texts: FormTexts, environment: dict[str, str] | None = None) -> tuple[Choice, tuple[Problem, ...]]:
    """Return the choice, and what could not be read of it, each at its field.

    Args:
        texts: what was typed.
        environment: variables the image needs to start on this machine; the person's own words win.
    """
    problems: list[Problem] = []
    mounts = _mounts(texts.mounts, problems)
    variables = {**(environment or {}), **_variables(texts.environment, problems)}
    image, digest = _image(texts, problems)
    choice = Choice(
        image=image,
        digest=digest,
        gpus=texts.gpus,
        workspace=_directory(texts.workspace),
        checkpoints=_directory(texts.checkpoints),
        mounts=mounts,
        jupyter=texts.jupyter,
        ssh=texts.ssh,
        tensorboard=texts.tensorboard,
        compiler=texts.compiler,
        memory=_size(texts.memory, "memory", problems),
        shm_size=_size(texts.shm_size, "shm_size", problems),
        name=texts.name.strip(),
        caches=texts.caches,
        environment=variables,
    )
    return choice, tuple(problems)


def all_problems(
    choice: Choice,
    unread: tuple[Problem, ...],
    snapshot: Snapshot,
    taken_names: frozenset[str],
    previewed: tuple[Choice, LaunchPreview] | None,
) -> tuple[Problem, ...]:
    """Return every problem that is known now.

    What only the engine and the disk can tell comes from the last preview; it counts for the fields that have not
    changed since.
    """
    found = [*unread, *preflight(choice, snapshot, taken_names=taken_names)]
    if previewed is not None:
        then, preview = previewed
        seen = {(problem.field, problem.id) for problem in found}
        found += [
            problem
            for problem in preview.problems
            if (problem.field, problem.id) not in seen and _value(then, problem.field) == _value(choice, problem.field)
        ]
    return tuple(sorted(found, key=lambda problem: FIELDS.index(problem.field)))


def problem_text(problem: Problem) -> str:
    """Return what to say at the field."""
    article = trouble_article(problem.trouble)
    return f"{article.text} {article.remedy}".strip()


def command_line(choice: Choice, snapshot: Snapshot, taken_names: frozenset[str], local: tuple[LocalImage, ...]) -> str:
    """Return the equivalent ``docker run`` line by what is known without asking anybody; empty without an image."""
    if not choice.image:
        return ""
    ground = Ground(engine=snapshot.engine, taken_names=taken_names)
    image = find_local(local, choice.pinned_image)
    return docker_run_line(make_plan(choice, ground, image))


def image_note(
    reference: str, answer: Recommendation, catalogue: Catalogue, local: tuple[LocalImage, ...]
) -> tuple[State, str]:
    """Return what is known of the image in the field, and how grave that is."""
    here = "It is here already." if any(reference in image.references for image in local) else "It will be pulled."
    if answer.choice and answer.choice.reference == reference:
        return "ok", f"Recommended for this machine. {here}"
    if reference not in {image.reference for image in catalogue.images}:
        return "not_tested", f"Not in the catalogue, so nothing is known of what it holds. {here}"
    why = next((rejected.why for rejected in answer.rejected if rejected.reference == reference), ())
    words = " ".join(reason_text(reason.code, reason.values) for reason in why)
    if any(reason.code == "OUTRANKED" for reason in why):
        return "ok", f"It runs on this machine. {here}"
    return "attention", f"{words} {here}"


def has_compiler(reference: str, catalogue: Catalogue) -> bool | None:
    """Say whether an image brings a C compiler; None when the catalogue does not know it."""
    return next((image.compiler for image in catalogue.images if image.reference == reference), None)


def wants_compiler(wish: LaunchWish, snapshot: Snapshot, catalogue: Catalogue) -> bool:
    """Say whether the compiler should be switched on for a wish."""
    return suggests_compiler(
        compiles=wish.compiles, has_compiler=has_compiler(wish.image, catalogue), capabilities=_capabilities(snapshot)
    )


def compiler_note(reference: str, snapshot: Snapshot, catalogue: Catalogue) -> str:
    """Return what adding a compiler to this image on this machine is good for."""
    if has_compiler(reference, catalogue):
        return "This image has one already."
    known = _capabilities(snapshot)
    if known and max(known) < TRITON_CAPABILITY:
        return "For C++ extensions. torch.compile cannot use these GPUs: Triton needs compute capability 7.0."
    return "torch.compile needs one, and this image may have none."


def _capabilities(snapshot: Snapshot) -> tuple[tuple[int, int], ...]:
    return tuple(gpu.compute_capability.value for gpu in snapshot.gpus if isinstance(gpu.compute_capability, Known))


def image_environment(reference: str, answer: Recommendation) -> dict[str, str]:
    """Return the variables that an image needs to start on this machine, where that is known."""
    plans = [plan.choice for plan in answer.per_gpu]
    for choice in (answer.choice, *plans):
        if choice and choice.reference == reference:
            return dict(choice.environment)
    return {}


def gpu_lines(snapshot: Snapshot) -> tuple[GpuLine, ...]:
    """Return every GPU with a known UUID, and the slices of those that are cut."""
    lines: list[GpuLine] = []
    for gpu in snapshot.gpus:
        name = known_or(gpu.name, "GPU").removeprefix("NVIDIA ")
        memory = f", {gpu.memory_total.value / (1 << 30):.0f} GiB" if isinstance(gpu.memory_total, Known) else ""
        if gpu.mig_devices:
            lines += [
                GpuLine(uuid=uuid, title=f"GPU {gpu.index}: slice {number} of {name}")
                for number, uuid in enumerate(gpu.mig_devices, start=1)
            ]
        elif isinstance(gpu.uuid, Known):
            lines.append(GpuLine(uuid=gpu.uuid.value, title=f"GPU {gpu.index}: {name}{memory}"))
    return tuple(lines)


def steps(choice: Choice, preview: LaunchPreview | None, local: tuple[LocalImage, ...]) -> tuple[str, ...]:
    """Return what will happen after the click, as sentences."""
    if not choice.image:
        return ()
    here = preview.image_here if preview else find_local(local, choice.pinned_image) is not None
    pin = f", pinned to {short_digest(choice.digest)}," if choice.digest else ""
    lines = [f"{choice.image}{pin} is here already." if here else f"{choice.image}{pin} is pulled first."]
    if choice.parts:
        names = part_names(choice.parts)
        if preview and preview.service_image_here:
            lines.append(f"The image with {names} was made before and is used again.")
        else:
            lines.append(
                f"An image that adds {names} to it is built first, which takes some minutes; later launches use it "
                "again."
            )
    lines.append("Ports are open on 127.0.0.1 only." if choice.services else "No port is opened.")
    return tuple(lines)


def service_words(services: str) -> str:
    """Return services, as a launch tells them (ids with commas between them), by their names."""
    names = [next((name for key, name in SERVICE_NAMES.items() if key == part), part) for part in services.split(", ")]
    return " and ".join(names)


def _image(texts: FormTexts, problems: list[Problem]) -> tuple[str, str]:
    try:
        image, digest = parse_image(texts.image)
    except Trouble as trouble:
        problems.append(_unread("image", trouble))
        return texts.image.strip(), ""
    if texts.pin and image and not (digest or texts.digest):
        problems.append(_unread("pin", Trouble("launch-pin-unresolved", image=image)))
    return image, digest or (texts.digest if texts.pin else "")


def _value(choice: Choice, field: str) -> object:
    return choice.pinned_image if field == "image" else getattr(choice, field, None)


def _size(text: str, field: str, problems: list[Problem]) -> int | None:
    if not text.strip():
        return None
    try:
        return parse_size(text, {"memory": "the memory limit", "shm_size": "shared memory"}[field])
    except Trouble as trouble:
        problems.append(_unread(field, trouble))
        return None


def _mounts(text: str, problems: list[Problem]) -> tuple[MountWish, ...]:
    found: list[MountWish] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            found.append(parse_mount(line))
        except Trouble as trouble:
            problems.append(_unread("mounts", trouble))
    return tuple(found)


def _variables(text: str, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = value
        else:
            problems.append(
                Problem(field="environment", state="blocker", id="launch-variable-unreadable", values={"text": line})
            )
    return found


def _unread(field: str, trouble: Trouble) -> Problem:
    return Problem(field=field, state="blocker", id=trouble.id, values=trouble.values)


def _directory(text: str) -> str:
    word = text.strip()
    try:
        return str(Path(word).expanduser()) if word.startswith("~") else word
    except RuntimeError:
        # the home of a user who is not known here; the preflight says that there is no such directory
        return word
