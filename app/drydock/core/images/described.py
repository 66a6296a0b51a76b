"""What an image says of itself, read into the terms of the catalogue."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from drydock.core.facts.published import ImageConfig
from drydock.core.images.catalogue import Catalogue, Flavour, Image
from drydock.core.images.history import TORCH_VARIABLES, History, PutIn, cuda_version, read_history, target_of
from drydock.core.images.live import nearest_build, parse_nvidia_tag, parse_tag
from drydock.core.images.requirement import Demand, parse_requirement
from drydock.core.images.version import Version

_TORCH_VERSION = re.compile(r"\s*v?([0-9]{1,4}(?:\.[0-9]{1,9}){1,2})((?:a|b|rc|\.dev)[0-9]*)?(?![0-9])", re.ASCII)
_CAPABILITY = re.compile(r"([0-9]{1,2})\.([0-9])([af]?)(?:\+PTX)?", re.ASCII)
_COMPAT = re.compile(r"/cuda[^/]*/compat/?$")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})

CubinsFrom = Literal["catalogue", "image", "assumed", ""]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An image by its own configuration, whoever made it.

    Attributes:
        torch: None when it names none; of an ``alpha`` build, the release it leads to.
        torch_text: the version as the image writes it, such as ``2.9.0a0+145a3a7`` or ``2.7.1+cpu``.
        torch_doubtful: a later command may have put another torch in its place.
        framework: ``torch``, or another that it names (``tensorflow``); empty when it names none.
        cpu_only: it names a build of torch without CUDA.
        rocm: it is made for AMD GPUs.
        cuda: (major, minor); None where the image does not tell.
        cuda_from: where the CUDA version was read: ``torch`` (its local version), ``variable``,
            ``history``, ``catalogue`` or ``tag``.
        cubins: compute capabilities that its torch holds compiled code for; ``cubins_from`` says who says so:
            the catalogue measured that build, the image names them (TORCH_CUDA_ARCH_LIST), or they are assumed from a
            build near to it. Empty where only ``range`` is published or nothing is known.
        demand: what it asks of the driver before it starts; None when it asks nothing.
        demand_off: it turns that question off itself (NVIDIA_DISABLE_REQUIRE).
        platforms: every platform it is published for.
        platform: the one that was read.
        compiler: whether a C compiler is inside; None when the image does not tell.
        conda: its Python is of a conda environment; ``virtual_environment`` when it is of a venv.
        gpus: what it asks for by NVIDIA_VISIBLE_DEVICES; empty when it asks for nothing.
        capabilities: of NVIDIA_DRIVER_CAPABILITIES; empty when it names none.
        library_path: LD_LIBRARY_PATH.
        compat_first: a CUDA driver library of its own (cuda-compat) leads on that path.
        catalogue_reference: the image of the catalogue that it is, or was made from; empty when there is none.
        made_from: the image that it was made from, as far as its labels or history tell.
    """

    reference: str
    torch: Version | None = None
    torch_text: str = ""
    torch_doubtful: bool = False
    alpha: bool = False
    framework: str = ""
    cpu_only: bool = False
    rocm: bool = False
    cuda: Version | None = None
    cuda_from: str = ""
    cudnn: str = ""
    nccl: str = ""
    python: str = ""
    cubins: tuple[Version, ...] = ()
    cubins_from: CubinsFrom = ""
    range: tuple[Version, Version] | None = None
    demand: Demand | None = None
    demand_off: bool = False
    platforms: tuple[str, ...] = ()
    platform: str = ""
    flavour: Flavour | None = None
    compiler: bool | None = None
    ssh_server: bool = False
    conda: bool = False
    virtual_environment: str = ""
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    gpus: str = ""
    capabilities: tuple[str, ...] = ()
    library_path: tuple[str, ...] = ()
    compat_first: bool = False
    created: str = ""
    made_by: str = ""
    made_from: str = ""
    catalogue_reference: str = ""


