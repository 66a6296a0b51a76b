"""The computer: system, processor, memory, user, and the variables that steer CUDA and the engine."""

import datetime
import re

from drydock.core.facts import Clock, Distribution, Fact, Host, Known, Limits, Missing
from drydock.world import World

_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "CUDA_HOME",
    "CUDA_PATH",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_DISABLE_REQUIRE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "WSL_DISTRO_NAME",
    "PYTORCH_CUDA_ALLOC_CONF",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)

_CREDENTIALS = re.compile(r"(^|://)[^/\s]*@")
_CONTAINER_WORDS = ("docker", "containerd", "kubepods", "libpod", "/lxc")


def collect_host(world: World) -> Host:
    """Collect what the operating system tells of the computer; disks are collected apart from it."""
    kernel = world.kernel_release()
    system = world.system()
    on_linux = system == "linux"
    return Host(
        system=system,
        distribution=_distribution(world) if on_linux else Missing("not_applicable"),
        kernel=kernel,
        architecture=world.architecture(),
        wsl=_wsl(kernel) if on_linux else Known(value=False),
        in_container=_in_container(world) if on_linux else Known(value=False),
        cpu=world.cpu(),
        memory=world.memory(),
        shm_total=_shm(world) if on_linux else Missing("not_applicable"),
        disks=(),
        user=world.user(),
        environment=_variables(world),
        limits=_limits(world) if on_linux else Missing("not_applicable"),
        overcommit=_overcommit(world) if on_linux else Missing("not_applicable"),
        restart_wanted=_restart_wanted(world) if on_linux else Missing("not_applicable"),
        clock=_clock(world) if on_linux else Missing("not_applicable"),
    )


def _distribution(world: World) -> Fact[Distribution]:
    text = world.read_text("/etc/os-release")
    if isinstance(text, Missing):
        text = world.read_text("/usr/lib/os-release")
    return Known(parse_os_release(text.value)) if isinstance(text, Known) else text


def parse_os_release(text: str) -> Distribution:
    """Read the fields of an os-release file; unknown or bad lines are passed over."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.replace("_", "").isalnum():
            fields[name] = value.strip().strip("\"'")
    identifier = fields.get("ID", "linux").lower()
    name = f"{fields.get('NAME', identifier)} {fields.get('VERSION_ID', '')}".strip()
    return Distribution(
        id=identifier,
        version=fields.get("VERSION_ID", ""),
        pretty=fields.get("PRETTY_NAME", name),
        like=tuple(fields.get("ID_LIKE", "").lower().split()),
    )


def _wsl(kernel: Fact[str]) -> Fact[bool]:
    # both generations of WSL carry the maker's name in their kernel release
    return Known("microsoft" in kernel.value.lower()) if isinstance(kernel, Known) else kernel


def _in_container(world: World) -> Fact[bool]:
    marks = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
    if any(isinstance(world.read_text(path, 4096), Known) for path in marks):
        return Known(value=True)
    groups = world.read_text("/proc/1/cgroup", 1 << 16)
    if isinstance(groups, Missing):
        return groups
    return Known(any(word in groups.value for word in _CONTAINER_WORDS))


def _shm(world: World) -> Fact[int]:
    directory = "/dev/shm"  # noqa: S108 - measured, never written
    there = world.list_directory(directory)
    if isinstance(there, Missing):
        return Missing(there.why, there.detail)
    room = world.disk_room(directory)
    return Known(room.value[0]) if isinstance(room, Known) else room


def _limits(world: World) -> Fact[Limits]:
    text = world.read_text("/proc/self/limits", 1 << 14)
    if isinstance(text, Missing):
        return text

    def soft(name: str) -> int | None:
        match = re.search(rf"^{name}\s+(\d+)\s", text.value, re.MULTILINE)
        return int(match[1]) if match else None

    return Known(
        Limits(locked_memory=soft("Max locked memory"), stack=soft("Max stack size"), open_files=soft("Max open files"))
    )


def _overcommit(world: World) -> Fact[int]:
    text = world.read_text("/proc/sys/vm/overcommit_memory", 16)
    if isinstance(text, Missing):
        return text
    return Known(int(text.value)) if text.value.strip().isdecimal() else Missing("failed", text.value)


def _restart_wanted(world: World) -> Fact[tuple[str, ...]]:
    """Read the marks that Debian's and Ubuntu's packages leave."""
    marks = world.list_directory("/run")
    if isinstance(marks, Missing):
        return marks
    if "reboot-required" not in marks.value:
        return Known(())
    packages = world.read_text("/run/reboot-required.pkgs", 1 << 16)
    names = packages.value.split() if isinstance(packages, Known) else []
    return Known(tuple(dict.fromkeys(names)) or ("(not named)",))


_WRITTEN_FILES = (
    "/var/lib/systemd/timesync/clock",
    "/var/lib/chrony",
    "/var/log/wtmp",
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
    "/var/lib/pacman/local",
    "/etc/ld.so.cache",
)
"""Files and directories that an ordinary system writes now and then, so that none is ever of the future."""


def _clock(world: World) -> Fact[Clock]:
    now = datetime.datetime.fromisoformat(world.now()).timestamp()
    times = [status.value.modified for path in _WRITTEN_FILES if isinstance(status := world.file_status(path), Known)]
    marks = world.list_directory("/run/systemd/timesync")
    return Known(
        Clock(
            hardware_ahead=_hardware_ahead(world, now),
            files_ahead=Known(round(max(times) - now)) if times else Missing("absent"),
            synchronized=Known("synchronized" in marks.value) if isinstance(marks, Known) else marks,
        )
    )


def _hardware_ahead(world: World, now: float) -> Fact[int]:
    text = world.read_text("/sys/class/rtc/rtc0/since_epoch", 64)
    if isinstance(text, Missing):
        return text
    number = text.value.strip()
    return Known(round(int(number) - now)) if number.isdecimal() else Missing("failed", number)


def _variables(world: World) -> dict[str, str]:
    present = world.environment()
    # a proxy's address may carry a password, which must not get into a snapshot at all
    return {name: _CREDENTIALS.sub(r"\1", present[name]) for name in _VARIABLES if name in present}
