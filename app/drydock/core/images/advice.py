"""Which driver to install, where a newer one is what an image waits for: never one that drops a visible GPU."""

from collections.abc import Sequence

from drydock.core.images.catalogue import Native
from drydock.core.images.situation import SeenGpu, Situation
from drydock.core.images.version import Version, driver_text
from drydock.core.trouble import Value


def keeper(situation: Situation) -> SeenGpu | None:
    """Return the visible GPU whose last driver branch is the oldest; None when no branch is the last for any."""
    bound = [seen for seen in situation.kinds if last_branch(seen)]
    return min(bound, key=last_branch, default=None)


def last_branch(seen: SeenGpu) -> int:
    """Return the last driver branch that knows the GPU; 0 where there is no last one."""
    return (seen.architecture and seen.architecture.last_branch) or 0


def driver_way(needed: Version, situation: Situation) -> dict[str, Value]:
    """Return which text tells how to get to a driver, and its values: the variant is ``way``."""
    values: dict[str, Value] = {"from": driver_text(needed)}
    if situation.machine.os == "jetson" or any(
        seen.architecture and seen.architecture.tegra for seen in situation.kinds
    ):
        return values | {"way": "jetpack"}
    bound = keeper(situation)
    if bound is None:
        return values | {"way": "windows" if situation.windows else "newer"}
    last = last_branch(bound)
    values |= {"keeper": bound.gpu.name, "last": last}
    return values | {"way": "last_branch" if needed[0] <= last else "none_knows"}


def first_driver_of(cuda: Version, situation: Situation) -> Version | None:
    """Return the first driver that runs this CUDA natively; None where none is known."""
    tables = situation.catalogue.drivers
    natives: Sequence[Native] = tables.windows_native if situation.windows else tables.linux_native
    return min((entry.driver for entry in natives if entry.cuda >= cuda), default=None)


def advised_driver(situation: Situation) -> str:
    """Return the driver to install: the newest CUDA family's, unless a GPU's last branch is older."""
    bound = keeper(situation)
    if bound is not None:
        return str(last_branch(bound))
    newest = max(situation.catalogue.drivers.families, key=lambda family: family.family)
    firsts = [seen.first_driver.driver for seen in situation.kinds if seen.first_driver]
    if situation.windows:  # the table of first drivers is of Linux; of Windows, branches alone are comparable
        firsts = [Version(first[:1]) for first in firsts]
    return driver_text(max([situation.minimum(newest), *firsts]))
