"""Which packages of the distribution make up the NVIDIA driver, and when they were last changed."""

import re

from drydock.core.facts import DriverChange, DriverPackage, Fact, Known, Missing
from drydock.world import World

_DPKG = "/var/lib/dpkg/status"
_DPKG_LIMIT = 32 << 20
_PACMAN = "/var/lib/pacman/local"
_HISTORY = "/var/log/apt/history.log"
_HISTORY_LIMIT = 8 << 20
_RPM_LIMIT = 4.0

# packages that carry the driver itself; the container toolkit, CUDA and settings tools are not it
_DRIVER = re.compile(
    r"^(?:nvidia-(?:driver|headless|kernel|dkms|open|open-dkms|lts|utils|compute-utils|kmod|\d{3})\b.*"
    r"|(?:akmod|kmod)-nvidia.*|libnvidia-compute.*|nvidia-driver.*|linux-modules-nvidia-.*|nvidia-fabricmanager.*"
    r"|xorg-x11-drv-nvidia.*|nvidia-open-driver-.*|nvidia-compute-.*|nvidia)$"
)
_CHANGE = re.compile(
    r"^(?:Upgrade|Install): .*?((?:nvidia-(?:driver|dkms|headless)|libnvidia-compute)[^)]*\))", re.MULTILINE
)
_PACMAN_NAME = re.compile(r"^(.+)-([^-]+-[^-]+)$")


def is_driver_package(name: str) -> bool:
    """Return whether a package of this name is a part of the driver."""
    return bool(_DRIVER.match(name)) and "container" not in name


def driver_packages(world: World) -> Fact[tuple[DriverPackage, ...]]:
    """Read them from the records of dpkg or pacman, or ask rpm."""
    text = world.read_text(_DPKG, _DPKG_LIMIT)
    if isinstance(text, Known):
        return Known(tuple(parse_dpkg(text.value)))
    names = world.list_directory(_PACMAN)
    if isinstance(names, Known):
        return Known(tuple(parse_pacman(names.value)))
    if isinstance(program := world.find_program("rpm"), Missing):
        return Missing("absent", "neither dpkg, pacman nor rpm has records here")
    outcome = world.run([program.value, "-qa", "--qf", "%{NAME} %{VERSION}\\n", "*nvidia*"], limit=_RPM_LIMIT)
    if not outcome.succeeded:
        return Missing("timeout" if outcome.problem == "timeout" else "failed", outcome.stderr.strip()[:200])
    pairs = (line.split(" ", 1) for line in outcome.stdout.splitlines() if " " in line)
    return Known(tuple(DriverPackage(name=name, version=version) for name, version in pairs if is_driver_package(name)))


def parse_dpkg(text: str) -> list[DriverPackage]:
    """Read the installed driver packages out of dpkg's status file."""
    found: list[DriverPackage] = []
    for match in re.finditer(r"^Package: (\S*nvidia\S*)\n((?:.+\n)*)", text + "\n", re.MULTILINE):
        status = re.search(r"^Status: (\w+) \w+ ([\w-]+)", match[2], re.MULTILINE)
        version = re.search(r"^Version: (\S+)", match[2], re.MULTILINE)
        if is_driver_package(match[1]) and status and version and status[2] == "installed":
            found.append(DriverPackage(name=match[1], version=_upstream(version[1]), held=status[1] == "hold"))
    return found


def parse_pacman(names: tuple[str, ...]) -> list[DriverPackage]:
    """Read the driver packages out of the names in pacman's directory of records."""
    matches = (_PACMAN_NAME.match(name) for name in names)
    return [
        DriverPackage(name=match[1], version=_upstream(match[2]))
        for match in matches
        if match and is_driver_package(match[1])
    ]


def _upstream(version: str) -> str:
    """Take epoch and the distribution's revision off a version."""
    return version.partition(":")[2].split("-")[0] if ":" in version else version.split("-", maxsplit=1)[0]


def last_change(world: World) -> Fact[DriverChange]:
    """Return the last entry of apt's history that changed the driver."""
    text = world.read_text(_HISTORY, _HISTORY_LIMIT)
    return parse_history(text.value) if isinstance(text, Known) else text


def parse_history(text: str) -> Fact[DriverChange]:
    """Find the last change of the driver in the text of apt's history."""
    for entry in reversed(re.split(r"\n\s*\n", text)):
        change = _CHANGE.search(entry)
        when = re.search(r"^Start-Date: (.+)$", entry, re.MULTILINE)
        if change and when:
            by = re.search(r"^Commandline: (.+)$", entry, re.MULTILINE)
            command = by[1][:200] if by else ""
            return Known(DriverChange(when=" ".join(when[1].split()), by=command, text=change[1][:200]))
    return Missing("absent", "the history names no driver")


def automatic_updates(world: World) -> Fact[bool]:
    """Return whether apt replaces packages unattended, or dnf-automatic is set to."""
    text = world.read_text("/etc/apt/apt.conf.d/20auto-upgrades", 1 << 14)
    if isinstance(text, Known):
        return Known(re.search(r'^\s*APT::Periodic::Unattended-Upgrade\s+"[1-9]', text.value, re.MULTILINE) is not None)
    dnf = world.read_text("/etc/dnf/automatic.conf", 1 << 16)
    if isinstance(dnf, Known):
        return Known(re.search(r"^\s*apply_updates\s*=\s*(?:yes|true|1)\b", dnf.value, re.MULTILINE) is not None)
    return Known(value=False) if text.why == dnf.why == "absent" else text
