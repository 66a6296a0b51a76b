"""The image that a session with services or added tools starts from, derived from the chosen one.

Official images have no Jupyter, SSH server or TensorBoard, and the small ones no compiler. The Python services go into
a virtual environment of their own that sees the image's packages: torch stays importable in every kernel, nothing under
it is replaced, and Pythons that their system manages (PEP 668) are left alone. They are installed in a first stage and
copied from there, so the settings of the network they came by (package index, certificates) stay out of the image.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

import msgspec

from drydock.core.launch.choice import PARTS, SERVICES, Part, Service

LABEL_SERVICE_IMAGE = "drydock.service-image"
LABEL_STAGE = "drydock.service-image.stage"
LABEL_PARENT = "drydock.parent"
LABEL_PARENT_DIGEST = "drydock.parent-digest"
LABEL_PARENT_ID = "drydock.parent-id"
LABEL_PARTS = "drydock.parts"
InstallNetwork: TypeAlias = Literal["pip.conf", "ca.pem"]

REPOSITORY = "drydock/service"
HOME = "/opt/drydock"
SUPERVISOR = f"{HOME}/services.py"
INIT = f"{HOME}/init"
NETWORK_FOLDER = "network"
_APT_CERTIFICATES = "/var/lib/apt/lists/drydock-ca.pem"
_NETWORK_HOME = f"{HOME}-network"

# one generation of each: their settings files and command lines are the ones our own files speak
_PYTHON_PACKAGES: Mapping[Part, tuple[str, ...]] = {
    "jupyter": ("jupyterlab>=4,<5", "ipykernel>=6,<8"),
    # it asks setuptools for pkg_resources, which newer ones no longer have
    "tensorboard": ("tensorboard>=2.10,<3", "setuptools<81"),
}
_SYSTEM_PACKAGES: Mapping[Part, tuple[str, ...]] = {
    "ssh": ("openssh-server",),
    # Triton compiles its launchers as C, Inductor its CPU kernels as C++ with OpenMP, which comes with gcc
    "compiler": ("gcc", "g++", "libc6-dev"),
    "tini": ("tini",),
}
_FILES: Mapping[Part, tuple[str, ...]] = {
    "jupyter": ("services.py", "jupyter_config.py"),
    "ssh": ("services.py",),
    "tensorboard": ("services.py",),
    "compiler": ("python_headers.py",),
    "tini": ("init",),
}
# raised whenever the Dockerfile below, or a file that is copied into the image, changes its meaning
_FORMAT = 3


class ServiceImage(msgspec.Struct, frozen=True, kw_only=True):
    """A derived image that can be built.

    Attributes:
        parent: reference of the image that it is made from.
        parent_id: the engine's id of the parent's contents; the same from whichever registry they came.
        parent_digest: what pins the parent in its registry, as far as it was in one.
        key: changes with the parent's contents, the parts and the way they are installed.
    """

    parent: str
    parent_id: str
    parent_digest: str = ""
    parts: tuple[Part, ...]
    key: str

    @property
    def tag(self) -> str:
        """Reference of the finished image."""
        return f"{REPOSITORY}:{self.key}"

    @property
    def services(self) -> tuple[Service, ...]:
        """Those of the parts that answer on a port."""
        return tuple(service for service in SERVICES if service in self.parts)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of our own files that the build needs."""
        return tuple(dict.fromkeys(name for part in self.parts for name in _FILES[part]))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the finished image; it is no stage any more."""
        labels = {
            LABEL_SERVICE_IMAGE: self.key,
            LABEL_PARENT: self.parent,
            LABEL_PARENT_DIGEST: self.parent_digest,
            LABEL_PARENT_ID: self.parent_id,
            LABEL_PARTS: ",".join(self.parts),
        }
        return {**{name: value for name, value in labels.items() if value}, LABEL_STAGE: ""}


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """What an image runs by itself: its entry point, the command after it, and as whom (empty is root)."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""


