"""The NVIDIA Container Toolkit: its programs and the CDI specifications on this host."""

import re
from collections.abc import Iterator

import msgspec

from drydock.collect.toolkit_files import cdi_refresh, char_links, files_gone, toolkit_config
from drydock.core.facts import CdiSpec, Fact, Known, Missing, Toolkit
from drydock.world import World

_CTK_LIMIT = 3.0
_CDI_DIRECTORIES = ("/etc/cdi", "/var/run/cdi")
_SPEC_LIMIT = 4 << 20
_MOST_SPECS = 50

_CTK_VERSION = re.compile(r"version\s+(\d+\.\d+\.\d+\S*)", re.IGNORECASE)
# the driver's branches have three digits; libcuda.so.1.1, of WSL and Jetson, carries no version
_DRIVER_FILE = re.compile(r"lib(?:cuda|nvidia-ml)\.so\.(\d{3,}\.\d+(?:\.\d+)?)\b")
_SCALAR = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([^\s#"'][^#]*?))\s*(?:#.*)?$""")


def collect_toolkit(world: World) -> Toolkit:
    """Collect the toolkit's version, programs and CDI specifications."""
    if world.system() != "linux":
        nowhere = Missing("not_applicable")
        return Toolkit(
            version=nowhere,
            runtime_path=nowhere,
            hook_path=nowhere,
            cdi_specs=nowhere,
            cli_path=nowhere,
            config=nowhere,
            refresh=nowhere,
            char_links=nowhere,
            hook_since=nowhere,
        )
    hook = world.find_program("nvidia-container-runtime-hook")
    return Toolkit(
        version=_version(world),
        runtime_path=world.find_program("nvidia-container-runtime"),
        hook_path=hook,
        cdi_specs=_cdi_specs(world),
        cli_path=world.find_program("nvidia-container-cli"),
        config=toolkit_config(world),
        refresh=cdi_refresh(world),
        char_links=char_links(world),
        hook_since=_since(world, hook),
    )


def _since(world: World, program: Fact[str]) -> Fact[float]:
    status = world.file_status(program.value) if isinstance(program, Known) else program
    if isinstance(status, Missing):
        return status
    changed = status.value.changed
    return Missing("not_supported") if changed is None else Known(changed)


def _version(world: World) -> Fact[str]:
    program = world.find_program("nvidia-ctk")
    if isinstance(program, Missing):
        return program
    outcome = world.run([program.value, "--version"], limit=_CTK_LIMIT)
    match = _CTK_VERSION.search(outcome.stdout)
    if match:
        return Known(match[1])
    if outcome.problem == "timeout":
        return Missing("timeout", f"{program.value} --version")
    return Missing("failed", (outcome.stderr or outcome.stdout or outcome.problem)[:200])


def _cdi_specs(world: World) -> Fact[tuple[CdiSpec, ...]]:
    specs: list[CdiSpec] = []
    for directory in _CDI_DIRECTORIES:
        names = world.list_directory(directory)
        if isinstance(names, Missing):
            if names.why != "absent":
                return names
            continue
        for name in names.value[:_MOST_SPECS]:
            if name.endswith((".yaml", ".yml", ".json")):
                spec = _spec(world, f"{directory}/{name}")
                specs += [spec] if spec else []
    return Known(tuple(specs))


def _spec(world: World, path: str) -> CdiSpec | None:
    text = world.read_text(path, _SPEC_LIMIT)
    if isinstance(text, Missing):
        return None if text.why == "absent" else CdiSpec(path=path, devices=(), driver_version=text)
    spec = parse_cdi_spec(path, text.value)
    if spec is None:
        return None
    files, gone = files_gone(world, text.value)
    return msgspec.structs.replace(spec, files=files, gone=gone)


class _Device(msgspec.Struct):
    name: str = ""


class _Spec(msgspec.Struct):
    kind: str = ""
    devices: list[_Device] = []


def parse_cdi_spec(path: str, text: str) -> CdiSpec | None:
    """Read kind, device names and driver version from a CDI specification; None where it is not for NVIDIA's devices.

    Only the few fields that are needed are looked for, so that a whole YAML reader is not.
    """
    if text.lstrip().startswith("{"):
        try:
            spec = msgspec.json.decode(text.encode(), type=_Spec)
        except msgspec.MsgspecError:
            return None
        kind, names = spec.kind, tuple(device.name for device in spec.devices)
    else:
        kind, names = _scan_kind(text), tuple(_scan_devices(text))
    if not kind.startswith("nvidia.com/"):
        return None
    version = _DRIVER_FILE.search(text)
    return CdiSpec(
        path=path,
        devices=tuple(f"{kind}={name}" for name in names if name),
        driver_version=Known(version[1]) if version else Missing("absent", "no library file name carries a version"),
    )


def _scan_kind(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("kind:"):
            return _scalar(line.partition(":")[2])
    return ""


def _scan_devices(text: str) -> Iterator[str]:
    """Yield the names of the items of the top-level list ``devices``."""
    inside, indent = False, -1
    for line in text.splitlines():
        body = line.lstrip(" ")
        depth = len(line) - len(body)
        if not body or body.startswith("#"):
            continue
        if depth == 0 and not body.startswith("-"):
            inside, indent = body.startswith("devices:"), -1
            continue
        if not inside:
            continue
        if body.startswith("- ") and indent in (-1, depth):
            indent = depth
            body, depth = body[2:].lstrip(" "), depth + 2
        if depth == indent + 2 and body.startswith("name:"):
            yield _scalar(body.partition(":")[2])


def _scalar(text: str) -> str:
    match = _SCALAR.match(text.strip())
    return next((group for group in match.groups() if group is not None), "") if match else ""
