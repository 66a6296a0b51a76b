"""Makes the image that a session with services or added tools starts from; later launches find it by its key."""

from collections import deque
from collections.abc import Callable
from importlib import resources
from urllib.parse import urlsplit

import msgspec

from drydock.core.facts import Known, missing_text
from drydock.core.launch import derived_of
from drydock.core.launch.additions import part_names
from drydock.core.launch.ending import build_failure
from drydock.core.launch.service_image import (
    LABEL_STAGE,
    NETWORK_FOLDER,
    InstallNetwork,
    Programs,
    ServiceImage,
    dockerfile,
)
from drydock.core.trouble import Trouble
from drydock.engines import BuildRequest, Engine
from drydock.jobs.job import Tell
from drydock.jobs.launch_steps import BuildLine, Stage, Superseded
from drydock.world import Stop, World

_BUNDLE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_PIP_OPTIONS = {
    "PIP_INDEX_URL": "index-url",
    "PIP_EXTRA_INDEX_URL": "extra-index-url",
    "PIP_TRUSTED_HOST": "trusted-host",
    "PIP_DEFAULT_TIMEOUT": "timeout",
    "PIP_RETRIES": "retries",
}
_BUNDLE_LIMIT = 8 << 20
_TAIL_LINES = 12
_KEPT_LINES = 2000
_CLEAR_ATTEMPTS = 20
_CLEAR_PAUSE = 0.25


class BuildNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """How packages are reached from inside a build; empty on a network without peculiarities.

    Attributes:
        files: for the folder of the build context that only the first stage sees.
        proxies: build arguments that every builder knows; they do not stay in the image.
        host_network: a proxy listens on this computer's loopback address, which only its own network reaches.
    """

    files: dict[InstallNetwork, bytes] = {}
    proxies: dict[str, str] = {}
    host_network: bool = False


def read_build_network(world: World) -> BuildNetwork:
    """Read the settings from the variables that pip, curl and the engine's own client obey.

    Raises:
        Trouble: ``launch-certificates-unreadable``, when a variable names a bundle that cannot be read.
    """
    variables = world.environment()
    proxies = {
        spelling: variables[spelling]
        for name in _PROXY_VARIABLES
        for spelling in (name, name.lower())
        if variables.get(spelling)
    }
    files: dict[InstallNetwork, bytes] = {}
    options = {option: _reachable(variables.get(name, "")) for name, option in _PIP_OPTIONS.items()}
    lines = [f"{option} = {value}" for option, value in options.items() if value]
    if lines:
        files["pip.conf"] = "\n".join(["[global]", *lines, ""]).encode()
    bundle = next((variables[name] for name in _BUNDLE_VARIABLES if variables.get(name)), "")
    if bundle:
        files["ca.pem"] = _read_bundle(world, bundle)
    loopback = any(_is_loopback(url) for name, url in proxies.items() if name.upper() != "NO_PROXY")
    return BuildNetwork(files=files, proxies=proxies, host_network=loopback)


def ensure_service_image(
    engine: Engine, world: World, image: ServiceImage, tell: Callable[[str], None], stop: Stop
) -> bool:
    """Build the image if the engine does not hold it; its parent must be there.

    Returns:
        Whether it had to be built.

    Raises:
        Trouble: ``launch-build-…`` with the reason.
        Stopped: the stop was asked for.
    """
    if engine.find_image(image.tag) is not None:
        return False
    network = read_build_network(world)
    config = engine.image_config(image.parent)
    programs = Programs(entrypoint=config.entrypoint, command=config.command, user=config.user)
    request = _request(image, network, programs)
    lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def take(line: str) -> None:
        lines.append(line)
        tell(line)

    try:
        engine.build(request, take, stop)
    except Trouble as trouble:
        if trouble.id != "build-failed":
            raise
        text = str(trouble.values.get("text", ""))
        tail = "\n".join([*list(lines)[-_TAIL_LINES:], text])
        raise Trouble(
            build_failure([*lines, text]),
            image=image.parent,
            services=part_names(image.parts),
            log=tail,
            reference=image.parent,
            options=" ".join(f"--{part}" for part in image.parts),
            tag=image.tag,
        ) from trouble
    finally:
        _forget_stages(engine, image)
    return True


def have_service_image(engine: Engine, world: World, image: ServiceImage, tell: Tell, stop: Stop) -> bool:
    """Do the same, telling it as steps: :class:`Stage`, :class:`BuildLine`, :class:`Superseded`.

    Returns:
        Whether it had to be built.

    Raises:
        Trouble: as :func:`ensure_service_image`.
        Stopped: the stop was asked for.
    """
    if engine.find_image(image.tag) is not None:
        return False
    tell(Stage("building", image.tag))
    ensure_service_image(engine, world, image, lambda line: tell(BuildLine(line)), stop)
    for older in derived_of(engine.images()):
        if older.stale and older.parent == image.parent and older.parts == image.parts:
            tell(Superseded(older.name, older.parent, older.added_size))
    return True


def _request(image: ServiceImage, network: BuildNetwork, programs: Programs) -> BuildRequest:
    root = resources.files("drydock_resources") / "service_image"
    files = {name: (root / name).read_bytes() for name in image.files}
    files |= {f"{NETWORK_FOLDER}/{name}": content for name, content in network.files.items()}
    return BuildRequest(
        dockerfile=dockerfile(image, tuple(network.files), programs),
        files=files,
        tag=image.tag,
        labels=image.labels,
        build_arguments=network.proxies,
        network="host" if network.host_network else None,
    )


def _forget_stages(engine: Engine, image: ServiceImage) -> None:
    """Remove what the stages left: they hold the network's settings, and nobody needs them again.

    After a stop the engine is still clearing up the build's container for a moment, which holds on to its stage.
    """
    for _ in range(_CLEAR_ATTEMPTS):
        try:
            left = [
                one.id for one in engine.images() if one.labels.get(LABEL_STAGE) == image.key and not one.references
            ]
            for image_id in left:
                engine.remove_image(image_id)
        except Trouble as trouble:
            if trouble.id in ("engine-timeout", "engine-lost", "engine-no-permission"):
                # it would be waited for again and again, and nothing can be cleared there
                return
        else:
            return
        Stop().wait(_CLEAR_PAUSE)


def _read_bundle(world: World, path: str) -> bytes:
    content = world.read_text(path, _BUNDLE_LIMIT)
    if isinstance(content, Known):
        return content.value.encode()
    raise Trouble("launch-certificates-unreadable", path=path, text=content.detail or missing_text(content))


def _reachable(value: str) -> str:
    """Leave out addresses of files on this computer, which a build cannot see."""
    return " ".join(word for word in value.split() if urlsplit(word).scheme != "file" and not word.startswith("/"))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