def describe(reference: str, config: ImageConfig, platforms: tuple[str, ...], catalogue: Catalogue) -> Described:
    """Read what an image says of itself. Never raises.

    Args:
        reference: the image's name.
        config: its configuration.
        platforms: every platform it is published for; empty where only one is known.
        catalogue: tells what the builds of torch hold.
    """
    variables = config.environment
    history = read_history(config.history)
    torch = _torch(config, history)
    release = _nvidia_release(variables, torch)
    version, alpha = _version(torch.text if torch else "")
    inside = _Inside(
        reference=reference,
        arch=_arch(config.platform),
        torch=torch,
        version=version,
        alpha=alpha or release is not None,
        release=release,
        official=_is_official(config, torch),
    )
    cuda, cuda_from = _cuda(inside, variables, history)
    build = _build(inside, cuda, variables, catalogue)
    code = _code(inside, cuda, build, variables, catalogue)
    path = tuple(filter(None, variables.get("LD_LIBRARY_PATH", "").split(":")))
    return Described(
        reference=reference,
        torch=version,
        torch_text=torch.text if torch else "",
        torch_doubtful=bool(torch and torch.doubtful),
        alpha=inside.alpha,
        framework="torch" if torch else _framework(config, history),
        cpu_only=_is_for_processor(inside),
        rocm=_is_rocm(variables, torch),
        cuda=cuda,
        cuda_from=cuda_from,
        cudnn=_cudnn(config, build),
        nccl=(build.nccl if build else None)
        or _plain(variables.get("NV_LIBNCCL_PACKAGE_VERSION", ""))
        or _plain(variables.get("NCCL_VERSION", "")),
        python=_plain(variables.get("PYTHON_VERSION", "")) or (build.python if build and build.python else ""),
        cubins=code.cubins,
        cubins_from=code.source,
        range=code.range,
        demand=_demand(variables),
        demand_off=variables.get("NVIDIA_DISABLE_REQUIRE", "").strip() in _TRUE,
        platforms=platforms or ((config.platform,) if config.platform else ()),
        platform=config.platform,
        flavour=_flavour(variables) if torch or cuda else None,
        compiler=_compiler(config, history, build),
        ssh_server=history.ssh_server,
        conda="conda" in variables.get("PATH", ""),
        virtual_environment=variables.get("VIRTUAL_ENV", ""),
        user=config.user,
        entrypoint=config.entrypoint,
        command=config.command,
        gpus=variables.get("NVIDIA_VISIBLE_DEVICES", ""),
        capabilities=tuple(filter(None, re.split(r"[,\s]+", variables.get("NVIDIA_DRIVER_CAPABILITIES", "").lower()))),
        library_path=path,
        compat_first=bool(path) and bool(_COMPAT.search(path[0])),
        created=config.created,
        made_by=_first_label(
            config, "org.opencontainers.image.vendor", "org.opencontainers.image.authors", "maintainer"
        ),
        made_from=_made_from(inside, config, build),
        catalogue_reference=build.reference if build else "",
    )


class _Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What is read first, and what the rest follows from."""

    reference: str
    arch: str
    torch: PutIn | None
    version: Version | None
    alpha: bool
    release: Version | None
    official: bool


class _Code(msgspec.Struct, frozen=True):
    cubins: tuple[Version, ...] = ()
    source: CubinsFrom = ""
    range: tuple[Version, Version] | None = None


def _torch(config: ImageConfig, history: History) -> PutIn | None:
    """Take the history's word, or where it is silent (a flattened image has none) that of a variable or a label."""
    variables = config.environment
    named = next((variables[name] for name in TORCH_VARIABLES if variables.get(name)), "")
    named = named or config.labels.get("com.nvidia.pytorch.version", "")
    if history.torch or not named:
        return history.torch
    return PutIn(text=named, wheel=False, cuda=None)


def _version(text: str) -> tuple[Version | None, bool]:
    """Read a version as torch writes its own, and whether it is one on the way to a release."""
    match = _TORCH_VERSION.match(text)
    return (Version.find(match[1]), bool(match[2])) if match else (None, False)