def service_image(parent: str, parent_id: str, parts: Collection[Part], parent_digest: str = "") -> ServiceImage:
    """Name the image that adds ``parts`` to ``parent``."""
    ordered: tuple[Part, ...] = tuple(part for part in PARTS if part in parts)
    return ServiceImage(
        parent=parent,
        parent_id=parent_id,
        parent_digest=parent_digest,
        parts=ordered,
        key=image_key(parent_id or parent, ordered),
    )


def image_key(parent_identity: str, parts: tuple[Part, ...]) -> str:
    """Return the content address: of the parent's contents, the parts, and today's way to install them."""
    packages = [[_PYTHON_PACKAGES.get(part, ()), _SYSTEM_PACKAGES.get(part, ())] for part in parts]
    content = msgspec.json.encode([_FORMAT, parent_identity, parts, packages])
    return hashlib.sha256(content).hexdigest()[:16]


def dockerfile(image: ServiceImage, network: Collection[InstallNetwork] = (), programs: Programs | None = None) -> str:
    """Return the Dockerfile.

    Args:
        image: what to build.
        network: files of that folder of the build context which say how the package index is reached.
        programs: what the parent runs by itself; an init that is added goes before it.
    """
    return "\n".join([*_tools_stage(image, network), *_final_stage(image, network, programs or Programs())]) + "\n"


def _tools_stage(image: ServiceImage, network: Collection[InstallNetwork]) -> list[str]:
    packages = [package for part in image.parts for package in _PYTHON_PACKAGES.get(part, ())]
    lines = [f"FROM {image.parent} AS tools", "USER root", f"LABEL {LABEL_STAGE}={image.key}"]
    if packages:
        if network:
            lines.append(f"COPY {NETWORK_FOLDER}/ {_NETWORK_HOME}/")
        wanted = " ".join(f"'{package}'" for package in packages)
        install = f"{HOME}/venv/bin/python -m pip install --no-cache-dir --no-warn-script-location {wanted}"
        # pip itself comes from the image: many have no ensurepip
        make = f"python3 -m venv --system-site-packages --without-pip {HOME}/venv"
        lines.append(f"RUN {make} && {_variables(network)}{install}")
    lines.append(f"COPY {' '.join(image.files)} {HOME}/")
    return lines


def _final_stage(image: ServiceImage, network: Collection[InstallNetwork], programs: Programs) -> list[str]:
    # what a broken build leaves is found by the label, which the finished image empties
    lines = ["", f"FROM {image.parent}", "USER root", f"LABEL {LABEL_STAGE}={image.key}"]
    packages = [package for part in image.parts for package in _SYSTEM_PACKAGES.get(part, ())]
    if packages:
        certificates = ""
        if "ca.pem" in network:
            lines.append(f"COPY {NETWORK_FOLDER}/ca.pem {_APT_CERTIFICATES}")
            certificates = f"-o Acquire::https::CaInfo={_APT_CERTIFICATES} "
        if "compiler" in image.parts:
            lines.append(f"COPY python_headers.py {HOME}/")
            packages.append(f"$(python3 {HOME}/python_headers.py)")
        # the SSH server's package makes host keys; kept in the image, they would be the same in every container
        lines.append(
            f"RUN apt-get {certificates}update && DEBIAN_FRONTEND=noninteractive apt-get {certificates}install "
            f"--yes --no-install-recommends {' '.join(packages)} && "
            f"rm -rf /etc/ssh/ssh_host_* /var/lib/apt/lists/* {_APT_CERTIFICATES}"
        )
    lines.append(f"COPY --from=tools {HOME} {HOME}")
    if "tini" in image.parts:
        lines.append(f"ENTRYPOINT {json.dumps(['/bin/sh', INIT, *programs.entrypoint])}")
        if programs.command:
            # an entry point makes the builder forget the command of the image below
            lines.append(f"CMD {json.dumps(programs.command)}")
    if programs.user and not image.services:
        # services read files that are root's alone; without them whoever worked inside still does
        lines.append(f"USER {programs.user}")
    return lines


def _variables(network: Collection[InstallNetwork]) -> str:
    names: dict[InstallNetwork, str] = {"pip.conf": "PIP_CONFIG_FILE", "ca.pem": "PIP_CERT"}
    return "".join(f"{names[name]}={_NETWORK_HOME}/{name} " for name in names if name in network)
