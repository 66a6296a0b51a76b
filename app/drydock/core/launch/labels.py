"""Names that a session's container carries, and places inside it. Sessions of older versions are found by them."""

from collections.abc import Mapping
from typing import Final

from drydock.core.launch.choice import Service

SESSION: Final = "drydock.session"
VERSION: Final = "drydock.version"
IMAGE: Final = "drydock.image"
DIGEST: Final = "drydock.image-digest"
"""The contents that were started: the registry's digest, or the id of an image that never was in one."""

GPUS: Final = "drydock.gpus"
SERVICES: Final = "drydock.services"
WORKSPACE: Final = "drydock.workspace"

PROBE: Final = "drydock.probe"
"""On containers that live only as long as a probe runs in them."""

INSIDE_PORTS: Mapping[Service, int] = {"jupyter": 8888, "ssh": 22, "tensorboard": 6006}
PRIVATE_DIRECTORY: Final = "/run/drydock"
TOKEN_FILE: Final = "jupyter_token"  # noqa: S105 - the name of the file
KEYS_FILE: Final = "authorized_keys"