def _nvidia_release(variables: Mapping[str, str], torch: PutIn | None) -> Version | None:
    """Return the year and month of NVIDIA's image, unless another torch was installed over theirs."""
    if torch is None or torch.wheel:
        return None
    return parse_nvidia_tag(f"{variables.get('NVIDIA_PYTORCH_VERSION', '').strip()}-py3")


def _is_official(config: ImageConfig, torch: PutIn | None) -> bool:
    """Whether it is one of pytorch/pytorch, or made from one: they bear this label since before 1.13."""
    return bool(torch and not torch.wheel) and config.labels.get("com.nvidia.volumes.needed") == "nvidia_driver"


def _cuda(inside: _Inside, variables: Mapping[str, str], history: History) -> tuple[Version | None, str]:
    """Find the CUDA that torch was built for; without a torch, the one of the image."""
    torch = inside.torch
    local = target_of(torch.text.partition("+")[2])[1] if torch else None
    tag = parse_tag(inside.reference.partition("@")[0].rpartition(":")[2])
    own = cuda_version(variables.get("CUDA_VERSION")) or cuda_version(variables.get("NV_CUDA_CUDART_VERSION"))
    if torch is not None and torch.wheel:  # a package brings its CUDA along, whichever toolkit lies beside it
        found = [(local or torch.cuda, "torch")]
    elif inside.official:
        named = tag.cuda if tag and tag.torch == inside.version else None
        found = [(local, "torch"), (torch.cuda if torch else None, "history"), (own, "variable"), (named, "tag")]
    else:
        argument = cuda_version(history.variables.get("CUDA_VERSION"))
        found = [(local, "torch"), (own, "variable"), (argument, "history")]
    return next(((cuda, source) for cuda, source in found if cuda), (None, ""))


def _build(inside: _Inside, cuda: Version | None, variables: Mapping[str, str], catalogue: Catalogue) -> Image | None:
    """Return the image of the catalogue that this is, or was made from."""
    if inside.release is not None:
        return next((i for i in catalogue.images if i.alpha and i.recency == inside.release), None)
    if not inside.official or cuda is None:
        return None
    flavour = _flavour(variables)
    fitting = [image for image in _builds(inside, catalogue) if image.cuda == cuda]
    return min(fitting, key=lambda image: (image.flavour != flavour, image.tag), default=None)


def _builds(inside: _Inside, catalogue: Catalogue) -> list[Image]:
    return [
        image
        for image in catalogue.images
        if not image.alpha and not image.assumed and image.torch == inside.version and inside.arch in image.archs
    ]


def _code(
    inside: _Inside, cuda: Version | None, build: Image | None, variables: Mapping[str, str], catalogue: Catalogue
) -> _Code:
    """Find out which GPUs the torch inside holds code for, and by whose word."""
    named = _named_code(variables)
    if inside.release is not None:
        code_range = build.range if build else None
        return _Code(named, "image", code_range) if named else _Code((), "catalogue" if code_range else "", code_range)
    if inside.torch is None or cuda is None:
        return _Code()
    known = build or next((image for image in _builds(inside, catalogue) if image.cuda == cuda), None)
    if known is not None and not inside.alpha and (inside.official or inside.torch.wheel):
        return _Code(known.cubins, "catalogue")
    if named and not inside.torch.wheel and not inside.official:
        return _Code(named, "image")
    official = [image for image in catalogue.images if not image.alpha and inside.arch in image.archs]
    oldest = min((image.recency for image in official), default=None)
    if inside.version is None or oldest is None or inside.version < oldest:
        return _Code()
    near = nearest_build(official, inside.version, cuda, "runtime")
    return _Code(near.cubins, "assumed") if near and near.cuda[0] == cuda[0] else _Code()


