"""The image that a session with services starts from: the chosen one with Jupyter, an SSH server or TensorBoard.

Official images have none of them. The Python services go into a virtual environment of their own that sees the
image's packages: torch stays importable in every kernel, nothing under it is replaced, and Pythons that their system
manages (PEP 668) are left alone. They are installed in a first stage and copied from there, so the settings of the
network they came by (package index, certificates) stay out of the image.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

import msgspec

from drydock.core.launch.choice import SERVICES, Service

LABEL_SERVICE_IMAGE = "drydock.service-image"
LABEL_STAGE = "drydock.service-image.stage"
LABEL_PARENT = "drydock.parent"
LABEL_PARENT_DIGEST = "drydock.parent-digest"
LABEL_SERVICES = "drydock.services"
InstallNetwork: TypeAlias = Literal["pip.conf", "ca.pem"]

REPOSITORY = "drydock/service"
HOME = "/opt/drydock"
SUPERVISOR = f"{HOME}/services.py"
NETWORK_FOLDER = "network"
_APT_CERTIFICATES = "/var/lib/apt/lists/drydock-ca.pem"
_NETWORK_HOME = f"{HOME}-network"

# one generation of each: their settings files and command lines are the ones our own files speak
_PACKAGES: Mapping[Service, tuple[str, ...]] = {
    "jupyter": ("jupyterlab>=4,<5", "ipykernel>=6,<8"),
    "ssh": (),
    # it asks setuptools for pkg_resources, which newer ones no longer have
    "tensorboard": ("tensorboard>=2.10,<3", "setuptools<81"),
}
# raised whenever the Dockerfile below, or a file that is copied into the image, changes its meaning
_FORMAT = 2


class ServiceImage(msgspec.Struct, frozen=True, kw_only=True):
    """A derived image that can be built.

    Attributes:
        key: changes with the parent's contents, the services and the way they are installed.
        tag: the reference under which it is kept.
    """

    parent: str
    parent_identity: str
    services: tuple[Service, ...]
    key: str

    @property
    def tag(self) -> str:
        """Reference of the finished image."""
        return f"{REPOSITORY}:{self.key}"

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the finished image."""
        labels = {
            LABEL_SERVICE_IMAGE: self.key,
            LABEL_PARENT: self.parent,
            LABEL_PARENT_DIGEST: self.parent_identity,
            LABEL_SERVICES: ",".join(self.services),
        }
        return {name: value for name, value in labels.items() if value}


def service_image(parent: str, parent_identity: str, services: Collection[Service]) -> ServiceImage:
    """Name the image that adds ``services`` to ``parent``."""
    ordered: tuple[Service, ...] = tuple(service for service in SERVICES if service in services)
    packages = [_PACKAGES[service] for service in ordered]
    content = msgspec.json.encode([_FORMAT, parent_identity or parent, ordered, packages])
    return ServiceImage(
        parent=parent,
        parent_identity=parent_identity,
        services=ordered,
        key=hashlib.sha256(content).hexdigest()[:16],
    )


def dockerfile(image: ServiceImage, network: Collection[InstallNetwork] = ()) -> str:
    """Return the Dockerfile.

    Args:
        image: what to build.
        network: files of that folder of the build context which say how the package index is reached.
    """
    return "\n".join([*_tools_stage(image, network), *_final_stage(image, network)]) + "\n"


def _tools_stage(image: ServiceImage, network: Collection[InstallNetwork]) -> list[str]:
    packages = [package for service in image.services for package in _PACKAGES[service]]
    variables = _variables(network)
    wanted = " ".join(f"'{package}'" for package in packages)
    install = f"{HOME}/venv/bin/python -m pip install --no-cache-dir --no-warn-script-location {wanted}"
    lines = [
        f"FROM {image.parent} AS tools",
        "USER root",
        f"LABEL {LABEL_STAGE}={image.key}",
    ]
    if network:
        lines.append(f"COPY {NETWORK_FOLDER}/ {_NETWORK_HOME}/")
    if packages:
        # pip itself comes from the image: many have no ensurepip
        lines.append(f"RUN python3 -m venv --system-site-packages --without-pip {HOME}/venv && {variables}{install}")
    lines.append(f"COPY services.py jupyter_config.py {HOME}/")
    return lines


def _final_stage(image: ServiceImage, network: Collection[InstallNetwork]) -> list[str]:
    lines = ["", f"FROM {image.parent}", "USER root"]
    if "ssh" in image.services:
        certificates = ""
        if "ca.pem" in network:
            lines.append(f"COPY {NETWORK_FOLDER}/ca.pem {_APT_CERTIFICATES}")
            certificates = f"-o Acquire::https::CaInfo={_APT_CERTIFICATES} "
        # the package makes host keys; kept in the image, they would be the same in every container
        lines.append(
            f"RUN apt-get {certificates}update && DEBIAN_FRONTEND=noninteractive apt-get {certificates}install "
            "--yes --no-install-recommends openssh-server && "
            f"rm -rf /etc/ssh/ssh_host_* /var/lib/apt/lists/* {_APT_CERTIFICATES}"
        )
    lines.append(f"COPY --from=tools {HOME} {HOME}")
    return lines


def _variables(network: Collection[InstallNetwork]) -> str:
    names: dict[InstallNetwork, str] = {"pip.conf": "PIP_CONFIG_FILE", "ca.pem": "PIP_CERT"}
    return "".join(f"{names[name]}={_NETWORK_HOME}/{name} " for name in names if name in network)
