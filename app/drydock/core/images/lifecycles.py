"""How long the parts are looked after that an image is made of, or runs on. Dates are ISO 8601 days or months."""

from typing import Literal

import msgspec

from drydock.core.images.version import Version

Confidence = Literal["high", "medium", "low"]
BranchKind = Literal["long_term", "production", "new_feature"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """By whose word something is superseded as soon as the next one is out."""

    confidence: Confidence
    sources: tuple[str, ...] = ()


class DriverBranch(msgspec.Struct, frozen=True, kw_only=True):
    """A branch of the driver.

    Attributes:
        kind: None where publications differ.
        until: None where no date was published: for new feature branches that is the rule.
        over: NVIDIA lists it among those that ended.
    """

    branch: int
    kind: BranchKind | None = None
    until: str | None = None
    over: bool = False
    confidence: Confidence
    sources: tuple[str, ...] = ()


class GpuUpdates(msgspec.Struct, frozen=True, kw_only=True):
    """Until when GeForce and TITAN GPUs of these compute capabilities get security updates, on their last branch."""

    first: Version
    last: Version
    until: str
    confidence: Confidence
    sources: tuple[str, ...] = ()


class System(msgspec.Struct, frozen=True, kw_only=True):
    """End of the standard support of a distribution."""

    name: str
    until: str
    confidence: Confidence
    sources: tuple[str, ...] = ()


class Lifecycles(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of ends of support. Driver branches are in rising order.

    Attributes:
        torch: a minor release gets fixes until the next one.
        nvidia_image: a monthly image gets fixes until the next one.
    """

    torch: Rule | None = None
    nvidia_image: Rule | None = None
    driver_branches: tuple[DriverBranch, ...] = ()
    gpus: tuple[GpuUpdates, ...] = ()
    systems: tuple[System, ...] = ()
