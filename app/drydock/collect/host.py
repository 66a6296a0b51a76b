"""The computer: system, processor, memory, user, and the variables that steer CUDA and the engine."""

import re

from drydock.core.facts import Distribution, Fact, Host, Known, Missing
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


def _variables(world: World) -> dict[str, str]:
    present = world.environment()
    # a proxy's address may carry a password, which must not get into a snapshot at all
    return {name: _CREDENTIALS.sub(r"\1", present[name]) for name in _VARIABLES if name in present}