def _named_code(variables: Mapping[str, str]) -> tuple[Version, ...]:
    """Read TORCH_CUDA_ARCH_LIST. Code with the suffix ``a`` runs on that one GPU alone, so only 9.0a counts as 9.0."""
    found: set[Version] = set()
    for word in re.split(r"[;,\s]+", variables.get("TORCH_CUDA_ARCH_LIST", "")):
        match = _CAPABILITY.fullmatch(word)
        if match and (match[3] != "a" or match[1] == "9"):
            found.add(Version((int(match[1]), int(match[2]))))
    return tuple(sorted(found))


def _demand(variables: Mapping[str, str]) -> Demand | None:
    """Collect what the container toolkit asks for an image.

    That is every NVIDIA_REQUIRE_* but those for JetPack; of an image that names its CUDA and asks for none, that CUDA.
    """
    texts = [
        value
        for name, value in sorted(variables.items())
        if name.startswith("NVIDIA_REQUIRE_") and not name.startswith("NVIDIA_REQUIRE_JETPACK") and value.strip()
    ]
    if not variables.get("NVIDIA_REQUIRE_CUDA"):
        own = cuda_version(variables.get("CUDA_VERSION"))
        texts += [f"cuda>={own}"] if own else []
    return parse_requirement(*texts) if texts else None


def _is_for_processor(inside: _Inside) -> bool:
    torch = inside.torch
    if torch is None:
        return False
    target = target_of(torch.text.partition("+")[2])[0] or torch.target
    # the publisher's images for arm64 are built from packages without CUDA
    return target == "cpu" or (inside.official and inside.arch == "arm64")


def _is_rocm(variables: Mapping[str, str], torch: PutIn | None) -> bool:
    target = (target_of(torch.text.partition("+")[2])[0] or torch.target) if torch else ""
    return target == "rocm" or (target != "cuda" and any(variables.get(name) for name in ("ROCM_PATH", "ROCM_VERSION")))


def _framework(config: ImageConfig, history: History) -> str:
    product = config.environment.get("NVIDIA_PRODUCT_NAME", "").lower()
    named = "tensorflow" if config.environment.get("TENSORFLOW_VERSION") or "tensorflow" in product else ""
    return history.framework or named


def _cudnn(config: ImageConfig, build: Image | None) -> str:
    if build and (build.cudnn or build.cudnn_major):
        return build.cudnn or str(build.cudnn_major)
    variables = config.environment
    return (
        _plain(variables.get("NV_CUDNN_VERSION", ""))
        or _plain(variables.get("CUDNN_VERSION", ""))
        or _plain(config.labels.get("com.nvidia.cudnn.version", ""))
    )


def _compiler(config: ImageConfig, history: History, build: Image | None) -> bool | None:
    if history.compiler or _has_toolkit(config.environment) or (build and build.compiler):
        return True
    # what was added to an image of the catalogue shows in its history, when it has one
    return False if build and config.history else None


def _has_toolkit(variables: Mapping[str, str]) -> bool:
    """Whether CUDA's own compiler is inside, which brings a C compiler along: such images say where the stubs lie."""
    path = variables.get("LIBRARY_PATH", "")
    return "cuda" in path and "stubs" in path


def _flavour(variables: Mapping[str, str]) -> Flavour:
    return "devel" if _has_toolkit(variables) else "runtime"


def _made_from(inside: _Inside, config: ImageConfig, build: Image | None) -> str:
    named = config.labels.get("org.opencontainers.image.base.name", "")
    if named:
        return named.removeprefix("docker.io/")
    if build is not None and build.reference != inside.reference:
        return build.reference
    cuda = config.environment.get("CUDA_VERSION", "")
    return f"nvidia/cuda:{cuda}" if cuda and config.environment.get("NV_CUDA_CUDART_VERSION") and not build else ""


def _first_label(config: ImageConfig, *names: str) -> str:
    return next((config.labels[name] for name in names if config.labels.get(name)), "")


def _arch(platform: str) -> str:
    return platform.split("/")[1] if "/" in platform else ""


def _plain(text: str) -> str:
    """Drop what a package adds to a version: ``9.7.0.66-1`` is 9.7.0.66."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", text.strip())
    return match[0] if match else ""
